"""Whatever fails in whichever wave: each failure ends in one state, nothing else is sent, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.errors import Deferred
from connectors.values import Outcome, OutcomeKind
from sync.ledger.failures import Selection
from tests.flow.test_delivery import OneByOne
from tests.flow.world import MAPPING, SETTINGS, World, response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.values import Write
    from sync.report import RunReport

PEOPLE = 32
IDS = [f"C-{n:03}" for n in range(PEOPLE)]
CODES = ("ODD", "EVEN")
OLD, NEW = 2, 9
EVERYTHING = Selection()


def code_of(record: str) -> str:
    return CODES[int(record[2:]) % 2]


@dataclass
class Rule:
    """What the store makes of writes, and what became of them."""

    refused: frozenset[str] = frozenset()
    #: Writes that it neither keeps nor speaks of.
    lost: frozenset[str] = frozenset()
    #: The call, from 0, from which on it cannot be reached.
    down_from: int | None = None
    #: The records of each call that reached it.
    calls: list[list[str]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    @property
    def tried(self) -> list[str]:
        return [id_ for call in self.calls for id_ in call]


@dataclass
class Ruled(OneByOne):
    """A store that refuses by a rule."""

    rule: Rule

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        rule = self.rule
        if rule.down_from is not None and len(rule.calls) >= rule.down_from:
            raise Deferred("the store is away")
        rule.calls.append([write.id for write in batch])
        refused = [
            Outcome(object=write.object, id=write.id, kind=OutcomeKind.REJECTED, code=code_of(write.id))
            for write in batch
            if write.id in rule.refused
        ]
        told = super().write([write for write in batch if write.id not in rule.refused | rule.lost])
        rule.taken += [outcome.id for outcome in told]
        return [*told, *refused]


def world_in(folder: Path) -> World:
    rows = [(id_, f"{id_}@acme.test", f"First{id_}", f"Last{id_}", id_) for id_ in IDS]
    made = World(folder, customers=rows)
    made.mapping = {name: MAPPING[name] for name in MAPPING if name not in ("responses", "segments", "rollup")}
    made.settings = SETTINGS | {"limits": {"stop_if_changed": "100%", "stop_if_rejected": "100%"}}
    answer(made, OLD, IDS, days_ago=2)
    return made


def answer(world: World, score: int, people: Sequence[str], *, days_ago: float) -> None:
    numbers = {id_: 100 * score + n for n, id_ in enumerate(IDS)}
    world.source.add(
        *(response(numbers[id_], score, email=f"{id_}@acme.test", days_ago=days_ago) for id_ in sorted(people))
    )


def ruled(world: World, rule: Rule, selection: Selection | None = None) -> RunReport:
    world.through = lambda store: Ruled(store, rule)
    return world.sync(replay=selection)


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which everybody's record was refused."""
    folder = tmp_path_factory.mktemp("refused")
    ruled(world_in(folder).make_customers(), Rule(refused=frozenset(IDS)))
    return folder


def some(most: int = PEOPLE) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(IDS), max_size=most)


def failures(world: World) -> dict[str, tuple[str, str]]:
    return {row[0]: (row[1], row[2]) for row in world.ledger("SELECT record, state, code FROM failures")}


SELECTIONS = [EVERYTHING, Selection(code="ODD"), Selection(row=IDS[7]), Selection(code="NONE")]


@settings(max_examples=4)
@example(newer=frozenset(), refuses=frozenset(IDS[:2]), loses=frozenset(), down_from=None, selection=EVERYTHING)
@example(newer=frozenset(), refuses=frozenset(), loses=frozenset(IDS[4:10]), down_from=None, selection=EVERYTHING)
@example(newer=frozenset(IDS[:9]), refuses=frozenset(), loses=frozenset(), down_from=2, selection=EVERYTHING)
@given(
    newer=some(),
    refuses=some(6),
    loses=some(4),
    down_from=st.none() | st.integers(0, 2),
    selection=st.sampled_from(SELECTIONS),
)
def test_each_failure_ends_in_one_state_and_everything_arrives_in_the_end(
    refused: Path,
    newer: frozenset[str],
    refuses: frozenset[str],
    loses: frozenset[str],
    down_from: int | None,
    selection: Selection,
) -> None:
    with TemporaryDirectory() as name:
        world = world_in(Path(copytree(refused, name, dirs_exist_ok=True)))
        answer(world, NEW, sorted(newer), days_ago=1)
        ruled(world, Rule(refused=frozenset(IDS) - newer))
        waiting = {id_: code for id_, (state, code) in failures(world).items() if state == "open"}
        assert frozenset(IDS) - newer == set(waiting)
        chosen = {id_ for id_ in IDS if selection.row in (None, id_) and selection.code in (None, code_of(id_))}

        rule = Rule(refuses, loses - refuses, down_from)
        report = ruled(world, rule, selection)

        says_what_happened(report, chosen, set(waiting), rule)
        assert Counter(rule.tried) == Counter(set(rule.tried))
        assert set(rule.tried) <= chosen & set(waiting)
        now = failures(world)
        assert set(now) == set(IDS)
        assert {id_ for id_ in waiting if now[id_][0] == "delivered"} == set(rule.taken)
        assert world.scores() == dict.fromkeys(rule.taken, OLD) | dict.fromkeys(newer, NEW)

        later = Rule(refused=frozenset(IDS))
        ruled(world, later)
        unconfirmed = rule.lost if down_from is None else chosen & set(waiting) - set(rule.taken)
        assert set(later.tried) <= unconfirmed, "what was refused waits until something changes"

        ruled(world, Rule(), EVERYTHING)

        assert world.scores() == dict.fromkeys(IDS, OLD) | dict.fromkeys(newer, NEW)
        assert {state for state, _ in failures(world).values()} <= {"delivered", "superseded"}
        assert world.ledger("SELECT count(*) FROM outbox") == [(0,)]


def says_what_happened(report: RunReport, chosen: set[str], waiting: set[str], rule: Rule) -> None:
    """What a replay says of each group is what the store saw of it."""
    assert report.replayed is not None
    told = {each.code: each for each in report.replayed}
    assert {code_of(id_) for id_ in chosen} == set(told)
    for code, group in told.items():
        its = {id_ for id_ in chosen if code_of(id_) == code}
        tried, taken = its & set(rule.tried), its & set(rule.taken)
        assert group.failures == len(its)
        assert (group.superseded, group.delivered) == (len(its - waiting), len(taken))
        assert (group.failed, group.left) == (len(tried - taken), len(its & waiting - tried))
        assert goes_in_waves([its.intersection(call) for call in rule.calls], taken)


def goes_in_waves(calls: Sequence[set[str]], taken: set[str]) -> bool:
    """Tell whether a group was sent one, then ten, then the rest, and no more once a fifth of a wave had failed."""
    waves = [call for call in calls if call]
    right = [len(wave) <= most for wave, most in zip(waves, (1, 10, PEOPLE), strict=False)]
    went_well = [len(wave - taken) * 5 <= len(wave) for wave in waves[:-1]]
    return all(right) and all(went_well)
