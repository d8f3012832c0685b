"""Desired minus acknowledged: what one record should hold, and what of it must be written.

Pure. Values are compared as the ledger keeps them, after rendering has made equal things equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from connectors.values import FieldValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which fields may be emptied, and which are only written where nothing stands."""

    clears: Collection[str]
    if_blank: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a record should hold, and the part that must be sent."""

    desired: dict[str, FieldValue]
    changes: dict[str, FieldValue]
    cleared: int


def difference(
    wanted: Mapping[str, FieldValue], before: Mapping[str, FieldValue], policy: Policy, *, retract: bool = False
) -> Difference:
    """Compare what is wanted with what was acknowledged.

    A blank replaces a value only where the policy says so, or when everything is retracted
    because the record turned out to be another person's. Fields that are no longer mapped are left as they are.

    >>> policy = Policy(clears={"trend"}, if_blank={"person"})
    >>> before = {"score": 6, "trend": "declining", "person": "p1"}
    >>> difference({"score": 9, "trend": None, "person": "p2"}, before, policy)
    Difference(desired={'score': 9, 'trend': None, 'person': 'p1'}, changes={'score': 9, 'trend': None}, cleared=1)
    """
    desired: dict[str, FieldValue] = {}
    changes: dict[str, FieldValue] = {}
    cleared = 0
    for name, new in wanted.items():
        old = before.get(name)
        value = new
        keeps = name in policy.if_blank or (new is None and name not in policy.clears)
        if old is not None and keeps and not retract:
            value = old
        desired[name] = value
        if value != old or (name not in before and value is not None):
            changes[name] = value
            cleared += value is None
    return Difference(desired=desired, changes=changes, cleared=cleared)
