"""The command tree and the global options. Typer reads the annotations here, so they are real names."""

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sync.cli import (
    checking,
    doctoring,
    forgetting,
    ledgers,
    looking,
    replaying,
    resolving,
    running,
    scheduling,
    serving,
    shaping,
    signing_in,
    undoing,
)
from sync.cli.arguments import arrange
from sync.cli.screen import Screen
from sync.cli.session import Session
from sync.errors import Exit


class Output(StrEnum):
    """How data is printed."""

    TEXT = "text"
    JSON = "json"


class Root(TyperGroup):
    """The one place where an error becomes words and an exit status."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401 - as typer declares it
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except KeyboardInterrupt:
            _screen(ctx).warn("interrupted; checkpoint kept: the same command goes on from there")
            raise typer.Exit(Exit.INTERRUPTED) from None
        except BrokenPipeError:
            # The reader has what it wanted (`| head`); what is still buffered must not raise again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Exit.DONE) from None
        except Exception as error:  # noqa: BLE001 - nothing may reach the user as a bare traceback
            from sync.cli.failures import show

            raise typer.Exit(show(error, _screen(ctx))) from None


app = typer.Typer(
    name="npsync",
    cls=Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Global options may stand anywhere. Every error ends with a code: `npsync help CODE` explains it.",
)


def _version(asked: bool) -> None:  # noqa: FBT001 - typer hands the flag over by position
    if asked:
        try:
            number = version("npsync")
        except PackageNotFoundError:
            number = "from the source tree"
        typer.echo(f"npsync {number}")
        raise typer.Exit


@app.callback()
def begin(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "-C", "--config", help="Config file or its folder. Default: NPSYNC_CONFIG, else config.yaml upward."
        ),
    ] = None,
    output: Annotated[Output, typer.Option(help="How data is printed on stdout.")] = Output.TEXT,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print data and errors only.")] = False,
    verbose: Annotated[int, typer.Option("-v", "--verbose", count=True, help="Print events; twice: details.")] = 0,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask.")] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Answer every question with yes.")] = False,
    log_format: Annotated[Output, typer.Option(help="How events are printed on stderr.")] = Output.TEXT,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Carry Net Promoter Score answers from survey tools into the systems where customer teams work."""
    if verbose or log_format is Output.JSON:
        from sync.cli.logs import start

        start(verbose=verbose, log_format=log_format)
    # Sentences for a person are not for whoever collects events.
    quiet = quiet or log_format is Output.JSON
    screen = Screen(json=output is Output.JSON, quiet=quiet, verbose=verbose)
    ctx.obj = Session(screen=screen, config=config, no_input=no_input, yes=yes)


for commands in (
    running,
    looking,
    replaying,
    undoing,
    forgetting,
    checking,
    resolving,
    shaping,
    signing_in,
    ledgers,
    scheduling,
    serving,
    doctoring,
):
    commands.add_to(app)


def run(words: Sequence[str]) -> int:
    """Run the command that *words* name; return its exit status."""
    # A console that cannot show a character shows `?` instead of ending the command.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        app(args=arrange(words), prog_name="npsync")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(bool(left.code))
    return Exit.DONE


def _screen(ctx: typer.Context) -> Screen:
    return ctx.obj.screen if isinstance(ctx.obj, Session) else Screen()
