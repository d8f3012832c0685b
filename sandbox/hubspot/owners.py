"""The people of a portal to whom records can belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.hubspot.calls import paged
from sandbox.hubspot.errors import not_found

if TYPE_CHECKING:
    import random

    from sandbox.hubspot.calls import Call
    from sandbox.hubspot.portal import Portal

_PAGE = 500
_PEOPLE = (("Olive", "Marsh"), ("Ravi", "Stone"), ("Mona", "Field"))


class Owners:
    """All owners."""

    def __init__(self, dice: random.Random, at: str) -> None:
        """Make three of them."""
        self.held: dict[str, dict[str, Any]] = {}
        for first, last in _PEOPLE:
            id_, user = str(dice.randrange(10**7, 10**8)), dice.randrange(10**6, 10**7)
            self.held[id_] = {
                "id": id_,
                "email": f"{first}.{last}@sandbox.example".lower(),
                "firstName": first,
                "lastName": last,
                "type": "PERSON",
                "userId": user,
                "userIdIncludingInactive": user,
                "createdAt": at,
                "updatedAt": at,
                "archived": False,
            }

    def known(self, id_: str) -> bool:
        """Whether records can belong to this owner."""
        return id_ in self.held and not self.held[id_]["archived"]


def listed(portal: Portal, call: Call) -> Reply:
    """Page through the owners, or find one by e-mail."""
    email, archived = call.request.first("email").lower(), call.flag("archived")
    found = [
        one
        for one in portal.owners.held.values()
        if one["archived"] is archived and (not email or one["email"] == email)
    ]
    answer = paged(found, call, _PAGE, lambda one: one, default=100)
    return Reply.json(answer, rows=len(answer["results"]))


def get(portal: Portal, call: Call, id_: str) -> Reply:
    """Return one owner, by its id or (`idProperty=userId`) the id of its user."""
    for one in portal.owners.held.values():
        if id_ == str(one["userId"] if call.request.first("idProperty") == "userId" else one["id"]):
            return Reply.json(one, rows=1)
    raise not_found(f"Owner {id_} does not exist")
