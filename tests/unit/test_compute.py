"""Words as columns, what is intended of them, and what a chunk of records stores."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sync.chunk import Before, Chunk
from sync.desired import difference
from sync.intents import intend, retract
from sync.mapping.fields import ProfileField
from sync.mapping.schema import Mapping
from sync.mapping.values import columns_renderer, renderer
from sync.nps.relations import PROFILES, epoch_ms
from sync.packed import pack, unpack
from sync.shapes import Shapes
from sync.times import to_text
from sync.words import Columns, of_profiles, of_responses, to_ms, to_texts
from tests.flow.world import MAPPING, NOW

SHAPES = Shapes(Mapping.model_validate(MAPPING))
FIELDS = {
    "Plain": ProfileField.model_validate({"from": "score"}),
    "Cut": ProfileField.model_validate({"from": "comment", "truncate": 5}),
    "Translated": ProfileField.model_validate(
        {"from": "trend", "values": {"improving": 1, "steady": 0, "declining": -1}}
    ),
    "Joined": ProfileField.model_validate({"from": "segments"}),
    "Yes": ProfileField.model_validate({"from": "risk"}),
}
rows_of_words = st.fixed_dictionaries(
    {
        "score": st.integers(0, 10),
        "comment": st.none() | st.text(max_size=9),
        "trend": st.sampled_from([None, "improving", "steady", "declining"]),
        "segments": st.lists(st.sampled_from(["b", "a", "c"]), unique=True),
        "risk": st.booleans(),
    }
)
values = st.none() | st.integers(0, 3) | st.sampled_from(["", "x", "y"])


def profiles(*rows: dict[str, Any]) -> Columns:
    """Return a table of the kernel's profiles; what a row does not say is blank."""
    blank = dict.fromkeys(PROFILES.names) | {"key": "survey:r0", "segments": [], "risk_reasons": []}
    full = [blank | row for row in rows]
    return Columns(pa.Table.from_pylist(full, schema=PROFILES))


def chunk_of(*rows: dict[str, Any], before: dict[str, Before] | None = None) -> Chunk:
    computed = profiles(*rows)
    was = before or {}
    touched = sorted({*computed["subject"], *was})
    return Chunk(object="customers", records=touched, profiles=computed, persons=["p"] * len(rows), before=was)


class TestColumns:
    @given(st.lists(rows_of_words, max_size=5))
    def test_many_rows_are_rendered_as_each_alone(self, rows: list[dict[str, Any]]) -> None:
        columns = {word: [row[word] for row in rows] for word in ("score", "comment", "trend", "segments", "risk")}

        assert [pack(renderer(FIELDS)(row)) for row in rows] == list(columns_renderer(FIELDS)(columns, len(rows)))

    @given(st.lists(st.none() | st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), min_size=1))  # noqa: DTZ001
    def test_moments_are_written_as_the_ledger_writes_them(self, moments: list[datetime | None]) -> None:
        aware = [moment and moment.replace(tzinfo=UTC) for moment in moments]
        given_ms = pa.chunked_array([pa.array([moment and epoch_ms(moment) for moment in aware], pa.int64())])
        texts = [moment and to_text(moment) for moment in aware]

        assert texts == to_texts(given_ms).to_pylist()
        assert given_ms.to_pylist() == to_ms(to_texts(given_ms)).to_pylist()

    def test_words_of_a_profile_are_found_where_they_are(self) -> None:
        computed = profiles(
            {"subject": "C-1", "key": "r1", "account": "A-1", "segments": ["b", "a"], "responded_at": 0}
        )
        words = (
            "record.id",
            "record.object",
            "record.account",
            "response_key",
            "person.id",
            "person.email",
            "segments",
        )

        found = of_profiles(words, computed, object_="customers", persons=["p1"], claims=[{"email": "a@b.test"}])

        assert [["C-1"], ["customers"], ["A-1"], ["r1"], ["p1"], ["a@b.test"], [("b", "a")]] == list(found.values())

    def test_words_of_a_response_are_found_where_they_are(self) -> None:
        rows = [
            {"subject": "C-1", "score": 6, "extra": '{"plan":"gold"}'},
            {"subject": "C-2", "score": 9, "extra": None},
        ]
        words = ("record.id", "category", "points", "extra.plan")

        found = of_responses(words, Columns(pa.Table.from_pylist(rows)), object_="customers")

        assert [["C-1", "C-2"], ["detractor", "promoter"], [-100, 100], ["gold", None]] == list(found.values())


class TestIntents:
    shape = SHAPES.record
    words = ("score", "comment", "trend", "person.id")

    def columns(self, row: dict[str, Any]) -> dict[str, list[Any]]:
        return {word: [row.get(word)] for word in self.shape.words}

    def test_a_new_record_gets_everything(self) -> None:
        found = intend(self.shape, ["C-1"], self.columns({"score": 9}), {}, ["r1"])

        [(_, object_, record, keys, changes, desired, cleared, cause)] = found.rows
        assert ("people", "C-1", None, None, 0, "r1") == (object_, record, keys, changes, cleared, cause)
        assert desired is not None
        assert 9 == unpack(desired)["score"]

    def test_a_record_that_holds_it_gets_nothing(self) -> None:
        columns = self.columns({"score": 9})
        [row] = intend(self.shape, ["C-1"], columns, {}, None).rows

        assert [] == intend(self.shape, ["C-1"], columns, {"C-1": (str(row[5]), "before", None, False)}, None).rows

    @given(
        st.dictionaries(st.sampled_from(words), values, min_size=1),
        st.dictionaries(st.sampled_from(("score", "comment", "trend", "person_id")), values),
    )
    def test_a_known_record_gets_the_difference(self, row: dict[str, Any], before: dict[str, Any]) -> None:
        wanted = self.shape.render(row)
        expected = difference(wanted, before, self.shape.policy)

        found = intend(self.shape, ["C-1"], self.columns(row), {"C-1": (pack(before), "before", None, False)}, None)

        assert ([row[2:7] for row in found.rows], found.records) == (
            ([("C-1", None, pack(expected.changes), pack(expected.desired), expected.cleared)], {"C-1"})
            if expected.changes
            else ([], set())
        )

    def test_what_another_person_left_is_emptied(self) -> None:
        intent = retract(self.shape, "C-1", '{"comment":"slow","score":3}', {"record.id": "C-1"})

        assert intent is not None
        assert ({"comment": None, "score": None}, 2) == (unpack(str(intent[4])), intent[6])

    def test_what_is_empty_is_not_emptied_again(self) -> None:
        assert retract(self.shape, "C-1", '{"comment":null,"score":null}', {"record.id": "C-1"}) is None


class TestChunks:
    was = Before(person="p", account="A-2", segments="at_risk", relational_score=3, transactional_score=None)

    def test_entering_and_leaving_a_segment_are_rows(self) -> None:
        rows = ({"subject": "C-1", "key": "r1", "segments": ["at_risk"]}, {"subject": "C-2", "key": "r2"})
        chunk = chunk_of(*rows, before={"C-2": self.was})

        chunk.plan_segments(SHAPES.memberships_of("customers"), to_text(NOW))

        assert ([("C-1", "at_risk")], [("C-2", "at_risk")]) == (chunk.entered, chunk.left)
        assert [
            ("C-1\x1fat_risk", '{"since":"2026-11-22T07:00:00.000Z"}', "r1"),
            ("C-2\x1fat_risk", None, "r2"),
        ] == [(intent[2], intent[5], intent[7]) for intent in chunk.intents]

    def test_who_stays_is_written_where_the_destination_does_not_hold_it(self) -> None:
        """Not what it holds already, and not what a person undid."""
        shape = SHAPES.memberships_of("customers")
        assert shape is not None
        rows = [{"subject": f"C-{number}", "key": f"r{number}", "segments": ["at_risk"]} for number in range(1, 6)]
        chunk = chunk_of(*rows)
        now, earlier = (pack({"since": since}) for since in ("2026-11-20", "2026-11-19"))
        held = {
            "C-1\x1fat_risk": (now, "run", None, False),
            "C-2\x1fat_risk": (earlier, "run", None, False),
            "C-3\x1fat_risk": ("{}", "undo", now, False),
        }

        joined = {(f"C-{number}", "at_risk"): "2026-11-20" for number in range(1, 5)}
        chunk.plan_standing(shape, joined, lambda ids: {id_: held[id_] for id_ in ids if id_ in held})

        assert [("C-2\x1fat_risk", now, "r2"), ("C-4\x1fat_risk", now, "r4")] == [
            (intent[2], intent[5], intent[7]) for intent in chunk.intents
        ]

    def test_who_lost_his_responses_leaves_his_segments(self) -> None:
        chunk = chunk_of(before={"C-2": self.was})

        chunk.plan_segments(None, to_text(NOW))

        assert (["C-2"], [("C-2", "at_risk")], []) == (chunk.lost(), chunk.left, chunk.intents)

    def test_sums_move_by_what_came_and_went(self) -> None:
        chunk = chunk_of(
            {"subject": "C-1", "relational_score": 9, "account": "A-1"},
            {"subject": "C-2", "relational_score": 10},
            before={"C-2": self.was},
        )

        assert {("", ""): 1, ("relational", "promoter"): 2, ("relational", "detractor"): -1} == chunk.moves()
        assert ["A-1", "A-2"] == chunk.accounts()
