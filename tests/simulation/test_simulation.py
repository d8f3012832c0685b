"""The simulator itself: it repeats itself, it finds what is broken, it shortens what it finds.

`python3 dev.py test` also runs the pull-request set and the mutants; see docs/how-to/simulate.md.
"""

from __future__ import annotations

import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sync.sets import IN_KERNEL
from tests.simulation.broken import MUTANTS
from tests.simulation.history import STEPS, drawn
from tests.simulation.regressions import REGRESSIONS
from tests.simulation.setting import Bench
from tests.simulation.shrink import shortest
from tests.simulation.world import play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.history import History

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_failed_once_holds(bench: Bench, name: str) -> None:
    assert play(REGRESSIONS[name], bench).violation is None


@pytest.mark.parametrize("seed", range(30))
def test_worlds_hold(bench: Bench, seed: int) -> None:
    assert play(drawn(seed), bench).violation is None


def test_a_seed_tells_the_same_story_byte_for_byte_in_any_process() -> None:
    """Reliability.md, I10: a seed and a commit reproduce a run."""
    command = [sys.executable, "-m", "tests.simulation", "--seed", "11"]
    told = [
        subprocess.run(
            command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": hashing}, capture_output=True, check=False
        )
        for hashing in ("1", "2")
    ]

    assert told[0].stdout == told[1].stdout
    assert b"run.begin" in told[0].stdout


@pytest.mark.parametrize("seed", [5, 12])
def test_the_kernels_tell_the_same_story_as_the_models_of_the_tests(bench: Bench, seed: int) -> None:
    """The simulator decides and computes row by row, because DuckDB takes longer to plan than five rows to compute."""
    assert play(drawn(seed), bench).log == play(drawn(seed), bench, IN_KERNEL).log


def test_a_history_is_shortened_to_what_makes_it_fail() -> None:
    history = drawn(7)
    needed = set(history.items[:2])

    def fails(shorter: History) -> bool:
        return needed <= set(shorter.items)

    assert needed == set(shortest(history, fails).items)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_place_of_every_mutant_is_there_once(mutant) -> None:
    """Whoever rewrites such a place takes its mutant along; `python -m tests.simulation --mutants` says who lives."""
    assert inspect.getsource(importlib.import_module(mutant.module)).count(mutant.old) == 1


def test_steps_are_read_from_the_code() -> None:
    assert {"run.begin", "pull.pages", "deliver.send", "deliver.acknowledge"} <= set(STEPS)
