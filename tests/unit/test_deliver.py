"""Outbox rows as blocks of writes, and what a destination said of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Applied, Bulk
from connectors.values import Block, FieldValue, Outcome, OutcomeKind, RecordRef, Write
from sync.deliver import _judge, _send
from sync.packed import pack
from sync.parcels import Parcel, Queued, parcels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

KEY_OF = {"people": "id", "members": "id"}
KINDS = st.sampled_from([None, *OutcomeKind])
fields = st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 9), min_size=1)
queued = st.lists(
    st.tuples(st.sampled_from(["people", "members"]), fields, st.none() | fields, st.booleans()), max_size=12
)


@dataclass
class Written:
    """A destination that says what it is told to; None: it says nothing of a write."""

    says: Mapping[str, OutcomeKind | None] = field(default_factory=dict)

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        said = ((write, self.says.get(write.id, OutcomeKind.WRITTEN)) for write in batch)
        return [Outcome(object=write.object, id=write.id, kind=kind) for write, kind in said if kind is not None]

    def read(self, _refs: Sequence[RecordRef], _fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        return {}


class InBulk(Written):
    """The same, by blocks."""

    def write_blocks(self, blocks: Sequence[Block]) -> Applied:
        outcomes = self.write([write for block in blocks for write in block.writes()])
        others = [outcome for outcome in outcomes if outcome.kind is not OutcomeKind.WRITTEN]
        return Applied(written=len(outcomes) - len(others), others=others)


def rows_of(drawn: Sequence[tuple[str, dict[str, int | None], dict[str, int | None] | None, bool]]) -> list[Queued]:
    return [
        (
            0,
            object_,
            f"R-{number}",
            None,
            None if changes is None else pack(changes),
            None if deleted else pack(desired),
        )
        for number, (object_, desired, changes, deleted) in enumerate(drawn)
    ]


class TestParcels:
    @given(queued)
    def test_each_row_is_one_write_of_what_changes(
        self, drawn: list[tuple[str, dict[str, int | None], dict[str, int | None] | None, bool]]
    ) -> None:
        rows = rows_of(drawn)

        made = {
            row[2]: write
            for parcel in parcels(rows, KEY_OF)
            for row, write in zip(parcel.rows, parcel.block().writes(), strict=True)
        }

        assert {
            f"R-{number}": Write(
                object=object_,
                key={"id": f"R-{number}"},
                values={} if deleted else (changes or desired),
                delete=deleted,
            )
            for number, (object_, desired, changes, deleted) in enumerate(drawn)
        } == made

    def test_keys_of_several_columns_are_kept(self) -> None:
        row: Queued = (3, "members", "C-1\x1fat_risk", '{"id":"C-1","segment":"at_risk"}', None, '{"since":"now"}')

        [parcel] = parcels([row], KEY_OF)

        assert (["C-1\x1fat_risk"], [("C-1", "at_risk", "now")]) == (parcel.block().ids(), parcel.values)


class TestVerdicts:
    @given(st.lists(KINDS, min_size=1, max_size=6))
    def test_what_is_not_said_to_be_written_is_failed_or_unknown(self, kinds: list[OutcomeKind | None]) -> None:
        rows = rows_of([("people", {"a": 1}, None, False)] * len(kinds))
        says = {row[2]: kind for row, kind in zip(rows, kinds, strict=True)}
        sent = parcels(rows, KEY_OF)

        verdict = _judge(sent, _send(Written(says), lambda: map(Parcel.block, sent)))

        unsure = {id_ for id_, kind in says.items() if kind in (None, OutcomeKind.UNKNOWN)}
        waiting = {id_ for id_, kind in says.items() if kind is OutcomeKind.DEFERRED}
        failed = says.keys() - unsure - waiting - {id_ for id_, kind in says.items() if kind is OutcomeKind.WRITTEN}
        assert waiting == {row[2] for row in verdict.waiting}
        assert unsure == {row[2] for parcel in verdict.unknown for row in parcel.rows}
        assert failed == {row[2] for row, _ in verdict.failed}

    @given(st.lists(KINDS, min_size=1, max_size=6))
    def test_in_bulk_nothing_unsaid_passes_for_written(self, kinds: list[OutcomeKind | None]) -> None:
        rows = rows_of([("people", {"a": 1}, None, False)] * len(kinds))
        says = {row[2]: kind for row, kind in zip(rows, kinds, strict=True)}
        sent = parcels(rows, KEY_OF)

        verdict = _judge(sent, _send(InBulk(says), lambda: map(Parcel.block, sent)))

        failed = {
            id_ for id_, kind in says.items() if kind in (OutcomeKind.REJECTED, OutcomeKind.CONFLICT, OutcomeKind.GONE)
        }
        unknown = {row[2] for parcel in verdict.unknown for row in parcel.rows}
        assert isinstance(InBulk(), Bulk)
        assert failed == {row[2] for row, _ in verdict.failed}
        if None in kinds:  # the sums disagree: all of which nothing is said is read back
            waiting = {id_ for id_, kind in says.items() if kind is OutcomeKind.DEFERRED}
            assert unknown == says.keys() - failed - waiting
        else:
            assert unknown == {id_ for id_, kind in says.items() if kind is OutcomeKind.UNKNOWN}

    def test_an_outcome_of_a_write_that_was_not_sent_passes_for_none(self) -> None:
        sent = parcels(rows_of([("people", {"a": 1}, None, False)] * 2), KEY_OF)

        verdict = _judge(sent, _send(Confused(), lambda: map(Parcel.block, sent)))

        assert ["R-0", "R-1"] == [row[2] for parcel in verdict.unknown for row in parcel.rows]

    def test_what_a_streaming_destination_never_took_passes_for_nothing(self) -> None:
        """It said so many were written as it had taken, and left the rest of the stream where it was."""
        rows = rows_of([("people", {"a": 1}, None, False), ("members", {"a": 1}, None, False)])
        sent = parcels(rows, KEY_OF)

        said = _send(Lazy(), lambda: (parcel.block() for parcel in sent))
        verdict = _judge(sent, said)

        assert ["R-0", "R-1"] == [row[2] for parcel in verdict.unknown for row in parcel.rows]


class Lazy(InBulk):
    """It takes the first block of a stream."""

    streams = True

    def write_blocks(self, blocks: Iterable[Block]) -> Applied:
        return super().write_blocks([next(iter(blocks))])


class Confused(InBulk):
    """It refuses one write, and names another that nobody sent."""

    def write_blocks(self, blocks: Sequence[Block]) -> Applied:
        refused = Outcome(object=blocks[0].object, id="R-99", kind=OutcomeKind.REJECTED)
        return Applied(written=len(blocks[0].rows) - 1, others=[refused])
