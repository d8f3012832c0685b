"""Static lists: who is in them, written as the object `list_memberships` with the key {hs_object_id, list_id}.

A list that HubSpot fills itself (DYNAMIC) takes no writes; it can build on a property instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from connectors.batching import Sent, send
from connectors.errors import Gone, SchemaDrift
from connectors.hubspot.batches import AT_ONCE, is_number, results
from connectors.hubspot.properties import ID
from connectors.hubspot.session import WORKERS
from connectors.values import Field, OutcomeKind
from connectors.verdicts import WRITTEN, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from connectors.contract import Applied
    from connectors.hubspot.paths import Paths
    from connectors.hubspot.session import Session
    from connectors.values import Block, FieldValue, RecordRef

#: The name under which a mapping writes who is in which list; HubSpot has no object of it.
OBJECT = "list_memberships"
LIST = "list_id"
FIELDS = (Field(name=ID, type="text", key=True), Field(name=LIST, type="text", key=True))
#: Record ids in one call; HubSpot states no limit, and one that it refused would be sent in halves.
MEMBERS_AT_ONCE = 1_000
_STATIC = frozenset({"MANUAL", "SNAPSHOT"})
_UNFIT = Verdict(OutcomeKind.REJECTED, "INVALID_ID", (ID,))
_NOBODY = Verdict(OutcomeKind.GONE, "RECORD_NOT_FOUND", (ID,))


@dataclass(slots=True)
class Members:
    """The members of one account's static lists."""

    session: Session
    paths: Paths
    #: The order of the key, as the mapping has it.
    _key: tuple[str, ...] = (ID, LIST)
    #: List → the type of object that it holds; of those that take writes.
    _known: dict[str, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def ensure(self, key: Sequence[str], fields: Sequence[Field]) -> None:
        """Check the key, and the lists that the field `list_id` may say.

        Raises:
            SchemaDrift: The key is another one, there are other fields, or a list is missing or fills itself.
        """
        others = [each.name for each in fields if each.name not in key]
        if sorted(key) != sorted((ID, LIST)) or others:
            raise SchemaDrift(
                f"{self.session.name}: `{OBJECT}` has the key `{ID}`, `{LIST}` and no other field",
                next_step=f'Write `key: {{{ID}: record.id, {LIST}: {{from: segment, values: {{at_risk: "42"}}}}}}`.',
            )
        self._key = tuple(key)
        self._check({value for each in fields if each.name == LIST for value in each.values})

    def prepare(self, part: Sequence[Block]) -> Callable[[], Applied]:
        """Return what writes a *part* of one block, after a look at its lists.

        Raises:
            SchemaDrift: See `ensure`.
        """
        (block,) = part
        self.ensure(block.key, [Field(name=name, type="text") for name in block.fields])
        rows = [self._pair(row) for row in block.rows]
        self._check({list_ for _, list_ in rows})
        return lambda: self._write(rows, "remove" if block.delete else "add").applied(block.object, block.ids())

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> dict[RecordRef, Mapping[str, FieldValue]]:
        """Return those of *refs* that are members.

        Raises:
            SchemaDrift: A list is missing.
        """
        pairs = {ref: self._pair(ref.id.split("\x1f")) for ref in refs}
        self._check({list_ for _, list_ in pairs.values()})
        asked = dict.fromkeys((self._known[list_], id_) for id_, list_ in pairs.values() if is_number(id_))
        held = self._lists_of(list(asked))
        return {
            ref: {name: value for name, value in ((ID, id_), (LIST, list_)) if name in fields}
            for ref, (id_, list_) in pairs.items()
            if list_ in held.get(id_, ())
        }

    def _write(self, rows: Sequence[tuple[str, str]], action: str) -> Sent:
        """Send one call for each list and chunk of records."""
        total = Sent([_UNFIT] * len(rows))
        places: dict[str, list[int]] = {}
        for place, (id_, list_) in enumerate(rows):
            if is_number(id_):
                places.setdefault(list_, []).append(place)
        for list_, of_list in sorted(places.items()):
            sent = self._send(list_, action, [rows[place][0] for place in of_list], stopped=total.stopped is not None)
            for place, verdict in zip(of_list, sent.verdicts, strict=True):
                total.verdicts[place] = verdict
            total.stopped, total.calls = total.stopped or sent.stopped, total.calls + sent.calls
        return total

    def _send(self, list_: str, action: str, ids: Sequence[str], *, stopped: bool) -> Sent:
        if stopped:
            return Sent([Verdict(OutcomeKind.DEFERRED)] * len(ids))
        path, preposition = self.paths.members(list_, action), "to" if action == "add" else "from"

        def call(batch: Sequence[str]) -> list[Verdict | None]:
            what = f"{action} {len(batch)} records {preposition} list {list_}"
            try:
                told = self.session.once(path, list(batch), what=what, writes=True, method="PUT")
            except Gone:  # the list, for a record that is gone is told in the reply
                self._forget(list_)
                raise self._missing([list_]) from None
            return settled(batch, told, joins=action == "add")

        self.session.ready()
        return send(ids, call, size=MEMBERS_AT_ONCE, workers=WORKERS, caller=self.session.caller)

    def _lists_of(self, asked: Sequence[tuple[str, str]]) -> Mapping[str, set[str]]:
        """Return the lists that records are in, by record."""
        path, found = self.paths.lists_of_records(), dict[str, set[str]]()
        for start in range(0, len(asked), AT_ONCE):
            now = asked[start : start + AT_ONCE]
            inputs = [{"objectTypeId": kind, "recordId": id_} for kind, id_ in now]
            told = self.session.read(path, {"inputs": inputs}, what=f"read the lists of {len(now)} records")
            for each in results(told):
                of_record = each.get("recordListMemberships")
                listed = of_record if isinstance(of_record, list) else []
                found[str(each.get("recordId"))] = {str(one.get("listId")) for one in listed if isinstance(one, dict)}
        return found

    def _pair(self, row: Sequence[FieldValue]) -> tuple[str, str]:
        """Return (record, list)."""
        values = dict(zip(self._key, row, strict=False))
        return str(values.get(ID) or ""), str(values.get(LIST) or "")

    def _check(self, lists: Iterable[str]) -> None:
        with self._lock:
            unseen = sorted(set(lists) - self._known.keys())
            if unseen:
                self._ask(unseen)

    def _ask(self, lists: Sequence[str]) -> None:
        told = self.session.read(self.paths.lists(lists), what=f"look at {len(lists)} lists")
        listed = told.get("lists") if isinstance(told, Mapping) else None
        there: dict[str, Mapping[str, Any]] = {
            str(each.get("listId")): each
            for each in listed or ()
            if isinstance(each, dict) and not each.get("deletedAt")
        }
        missing = [each for each in lists if each not in there]
        if missing:
            raise self._missing(missing)
        filled = [each for each in lists if str(there[each].get("processingType")).upper() not in _STATIC]
        if filled:
            raise SchemaDrift(
                f"{self.session.name}: HubSpot itself decides who is in {_named(filled)}: it is a dynamic list",
                next_step="Take a static list, or none: a dynamic one can build on the property with the segments.",
            )
        self._known.update({each: str(there[each].get("objectTypeId")) for each in lists})

    def _missing(self, lists: Sequence[str]) -> SchemaDrift:
        return SchemaDrift(
            f"{self.session.name}: HubSpot has no {_named(lists)}",
            next_step="Take the number at the end of the list's address in HubSpot; npsync makes no lists.",
        )

    def _forget(self, list_: str) -> None:
        with self._lock:
            self._known.pop(list_, None)


def settled(ids: Sequence[str], told: object, *, joins: bool) -> list[Verdict | None]:
    """Return what a reply says of each of *ids*; None where it does not mention one.

    Who was in the list before is not mentioned either: whether it was that or a lost row, reading back tells.

    >>> told = {"recordsIdsAdded": ["1"], "recordIdsMissing": ["2"], "recordIdsRemoved": []}
    >>> [None if each is None else each.kind.value for each in settled(["1", "2", "3"], told, joins=True)]
    ['written', 'gone', None]
    """
    done, missing = _ids(told, "added" if joins else "removed"), _ids(told, "missing")
    gone = _NOBODY if joins else WRITTEN  # a record that is no more is in no list
    return [WRITTEN if each in done else gone if each in missing else None for each in ids]


def _ids(told: object, ending: str) -> set[str]:
    """Return the ids under `recordIdsAdded`, or under `recordsIdsAdded`, as HubSpot spells it in some versions."""
    named = told.items() if isinstance(told, Mapping) else ()
    lists = [value for name, value in named if str(name).lower().endswith(ending) and isinstance(value, list)]
    return {str(each) for listed in lists for each in listed}


def _named(lists: Sequence[str]) -> str:
    return f"list{'s' if len(lists) > 1 else ''} {', '.join(f'`{each}`' for each in lists)}"
