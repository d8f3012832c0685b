"""The first two steps: where responses come from, and where they go. Each sign-in is tried at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.errors import ConnectorError
from sync.config.specs import load_spec, shipped
from sync.errors import UserError
from sync.setup.events import Again, Note, Question
from sync.setup.guides import HUBSPOT, SALESFORCE
from sync.suggest.draft import STYLES

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from sync.setup.bench import Bench
    from sync.setup.events import Event

#: The connection that responses come from.
SOURCE = "survey"
_FILE = "file"
#: The one secret that has lines.
_KEY_FILE = "private_key"
_OTHERWISE = "Give it as the variable NPSYNC_{}_{}, or in the keyring."


def source(bench: Bench) -> Generator[Event, str, None]:
    """Ask where responses come from, and read a sample."""
    services = tuple(shipped())
    while True:
        kind = yield Question(
            key="source",
            ask="Where responses come from: a file, or a survey service",
            choices=(_FILE, *services),
            default=_FILE,
        )
        if kind == _FILE:
            found = bench.exports()
            path = yield Question(
                key="path",
                ask="The export: a file, a folder or a pattern" + (f" ({', '.join(found[:5])})" if found else ""),
                default=found[0] if len(found) == 1 else None,
            )
            bench.connections[SOURCE] = {"type": _FILE, "path": path}
        else:
            yield from _service(bench, kind)
        try:
            if kind != _FILE:
                yield from _secrets(bench, SOURCE)
            sample = bench.sample(SOURCE)
            if sample.trouble is not None and not sample.responses:
                raise sample.trouble
        except (ConnectorError, UserError) as error:
            if kind != _FILE and _can_close(bench):
                bench.forget(SOURCE)
            yield Again(keys=("source", "path", "settings", "surveys"), error=error)
            continue
        newest = f", newest {sample.responses[0].responded_at:%Y-%m-%d}" if sample.responses else ""
        more = " at least" if sample.more else ""
        usable = f"{sample.rows:,} rows{more}, {len(sample.responses):,} of them are looked at{newest}"
        yield Note(text=f"{usable}{'; layout: ' + sample.preset if sample.preset else ''}")
        return


def _service(bench: Bench, kind: str) -> Generator[Event, str, None]:
    spec = load_spec(shipped()[kind])
    options: dict[str, Any] = {"type": "survey", "service": kind}
    needed = [name for name, setting in spec.settings.items() if setting.default is None]
    if needed:
        titles = "; ".join(f"{name}: {spec.settings[name].title}" for name in needed)
        said = yield Question(key="settings", ask=f"{spec.title} needs {titles} (as {needed[0]}=...)", check=_pairs)
        options["settings"] = dict(_pair(each) for each in said.split(","))
    if spec.surveys is not None and spec.surveys.request is None:
        said = yield Question(key="surveys", ask=f"Ids of the surveys ({spec.title} does not list them)")
        options["surveys"] = [each.strip() for each in said.split(",")]
    url = yield Question(key="source-url", ask="Address of a sandbox on this machine", default="", quiet=True)
    bench.connections[SOURCE] = options | {"url": url}


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip()


def _pairs(text: str) -> str:
    return "" if all(all(_pair(each)) for each in text.split(",")) else "write it as name=value"


def destination(bench: Bench) -> Generator[Event, str, str]:
    """Ask which CRM is written to, explain its sign-in, and try it; return its type."""
    while True:
        crm = yield Question(key="crm", ask="The CRM that is written to", choices=tuple(STYLES))
        options: dict[str, Any] = {"type": crm}
        if crm == "salesforce":
            auth = yield Question(
                key="auth", ask="How to sign in", choices=tuple(SALESFORCE), default="client_credentials"
            )
            for line in SALESFORCE[auth]:
                yield Note(text=line)
            options["domain"] = yield Question(key="domain", ask="Your org's domain, such as acme.my")
            options["auth"] = auth
            if auth == "jwt":
                options["username"] = yield Question(key="username", ask="The user to act as")
        else:
            for line in HUBSPOT:
                yield Note(text=line)
            options["tier"] = yield Question(
                key="tier", ask="Your account's tier", choices=("free", "professional", "enterprise"), default="free"
            )
        options["url"] = yield Question(key="url", ask="Address of a sandbox on this machine", default="", quiet=True)
        bench.connections[crm] = options
        try:
            yield from _secrets(bench, crm)
            who = bench.who(crm)
        except (ConnectorError, UserError) as error:
            if _can_close(bench):
                bench.forget(crm)
            bench.connections.pop(crm, None)
            yield Again(keys=("crm", "auth", "domain", "username", "tier", "url"), error=error)
            continue
        yield Note(text="signed in: " + (", ".join(f"{what} {value}" for what, value in who.items()) or crm))
        return crm


def _can_close(bench: Bench) -> bool:
    """Tell whether what was said of the connections makes a config at all."""
    try:
        return bool(bench.project)
    except UserError:
        return False


def _secrets(bench: Bench, name: str) -> Generator[Event, str, None]:
    for secret in bench.missing(name):
        if secret == _KEY_FILE:
            said = yield Question(
                key=f"{name}.{secret}",
                ask="The file with the private key",
                check=lambda said: _no_key(bench.root / said),
                otherwise=_OTHERWISE.format(name.upper(), secret.upper()),
            )
            value = (bench.root / said).read_text(encoding="utf-8").strip()
        else:
            value = yield Question(
                key=f"{name}.{secret}",
                ask=f"{name} {secret}",
                secret=True,
                otherwise=_OTHERWISE.format(name.upper(), secret.upper()),
            )
        yield Note(text=f"{secret} is kept in {bench.keep(name, secret, value)}")


def _no_key(path: Path) -> str:
    """Return why a file holds no private key, or an empty text."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return "there is no such file that can be read"
    good = text.lstrip().startswith("-----BEGIN ") and "PRIVATE KEY-----" in text and "ENCRYPTED" not in text
    return "" if good else "it holds no private key without a passphrase (`-----BEGIN PRIVATE KEY-----`)"
