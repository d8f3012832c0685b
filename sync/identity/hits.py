"""From the kernel's rows to keys with candidates: phones are read and rules applied here, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sync.identity.claims import CLAIM_COLUMNS
from sync.identity.findings import Key
from sync.identity.names import name_of
from sync.identity.normalise import PhoneKey, claimed_phone, phone_keys
from sync.identity.persons import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sync.identity.settings import IdentitySettings, Rule

#: The claims that identify, in the order in which evidence lists them.
SLOTS = CLAIM_COLUMNS[:7]
#: Fewer equal last digits than this reveal nothing.
_SHARED_DIGITS = 7


class Hit(NamedTuple):
    """One row of `identity_candidates.sql`."""

    respondent: str
    slot: str
    kind: str
    key: str
    how: str
    records: int
    raw: str | None
    country: str | None
    object: str | None
    id: str | None
    merged: bool
    live_object: str | None
    live_id: str | None
    first_name: str | None
    last_name: str | None
    full_name: str | None
    account: str | None
    created_at: str | None
    emails: list[str | None] | None
    deleted: bool
    suppressed: bool
    was_first: str | None
    was_last: str | None
    was_full: str | None


def keys_from(
    hits: Sequence[Hit],
    usable: Mapping[str, str],
    not_these: frozenset[tuple[str, str]],
    rules: Sequence[Rule],
    settings: IdentitySettings,
) -> tuple[list[Key], bool]:
    """Return the keys that lead somewhere, in the order of the slots, and whether a record was struck out of one.

    Args:
        hits: Rows of one respondent, in any order.
        usable: His identifiers by slot, without those that mean nobody.
        not_these: Records that a person said he is not.
        rules: The mapping's `match`.
        settings: The config's `identity`.
    """
    by_slot: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.slot in usable:
            by_slot.setdefault(hit.slot, []).append(hit)
    keys, struck = [], False
    for slot in SLOTS if len(by_slot) > 1 else by_slot:
        rows = by_slot.get(slot)
        if rows is None:
            continue
        value, kind = rows[0].key, rows[0].kind
        records = max([row.records for row in rows])
        if None in [row.object for row in rows]:
            keys.append(Key(slot, kind, value, (), records))
            continue
        certain = claimed_phone(value).certain if kind == "phone" else None
        found = [c for row in rows if (c := _candidate(row, certain, rules, settings)) is not None]
        left = [c for c in found if c.ref not in not_these] if not_these else found
        struck = struck or len(left) < len(found)
        if left:
            keys.append(Key(slot, kind, value, tuple(left), records, kind != "phone" or certain is not None))
    return keys, struck


def _candidate(hit: Hit, certain: str | None, rules: Sequence[Rule], settings: IdentitySettings) -> Candidate | None:
    assert hit.object is not None
    assert hit.id is not None
    rule = _rule(hit, rules)
    sure = True
    if hit.kind == "phone":
        theirs = phone_keys(hit.raw or "", hit.country, settings.default_region)
        sure = certain is not None and theirs.certain == certain
        if not sure and not _may_be_shared(certain, hit.key, theirs):
            return None
    if rule is None:
        return None
    lost = hit.live_id is None
    return Candidate(
        hit.object if lost else hit.live_object or "",
        hit.id if hit.live_id is None else hit.live_id,
        name_of(hit.first_name, hit.last_name, hit.full_name),
        name_of(hit.was_first, hit.was_last, hit.was_full) if hit.merged else None,
        hit.account,
        hit.created_at,
        lost or hit.deleted,
        hit.suppressed,
        sure,
        rule,
        hit.how,
        tuple(hit.emails or ()),
    )


def _rule(hit: Hit, rules: Sequence[Rule]) -> int | None:
    """Return the first rule that compares this kind on the record that held the key, or the one it became."""
    for at, rule in enumerate(rules):
        if rule.kind == hit.kind and (rule.object is None or rule.object in {hit.object, hit.live_object}):
            return at
    return None


def _may_be_shared(certain: str | None, claimed: str, theirs: PhoneKey) -> bool:
    """Tell whether a number that cannot be read for certain, on either side, may be the same one."""
    if theirs.suffix is None or (
        certain and theirs.certain and certain.partition(";")[0] != theirs.certain.partition(";")[0]
    ):
        return False
    ours = claimed_phone(claimed).suffix
    length = min(len(ours or ""), len(theirs.suffix))
    return length >= _SHARED_DIGITS and (ours or "")[-length:] == theirs.suffix[-length:]
