"""What may stand against a write that is right by itself: locks, faults, validation and duplicate rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.rules import Breach

if TYPE_CHECKING:
    from sandbox.salesforce.objects import Kind
    from sandbox.salesforce.org import Org

Row = dict[str, Any]
#: Given a record as it would be and as it was (None: new), the message that refuses it, with the field it is about.
Validation = Callable[[Row, Row | None], str | tuple[str, str] | None]
LOCKED = "unable to obtain exclusive access to this record"


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Records of a kind that agree in all *fields* are duplicates."""

    kind: str
    fields: tuple[str, ...]
    #: Whether a caller who says so may save all the same; otherwise the rule blocks.
    may_be_allowed: bool = True


def guard(org: Org, kind: Kind, after: Row | None, before: Row | None, *, allow_duplicates: bool) -> None:
    """Let a write pass: *before* is None for a new record, *after* for one that goes.

    Raises:
        Breach: It may not.
    """
    row = after or before or {}
    _locks(org, row)
    _faults(org, row)
    if after is None:
        return
    if kind.name == "Lead" and before is not None and before.get("IsConverted"):
        raise Breach("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    _owned(org, kind, after, before)
    _validate(org, kind, after, before)
    _duplicates(org, kind, after, before, allowed=allow_duplicates)


def _locks(org: Org, row: Row) -> None:
    """A record that another transaction holds, or whose account one holds, cannot be written."""
    for held in (row["Id"], row.get("AccountId")):
        if held in org.locked:
            raise Breach("UNABLE_TO_LOCK_ROW", f"{LOCKED} or 1 records: {held}")


def _faults(org: Org, row: Row) -> None:
    if org.fires("row_lock", row["Id"]):
        raise Breach("UNABLE_TO_LOCK_ROW", f"{LOCKED} or 1 records: {row['Id']}")
    if org.fires("partial_batch", row["Id"]):
        raise Breach(
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "HealthTrigger: execution of AfterUpdate caused by: System.DmlException: Update failed. First exception "
            f"on row 0; first error: UNABLE_TO_LOCK_ROW, {LOCKED}: []",
        )


def _owned(org: Org, kind: Kind, after: Row, before: Row | None) -> None:
    """A record is given to an active user only; it may stay with one who was deactivated since."""
    owner = after.get("OwnerId")
    if owner is None or (before or {}).get("OwnerId") == owner:
        return
    user = org.row("User", owner)
    if user is not None and not user.get("IsActive"):
        said = f"operation performed with inactive user [{owner}] as owner of {kind.label.lower()}"
        raise Breach("INACTIVE_OWNER_OR_USER", said, ("OwnerId",))


def _validate(org: Org, kind: Kind, after: Row, before: Row | None) -> None:
    for validation in org.validations.get(kind.name, ()):
        problem = validation(dict(after), dict(before) if before is not None else None)
        if problem is not None:
            message, *fields = (problem,) if isinstance(problem, str) else problem
            raise Breach("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, tuple(fields))


def _duplicates(org: Org, kind: Kind, after: Row, before: Row | None, *, allowed: bool) -> None:
    for rule in org.duplicate_rules:
        if (
            (allowed and rule.may_be_allowed)
            or rule.kind != kind.name
            or _same(rule, after, before)
            or not all(after.get(name) for name in rule.fields)
        ):
            continue
        first = kind.fields[rule.fields[0].lower()]
        others = org.store.lookup(kind, first, [after[first.name]])
        if any(other["Id"] != after["Id"] and _same(rule, after, other) for other in others):
            raise Breach("DUPLICATES_DETECTED", "Use one of these records?")


def _same(rule: DuplicateRule, row: Row, other: Row | None) -> bool:
    return other is not None and all(str(row.get(name)).lower() == str(other.get(name)).lower() for name in rule.fields)
