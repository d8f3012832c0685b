"""Two records become one: HubSpot gives the survivor a new id, and the old ones lead to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.hubspot import emails
from sandbox.hubspot.errors import Refusal

if TYPE_CHECKING:
    from sandbox.hubspot.records import Record, Store

MOST_MERGES = 250


def merge(store: Store, winner: Record, loser: Record, at: float) -> Record:
    """Make one record of two; the winner's values stand where it has any.

    Raises:
        Refusal: The two are one, or have been merged too often.
    """
    if winner is loser:
        raise Refusal(400, "Cannot merge an object into itself")
    old = [id_ for one in (winner, loser) for id_ in [*emails.split(one.values.get("hs_merged_object_ids")), one.id]]
    if len(old) > MOST_MERGES:
        raise Refusal(400, f"An object can't be merged more than {MOST_MERGES} times")
    store.erase(winner)
    store.erase(loser)
    id_ = winner.id if store.merge_keeps_id else store.new_id()
    merged = {**loser.values, **winner.values}
    ended = [one for one in old if one != id_]
    merged["hs_merged_object_ids"] = ";".join(ended)
    if store.kind.name == "contacts":
        more = dict.fromkeys(email for one in (winner, loser) for email in emails.of(one.values))
        more.pop(merged.get("email", ""), None)
        merged["hs_additional_emails"] = ";".join(more)
        merged["hs_calculated_merged_vids"] = ";".join(f"{one}:{round(at * 1000)}" for one in ended)
    store.forwards |= dict.fromkeys((winner.id, loser.id), id_)
    store.forwards.pop(id_, None)
    made = store.keep(id_, merged, min(winner.created, loser.created), at)
    made.since = at if id_ != winner.id else 0.0
    return made
