"""What every command shares: the screen, the config, and how to ask a person."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from sync.cli.screen import Screen
    from sync.wiring import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One call of npsync, as its global options shape it."""

    screen: Screen
    #: `-C`; None: look for it.
    config: Path | None = None
    #: Never ask; where an answer would be needed, stop and say so.
    no_input: bool = False
    #: Take every question as answered with yes.
    yes: bool = False

    def config_path(self) -> Path:
        """Return the config file to use: `-C`, else `NPSYNC_CONFIG`, else the nearest `config.yaml` upward from here.

        Raises:
            UserError: There is none (E101).
        """
        from sync.config.load import CONFIG_NAME, find_config

        path = self.config or find_config(Path(), os.environ)
        return path / CONFIG_NAME if path.is_dir() else path

    @contextmanager
    def project(self) -> Iterator[Project]:
        """Open what the config names: the ledger, the mappings, and connections as they are needed."""
        with opened(self.config_path(), self.screen) as project:
            yield project


@contextmanager
def opened(config: Path, screen: Screen, *, clock: Callable[[], datetime] | None = None) -> Iterator[Project]:
    """Open a project by its config, with its progress drawn on *screen*; *clock* stands in for the real one."""
    from sync.cli.progress import progress_on

    with uninterrupted():
        from sync.wiring import open_project
    told = {} if clock is None else {"clock": clock}
    with progress_on(screen) as progress, open_project(config, progress=progress, **told) as project:
        yield project


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until the end of the block: native libraries interrupted while they load abort the process."""
    received: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: received.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if received:
        raise KeyboardInterrupt


def chosen(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the mappings named, or all of them when none is.

    Raises:
        UserError: One of them does not exist (E105); all wrong names are told at once.
    """
    from difflib import get_close_matches

    wanted, existing = list(dict.fromkeys(names)), list(known)
    problems = []
    for name in wanted:
        if name not in existing:
            near = get_close_matches(name, existing, n=1)
            meant = f"Did you mean `{near[0]}`? " if near else ""
            hint = f"{meant}Mappings: {', '.join(existing) or 'none yet'}."
            problems.append(Problem(where="command line", what=f"no mapping `{name}`", hint=hint))
    if problems:
        raise UserError("E105", tuple(problems))
    return wanted or existing
