"""Text hygiene for responses whose score is already certain.

Pure. Identity has its own normalisation (`sync.identity`); here the text that people will read is made safe and equal:
entities, composed characters, control characters, and the many ways of saying nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from hashlib import blake2b
from html import unescape
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from connectors.characters import is_sound, sound
from sync.nps.category import category_of

if TYPE_CHECKING:
    from connectors.values import SurveyResponse

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")
#: Characters of a response's id. PostgreSQL keeps no key of more than 2,704 bytes; a longer id is cut, and told apart
#: from others by its digest.
LONGEST_ID = 500
_NOTHING = frozenset(
    {"", "-", "--", ".", "n/a", "na", "n.a.", "none", "null", "nil", "nothing", "k.a.", "keine", "ninguno", "aucun"}
)


def clean_comment(text: str | None) -> str | None:
    r"""Make a comment readable and comparable.

    >>> clean_comment("Great &amp; fast\x00")
    'Great & fast'
    >>> clean_comment(" N/A ") is None
    True
    """
    if text is None:
        return None
    if text.isascii() and text.isprintable() and "&" not in text:
        cleaned = text.strip()
    else:
        cleaned = _CONTROL.sub("", normalize("NFC", unescape(text)).replace("\r\n", "\n")).strip()
    if len(cleaned) <= 8 and cleaned.lower() in _NOTHING:
        return None
    return cleaned


def category_disagrees(response: SurveyResponse) -> bool:
    """Tell whether the tool's own category is not the one its score gives; ours is computed, theirs only reported.

    Tools write `PROMOTER`, `Promoters` or `NPS promoter`; other words say nothing.
    """
    theirs = (response.vendor_category or "").casefold()
    return any(name in theirs for name in _CATEGORIES) and category_of(response.score).value not in theirs


_CATEGORIES = ("promoter", "passive", "detractor")


def content_hash(response: SurveyResponse, comment: str | None, respondent: str, responded_at: str) -> str:
    """Digest everything that can change in a response; equal digests mean there is nothing new to do.

    Args:
        response: As the source gave it.
        comment: Its comment, cleaned.
        respondent: Who gave it.
        responded_at: Its moment as the ledger writes it.

    Raises:
        ValueError: A text holds what cannot be kept; see `kept`.
    """
    parts = [respondent, response.survey, response.survey_kind, str(response.score), comment or "", responded_at]
    if response.extra:
        parts += [f"{name}={value}" for name, value in sorted(response.extra.items())]
    text = "\x1f".join(parts)
    if "\0" in text:
        raise ValueError("NUL")
    return blake2b(text.encode(), digest_size=16).hexdigest()


def kept(response: SurveyResponse) -> SurveyResponse:
    """Return *response* as every ledger can keep it: see `connectors.characters`."""
    changed: dict[str, Any] = {}
    for one in fields(response):
        value = getattr(response, one.name)
        if isinstance(value, str) and not is_sound(value):
            changed[one.name] = sound(value)
        elif isinstance(value, Mapping) and not all(map(is_sound, (*value, *value.values()))):
            changed[one.name] = {sound(name): sound(text) for name, text in value.items()}
    if len(response.response_id) > LONGEST_ID:
        digest = blake2b(response.response_id.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        changed["response_id"] = f"{sound(response.response_id[:200])}#{digest}"
    if not is_sound(response.place.file):
        changed["place"] = replace(response.place, file=sound(response.place.file))
    return replace(response, **changed) if changed else response
