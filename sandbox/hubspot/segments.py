"""The lists ("segments") of a portal, and who is in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.hubspot.errors import Refusal, not_found
from sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(slots=True, kw_only=True)
class Segment:
    """One list."""

    id: str
    name: str
    kind_id: str
    processing: str
    at: float
    filters: Any = None
    deleted: float | None = None
    #: Record id → when it joined.
    members: dict[str, float] = field(default_factory=dict)

    def json(self, *, with_filters: bool = True) -> dict[str, Any]:
        """Return the list as HubSpot describes it."""
        found: dict[str, Any] = {
            "listId": self.id,
            "listVersion": 1,
            "name": self.name,
            "objectTypeId": self.kind_id,
            "processingType": self.processing,
            "processingStatus": "COMPLETE",
            "createdAt": stamp(self.at),
            "updatedAt": stamp(self.at),
            "filtersUpdatedAt": stamp(self.at),
            "size": len(self.members),
        }
        if with_filters and self.filters is not None:
            found["filterBranch"] = self.filters
        if self.deleted is not None:
            found["deletedAt"] = stamp(self.deleted)
        return found


class Lists:
    """All lists of a portal."""

    def __init__(self, members: Callable[[Segment], Mapping[str, float]]) -> None:
        """Start without any; *members* says who is in a dynamic list now, and since when."""
        self.held: dict[str, Segment] = {}
        self._members = members

    def need(self, id_: str) -> Segment:
        """Return a list that is in use.

        Raises:
            Refusal: There is none of this id.
        """
        found = self.held.get(id_)
        if found is None or found.deleted is not None:
            raise not_found(f"List does not exist with ID {id_}.")
        return self._fresh(found)

    def open(self, id_: str) -> Segment:
        """Return a list whose members may be written.

        Raises:
            Refusal: HubSpot itself decides who is in it.
        """
        found = self.need(id_)
        if found.processing == "DYNAMIC":
            raise Refusal(400, f"List {id_} is DYNAMIC: its memberships can't be changed through the API")
        return found

    def add(self, name: str, kind_id: str, processing: str, at: float) -> Segment:
        """Make a list.

        Raises:
            Refusal: Its name is taken.
        """
        if self.named(kind_id, name) is not None:
            raise Refusal(400, f"A list already exists with name '{name}'", "VALIDATION_ERROR")
        made = Segment(id=str(len(self.held) + 1), name=name, kind_id=kind_id, processing=processing, at=at)
        self.held[made.id] = made
        return made

    def named(self, kind_id: str, name: str) -> Segment | None:
        """Return the list of this name."""
        return next(
            (one for one in self.live() if one.kind_id == kind_id and one.name.casefold() == name.casefold()), None
        )

    def live(self) -> list[Segment]:
        """Return the lists in use."""
        return [self._fresh(one) for one in self.held.values() if one.deleted is None]

    def _fresh(self, one: Segment) -> Segment:
        if one.filters is not None:
            now = self._members(one)
            one.members = {id_: one.members.get(id_, joined) for id_, joined in now.items()}
        return one

    def move(self, kind_id: str, old: str, new: str) -> None:
        """Put *new* wherever *old* was a member."""
        for one in self.held.values():
            if one.kind_id == kind_id and old in one.members:
                joined = one.members.pop(old)
                one.members.setdefault(new, joined)
