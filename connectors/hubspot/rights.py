"""What a key or app may do in an account, beside what a mapping needs of it: scopes, as far as HubSpot tells them.

Where it does not, only what an answered call proves counts as granted. Nothing is written to find out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import Refused, SignedOut
from connectors.shaping import Right, Rights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.hubspot.catalogue import Catalogue
    from connectors.shaping import Wanted

#: Object → the word for it in scopes; activities go with contacts, and what is not here is a custom object.
_WORDS = {
    name: name for name in ("contacts", "companies", "deals", "tickets", "products", "line_items")
} | dict.fromkeys(("notes", "tasks", "calls", "emails", "meetings"), "contacts")
_LISTS = "list_memberships"
#: What every OAuth app has.
_HARMLESS = frozenset({"oauth"})
_GIVE = "Add it to the service key (Settings > Integrations) or app in HubSpot."
_TAKE = "Remove it from the service key or app in HubSpot."
_MAKES = "only `npsync fields create` needs it: take it away afterwards"


def needed(wanted: Sequence[Wanted]) -> dict[str, str]:
    """Return the scopes that reading and writing *wanted* needs, each with why.

    >>> from connectors.shaping import Wanted
    >>> list(needed([Wanted(object="contacts", fields=(), key=())]))
    ['crm.objects.contacts.read', 'crm.schemas.contacts.read']
    """
    found: dict[str, str] = {}
    for one in wanted:
        if one.object == _LISTS:
            found |= {"crm.lists.read": "lists are read", "crm.lists.write": "members are added and removed"}
            continue
        word = _WORDS.get(one.object, "custom")
        found.setdefault(f"crm.objects.{word}.read", f"{one.object} are found and read")
        found.setdefault(f"crm.schemas.{word}.read", f"properties of {one.object} are checked before a sync")
        if one.fields:
            found.setdefault(f"crm.objects.{word}.write", f"properties of {one.object} are written")
    return found


def rights(wanted: Sequence[Wanted], granted: frozenset[str] | None, catalogue: Catalogue) -> Rights:
    """Compare; see `connectors.shaping.Guarded`.

    Args:
        wanted: What is read and written.
        granted: The scopes; None where HubSpot does not tell.
        catalogue: The account's objects.
    """
    asked = needed(wanted)
    if granted is None:
        return _proven(wanted, asked, catalogue)
    return Rights(
        missing=_listed(asked, set(asked) - granted),
        needed=_listed(asked, set(asked) & granted),
        superfluous=[
            Right(name=name, why=_why_not(name, asked), next_step=_TAKE)
            for name in sorted(granted - set(asked) - _HARMLESS)
        ],
    )


def _proven(wanted: Sequence[Wanted], asked: Mapping[str, str], catalogue: Catalogue) -> Rights:
    """Find out by looking which schemas may be read; what writing would prove stays open."""
    refused: set[str] = set()
    answered: set[str] = set()
    for one in wanted:
        if one.object == _LISTS:
            continue
        scope = f"crm.schemas.{_WORDS.get(one.object, 'custom')}.read"
        try:
            catalogue.look(one.object)
            answered.add(scope)
        except SignedOut:
            raise
        except Refused:
            refused.add(scope)
    return Rights(
        missing=_listed(asked, refused),
        needed=_listed(asked, answered - refused),
        untold=_listed(asked, set(asked) - answered - refused),
    )


def _listed(asked: Mapping[str, str], names: set[str]) -> list[Right]:
    return [Right(name=name, why=why, next_step=_GIVE) for name, why in asked.items() if name in names]


def _why_not(name: str, asked: Mapping[str, str]) -> str:
    makes = name.startswith("crm.schemas.") and name.endswith(".write")
    return _MAKES if makes and name.replace(".write", ".read") in asked else "no mapping needs it"
