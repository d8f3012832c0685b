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
    return tuple(sorted({name for text in texts for name in re.findall(r'\bstep\("([a-z]+\.[a-z_]+)"\)', text)}))


STEPS = step_names()


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


#: Faults that any call can meet.
_OF_ANY = [fault for fault in Fault if fault not in OF_WRITES]
#: What the world may do, and how often of a hundred.
_WORLD = {
    "answer": 46,
    "edit": 12,
    "late": 6,
    "tie": 6,
    "withdraw": 2,
    "reject": 4,
    "skip": 2,
    "create": 5,
    "forbid": 3,
    "allow": 2,
    "touch": 4,
    "drift": 2,
    "mend": 2,
    "redefine": 2,
    "wait": 2,
}


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
        blocks=tuple(name for name in ("responses", "rollup", "segments") if rng.random() < 0.45),
        pause_s=rng.choice((1.0, 70.0, 900.0, 86_400.0)),
        known=tuple(person for person in range(persons) if person == 0 or rng.random() < 0.75),
        off=frozenset(off),
    )
    runs = rng.choice((1, 2, 2, 3))
    items = [item for run in range(runs) for item in _of_run(rng, run, knobs)]
    return History(seed, knobs, runs, tuple(items))


def _of_run(rng: Random, run: int, knobs: Knobs) -> list[Item]:
    names, weights = list(_WORLD), list(_WORLD.values())
    if not knobs.late_rows:
        weights[names.index("late")] = 0
    items = []
    for _ in range(rng.randint(1, 5) if run == 0 else rng.randint(0, 3)):
        what = rng.choices(names, weights)[0] if run else "answer"
        at = 0 if rng.random() < 0.75 else rng.randint(1, 8)
        items.append(Item(run, what, at, (rng.randrange(1000), rng.randrange(11))))
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        if rng.random() < 0.6:
            items.append(Item(run, "write", rng.choice((1, 1, 2, 3)), (rng.choice(list(Fault)),)))
        else:
            items.append(Item(run, "call", rng.choice((1, 1, 2, 2, 3, 4, 5)), (rng.choice(_OF_ANY),)))
    fate = rng.random()
    if fate < 0.30:
        items.append(Item(run, "crash", rng.choice((1, 1, 1, 2)), (rng.choice(STEPS),)))
    elif fate < 0.36:
        items.append(Item(run, "commit", rng.randint(1, 12), (rng.choice((BEFORE, AFTER, FULL)),)))
    elif fate < 0.42:
        items.append(Item(run, rng.choice(("second", "stall")), 1, (rng.choice(STEPS),)))
    elif fate < 0.45:
        items.append(Item(run, "jump", rng.choice((0, 0, 3)), (rng.choice((3600, -3600)),)))
    return items
