"""The simulator's command: many seeds on some processes, one seed in full, or the mutants."""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulation.history import STEPS, drawn
from tests.simulation.remote import Fault
from tests.simulation.setting import Bench
from tests.simulation.shrink import shortest
from tests.simulation.world import play

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.simulation.world import Story

#: The pull-request set.
PULL_REQUEST = 2_000
#: What 2,000 seeds must have met at least: each step a crash, each kind of fault (reliability.md, section 2).
CRASHES, FAULTS = 20, 100
#: Seeds that a worker takes at once.
SEEDS_AT_ONCE = 20
#: Failing seeds that are told in full.
TOLD = 3


@dataclass(slots=True)
class Tally:
    """What many seeds came to."""

    seeds: int = 0
    runs: int = 0
    calls: int = 0
    #: Seconds of CPU.
    cpu_s: float = 0.0
    met: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    #: Seed → the invariant that does not hold.
    failed: dict[int, str] = field(default_factory=dict)

    def add(self, story: Story) -> None:
        self.seeds += 1
        self.runs += story.runs
        self.calls += story.calls
        self.met += story.met
        self.steps += story.steps
        if story.violation is not None:
            self.failed[story.history.seed] = story.violation

    def take(self, other: Tally) -> None:
        self.seeds += other.seeds
        self.runs += other.runs
        self.calls += other.calls
        self.cpu_s += other.cpu_s
        self.met += other.met
        self.steps += other.steps
        self.failed |= other.failed

    def faults(self) -> dict[str, int]:
        """Return how often each kind of fault was met."""
        own = ("clock jump", "drift", "crash before commit", "crash after commit", "disk full")
        found = {name: self.met[name] for name in (*(fault.value for fault in Fault), *own)}
        return found | {name: sum(self.met[f"{name} {step}"] for step in STEPS) for name in ("second", "stall")}

    def crashes(self) -> dict[str, int]:
        """Return how often a process died right before each step."""
        return {step: self.met[f"crash {step}"] for step in STEPS}


def main(args: Sequence[str]) -> int:
    """Run what *args* ask for; 0: everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, metavar="N", help="how many seeds (default 200)")
    parser.add_argument("--from", type=int, default=0, metavar="S", dest="first", help="the first of them (default 0)")
    parser.add_argument("--seed", type=int, metavar="S", help="one seed, told in full")
    parser.add_argument("--jobs", type=int, default=2, metavar="J", help="processes (default 2)")
    parser.add_argument("--pull-request", action="store_true", help="the set of `dev.py test`, and what it must meet")
    parser.add_argument("--mutants", action="store_true", help="let the same seeds find what was broken on purpose")
    chosen = parser.parse_args(args)
    if chosen.mutants:
        from tests.simulation.mutants import tell_all

        return tell_all(chosen.jobs)
    if chosen.seed is not None:
        return _tell_one(chosen.seed)
    began = time.monotonic()
    number = PULL_REQUEST if chosen.pull_request else chosen.seeds
    tally = run_many(range(chosen.first, chosen.first + number), chosen.jobs)
    _say(_summary(tally, time.monotonic() - began))
    seldom = _seldom(tally) if chosen.pull_request else []
    for line in seldom:
        _say(line)
    for seed in sorted(tally.failed)[:TOLD]:
        _say(_shortened(seed))
    return 1 if tally.failed or seldom else 0


def _seldom(tally: Tally) -> list[str]:
    """Return what too few seeds met to prove anything."""
    share = tally.seeds / 2_000
    found = [
        f"only {number} crashes before {step}, of {CRASHES * share:.0f}"
        for step, number in tally.crashes().items()
        if number < CRASHES * share
    ]
    return found + [
        f"only {number} times {fault}, of {FAULTS * share:.0f}"
        for fault, number in tally.faults().items()
        if number < FAULTS * share
    ]


def run_many(seeds: Iterable[int], jobs: int) -> Tally:
    """Play *seeds* on *jobs* processes."""
    waiting = list(seeds)
    parts = [waiting[start : start + SEEDS_AT_ONCE] for start in range(0, len(waiting), SEEDS_AT_ONCE)]
    tally = Tally()
    if jobs <= 1:
        for part in parts:
            tally.take(_play(part))
        return tally
    # Forked with everything imported; nothing here has begun a thread yet.
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        for one in pool.imap(_play, parts):
            tally.take(one)
    return tally


_bench: Bench | None = None


def _play(seeds: Sequence[int]) -> Tally:
    global _bench  # noqa: PLW0603 - one ledger for each process
    if _bench is None:
        gc.disable()  # a world leaves no more than some megabytes of circles
        _bench = Bench()
    began = time.process_time()
    tally = Tally()
    for seed in seeds:
        tally.add(play(drawn(seed), _bench))
    gc.collect(1)
    tally.cpu_s = time.process_time() - began
    return tally


def _tell_one(seed: int) -> int:
    bench = Bench()
    story = play(drawn(seed), bench)
    bench.close()
    _say(str(story.history))
    _say("\n".join(story.log))
    if story.violation is None:
        _say(f"seed {seed}: holds; log {story.digest()}")
        return 0
    _say(_shortened(seed))
    return 1


def _shortened(seed: int) -> str:
    """Return the shortest history of a failing seed, and what happens in it."""
    bench = Bench()
    try:
        story = play(drawn(seed), bench)
        history = shortest(story.history, lambda shorter: play(shorter, bench).invariant == story.invariant)
        told = play(history, bench)
    finally:
        bench.close()
    return f"\nFAILS: {told.violation}\n{told.history}\n" + "\n".join(f"    {line}" for line in told.log)


def _summary(tally: Tally, took_s: float) -> str:
    rarest = sorted(tally.faults().items(), key=lambda pair: pair[1])[:3]
    each_ms = 1000 * tally.cpu_s / max(1, tally.seeds)
    size = f"{tally.seeds} seeds, {tally.runs} runs, {tally.calls} calls"
    lines = [
        f"{size} in {took_s:.0f} s ({each_ms:.0f} ms of CPU each): {len(tally.failed)} failed",
        f"rarest faults: {', '.join(f'{name} {number}' for name, number in rarest)}",
    ]
    lines += [f"seed {seed}: {what}" for seed, what in sorted(tally.failed.items())[:20]]
    return "\n".join(lines)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
