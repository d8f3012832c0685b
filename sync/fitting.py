"""What stands against a mapping's fields in a system: missing, closed, too short, of another kind. Pure.

Every finding says what would happen and what a person can do; all are told at once.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sync.needs import IDS, LONG, is_free

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.values import Field
    from sync.needs import Need, ObjectNeeds

#: A name that looks so much like one of the system's is likely meant to be it.
_ALIKE = 0.8
_MOST_VALUES = 8
#: Characters that every value of a word, or of a type, has as a text.
_ALWAYS = {"person.id": 32, "datetime": len("2026-01-05T07:21:09.000Z")}
_CHECK_ALSO = "or delete the line from the mapping"


class Trouble(StrEnum):
    """What can stand against a field."""

    OBJECT_MISSING = "object_missing"
    MISSING = "missing"
    READ_ONLY = "read_only"
    WRONG_TYPE = "wrong_type"
    TOO_SHORT = "too_short"
    VALUES_MISSING = "values_missing"
    KEY_NOT_UNIQUE = "key_not_unique"
    ROUNDED = "rounded"
    NEEDED = "needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that stands against a mapping."""

    object: str
    #: None: the whole object.
    field: str | None
    trouble: Trouble
    #: What is the case, and what would happen.
    what: str
    next_step: str
    #: False: the sync works, but somebody should know.
    is_error: bool = True


def findings(needed: ObjectNeeds, found: Sequence[Field]) -> list[Finding]:
    """Return what stands against *needed* in an object with the fields *found*; none: there is no such object."""
    object_ = needed.wanted.object
    if not found:
        step = "It must be made in the system, and the signed-in user needs the right to see it."
        what = "there is no such object, or we may not see it: the sync stops before it writes anything"
        return [Finding(object=object_, field=None, trouble=Trouble.OBJECT_MISSING, what=what, next_step=step)]
    names = [each.name for each in found]
    told: list[Finding] = []
    for name, need in needed.needs.items():
        there = one_of(found, name)
        told += [_missing(object_, name, names)] if there is None else _against(object_, need, there, needed)
    told += [_unread(object_, name, names) for name in needed.wanted.reads if one_of(found, name) is None]
    return [*told, *_left_out(needed, found)]


def one_of(found: Sequence[Field], name: str) -> Field | None:
    """Return the field of that name; in another case where that leaves one."""
    exact = next((each for each in found if each.name == name), None)
    near = [each for each in found if each.name.casefold() == name.casefold()]
    return exact or (near[0] if len(near) == 1 else None)


def _missing(object_: str, name: str, names: Sequence[str]) -> Finding:
    close = difflib.get_close_matches(name, names, n=1, cutoff=_ALIKE)
    meant = f" Did you mean `{close[0]}`?" if close else ""
    return Finding(
        object=object_,
        field=name,
        trouble=Trouble.MISSING,
        what="there is no such field, or we may not see it: the sync stops before it writes anything",
        next_step=f"Make it, or let the signed-in user see it, {_CHECK_ALSO}.{meant}",
    )


def _unread(object_: str, name: str, names: Sequence[str]) -> Finding:
    close = difflib.get_close_matches(name, names, n=1)
    meant = f" Did you mean `{close[0]}`?" if close else ""
    what = "records are looked up by it, and there is no such field, or we may not see it: nothing is matched"
    step = f"Correct `match` (or `records`, `rollup.by`), or let the signed-in user see it.{meant}"
    return Finding(object=object_, field=name, trouble=Trouble.MISSING, what=what, next_step=step)


def _left_out(needed: ObjectNeeds, found: Sequence[Field]) -> Iterator[Finding]:
    """Yield fields that a new record must have and the mapping does not write."""
    if not needed.wanted.creates:
        return
    written = {name.casefold() for name in needed.needs}
    for each in found:
        if each.required and each.writable and each.name.casefold() not in written:
            yield Finding(
                object=needed.wanted.object,
                field=each.name,
                trouble=Trouble.NEEDED,
                what="a new record must have a value here, and the mapping writes none: each is rejected",
                next_step="Add a line for it to the mapping; or make it optional in the system, or give it a default.",
            )


def _against(object_: str, need: Need, there: Field, needed: ObjectNeeds) -> Iterator[Finding]:
    own_id = need.is_key and need.word in IDS and there.unique
    for trouble, what, step, is_error in (
        *([] if own_id else _closed(there)),
        *([] if own_id else _kind(need, there)),
        *_length(need, there),
        *_values(need, there),
        *_unique(need, there, needed),
    ):
        yield Finding(object=object_, field=there.name, trouble=trouble, what=what, next_step=step, is_error=is_error)


Told = tuple[Trouble, str, str, bool]


def _closed(there: Field) -> Iterator[Told]:
    if not there.writable:
        what = "we may not write it: the sync stops before it writes anything"
        step = f"Give the signed-in user the right to edit it, unless the system fills it itself; {_CHECK_ALSO}."
        yield Trouble.READ_ONLY, what, step, True


def _kind(need: Need, there: Field) -> Iterator[Told]:
    """Yield what is lost, or refused, because the field holds another kind of value."""
    if there.refers_to:
        yield from _reference(need, there)
        return
    wanted, held = need.field.type, there.type
    refused = f"it holds {_PLURALS.get(held, 'something else')}, and a {wanted} is written: each is rejected"
    other = "Write another word there, or another field."
    if wanted == held or (wanted == "text" and need.word == "due_at"):
        if there.decimals is not None and (need.field.decimals or 0) > there.decimals:
            what = f"it keeps {there.decimals} digits after the point, of {need.field.decimals}: values are rounded"
            yield Trouble.ROUNDED, what, "Give it more decimal places, or leave it so.", False
    elif held == "text" and not (there.restricted and there.values):
        what = f"a {wanted} is kept as text: it is shown, but not summed up, compared or charted"
        yield Trouble.WRONG_TYPE, what, f"Better a field for a {wanted}; or leave it so.", False
    elif (wanted, held) == ("datetime", "date"):
        if need.word != "due_at":
            yield (
                Trouble.ROUNDED,
                "the time of day is dropped",
                "Take a field with date and time, or leave it so.",
                False,
            )
    elif (wanted, held) == ("boolean", "number"):
        yield Trouble.WRONG_TYPE, "yes and no become 1 and 0", "Better a checkbox; or leave it so.", False
    elif held != "text":
        yield Trouble.WRONG_TYPE, refused, other, True


def _reference(need: Need, there: Field) -> Iterator[Told]:
    listed = ", ".join(there.refers_to[:_MOST_VALUES])
    if need.field.values:
        return  # the mapping names records of the system itself: campaigns, for segments
    if need.word not in IDS:
        what = f"it takes ids of {listed} only: each value is rejected"
        yield Trouble.WRONG_TYPE, what, "Write `record.id` there, or take another field.", True
    elif need.field.refers_to and not set(need.field.refers_to) & set(there.refers_to):
        what = f"it takes ids of {listed}, and none of the mapping's records is one: it stays blank"
        yield Trouble.WRONG_TYPE, what, f"Take a lookup to {' or '.join(need.field.refers_to)}.", False


def _length(need: Need, there: Field) -> Iterator[Told]:
    if there.length is None or there.type != "text" or there.refers_to or need.word in IDS:
        return
    always = _ALWAYS.get(need.word) or _ALWAYS.get(need.field.type)
    if always is not None and there.length < always and not need.is_cut:
        what = f"it holds {there.length} characters, and each value has {always}: all are rejected"
        yield Trouble.TOO_SHORT, what, "Make the field longer, or take another one.", True
        return
    if need.field.type != "text":
        return
    step = f"`truncate: {there.length}` cuts them, or make the field longer."
    if need.possible:
        longest = (
            len(";".join(need.possible)) if need.field.several and not there.values else max(map(len, need.possible))
        )
        if longest > there.length:
            what = f"it holds {there.length} characters, and values have up to {longest}: those are rejected"
            yield Trouble.TOO_SHORT, what, "Make the field longer, or name shorter `values`.", True
    elif need.is_cut and (need.field.length or 0) > there.length:
        what = (
            f"it holds {there.length} characters, and the mapping cuts at {need.field.length}: longer ones are rejected"
        )
        yield Trouble.TOO_SHORT, what, step, True
    elif not need.is_cut and is_free(need.word) and there.length < (need.field.length or LONG):
        what = f"it holds {there.length} characters: a record with a longer text is rejected"
        yield Trouble.TOO_SHORT, what, step, False


def _values(need: Need, there: Field) -> Iterator[Told]:
    if not there.restricted or there.type != "text" or (there.several and not there.values):
        return
    has = ", ".join(there.values[:_MOST_VALUES]) or "nothing"
    if not need.possible:
        what = f"it is a choice ({has}), and any text may come: what is not among them is rejected"
        yield Trouble.VALUES_MISSING, what, "Take a text field, or a word with fixed values.", True
        return
    lacking = [value for value in need.possible if value not in there.values]
    if lacking:
        listed = ", ".join(f"`{value}`" for value in lacking)
        what = f"it is a choice without {listed}: records with these are rejected"
        step = f"Add them in the system, or translate with `values` into what it has: {has}."
        yield Trouble.VALUES_MISSING, what, step, True


def _unique(need: Need, there: Field, needed: ObjectNeeds) -> Iterator[Told]:
    if need.field.unique and needed.wanted.creates and not there.unique:
        what = "new records are found again by it, and the system lets two have the same: the sync would make twins"
        step = "Make it unique (in Salesforce: external id and unique), or take `on_none: hold`."
        yield Trouble.KEY_NOT_UNIQUE, what, step, True
    elif need.is_key and len(needed.wanted.key) == 1 and not (there.unique or there.key):
        what = (
            "it is the key, and the system lets two records have the same: each is looked up first, which takes longer"
        )
        step = "Make it unique (in Salesforce: external id and unique), if you can."
        yield Trouble.KEY_NOT_UNIQUE, what, step, False


_PLURALS: Mapping[str, str] = {
    "number": "numbers",
    "datetime": "dates with times",
    "date": "dates",
    "boolean": "yes or no",
}
