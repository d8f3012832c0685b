"""`serve`: what others call. Survey services for now, on a port of their own."""

from typing import TYPE_CHECKING, Annotated

import typer

from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from sync.cli.session import Session
    from sync.listening import Listener

LISTEN = "127.0.0.1:8787"
_LOCAL = ("127.0.0.1", "localhost", "::1")


def add_to(app: typer.Typer) -> None:
    """Put the command of this module into the tree."""
    app.command()(serve)


def serve(
    ctx: typer.Context,
    webhooks: Annotated[
        bool, typer.Option("--webhooks", help="Take the calls of survey services whose connection has `webhooks:`.")
    ] = False,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Plain HTTP, for a reverse proxy that has the certificate; 0: any.")
    ] = LISTEN,
) -> None:
    """Listen until Ctrl-C: each call is checked, stored and answered; the next run fetches what it was about."""
    from sync.cli.scheduling import signals
    from sync.listening import opened

    session: Session = ctx.obj
    if not webhooks:
        hint = "npsync serve --webhooks"
        raise UserError("E105", Problem(where="command line", what="nothing is named that is to be served", hint=hint))
    host, port = _address(listen)
    with signals() as asked, session.project() as project, opened(project, host, port) as listener:
        _tell(session, listener, host)
        listener.serve(until=lambda: bool(asked))
    session.screen.say("ended as asked")


def _address(text: str) -> tuple[str, int]:
    """Return host and port.

    Raises:
        UserError: It is no address (E105).
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65_536):
        hint = f"Such as `--listen {LISTEN}`, or `--listen [::1]:8787`."
        raise UserError("E105", Problem(where="--listen", what="this is no HOST:PORT", hint=hint))
    return host, int(port)


def _tell(session: "Session", listener: "Listener", host: str) -> None:
    if session.screen.json:
        told = {
            name: {"local": listener.address(name), "public": door.address} for name, door in listener.doors.items()
        }
        session.screen.object({"status": "listening", "url": listener.url, "webhooks": told})
        return
    for name, door in listener.doors.items():
        session.screen.data(f"{name}: {door.address} -> {listener.address(name)}")
    if host not in _LOCAL:
        session.screen.warn("This is plain HTTP, and other machines reach it: let them come through a proxy with TLS.")
    session.screen.say("Listening. `npsync schedule run`, in another terminal, fetches what is told. Ctrl-C ends it.")
