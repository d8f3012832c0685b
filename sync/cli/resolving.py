"""`resolve`: identity alone, on exported records and responses, to be measured on a company's own data."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.session import Session
from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from sync.identity.settings import IdentitySettings, Rule
    from sync.identity.standalone import ResponseDecision

#: Id kinds whose form the command line can declare.
_DECLARED = ("customer_id", "external_ref")


def add_to(app: typer.Typer) -> None:
    """Put the command into the tree."""
    app.command()(resolve)


def resolve(
    ctx: typer.Context,
    records: Annotated[
        list[Path],
        typer.Option(metavar="FILE...", help="Exported contacts, leads, customers, accounts: one file or several."),
    ],
    responses: Annotated[Path, typer.Option(metavar="FILE", help="A survey export, or any table of responses.")],
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where decisions go (CSV). Default: stdout.")
    ] = None,
    match: Annotated[
        str | None, typer.Option(metavar="KIND,...", help="Identifiers to compare, the strongest first. Default: all.")
    ] = None,
    own_id: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="What a record's own id is to the responses, such as customer_id."),
    ] = None,
    record_column: Annotated[
        list[str] | None, typer.Option(metavar="MEANING=HEADER", help="Where a header does not tell, such as id=KdNr.")
    ] = None,
    response_column: Annotated[
        list[str] | None, typer.Option(metavar="MEANING=HEADER", help="Likewise for responses, such as email=Q3.")
    ] = None,
    exclude_domain: Annotated[
        list[str] | None, typer.Option(metavar="DOMAIN", help="Mail domain of your own staff, who are never matched.")
    ] = None,
    id_prefix: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="What some systems write before your ids, such as C-.")
    ] = None,
    id_numeric: Annotated[
        bool, typer.Option("--id-numeric", help="Compare your ids as numbers: leading zeros mean nothing.")
    ] = False,
    phone_alone: Annotated[
        str | None, typer.Option(metavar="require_name|accept", help="Whether a phone decides without a name.")
    ] = None,
    default_region: Annotated[
        str | None, typer.Option(metavar="XX", help="Country of phones without a country code.")
    ] = None,
    prior: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Decisions of an earlier resolve, to be kept or repointed.")
    ] = None,
) -> None:
    """Match exported responses to exported records.

    Decides which record each response belongs to. Needs no config, and stores nothing but the decisions' file.
    With -C, the identity settings of that config apply.
    """
    from sync.cli.exported import answers, with_aliases
    from sync.cli.id_hint import IdHint
    from sync.identity.standalone import resolve_files
    from sync.wiring import claims_of, records_of

    session: Session = ctx.obj
    ids = {"numeric": id_numeric, "strip_prefix": id_prefix or []} if id_numeric or id_prefix else None
    said = {"phone_alone": phone_alone, "default_region": default_region, "domains": exclude_domain, "ids": ids}
    settings = _settings(session, said)
    rules = _rules(match, own_id)
    directory = records_of(records, _pairs(record_column), own_id, bare_ids=bool(settings.ids))
    file = claims_of(responses, {field: titles[-1] for field, titles in _pairs(response_column).items()})
    for note in (*directory.notes(), file.note()):
        session.screen.say(note)
    hint = IdHint(directory)
    decided = resolve_files(
        hint,
        hint.heard(answers(file, directory)),
        with_aliases(settings, directory.alias_domains()),
        rules=rules,
        previous=_prior(prior) if prior else None,
        accounts=directory.accounts(),
    )
    reached: Counter[tuple[str, str, str]] = Counter()
    _write(_counted(decided, reached), output)
    _tell(session, reached, output)
    if not settings.ids and (advice := hint.told()):
        session.screen.say(advice)


def _counted(
    rows: "Iterable[ResponseDecision]", reached: "Counter[tuple[str, str, str]]"
) -> "Iterator[ResponseDecision]":
    for row in rows:
        reached[row.outcome, row.reason, row.rule] += 1
        yield row


def _settings(session: Session, said: dict[str, Any]) -> "IdentitySettings":
    """The config's identity settings where one is named, with what the command line says instead."""
    from pydantic import ValidationError

    from sync.identity.settings import IdentitySettings

    base = IdentitySettings()
    if session.config is not None:
        from sync.wiring import open_project

        with open_project(session.config_path()) as project:
            base = project.settings.identity
    whole = base.model_dump()
    whole |= {name: said[name] for name in ("phone_alone", "default_region") if said[name] is not None}
    whole["exclude"]["domains"] = [*whole["exclude"]["domains"], *(said["domains"] or [])]
    if said["ids"]:
        whole["ids"] |= dict.fromkeys(_DECLARED, said["ids"])
    try:
        return IdentitySettings.model_validate(whole)
    except ValidationError:
        hint = (
            "--phone-alone is require_name or accept; --default-region is a two-letter country, such as DE; "
            "--id-prefix is a text, at most eight of them."
        )
        raise _usage("an option has a value that means nothing", hint) from None


def _rules(match: str | None, own_id: str | None) -> "Sequence[Rule]":
    from sync.identity.settings import DEFAULT_RULES, ID_KINDS, KINDS, Rule

    wanted = [kind.strip() for kind in match.split(",")] if match else []
    unknown = [kind for kind in wanted if kind not in KINDS]
    unknown += [own_id] if own_id is not None and own_id not in ID_KINDS else []
    if unknown:
        raise _usage(f"no identifier `{unknown[0]}`", f"There are: {', '.join(KINDS)}.")
    return [Rule(kind=kind) for kind in wanted] or DEFAULT_RULES


def _prior(path: Path) -> "dict[str, ResponseDecision]":
    from sync.identity.standalone import read_decisions

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return read_decisions(file)
    except ValueError as error:
        hint = "Give the file that an earlier `npsync resolve --output` wrote."
        raise UserError("E113", Problem(where=str(path), what="these are no decisions", hint=hint)) from error
    except OSError as error:
        code, what = ("E110", "no such file") if isinstance(error, FileNotFoundError) else ("E111", "cannot be read")
        raise UserError(code, Problem(where=str(path), what=what, hint="Check the path after --prior.")) from error


def _write(rows: "Iterable[ResponseDecision]", output: Path | None) -> None:
    """Write all rows, or leave what was there: an input may be the file to be written."""
    from sync.identity.standalone import write_decisions

    if output is None:
        write_decisions(rows, sys.stdout)
        return
    whole = output.resolve()
    beside = whole.with_name(f".{whole.name}.part")
    if whole.exists() and not whole.is_file():
        beside = whole  # a device or a pipe takes the rows as they come
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            write_decisions(rows, file)
        if beside != whole:
            beside.replace(whole)
    except OSError as error:
        what, hint = f"cannot be written ({error.strerror})", "Name a file in a folder that exists and may be written."
        raise UserError("E111", Problem(where=str(output), what=what, hint=hint)) from error
    finally:
        if beside != whole:
            beside.unlink(missing_ok=True)


def _tell(session: Session, reached: "Counter[tuple[str, str, str]]", output: Path | None) -> None:
    """Sum up, so that a look at the numbers is enough at first."""
    outcomes: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    for (outcome, why, rule), rows in reached.items():
        outcomes[outcome] += rows
        reasons[outcome, why] += rows
        if outcome == "matched":
            rules[rule] += rows
    told = {
        "responses": reached.total(),
        "outcomes": dict(outcomes.most_common()),
        "rules": dict(rules.most_common()),
        "reasons": [{"outcome": outcome, "reason": why, "rows": n} for (outcome, why), n in reasons.most_common()],
        "output": None if output is None else str(output),
    }
    if session.screen.json and output is not None:
        session.screen.object(told)
        return
    from sync.cli.screen import table

    lines = [[outcome, why, number] for (outcome, why), number in reasons.most_common()]
    session.screen.say(f"{reached.total():,} responses\n" + table(["outcome", "reason", "rows"], lines))


def _pairs(given: Sequence[str] | None) -> dict[str, list[str]]:
    """Read `MEANING=HEADER`, as often as it was given."""
    pairs: dict[str, list[str]] = {}
    for text in given or ():
        meaning, _, header = text.partition("=")
        if not header.strip():
            raise _usage("a column is given as MEANING=HEADER", "For example: --record-column id=KdNr")
        pairs.setdefault(meaning.strip(), []).append(header.strip())
    return pairs


def _usage(what: str, hint: str) -> UserError:
    return UserError("E103", Problem(where="command line", what=what, hint=hint))
