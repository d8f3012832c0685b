"""Batches of a hundred records: what is sent, and which row each part of the reply is about.

HubSpot answers in no fixed order, calls records by other ids after a merge, and now and then leaves a row out of its
answer altogether. So every input carries a trace id, rows are told apart by it or by their key and never by position,
and what an answer does not mention is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.batching import send
from connectors.errors import SchemaDrift
from connectors.hubspot.errors import row_verdict
from connectors.hubspot.properties import ID
from connectors.hubspot.session import WORKERS
from connectors.values import OutcomeKind
from connectors.verdicts import WRITTEN, Verdict

if TYPE_CHECKING:
    from connectors.batching import Sent
    from connectors.hubspot.paths import Paths
    from connectors.hubspot.session import Session

#: Inputs in one call; the 101st is refused.
AT_ONCE = 100
_UNFIT = Verdict(OutcomeKind.REJECTED, "INVALID_ID", (ID,))


@dataclass(frozen=True, slots=True)
class Input:
    """One row to write."""

    #: The record's own id, or its value of the key property.
    id: str
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Why it is not sent at all.
    unfit: Verdict | None = None
    #: What a new record hangs on from the start, as HubSpot writes it.
    associations: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Batches:
    """Reads and writes records of one account."""

    session: Session
    paths: Paths

    def write(self, object_: str, key: str, inputs: Sequence[Input], own: dict[str, str] | None = None) -> Sent:
        """Update records by their own id, or create or update them by a unique property of ours.

        Args:
            object_: Theirs.
            key: `hs_object_id`, or the unique property.
            inputs: The rows.
            own: Takes in the record's own id of each row that was written, by the row's.
        """
        if key == ID:
            return self._send(object_, "update", [_with_number(each) for each in inputs], own=own)
        return self._send(object_, "upsert", inputs, key, own)

    def create(self, object_: str, key: str, inputs: Sequence[Input], own: dict[str, str]) -> Sent:
        """Make records, which are told apart by the property *key*; one whose answer was lost is not made again."""
        return self._send(object_, "create", inputs, key, own)

    def archive(self, object_: str, inputs: Sequence[Input]) -> Sent:
        """Move records to the recycle bin, by their own ids; one that is gone already counts as done."""
        return self._send(object_, "archive", [_with_number(each) for each in inputs])

    def read(
        self, object_: str, ids: Sequence[str], properties: Sequence[str], key: str = ID
    ) -> list[Mapping[str, Any]]:
        """Return the records that there are, in any order, with *properties*; an old id of a merged one finds it too.

        Raises:
            ConnectorError: Something could not be read.
        """
        asked = {"properties": list(properties), "propertiesWithHistory": []} | (
            {} if key == ID else {"idProperty": key}
        )
        path, found = self.paths.batch(object_, "read"), list[Mapping[str, Any]]()

        def call(batch: Sequence[str]) -> list[Verdict]:
            body = asked | {"inputs": [{"id": each} for each in batch]}
            told = self.session.once(path, body, what=f"read {len(batch)} {object_}", writes=False)
            found.extend(results(told))
            return [WRITTEN] * len(batch)

        self.session.ready()
        wanted = [each for each in dict.fromkeys(ids) if each and (key != ID or is_number(each))]
        sent = send(wanted, call, size=AT_ONCE, workers=WORKERS, caller=self.session.caller)
        if sent.stopped is not None:
            raise sent.stopped
        return found

    def _send(
        self, object_: str, action: str, inputs: Sequence[Input], key: str = ID, own: dict[str, str] | None = None
    ) -> Sent:
        path = self.paths.batch(object_, action)
        plain, makes = action == "archive", action == "create"

        def call(batch: Sequence[Input]) -> list[Verdict | None]:
            fit = [(place, each) for place, each in enumerate(batch) if each.unfit is None]
            verdicts: list[Verdict | None] = [each.unfit for each in batch]
            if fit:
                sent = _bodies(action, key, fit)
                told = self.session.once(path, {"inputs": sent}, what=f"{action} {len(fit)} {object_}", writes=True)
                if plain and told is None:
                    return [each or WRITTEN for each in verdicts]
                made = settle(verdicts, {each.id: place for place, each in fit}, told, key)
                if own is not None:
                    own.update({batch[place].id: id_ for place, id_ in made.items()})
            return verdicts

        self.session.ready()
        caller = self.session.caller
        return send(inputs, call, size=AT_ONCE, workers=WORKERS, caller=caller, repeatable=not makes)


def _bodies(action: str, key: str, rows: Iterable[tuple[int, Input]]) -> list[dict[str, Any]]:
    """Return the inputs of a call; each with its place as its trace id."""
    if action == "archive":
        return [{"id": each.id} for _, each in rows]
    if action == "create":
        return [
            {"properties": each.properties, "associations": each.associations, "objectWriteTraceId": str(place)}
            for place, each in rows
        ]
    by_key = {} if key == ID else {"idProperty": key}
    return [{"id": each.id, "properties": each.properties, "objectWriteTraceId": str(p)} | by_key for p, each in rows]


def settle(verdicts: list[Verdict | None], place_of: Mapping[str, int], told: object, key: str) -> Mapping[int, str]:
    """Enter what a reply says of a batch; rows that it does not mention stay as they are.

    Returns:
        The place of each row that was written, and the own id of its record.

    Args:
        verdicts: One for each row.
        place_of: The place of each row by its id.
        told: The decoded reply.
        key: The property that `place_of` goes by.

    Raises:
        SchemaDrift: The reply complains about the mapping, not about a row.
    """
    places, made = Places(place_of, len(verdicts)), dict[int, str]()
    for result in results(told):
        place = places.of_result(result, key)
        if place is not None:
            verdicts[place], made[place] = WRITTEN, str(result.get("id"))
    errors = told.get("errors") if isinstance(told, Mapping) else None
    for error in errors if isinstance(errors, list) else ():
        if not isinstance(error, Mapping):
            continue
        verdict = row_verdict(error)
        if verdict.systemic and verdict.code == "PROPERTY_DOESNT_EXIST":
            named = ", ".join(f"`{name}`" for name in verdict.fields)
            raise SchemaDrift(f"HubSpot has no property {named or 'of the name we wrote'} any longer")
        for place in places.of_error(error):
            verdicts[place] = verdict
    return made


@dataclass(frozen=True, slots=True)
class Places:
    """Which row a part of a reply is about."""

    by_id: Mapping[str, int]
    rows: int

    def of_result(self, result: Mapping[str, Any], key: str) -> int | None:
        traced = self._traced(result.get("objectWriteTraceId"))
        if traced:
            return traced[0]
        if key == ID:
            return self.by_id.get(str(result.get("id")))
        held = result.get("properties")
        value = held.get(key) if isinstance(held, Mapping) else None
        return self._by_value(str(value)) if value is not None else None

    def of_error(self, error: Mapping[str, Any]) -> list[int]:
        held = error.get("context")
        context = held if isinstance(held, Mapping) else {}
        traced = self._traced(context.get("objectWriteTraceId"))
        if traced:
            return traced
        named = [each for name in ("ids", "id") for each in _listed(context.get(name))]
        return [place for each in named if (place := self._by_value(str(each))) is not None]

    def _traced(self, traces: object) -> list[int]:
        found = [int(each) for each in _listed(traces) if isinstance(each, str) and is_number(each)]
        return [place for place in found if place < self.rows]

    def _by_value(self, value: str) -> int | None:
        """Return a row's place; a value may come back in other capitals than it was sent in, if only one row has it."""
        place = self.by_id.get(value)
        if place is None:
            folded = value.casefold()
            alike = [place for each, place in self.by_id.items() if each.casefold() == folded]
            place = alike[0] if len(alike) == 1 else None
        return place


def results(told: object) -> list[Mapping[str, Any]]:
    """Return the records of a reply."""
    listed = told.get("results") if isinstance(told, Mapping) else None
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def held_by(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the properties of a record."""
    held = record.get("properties")
    return held if isinstance(held, Mapping) else {}


def is_number(text: str) -> bool:
    """Tell whether *text* can be a record's own id.

    >>> is_number("501"), is_number("p-501")
    (True, False)
    """
    return text.isascii() and text.isdecimal()


def _with_number(given: Input) -> Input:
    return given if given.unfit or is_number(given.id) else Input(given.id, unfit=_UNFIT)


def _listed(value: object) -> Sequence[object]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
