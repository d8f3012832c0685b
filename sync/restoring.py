"""What of a run's writes can be taken back, decided record by record. Pure.

A value goes back only where the record still holds what the run wrote; whatever somebody changed since stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sync.mapping.values import same
from sync.packed import id_of, pack, unpack
from sync.report import FieldChange

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from connectors.values import FieldValue
    from sync.intents import Intent
    from sync.shapes import Shape

#: Shown instead of a field where the whole record goes or comes back.
RECORD = "(record)"


class Why(StrEnum):
    """Why something was left as it is; `docs/how-to/undo-a-run.md` explains each."""

    CHANGED = "changed_since"
    LATER_RUN = "later_run"
    GONE = "gone"
    NOT_KNOWN = "no_earlier_value"
    CREATED = "created_record"
    TASK = "task"
    WAITING = "newer_value_waits"
    WHOLE = "whole_record"
    NOT_MAPPED = "not_mapped"


class Written(NamedTuple):
    """One write of the run that is undone; see `sync.ledger.log_tables.WRITES`."""

    record: str
    keys: str | None
    before: dict[str, FieldValue] | None
    after: dict[str, FieldValue] | None
    made: bool

    def id(self) -> str:
        """Return the record's id as `Block.ids` says it."""
        return id_of(self.record, self.keys)


@dataclass(frozen=True, slots=True)
class Restored:
    """Rows for the outbox, what they change, and what stays as it is."""

    intents: list[Intent] = field(default_factory=list)
    changes: list[FieldChange] = field(default_factory=list)
    #: Record, field (empty: the whole record), reason.
    left: list[tuple[str, str, Why]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restorer:
    """Decides for the records of one object.

    Args:
        shape: The object.
        deletable: Whether a row that the run made may go.
        taken: Records that an earlier try may have deleted, without being told so.
        fields: Only these; empty: all.
        reason: Of the changes.
    """

    shape: Shape
    deletable: bool
    taken: Collection[str] = ()
    fields: Collection[str]
    reason: str

    def restore(
        self,
        written: Sequence[Written],
        held: Mapping[str, Mapping[str, FieldValue]],
        known: Mapping[str, Mapping[str, FieldValue]],
    ) -> Restored:
        """Return what takes *written* back.

        Args:
            written: In the order of records.
            held: By id, what the records hold now; those that do not exist are absent.
            known: By record, what the ledger takes them to hold; those that it takes for deleted are absent.
        """
        found = Restored()
        for each in written:
            holds, ours = held.get(each.id()), known.get(each.record)
            if each.after is None:
                self._bring_back(each, holds, ours, found)
            elif each.made:
                self._take_away(each, holds, ours, found)
            else:
                self._put_back(each, each.after, holds, ours or {}, found)
        return found

    def _bring_back(
        self,
        each: Written,
        holds: Mapping[str, FieldValue] | None,
        ours: Mapping[str, FieldValue] | None,
        found: Restored,
    ) -> None:
        """The run deleted the row."""
        # A membership without fields held nothing but its key.
        before = {} if each.before is None and not self.shape.rules else each.before
        if before is None:
            found.left.append((each.record, "", Why.NOT_KNOWN))
        elif self.fields:
            found.left.append((each.record, "", Why.WHOLE))
        elif holds is not None and ours is not None:
            return  # a later run made it again
        elif ours is not None or (holds is not None and not _agree(before, holds)):
            found.left.append((each.record, "", Why.CHANGED))
        else:
            self._intend(found, each, None, pack(before))
            found.changes.append(self._change(each, RECORD, "deleted", "there"))

    def _take_away(
        self,
        each: Written,
        holds: Mapping[str, FieldValue] | None,
        ours: Mapping[str, FieldValue] | None,
        found: Restored,
    ) -> None:
        """The run made the row."""
        assert each.after is not None
        if not self.deletable:
            found.left.append((each.record, "", Why.CREATED))
            return
        if self.fields:
            found.left.append((each.record, "", Why.WHOLE))
            return
        if holds is None and ours is None:
            return
        now = {} if holds is None else holds
        others = [
            name for name, value in each.after.items() if name in now and not self._stands(name, value, now[name])
        ]
        if others:
            found.left.extend((each.record, name, _whose(name, now, ours or {})) for name in others)
            return
        self._intend(found, each, None, None)
        if holds is None and self.shape.place == "segment" and each.record not in self.taken:
            # Somebody took the member out. It is said again all the same, so that the ledger knows.
            found.left.append((each.record, "", Why.GONE))
            return
        found.changes.append(self._change(each, RECORD, "there", "deleted"))

    def _put_back(
        self,
        each: Written,
        after: Mapping[str, FieldValue],
        holds: Mapping[str, FieldValue] | None,
        ours: Mapping[str, FieldValue],
        found: Restored,
    ) -> None:
        """The run changed values of a record that was there."""
        if holds is None:
            found.left.append((each.record, "", Why.GONE))
            return
        before = each.before or {}
        values: dict[str, FieldValue] = {}
        for name in sorted(name for name in after if not self.fields or name in self.fields):
            if name not in before or name not in holds:
                found.left.append((each.record, name, Why.NOT_KNOWN))
            elif same(before[name], holds[name]):
                # It holds the earlier value already: said again where the ledger believes otherwise.
                if not same(ours.get(name), holds[name]):
                    values[name] = before[name]
            elif self._stands(name, after[name], holds[name]):
                values[name] = before[name]
                found.changes.append(self._change(each, name, holds[name], before[name]))
            else:
                found.left.append((each.record, name, _whose(name, holds, ours)))
        if values:
            self._intend(found, each, pack(values), pack(dict(ours) | values))

    def _stands(self, name: str, wrote: FieldValue, holds: FieldValue) -> bool:
        """Tell whether a record still holds what was written.

        A lookup may have been left blank: one word serves a lookup to contacts and one to leads.
        """
        rule = self.shape.rules.get(name)
        return same(wrote, holds) or (same(None, holds) and rule is not None and rule.from_ == "record.id")

    def _intend(self, found: Restored, each: Written, changes: str | None, desired: str | None) -> None:
        cleared = 0 if changes is None else sum(value is None for value in unpack(changes).values())
        shape = self.shape
        found.intents.append((shape.rank, shape.object, each.record, each.keys, changes, desired, cleared, None))

    def _change(self, each: Written, name: str, old: FieldValue, new: FieldValue) -> FieldChange:
        return FieldChange(
            object=self.shape.object, record=each.record, field=name, old=old, new=new, reason=self.reason
        )


def _agree(ours: Mapping[str, FieldValue], theirs: Mapping[str, FieldValue]) -> bool:
    return all(same(value, theirs[name]) for name, value in ours.items() if name in theirs)


def _whose(name: str, holds: Mapping[str, FieldValue], ours: Mapping[str, FieldValue]) -> Why:
    """Tell a value that a later run of ours wrote from one that somebody else did."""
    return Why.LATER_RUN if name in ours and same(ours[name], holds[name]) else Why.CHANGED
