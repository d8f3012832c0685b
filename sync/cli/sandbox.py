"""`npsync sandbox`: CRMs and survey services played on this machine, to try what nobody would try on real ones."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from types import ModuleType

    from sandbox import Faults, Service
    from sync.cli.sandbox_people import Customer
    from sync.cli.screen import Screen
    from sync.cli.session import Session

#: Vendor → its port; fixed, so that the lines in a config stay right.
PORTS = {"salesforce": 8711, "hubspot": 8712}
GATEWAY_PORT = 8710
#: The port of the first survey service; the others follow.
SURVEY_PORT = 8721
#: Answers that each survey service has and gets; a quarter more that do not count.
ANSWERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One vendor while it is being played."""

    name: str
    service: "Service"
    #: What to paste under `connections:`, and the made-up secrets that it accepts.
    connection: dict[str, Any]
    secrets: dict[str, str]
    log: Path

    def as_json(self) -> dict[str, Any]:
        return {
            "url": self.service.url,
            "connection": self.connection,
            "environment": self.environment,
            "log": str(self.log),
        }

    @property
    def environment(self) -> dict[str, str]:
        """Its secrets, in the variables where npsync looks for them."""
        return {f"NPSYNC_{self.name}_{field}".upper(): value for field, value in self.secrets.items()}


VENDORS = "salesforce, hubspot, a survey service, or surveys: all of these. Both CRMs by default."


def sandbox(
    ctx: typer.Context,
    vendors: Annotated[list[str] | None, typer.Argument(metavar="VENDOR", help=VENDORS)] = None,
    salesforce_port: Annotated[int, typer.Option(min=0, max=65535, help="0: any.")] = PORTS["salesforce"],
    hubspot_port: Annotated[int, typer.Option(min=0, max=65535, help="0: any.")] = PORTS["hubspot"],
    survey_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the first survey service; the others follow. 0: any.")
    ] = SURVEY_PORT,
    seed: Annotated[int, typer.Option(help="The same seed makes the same ids and the same faults.")] = 1,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=RATE", help="Set one fault: a rate (0.05) or the next calls (3). Repeatable."),
    ] = None,
    calm: Annotated[bool, typer.Option("--calm", help="No faults but those set with --fault.")] = False,
    people: Annotated[
        Path | None,
        typer.Option(metavar="CSV", exists=True, dir_okay=False, help="The customers in it; the demo's by default."),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            metavar="YAML",
            exists=True,
            dir_okay=False,
            help="Have the fields that this mapping writes, of one vendor; those of the ready mapping by default.",
        ),
    ] = None,
    folder: Annotated[Path, typer.Option("--into", help="Where request logs go.")] = Path(".npsync/sandbox"),
    gateway: Annotated[
        bool, typer.Option("--gateway", help="Also start a proxy for programs that insist on the vendors' hosts.")
    ] = False,
    gateway_port: Annotated[int, typer.Option(min=0, max=65535, help="0: any.")] = GATEWAY_PORT,
) -> None:
    """Play CRMs and survey services on this machine until Ctrl-C.

    They forget everything at the end. Unless --calm, they are as unreliable as on a bad day.
    """
    from sync.cli.sandbox_fields import MAKE
    from sync.cli.sandbox_people import FILL

    session: Session = ctx.obj
    wanted = _wanted(vendors or list(PORTS))
    ports = {"salesforce": salesforce_port, "hubspot": hubspot_port, **_survey_ports(survey_port)}
    if mapping and (len(wanted) > 1 or wanted[0] not in PORTS):
        raise typer.BadParameter("say whose it is: npsync sandbox VENDOR --mapping FILE", param_hint="--mapping")
    residents = _customers(people)
    folder.mkdir(parents=True, exist_ok=True)
    with _stopping() as wait, ExitStack() as stack:
        played = []
        for name in wanted:
            faults = _faults(fault or (), seed, calm=calm)
            with _listening(f"--{name if name in PORTS else 'survey'}-port", ports[name]):
                service = _serve(name, seed, faults, ports[name], residents)
            stack.callback(service.close)
            if name in PORTS:
                MAKE[name](service.world, _mapping(mapping, name))
                FILL[name](service.world, residents)
            played.append(_logged(name, service, folder))
        environment: dict[str, str] = {}
        if gateway:
            with _listening("--gateway-port", gateway_port):
                environment = stack.enter_context(_gateway(played, folder, gateway_port))
        _tell(session.screen, played, environment)
        wait()
        for one in played:
            session.screen.say(f"{one.name}: {len(one.service.log):,} requests, listed in {one.log}")


def _wanted(vendors: list[str]) -> list[str]:
    from sandbox.surveys import NAMES

    for name in vendors:
        if name not in (*PORTS, *NAMES, "surveys"):
            raise typer.BadParameter(f"nobody plays {name!r}; there are {', '.join((*PORTS, 'surveys', *NAMES))}")
    return list(dict.fromkeys(one for name in vendors for one in (NAMES if name == "surveys" else (name,))))


def _survey_ports(first: int) -> dict[str, int]:
    """Return the port of each survey service; fixed by its place in their list."""
    from sandbox.surveys import NAMES

    return {name: first and first + place for place, name in enumerate(NAMES)}


def _faults(set_: "list[str] | tuple[str, ...]", seed: int, *, calm: bool) -> "Faults":
    """Make the switches that the options ask for."""
    from sandbox.faults import NAMES, Faults

    faults = Faults(seed) if calm else Faults.harsh(seed)
    for one in set_:
        name, _, rate = one.partition("=")
        try:
            faults.set(name, float(rate) if "." in rate else int(rate))
        except ValueError:
            known = "\n".join(f"  {name}: {what}" for name, what in NAMES.items())
            told = f"{one!r} is not NAME=RATE, a rate from 0.0 to 1.0 or a number of calls. Faults are:\n{known}"
            raise typer.BadParameter(told, param_hint="--fault") from None
    return faults


def _serve(name: str, seed: int, faults: "Faults", port: int, residents: "list[Customer]") -> "Service":
    """Start one vendor; a survey service has answers of *residents*."""
    if name in PORTS:
        service: Service = import_module(f"sandbox.{name}").serve(seed=seed, faults=faults, port=port)
        return service
    from sandbox.surveys import serve

    people = [(one.email, f"{one.first_name} {one.last_name}") for one in residents if one.email]
    return serve(name, seed=seed, faults=faults, port=port, responses=ANSWERS, residents=people)


def _logged(name: str, service: "Service", folder: Path) -> Played:
    """Start the log of a vendor, and say how it is reached."""
    vendor: ModuleType = import_module(f"sandbox.{name}" if name in PORTS else "sandbox.surveys")
    log = folder / f"{name}.jsonl"
    log.unlink(missing_ok=True)
    service.log.follow(log)
    return Played(
        name=name, service=service, connection=vendor.connection(service), secrets=vendor.secrets(service), log=log
    )


def _customers(file: Path | None) -> "list[Customer]":
    """Read the customers that the worlds begin with."""
    from sync.cli.pages import shelf
    from sync.cli.sandbox_people import customers

    text = (file or shelf("examples/customers.csv")).read_text(encoding="utf-8-sig")
    try:
        return customers(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--people") from None


def _mapping(file: Path | None, vendor: str) -> Mapping[str, Any]:
    """Read the mapping whose fields a vendor begins with: *file*, or the ready one."""
    import mappings
    from sync.config.load import read

    ready = Path(mappings.__file__).with_name(f"{vendor}.yaml")
    data = read(file or ready, missing="E110").data
    if not (isinstance(data, dict) and isinstance(data.get("object"), str)):
        raise typer.BadParameter(f"{file} is no mapping; see `npsync validate`", param_hint="--mapping")
    return data


@contextmanager
def _gateway(played: list[Played], folder: Path, port: int) -> Iterator[dict[str, str]]:
    """Start the proxy; yield the variables that lead programs through it."""
    from sandbox.gateway import SUFFIXES, Gateway

    routes = {suffix: one.service.url for one in played for suffix in SUFFIXES.get(one.name, ())}
    with Gateway(routes, ca=folder / "ca.pem", port=port) as gateway:
        yield gateway.environment


@contextmanager
def _listening(option: str, port: int) -> Iterator[None]:
    """Say what to do when a port is taken."""
    try:
        yield
    except OSError as error:
        told = f"cannot listen on port {port}: {error.strerror}. Give another one, or 0 for any."
        raise typer.BadParameter(told, param_hint=option) from None


@contextmanager
def _stopping() -> Iterator[Callable[[], None]]:
    """Yield what waits for Ctrl-C or an end asked for by the system: the usual way to stop this, and no failure."""
    # A list, because a handler may run while the main thread holds an Event's own lock.
    asked: list[int] = []
    before = {number: signal.signal(number, lambda *_: asked.append(1)) for number in (signal.SIGINT, signal.SIGTERM)}

    def wait() -> None:
        while not asked:
            time.sleep(0.1)

    try:
        yield wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(screen: "Screen", played: list[Played], environment: dict[str, str]) -> None:
    """Print what a config and a shell need to use what is being played."""
    if screen.json:
        services = {one.name: one.as_json() for one in played}
        screen.object({"services": services, "gateway": environment or None})
        return
    screen.data("connections:  # for config.yaml")
    for one in played:
        screen.data(f"  {one.name}:")
        for key, value in one.connection.items():
            screen.data(f"    {key}: {value}")
    screen.data("\n# for the shell that runs npsync; made up, accepted here only")
    for one in played:
        for name, value in one.environment.items():
            screen.data(f"export {name}={value}")
    if environment:
        screen.data("\n# for programs that insist on the vendors' own hosts")
        for name, value in environment.items():
            screen.data(f"export {name}={value}")
    for one in played:
        screen.say(f"\n{one.name} is played at {one.service.url}; its requests are listed in {one.log}")
    screen.say("Ctrl-C ends it, and everything in it is forgotten.")
