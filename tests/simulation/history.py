"""A history: what happens in one simulated world, drawn from one seed, as a list that can be shortened."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tests.simulation.process import AFTER, BEFORE, FULL
from tests.simulation.remote import OF_WRITES, Fault

ROOT = Path(__file__).parents[2]


def step_names() -> tuple[str, ...]:
    """Return every step that a run can name, as the code has them."""
    texts = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "sync").rglob("*.py")))
    return tuple(sorted({name for text in texts for name in re.findall(r'(?:\b|_)step\("([a-z]+\.[a-z_]+)"\)', text)}))


#: Steps of commands and blocks that the simulated worlds do not have yet.
ELSEWHERE = ("compute.owners", "convert.", "deliver.own", "guard.", "match.asked", "poison.")
#: Steps of what people ask for.
ASKED = {
    "undo": ("undo.begin", "undo.plan"),
    "replay": ("replay.begin", "replay.wave"),
    "forget": ("forget.plan", "forget.erase", "forget.scrub"),
}
STEPS = tuple(name for name in step_names() if not name.startswith(ELSEWHERE))


@dataclass(frozen=True, slots=True)
class Knobs:
    """What one world is like; `off` are safety nets that are switched off (see docs/how-to/simulate.md)."""

    persons: int
    page: int
    batch: int
    bulk: bool
    redirects: bool
    late_rows: bool
    echo: bool
    blocks: tuple[str, ...]
    #: Seconds that pass between runs.
    pause_s: float
    #: Persons of whom there is a contact from the start.
    known: tuple[int, ...]
    off: frozenset[str]


#: Nets that the design allows to be missing: everything must hold without them, only later.
NETS = ("retries", "read_back", "look_back", "release", "renewal")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happens."""

    #: The run during or before which it happens, from 0.
    run: int
    #: `call`, `write`, `crash`, `commit`, `stall`, `second`, or something that happens in the world.
    what: str
    #: Before which call of the run the world changes (0: before the run); which call fails; which commit;
    #: at which time of a step the process crashes.
    at: int = 0
    #: A fault, a step's name, or numbers.
    how: tuple[str | int | float, ...] = ()

    def __str__(self) -> str:
        how = " ".join(map(str, self.how))
        return f"run {self.run}: {self.what}{f' at {self.at}' if self.at else ''}{f' ({how})' if how else ''}"


@dataclass(frozen=True, slots=True)
class History:
    """A world and everything that happens in it."""

    seed: int
    knobs: Knobs
    runs: int
    items: tuple[Item, ...]

    def having(self, items: tuple[Item, ...]) -> History:
        return replace(self, items=items)

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}, {self.runs} runs, {self.knobs}", *(f"  {item}" for item in self.items)])


_WITH_RESPONSES = ("responses", "segments")
#: Step → what leads to it: run, what, at which call, and how.
_SELDOM: dict[str, list[tuple[int, str, int, str | int]]] = {
    "match.again": [(1, "create", 0, -1)],
    "match.expire": [(1, "wait", 0, 400)],
    "match.settle": [(1, "reassign", 0, 0)],
    "failures.reopen": [(0, "write", 1, Fault.OMITTED_UNAPPLIED)],
    "match.relink": [(1, "merge", 0, 0)],
    "deliver.doubts": [(0, "write", 1, Fault.LOST_REPLY), (1, "wait", 0, 1)],
}
#: How much more often than another a step is chosen to be crashed: fewer runs come to it, or fewer live to.
_WEIGHT = {
    "match.relink": 2.5,
    "deliver.doubts": 1.6,
    "failures.reopen": 1.6,
    "match.expire": 1.3,
    "match.again": 1.3,
    "compute.rollups": 5,
    "compute.records": 2,
    "deliver.acknowledge": 2,
    "deliver.send": 2,
    "match.decisions": 2,
    "match.moves_read": 2,
    "deliver.ensure": 1.6,
    "deliver.look": 2.2,
    "deliver.settle": 2,
    "match.find": 1.5,
    "match.moves": 1.5,
    "match.settle": 1.8,
    "match.version": 1.7,
    "pull.pages": 1.3,
    "run.define": 1.8,
    "run.finish": 1.5,
}
#: Steps to which most runs come.
_OFTEN = [step for step in STEPS if step not in _SELDOM and not step.startswith(tuple(ASKED))]
#: Those to which a run comes only where something is to be computed.
_LATER = ("compute.", "deliver.", "match.decisions", "match.find", "match.settle", "run.define")
#: Faults that any call can meet.
_OF_ANY = [fault for fault in Fault if fault not in OF_WRITES]
#: Faults of writes, and how often; those that leave more to do are met by themselves more often.
_OF_WRITES = {
    Fault.POISON: 6,
    Fault.LOCKED: 5,
    Fault.INVALID: 5,
    Fault.OMITTED: 5,
    Fault.LATE: 5,
    Fault.OMITTED_UNAPPLIED: 3,
}
#: What the world may do, and how often of a hundred.
_WORLD = {
    "answer": 46,
    "edit": 12,
    "late": 6,
    "tie": 6,
    "withdraw": 2,
    "reassign": 2,
    "reject": 4,
    "skip": 2,
    "create": 5,
    "forbid": 3,
    "allow": 2,
    "touch": 4,
    "drift": 12,
    "mend": 2,
    "merge": 6,
    "delete": 3,
    "redefine": 2,
    "wait": 2,
}


#: Blocks of the mapping, and in how many worlds they stand.
_BLOCKS = {"responses": 0.42, "rollup": 0.42, "segments": 0.42, "follow_up": 0.15}


def drawn(seed: int) -> History:
    """Draw the history of *seed*."""
    rng = Random(seed)
    persons = rng.randint(2, 5)
    late_rows = rng.random() < 0.5
    off = {net for net in NETS if rng.random() < 0.15}
    if late_rows:
        off.discard("look_back")
    knobs = Knobs(
        persons=persons,
        page=rng.choice((1, 2, 3, 50)),
        batch=rng.choice((1, 2, 3, 100)),
        bulk=rng.random() < 0.5,
        redirects=rng.random() < 0.5,
        late_rows=late_rows,
        echo=rng.random() < 0.2,
        blocks=tuple(name for name, share in _BLOCKS.items() if rng.random() < share),
        pause_s=rng.choice((1.0, 70.0, 900.0, 86_400.0)),
        known=tuple(person for person in range(persons) if person == 0 or rng.random() < 0.75),
        off=frozenset(off),
    )
    runs = rng.choice((1, 1, 2, 2, 3))
    items = [item for run in range(runs) for item in _of_run(rng, run, knobs)]
    fate = rng.random()
    if fate < 0.22:
        return _seldom(rng, History(seed, knobs, 2, ()))
    if fate < 0.36:
        return _asked(rng, History(seed, knobs, 2, ()))
    return History(seed, knobs, runs, _in_good_time(items))


def _in_good_time(items: list[Item]) -> tuple[Item, ...]:
    """Leave out that the clock jumps where a write arrives late: how long it may take is measured by that clock."""
    late = any(item.how[:1] == (Fault.LATE,) for item in items)
    return tuple(item for item in items if not (late and item.what == "jump"))


def _seldom(rng: Random, history: History) -> History:
    """Return a history that comes to a step which few do, and mostly dies there."""
    step = _chosen(rng, sorted(_SELDOM))
    items = [Item(0, "answer", 0, (person, rng.randrange(11))) for person in (0, history.knobs.persons - 1)]
    items += [item for item in _of_run(rng, 1, history.knobs) if item.what in ("call", "write")]
    items += [Item(run, what, at, (*how, rng.randrange(11))) for run, what, at, *how in _SELDOM[step]]
    if rng.random() < 0.8:
        items.append(Item(1, "crash", 1, (step,)))
    elif rng.random() < 0.5:
        items.append(Item(1, rng.choice(("second", "stall")), 1, (step,)))
    # The last person is a stranger, and what is late is not too late.
    known = tuple(range(history.knobs.persons - 1))
    knobs = replace(history.knobs, known=known, pause_s=min(history.knobs.pause_s, 70.0), blocks=_WITH_RESPONSES)
    return replace(history, knobs=knobs, items=tuple(items))


def _asked(rng: Random, history: History) -> History:
    """Return a history in which somebody asks for something between two runs, which mostly dies."""
    what, knobs = rng.choices(list(ASKED), [22, 44, 34])[0], history.knobs
    answers = [(rng.randrange(1000), rng.randrange(11)) for _ in range(rng.randint(1, 3))]
    items = [Item(0, "answer", 0, each) for each in [(0, rng.randrange(11)), *answers]]
    if what == "replay":
        items.append(Item(0, "write", 1, (rng.choice((Fault.INVALID, Fault.POISON)),)))
        if rng.random() < 0.4:  # something else waits, which is not to be sent with it
            knobs = replace(knobs, batch=1)
            items.append(Item(0, "write", 2, (Fault.QUOTA,)))
    items += [item for item in _of_run(rng, 1, knobs) if item.what != "jump"]
    step = rng.choice(ASKED[what]) if rng.random() < 0.93 else ""
    if what == "forget":  # the last step is reached the least
        step = rng.choices(ASKED[what], [3, 3, 5])[0]
    # The first person is known there, and what we wrote of them is to go, too.
    number = 1 if step == "forget.plan" else rng.randrange(1000)
    items.insert(rng.choice((0, len(items))), Item(1, what, 0, (number, step)))
    return replace(history, knobs=knobs, items=_in_good_time(items))


def _of_run(rng: Random, run: int, knobs: Knobs) -> list[Item]:
    names, weights = list(_WORLD), list(_WORLD.values())
    if not knobs.late_rows:
        weights[names.index("late")] = 0
    items = []
    for _ in range(rng.randint(1, 5) if run == 0 else rng.randint(0, 3)):
        what = rng.choices(names, weights)[0] if run else "answer"
        at = 0 if rng.random() < 0.75 else rng.randint(1, 8)
        items.append(Item(run, what, at, (rng.randrange(1000), rng.randrange(11))))
    items += _faults(rng, run)
    fate = rng.random()
    if fate < 0.47:
        step = _chosen(rng, _steps(knobs))
        items.append(Item(run, "crash", 1 if rng.random() < 0.9 else 2, (step,)))
        if step.startswith(_LATER):
            items.append(Item(run, "answer", 0, (knobs.known[0], rng.randrange(11))))
    elif fate < 0.66:
        items.append(
            Item(run, "commit", rng.choice((1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8)), (rng.choice((BEFORE, AFTER, FULL)),))
        )
    elif fate < 0.855:
        items.append(Item(run, rng.choice(("second", "stall")), 1, (rng.choice(_steps(knobs)),)))
    elif fate < 0.97:
        items.append(Item(run, "jump", rng.choice((0, 0, 3)), (rng.choice((3600, -3600)),)))
    return items


def _faults(rng: Random, run: int) -> list[Item]:
    """Return what goes wrong with calls and writes of a run, each with one of its own."""
    items: dict[tuple[str, int], Item] = {}
    for _ in range(rng.choice((2, 2, 3, 3, 3, 4))):
        if rng.random() < 0.66:
            what, at = "write", rng.choice((1, 1, 1, 2))
            of_writes = rng.random() < 0.85
            fault = rng.choices(list(_OF_WRITES), list(_OF_WRITES.values()))[0] if of_writes else rng.choice(_OF_ANY)
        else:
            what, at, fault = "call", rng.choice((1, 1, 2, 2, 3, 4, 5)), rng.choice(_OF_ANY)
        while (what, at) in items:
            at += 1
        items[what, at] = Item(run, what, at, (fault,))
    return list(items.values())


def _steps(knobs: Knobs) -> list[str]:
    """Return the steps that a run of such a world has."""
    return [step for step in _OFTEN if step != "compute.rollups" or "rollup" in knobs.blocks]


def _chosen(rng: Random, steps: list[str]) -> str:
    return rng.choices(steps, [_WEIGHT.get(step, 1) for step in steps])[0]
