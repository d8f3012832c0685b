"""Salesforce's record ids: 15 characters that mind case, or 18 with three more that make case redundant. Pure."""

from __future__ import annotations

import re
import string

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT = 15
#: Five signs, capitals as 1 → the sign that stands for them.
_SIGNS = {format(number, "05b")[::-1]: sign for number, sign in enumerate(_SUFFIX)}
_CAPITALS = str.maketrans({sign: str(int(sign.isupper())) for sign in string.ascii_letters + string.digits})
PREFIX = 3


def is_id(text: object) -> bool:
    """Tell whether *text* has the form of an id.

    >>> is_id("0035g00000XyZaB"), is_id("0035g00000XyZaBAAV"), is_id("C-0042")
    (True, True, False)
    """
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def widened(id_: str) -> str:
    """Return the 18 characters of an id; case in the long form is restored from its checksum.

    >>> widened("0035g00000XyZaB"), widened("0035G00000XYZABAAV")
    ('0035g00000XyZaBAAV', '0035g00000XyZaBAAV')
    """
    if len(id_) == _SHORT:
        return id_ + _checksum(id_)
    if id_[_SHORT:] == _checksum(id_[:_SHORT]):
        return id_
    short = _restored(id_[:_SHORT], id_[_SHORT:].upper())
    return id_ if short is None else short + id_[_SHORT:].upper()


def _checksum(short: str) -> str:
    flags = short.translate(_CAPITALS)
    return _SIGNS[flags[:5]] + _SIGNS[flags[5:10]] + _SIGNS[flags[10:]]


def _restored(short: str, suffix: str) -> str | None:
    """Give the letters of *short* the case that *suffix* says; None where the two do not fit."""
    found = []
    for start, sign in zip((0, 5, 10), suffix, strict=True):
        bits = _SUFFIX.find(sign)
        if bits < 0:
            return None
        for place, letter in enumerate(short[start : start + 5]):
            upper = bool(bits >> place & 1)
            if upper and not letter.isalpha():
                return None
            found.append(letter.upper() if upper else letter.lower())
    return "".join(found)
