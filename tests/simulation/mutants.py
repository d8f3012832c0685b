"""The engine, broken on purpose in one place at a time: each mutant must be found by the seeds that prove the engine.

A mutant is made in a child process of its own: the module's text with one place rewritten is compiled, and every
function that came out different gets its new code. Nothing else of the program knows.
"""

from __future__ import annotations

import importlib
import inspect
import multiprocessing
import sys
import time
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

from tests.simulation.broken import MUTANTS
from tests.simulation.history import drawn
from tests.simulation.regressions import REGRESSIONS
from tests.simulation.setting import Bench
from tests.simulation.world import play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.broken import Mutant
    from tests.simulation.history import History

#: Seeds of the pull-request set: a mutant that lives through all of them was not found.
SEEDS = 2_000


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one mutant."""

    name: str
    #: The seed that found it; None: none did.
    seed: int | None
    #: What did not hold.
    violation: str
    cpu_s: float


def fates(jobs: int, seeds: int = SEEDS) -> Iterator[Fate]:
    """Yield what becomes of every mutant, in the order of the table."""
    context = multiprocessing.get_context("fork")
    # A mutant has a process of its own, so that no other meets it.
    with context.Pool(jobs, maxtasksperchild=1) as pool:
        yield from pool.imap(_fate, [(number, seeds) for number in range(len(MUTANTS))], chunksize=1)


def tell_all(jobs: int) -> int:
    """Print the table; 0: every mutant was found."""
    alive = 0
    for fate in fates(jobs):
        alive += fate.seed is None
        found = "LIVES" if fate.seed is None else f"seed {fate.seed}"
        sys.stdout.write(f"{fate.name:42} {found:10} {fate.cpu_s:5.1f} s  {fate.violation[:110]}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(MUTANTS)} mutants, {alive} alive\n")
    return 1 if alive else 0


def _fate(given: tuple[int, int]) -> Fate:
    mutant, began = MUTANTS[given[0]], time.process_time()
    apply(mutant)
    bench = Bench()
    try:
        for history in _set(mutant, given[1]):
            try:
                violation = play(history, bench).violation
            except Exception as error:  # noqa: BLE001 - a mutant may break anything
                violation = f"BROKEN {type(error).__name__}"
            if violation is not None:
                return Fate(mutant.name, history.seed, violation, time.process_time() - began)
    finally:
        bench.close()
    return Fate(mutant.name, None, "", time.process_time() - began)


def _set(mutant: Mutant, seeds: int) -> Iterator[History]:
    """Yield the pull-request set, what most likely finds the mutant first."""
    yield from REGRESSIONS.values()
    yield drawn(mutant.seed)
    yield from map(drawn, range(seeds))


def apply(mutant: Mutant) -> None:
    """Break this process.

    Raises:
        LookupError: The place is not in the module, or not once; or no function of it changed.
    """
    module = importlib.import_module(mutant.module)
    source = inspect.getsource(module)
    if source.count(mutant.old) != 1:
        raise LookupError(f"mutant `{mutant.name}`: its place is {source.count(mutant.old)} times in {mutant.module}")
    rewritten = ModuleType(mutant.module)
    rewritten.__file__ = module.__file__
    sys.modules[mutant.module] = rewritten  # dataclasses look themselves up there
    try:
        exec(compile(source.replace(mutant.old, mutant.new), str(module.__file__), "exec"), rewritten.__dict__)
    finally:
        sys.modules[mutant.module] = module
    if not _take_over(vars(module), vars(rewritten), mutant.module):
        raise LookupError(f"mutant `{mutant.name}`: nothing of {mutant.module} changed")


def _take_over(ours: dict[str, object], theirs: dict[str, object], module: str) -> int:
    """Give our functions the code of theirs where it differs, and our texts their words."""
    changed = 0
    for name, new in theirs.items():
        old = ours.get(name)
        before, after = _function(old), _function(new)
        if before is not None and after is not None:
            if before.__module__ == module and before.__code__.co_code + repr(before.__code__.co_consts).encode() != (
                after.__code__.co_code + repr(after.__code__.co_consts).encode()
            ):
                before.__code__ = after.__code__
                changed += 1
        elif isinstance(old, type) and isinstance(new, type) and old.__module__ == module:
            changed += _take_over(dict(vars(old)), dict(vars(new)), module)
        elif isinstance(old, str) and not name.startswith("__") and old != new:
            ours[name] = new
            changed += 1
    return changed


def _function(thing: object) -> FunctionType | None:
    """Return the plain function under decorators and descriptors."""
    if isinstance(thing, property):
        thing = thing.fget
    if isinstance(thing, staticmethod | classmethod):
        thing = thing.__func__
    if callable(thing):
        thing = inspect.unwrap(thing)
    return thing if isinstance(thing, FunctionType) else None
