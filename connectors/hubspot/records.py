"""Records of an account's objects: written by their own id or a unique property of ours, associated, and read back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from connectors.contract import Applied
from connectors.hubspot.batches import Input, held_by, is_number
from connectors.hubspot.blocks import inputs_of, key_of
from connectors.hubspot.finding import Finding
from connectors.hubspot.links import PREFIX
from connectors.hubspot.properties import ID, MERGED, as_text
from connectors.values import OutcomeKind
from connectors.verdicts import WRITTEN, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from connectors.batching import Sent
    from connectors.hubspot.batches import Batches
    from connectors.hubspot.catalogue import Catalogue
    from connectors.hubspot.links import Links
    from connectors.hubspot.properties import Properties
    from connectors.hubspot.seen import Seen
    from connectors.values import Block, FieldValue, RecordRef


@dataclass(slots=True)
class Records:
    """Writes and reads records.

    Args:
        name: The connection's, for messages.
        batches: Its calls about records.
        catalogue: Its properties.
        links: Its associations.
        seen: What its look-ups have read.
    """

    name: str
    batches: Batches
    catalogue: Catalogue
    links: Links
    #: What look-ups have read.
    seen: Seen
    #: Object → the properties that its records are known by here.
    _keys: dict[str, dict[str, None]] = field(default_factory=dict)
    #: Object → those of its keys that have no unique values.
    _looked_up: dict[str, dict[str, None]] = field(default_factory=dict)
    #: (object, other object, row) → the record it should hang on, where nobody knows whether it does.
    _wished: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def ensure(self, object_: str, key: Sequence[str], names: Sequence[str]) -> None:
        """Check that records of *object_* can be told apart by *key*, and that *names* can be written.

        Raises:
            SchemaDrift: They cannot.
        """
        known = self.catalogue.of(object_)
        plain, linked = _parted(names)
        known.check_writable(plain)
        for to in linked:
            self.links.type(object_, to)
        if self._is_looked_up(known, key_of(object_, key, self.name), linked):
            known.check_writable(key)
        else:
            known.check_key(key[0])
        self._keys.setdefault(object_, {})[key[0]] = None

    def is_by_our_keys(self, object_: str) -> bool:
        """Tell whether records of *object_* are written, and none of them by its own id."""
        keys = self._keys.get(object_, {})
        return bool(keys) and ID not in keys

    def prepare(self, part: Sequence[Block]) -> Callable[[], Applied]:
        """Return what writes a *part* of `together`, which is known to fit then.

        Raises:
            SchemaDrift: It does not fit the account's objects.
        """
        block = part[0]
        known = self.catalogue.of(block.object)
        _, linked = _parted(block.fields)
        targets = {to: _column(block, PREFIX + to) for to in linked}
        for to in linked:
            self.links.type(block.object, to)
        key = key_of(block.object, block.key, self.name)
        looked_up = self._is_looked_up(known, key, linked)
        made = (inputs_of(_without(each, targets), known, self.name, looked_up=looked_up) for each in part)
        inputs = [
            _unless_misled(each, {to: texts[place] for to, texts in targets.items()}) if targets else each
            for place, each in enumerate(chain.from_iterable(made))
        ]
        self._keys.setdefault(block.object, {})[key] = None
        self.seen.forget(block.object, (each.id for each in inputs) if key == ID else None)
        if block.delete:
            return lambda: self._delete(known, block, inputs)
        ids = [id_ for each in part for id_ in each.ids()]
        return lambda: self._write(known, block.object, key, inputs, ids, targets)

    def _is_looked_up(self, known: Properties, key: str, linked: Sequence[str]) -> bool:
        """Tell whether records are found by a property without unique values, through what they hang on."""
        found = known.by_name.get(key)
        if found is None or key == ID or found.unique:
            return False
        if linked:
            self._looked_up.setdefault(known.object, {})[key] = None
        return key in self._looked_up.get(known.object, {})

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> dict[RecordRef, Mapping[str, FieldValue]]:
        """Return what records of one object hold; see `Destination.read`."""
        object_ = refs[0].object
        known = self.catalogue.of(object_)
        plain, linked = _parted(fields)
        known.check(plain)
        found: dict[RecordRef, Mapping[str, FieldValue]] = {}
        by_key: dict[str, list[RecordRef]] = {}
        for ref in refs:
            by_key.setdefault(self._key_of(ref), []).append(ref)
        for key, asked in by_key.items():
            holders = self._held(known, key, asked, plain)
            others = {
                to: self.links.of(object_, to, {str(each.get("id")) for each in holders.values()}) for to in linked
            }
            turns = [(name, known.by_name[name].held()) for name in plain]
            for ref, record in holders.items():
                values, own = held_by(record), str(record.get("id"))
                found[ref] = {
                    **{name: turn(own if name == ID else values.get(name)) for name, turn in turns},
                    **{PREFIX + to: self._other(ref, to, others[to].get(own, ())) for to in linked},
                }
        return found

    def _key_of(self, ref: RecordRef) -> str:
        """Return the property that a ref's id is of; where both are written, digits are the record's own id."""
        keys = self._keys.get(ref.object) or {ID: None}
        own = ID in keys and (len(keys) == 1 or is_number(ref.id))
        return ID if own else next(key for key in reversed(keys) if key != ID)

    def _held(
        self, known: Properties, key: str, refs: Sequence[RecordRef], names: Sequence[str]
    ) -> dict[RecordRef, Mapping[str, Any]]:
        if key in self._looked_up.get(known.object, {}):
            return self._looked_at(known, key, refs, names)
        merged = [MERGED] if key == ID and MERGED in known.by_name else []
        asked = list(dict.fromkeys([*names, key, *merged]))
        ids = [ref.id for ref in refs]
        seen = self.seen.take(known.object, ids, names) if key == ID else {}
        read = self.batches.read(known.object, [each for each in ids if each not in seen], asked, key)
        holders = _by_id([*seen.values(), *read], key)
        found = ((ref, holders.get(ref.id) or holders.get(ref.id.casefold())) for ref in refs)
        return {ref: record for ref, record in found if record is not None}

    def _other(self, ref: RecordRef, to: str, others: Sequence[str]) -> FieldValue:
        """Return the record that this one hangs on: the one that we wished for, if it is among several."""
        wished = self._wished.get((ref.object, to, ref.id))
        return wished if wished in others else ";".join(sorted(set(others))) or None

    def _looked_at(
        self, known: Properties, key: str, refs: Sequence[RecordRef], names: Sequence[str]
    ) -> dict[RecordRef, Mapping[str, Any]]:
        """Return the records of *refs*, without those of which there are several."""
        targets: dict[str, list[str]] = {}
        asked = {ref.id for ref in refs}
        for (object_, to, id_), target in self._wished.items():
            if object_ == known.object and id_ in asked:
                targets.setdefault(to, []).append(target)
        own = Finding(self.batches, self.links, known, key).own_ids(asked, targets)
        single = {value: ids[0] for value, ids in own.items() if len(ids) == 1}
        held = {str(each.get("id")): each for each in self.batches.read(known.object, list(single.values()), names)}
        found = ((ref, held.get(single.get(ref.id, ""))) for ref in refs)
        return {ref: record for ref, record in found if record is not None}

    def _write(  # noqa: PLR0913 - what is known of one part
        self,
        known: Properties,
        object_: str,
        key: str,
        inputs: Sequence[Input],
        ids: Sequence[str],
        targets: Mapping[str, Sequence[str]],
    ) -> Applied:
        own = dict[str, str]()
        if key in self._looked_up.get(object_, {}):
            sent = Finding(self.batches, self.links, known, key).write(inputs, targets, own)
        else:
            sent = self.batches.write(object_, key, inputs, own if targets else None)
        for to, texts in targets.items():
            pairs = [(own.get(each.id), other) for each, other in zip(inputs, texts, strict=True)]
            self._associate(object_, to, sent, pairs)
        for to, texts in targets.items():
            for id_, text, verdict in zip(ids, texts, sent.verdicts, strict=True):
                if verdict.kind is OutcomeKind.UNKNOWN:
                    self._wished[object_, to, id_] = text
                elif self._wished:
                    self._wished.pop((object_, to, id_), None)
        return sent.applied(object_, ids)

    def _associate(self, object_: str, to: str, sent: Sent, pairs: Sequence[tuple[str | None, str]]) -> None:
        """Associate the rows that were written; one that cannot be is not written."""
        wanted = [
            (place, one, other)
            for place, (one, other) in enumerate(pairs)
            if other and one is not None and sent.verdicts[place] is WRITTEN
        ]
        if not wanted:
            return
        if sent.stopped is not None:
            verdicts = [Verdict(OutcomeKind.DEFERRED)] * len(wanted)
        else:
            made = self.links.make(object_, to, [(one, other) for _, one, other in wanted])
            verdicts, sent.stopped, sent.calls = made.verdicts, made.stopped, sent.calls + made.calls
        for (place, _, _), verdict in zip(wanted, verdicts, strict=True):
            sent.verdicts[place] = verdict

    def _delete(self, known: Properties, block: Block, inputs: Sequence[Input]) -> Applied:
        """Archive the records there are, but none that has our id from a merge: it is another's too."""
        key, asked = block.key[0], [each.id for each in inputs if each.id]
        if key in self._looked_up.get(block.object, {}):
            found = Finding(self.batches, self.links, known, key).own_ids(asked, {})
            own = {value: ids[0] for value, ids in found.items() if len(ids) == 1}
        else:
            own = {
                str(record.get("id") if key == ID else held_by(record).get(key)): str(record.get("id"))
                for record in self.batches.read(block.object, asked, [key], key)
            }
        there = [(id_, Input(own[each.id])) for id_, each in zip(block.ids(), inputs, strict=True) if each.id in own]
        sent = self.batches.archive(block.object, [each for _, each in there])
        applied = sent.applied(block.object, [id_ for id_, _ in there])
        return Applied(
            written=applied.written + len(block.rows) - len(there), others=applied.others, stopped=applied.stopped
        )


def _parted(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the properties among *names*, and the objects that the others associate with.

    >>> _parted(["hs_note_body", "associations.contacts"])
    (['hs_note_body'], ['contacts'])
    """
    plain, linked = list[str](), list[str]()
    for name in names:
        (linked if name.startswith(PREFIX) else plain).append(name.removeprefix(PREFIX))
    return plain, linked


def _column(block: Block, name: str) -> list[str]:
    place = len(block.key) + block.fields.index(name)
    return [as_text(row[place]) for row in block.rows]


def _without(block: Block, targets: Iterable[str]) -> Block:
    """Return *block* without its associations."""
    out = {len(block.key) + block.fields.index(PREFIX + to) for to in targets}
    if not out:
        return block
    rows = [tuple(value for place, value in enumerate(row) if place not in out) for row in block.rows]
    return replace(block, fields=tuple(name for name in block.fields if not name.startswith(PREFIX)), rows=rows)


def _unless_misled(given: Input, targets: Mapping[str, str]) -> Input:
    """Return a row that is not sent when what it should hang on is no record's id."""
    bad = tuple(PREFIX + to for to, text in targets.items() if text and not is_number(text))
    return replace(given, unfit=Verdict(OutcomeKind.REJECTED, "INVALID_ID", bad)) if bad and not given.unfit else given


def _by_id(records: Iterable[Mapping[str, Any]], key: str) -> dict[str, Mapping[str, Any]]:
    """Return records by every id they go by: their own, those they had before a merge, or their unique value."""
    found: dict[str, Mapping[str, Any]] = {}
    for record in records:
        held = held_by(record)
        if key != ID:
            value = str(held.get(key) or "")
            found.setdefault(value.casefold(), record)
            found[value] = record
            continue
        for old in str(held.get(MERGED) or "").split(";"):
            found.setdefault(old, record)
        found[str(record.get("id"))] = record
    found.pop("", None)
    return found
