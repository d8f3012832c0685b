"""What every destination promises; a vendor's test inherits this and says how one is made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Schema
from connectors.errors import SchemaDrift
from connectors.values import Field, OutcomeKind, RecordRef, Write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.values import FieldValue, Outcome

FIELDS = (
    Field(name="name", type="text"),
    Field(name="score", type="number"),
    Field(name="responded_at", type="datetime"),
    Field(name="current", type="boolean"),
)
AT = "2026-01-31T09:30:00.000Z"
AWKWARD = (
    "Zoë Ångström 玉兰 👩‍🔬",
    "two\nlines\r\nand a\ttab",
    "'; DROP TABLE people; --",
    '"quoted" and \\back\\slashed %s %(x)s ? :name {}',
    "e\u0301 is not normalised for you",
    "  outer spaces  ",
    "",
)


def person(id_: str, **values: FieldValue) -> Write:
    return Write(object="people", key={"id": id_}, values=values)


def ref(id_: str) -> RecordRef:
    return RecordRef(object="people", id=id_)


def kinds(outcomes: Sequence[Outcome]) -> dict[str, OutcomeKind]:
    return {outcome.id: outcome.kind for outcome in outcomes}


class DestinationContract(ABC):
    """Inherit, and give a fixture `destination` with an empty object `people` (key `KEY`, `FIELDS`)."""

    #: The most calls of its own that isolating one poisoned row among a hundred may cost.
    CALLS_FOR_ONE_IN_A_HUNDRED = 15
    #: What the outcome of a poisoned row gives as its code.
    POISON_CODE = "E502"
    #: What a field holds after an empty text was written.
    BLANK: str | None = ""
    #: The field that tells people apart.
    KEY = "id"

    @abstractmethod
    @pytest.fixture
    def destination(self) -> Any:
        """See the class."""

    def person(self, id_: str, **values: FieldValue) -> Write:
        return Write(object="people", key={self.KEY: id_}, values=values)

    def delete(self, id_: str) -> Write:
        return Write(object="people", key={self.KEY: id_}, values={}, delete=True)

    def kept(self, value: str) -> str | None:
        """Return what a field holds after *value* was written, where it does not keep all of it."""
        return value or self.BLANK

    def poison(self, id_: str) -> Write:
        """Return a write that this destination refuses for its own sake, because of field `score`."""
        return self.person(id_, score="not a number")

    @abstractmethod
    def calls(self, destination: Any) -> int:
        """Return the calls made so far."""

    def held(self, destination: Any, id_: str, *fields: str) -> Mapping[str, FieldValue] | None:
        found: Mapping[str, FieldValue] | None = destination.read([ref(id_)], fields).get(ref(id_))
        return found

    def test_one_outcome_per_write_in_any_order(self, destination: Any) -> None:
        writes = [self.person(f"p{number}", score=number % 11) for number in range(500)]

        outcomes = destination.write(writes)

        assert {write.id: OutcomeKind.WRITTEN for write in writes} == kinds(outcomes)
        assert len(writes) == len(outcomes)

    def test_nothing_to_write_is_fine(self, destination: Any) -> None:
        assert not destination.write([])
        assert not destination.read([], ["score"])

    def test_a_write_can_be_repeated(self, destination: Any) -> None:
        """A lost reply makes the engine send the same again."""
        write = self.person("p1", name="Ann", score=9, responded_at=AT, current=True)

        destination.write([write])
        destination.write([write, write])

        expected = {"name": "Ann", "score": 9, "responded_at": AT, "current": True}
        assert expected == self.held(destination, "p1", *expected)
        assert len(destination.read([ref("p1")], ["score"])) == 1

    def test_unnamed_fields_are_left_alone(self, destination: Any) -> None:
        destination.write([self.person("p1", name="Ann", score=3)])
        destination.write([self.person("p1", score=9)])

        assert {"name": "Ann", "score": 9} == self.held(destination, "p1", "name", "score")

    def test_a_field_can_be_emptied(self, destination: Any) -> None:
        destination.write([self.person("p1", name="Ann", score=3)])
        destination.write([self.person("p1", name=None)])

        assert {"name": None, "score": 3} == self.held(destination, "p1", "name", "score")

    def test_the_later_write_of_a_batch_wins(self, destination: Any) -> None:
        outcomes = destination.write(
            [self.person("p1", score=1), self.person("p1", score=2, name="Ann"), self.person("p1", score=3)]
        )

        assert len(outcomes) == 3
        assert {"score": 3, "name": "Ann"} == self.held(destination, "p1", "score", "name")

    def test_writes_of_different_fields_share_a_batch(self, destination: Any) -> None:
        destination.write(
            [self.person("p1", score=1), self.person("p2", name="Bo"), self.person("p3", name="Cy", score=0)]
        )

        assert {"score": 1, "name": None} == self.held(destination, "p1", "score", "name")
        assert {"score": 0, "name": "Cy"} == self.held(destination, "p3", "score", "name")

    def test_a_deleted_record_is_gone_and_can_come_back(self, destination: Any) -> None:
        delete = self.delete("p1")
        destination.write([self.person("p1", score=1)])

        assert kinds(destination.write([delete])) == {"p1": OutcomeKind.WRITTEN}
        assert kinds(destination.write([delete])) == {"p1": OutcomeKind.WRITTEN}
        assert self.held(destination, "p1", "score") is None
        destination.write([self.person("p1", score=2), delete, self.person("p1", name="Ann")])
        assert {"score": None, "name": "Ann"} == self.held(destination, "p1", "score", "name")

    def test_records_that_do_not_exist_are_absent(self, destination: Any) -> None:
        destination.write([self.person("p1", score=1)])

        assert {ref("p1"): {"score": 1}} == destination.read([ref("p1"), ref("nobody")], ["score"])

    @pytest.mark.parametrize("text", AWKWARD)
    def test_text_comes_back_as_it_was(self, destination: Any, text: str) -> None:
        destination.write([self.person("p1", name=text)])

        assert {"name": self.kept(text)} == self.held(destination, "p1", "name")

    @pytest.mark.parametrize("text", AWKWARD[:5])
    def test_a_key_may_hold_anything(self, destination: Any, text: str) -> None:
        destination.write([self.person(text, score=1), self.person("other", score=2)])
        destination.write([self.person(text, score=3)])

        assert {"score": 3} == self.held(destination, text, "score")
        assert {"score": 2} == self.held(destination, "other", "score")

    def test_what_cannot_be_kept_is_refused_never_changed(self, destination: Any) -> None:
        """NUL and half a surrogate pair are the two characters that databases disagree about."""
        outcomes = {
            outcome.id: outcome
            for outcome in destination.write(
                [self.person("nul", name="a\0b"), self.person("half", name="\ud83d"), self.person("ok")]
            )
        }

        assert outcomes["ok"].kind is OutcomeKind.WRITTEN
        for id_, text in (("nul", "a\0b"), ("half", "\ud83d")):
            if outcomes[id_].kind is OutcomeKind.WRITTEN:
                assert {"name": text} == self.held(destination, id_, "name")
            else:
                assert outcomes[id_].fields == ("name",)

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("2026-01-31T10:30:00+01:00", AT),
            ("2026-01-31T09:30:00Z", AT),
            ("2026-01-31 09:30:00.250", "2026-01-31T09:30:00.250Z"),
            (AT, AT),
        ],
    )
    def test_times_come_back_in_utc(self, destination: Any, given: str, kept: str) -> None:
        destination.write([self.person("p1", responded_at=given)])

        assert {"responded_at": self.kept(kept)} == self.held(destination, "p1", "responded_at")

    @pytest.mark.parametrize("number", [0, 10, -100, 45.5, 2**53, True])
    def test_numbers_come_back_as_they_were(self, destination: Any, number: float) -> None:
        destination.write([self.person("p1", score=number)])

        assert {"score": number} == self.held(destination, "p1", "score")

    def test_whole_numbers_come_back_whole(self, destination: Any) -> None:
        """Else 9 and 9.0 would be a change in every run."""
        destination.write([self.person("p1", score=9.0)])

        held = self.held(destination, "p1", "score")
        assert held is not None
        assert repr(held["score"]) == "9"

    def test_a_poisoned_row_is_isolated(self, destination: Any) -> None:
        """One row of a hundred is refused with its field; the others are written, in few calls."""
        writes = [self.person(f"p{number:02}", score=number % 11) for number in range(100)]
        writes[37] = self.poison("p37")
        before = self.calls(destination)

        outcomes = destination.write(writes)

        refused = [outcome for outcome in outcomes if outcome.kind is not OutcomeKind.WRITTEN]
        assert [("p37", OutcomeKind.REJECTED, self.POISON_CODE)] == [
            (each.id, each.kind, each.code) for each in refused
        ]
        assert len(outcomes) == 100
        assert len(destination.read([ref(write.id) for write in writes], ["score"])) == 99
        assert self.calls(destination) - before <= self.CALLS_FOR_ONE_IN_A_HUNDRED

    def test_an_unknown_field_is_drift_and_writes_nothing(self, destination: Any) -> None:
        with pytest.raises(SchemaDrift, match="scoer") as caught:
            destination.write([self.person("p1", name="Ann"), self.person("p2", scoer=9)])

        assert caught.value.code == "E120"
        assert "Did you mean `score`" in caught.value.next_step
        assert self.held(destination, "p1", "name") is None

    def test_an_unknown_object_is_drift(self, destination: Any) -> None:
        with pytest.raises(SchemaDrift, match="poeple") as caught:
            destination.write([Write(object="poeple", key={self.KEY: "p1"}, values={"score": 1})])

        assert "Did you mean `people`" in caught.value.next_step

    def test_the_schema_tells_what_can_be_written(self, destination: Any) -> None:
        assert isinstance(destination, Schema)
        told = {field.name: field for field in destination.fields("people")}

        assert {field.name: field.type for field in FIELDS}.items() <= {n: f.type for n, f in told.items()}.items()
        assert told[self.KEY].unique
        assert not destination.fields("nothing")

    def test_missing_fields_are_added_and_nothing_else_changes(self, destination: Any) -> None:
        destination.write([self.person("p1", name="Ann", score=3)])
        before = destination.fields("people")
        more = [Field(name="score", type="text"), Field(name="trend", type="text")]

        destination.ensure("people", [self.KEY], more)
        destination.ensure("people", [self.KEY], more)

        assert [*before, Field(name="trend", type="text")] == list(destination.fields("people"))
        destination.write([self.person("p1", trend="declining")])
        expected = {"name": "Ann", "score": 3, "trend": "declining"}
        assert expected == self.held(destination, "p1", *expected)
