"""The ids of exported records: the two forms of a Salesforce id, and numbers that look like ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.files.record_columns import RecordPlaces

_SALESFORCE = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_CORE = re.compile(r"[A-Za-z]{0,6}[-_#:./ ]?0*([1-9]\d*)")
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def is_salesforce(id_: str) -> bool:
    """Tell a text that is shaped like a Salesforce id.

    >>> is_salesforce("0035g00000XyZaB"), is_salesforce("123456789012345"), is_salesforce("C-42")
    (True, False, False)
    """
    return _SALESFORCE.fullmatch(id_) is not None and not id_.isdigit()


def spelt(text: str | None, length: int | None) -> str | None:
    """Write a Salesforce id in the form of that length."""
    if text is None or length is None or len(text) == length:
        return text
    return next((one for one in both_forms(text) if len(one) == length), text)


def numbers_overlap(rows: Sequence[Sequence[str]], places: RecordPlaces, *, bare: bool) -> bool:
    """Tell whether a record's own id may be another one's number.

    Args:
        rows: Some of the file's.
        places: Where the columns stand.
        bare: Ids are compared without their prefixes or leading zeros.
    """
    own = {text for cells in rows if (text := cells[places.id].strip()).isdigit()}
    others = (cells[at].strip() for _, at in places.kinds for cells in rows)
    if bare:
        return bool(own & {found[1] for text in others if (found := _CORE.fullmatch(text))})
    return not own.isdisjoint(others)


def id_lengths(ids: Iterable[str]) -> set[int]:
    """Return the lengths of the Salesforce ids among *ids*."""
    return {len(text) for text in ids if is_salesforce(text)}


def both_forms(text: str) -> tuple[str, ...]:
    """Return both forms of a Salesforce id; the text alone when it is none.

    >>> both_forms("0035g00000XyZaB"), both_forms("0035g00000XyZaBAAV"), both_forms("17")
    (('0035g00000XyZaB', '0035g00000XyZaBAAV'), ('0035g00000XyZaB', '0035g00000XyZaBAAV'), ('17',))
    """
    if len(text) not in (15, 18) or not is_salesforce(text):
        return (text,)
    body = text[:15]
    check = (sum(body[at + bit].isupper() << bit for bit in range(5)) for at in (0, 5, 10))
    return body, body + "".join(_CHECK[number] for number in check)
