"""Identifiers as they are compared: e-mail addresses, ids, phone numbers.

Pure and without network. A key is None when the text cannot identify anybody.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category, normalize

import idna
import phonenumbers

from sync.identity.plain_phone import plain_international

# One class either side of the @: the common address is decided by one regular expression, everything else goes the
# slow way.
_PLAIN = re.compile(r"[a-z0-9._%+'-]+@[a-z0-9](?:[a-z0-9-]*\.)+[a-z]{2,}").fullmatch
_ANGLED = re.compile(r"<([^<>]*)>")
_LISTED = re.compile(r"[;,\s]+")
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9-]{2,}").fullmatch
_GOOGLE = frozenset({"gmail.com", "googlemail.com"})


def email_key(text: str | None) -> str | None:
    """Return the address as it is compared, or None where the text is not one address.

    >>> email_key(" Jo.Doe@ACME.com "), email_key("mailto:jo@acme.com."), email_key("Jo Doe <jo@acme.com>")
    ('jo.doe@acme.com', 'jo@acme.com', 'jo@acme.com')
    >>> email_key("jo@faß.de"), email_key("jo@xn--fa-hia.de")
    ('jo@xn--fa-hia.de', 'jo@xn--fa-hia.de')
    >>> email_key("n/a"), email_key("a@b.com; c@d.com"), email_key("STRASSE@x.de") == email_key("straße@x.de")
    (None, None, False)
    >>> email_key("a@b.com; A@b.com"), email_key("Jo <a@b.com>, Al <c@d.com>")
    ('a@b.com', None)
    """
    if text is None:
        return None
    if text.isascii():
        lowered = text.lower()
        if _PLAIN(lowered):
            return lowered
    return _email_slowly(text)


@lru_cache(maxsize=8_192)
def _email_slowly(text: str) -> str | None:
    cleaned = "".join(c for c in normalize("NFKC", text) if category(c) not in {"Cf", "Cc"}).strip()
    angled = _ANGLED.findall(cleaned)
    if not angled and (alone := _address(cleaned)):
        return alone
    # A cell with one address twice says that one; of two different ones nobody knows whose answer it is.
    first, *others = {_address(part) for part in angled or _LISTED.split(cleaned) if part} or {None}
    return None if others else first


def _address(text: str) -> str | None:
    cleaned = text.strip(" '\"<>()[],;:").lower()
    cleaned = cleaned.removeprefix("mailto:").split("?", 1)[0].strip().rstrip(".,;:")
    local, at, domain = cleaned.rpartition("@")
    if not at or not local or "@" in local or any(c.isspace() or c in ",;" for c in local):
        return None
    host = _ascii_domain(domain.strip("."))
    return None if host is None else f"{normalize('NFC', local)}@{host}"


def _ascii_domain(domain: str) -> str | None:
    # IDNA2008 with UTS-46; the standard library's codec would turn faß.de into another domain (reference/identity.md
    # §2).
    try:
        host = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return None
    return host if _DOMAIN(host) else None


class Mailbox(NamedTuple):
    """Two looser forms of an address."""

    #: The same mailbox whatever the spelling: Gmail dots, googlemail, declared alias domains.
    canonical: str
    #: The canonical form without its `+tag`; several people may use tags of one base.
    base: str


def mailbox(key: str, alias_of: dict[str, str] | None = None) -> Mailbox:
    """Return the looser forms of an e-mail key.

    >>> mailbox("j.doe+nps@googlemail.com")
    Mailbox(canonical='jdoe+nps@gmail.com', base='jdoe@gmail.com')
    >>> mailbox("j.doe@acme.com").canonical
    'j.doe@acme.com'
    """
    local, _, domain = key.rpartition("@")
    domain = (alias_of or {}).get(domain, domain)
    name, plus, tag = local.partition("+")
    if domain in _GOOGLE:
        name, domain = name.replace(".", ""), "gmail.com"
    canonical = f"{name}{plus}{tag}@{domain}"
    return Mailbox(canonical, f"{name}@{domain}" if name else canonical)


def email_canonical(text: str | None) -> str | None:
    """Return the spelling-independent form of an address.

    >>> email_canonical("J.Doe@GoogleMail.com"), email_canonical("j.doe@acme.com")
    ('jdoe@gmail.com', 'j.doe@acme.com')
    """
    key = email_key(text)
    return None if key is None else mailbox(key).canonical


_SALESFORCE = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-5]{3})?").fullmatch
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def salesforce_id(text: str | None) -> str | None:
    """Return the 18-character form of a Salesforce id, or None where the text is not shaped like one.

    The 15-character form depends on case. In the 18-character form the last three characters say which of the others
    are capitals, so an id whose case was lost on the way is restored rather than guessed.

    >>> salesforce_id("0035g00000XyZaB"), salesforce_id("0035g00000xyzab")
    ('0035g00000XyZaBAAV', '0035g00000xyzabAAA')
    >>> salesforce_id("0035G00000XYZABAAV") == salesforce_id("0035g00000XyZaBAAV")
    True
    """
    trimmed = "" if text is None else text.strip()
    if not _SALESFORCE(trimmed):
        return None
    body = trimmed[:15]
    if len(trimmed) == 18:
        body = _with_case(body, trimmed[15:].upper())
    return body + _checksum(body)


def _checksum(body: str) -> str:
    return "".join(_CHECK[sum(body[at + bit].isupper() << bit for bit in range(5))] for at in (0, 5, 10))


def _with_case(body: str, check: str) -> str:
    if _checksum(body) == check:
        return body
    capitals = [_CHECK.index(letter) >> bit & 1 for letter in check for bit in range(5)]
    return "".join(c.upper() if capital else c.lower() for c, capital in zip(body, capitals, strict=True))


def plain_id(text: str, *, numeric: bool = False, strip_prefix: tuple[str, ...] = ()) -> str:
    """Return an id as it is compared, after the declared normalisation and no other.

    >>> plain_id("C-00097754", numeric=True, strip_prefix=("C", "C-")), plain_id(" 007 ")
    ('97754', '007')
    >>> plain_id("97754.0", numeric=True)
    '97754'
    """
    value = text.strip()
    for prefix in sorted(strip_prefix, key=len, reverse=True):
        if value.startswith(prefix):
            value = value.removeprefix(prefix)
            break
    if numeric:
        digits = value.removesuffix(".0")
        if digits.isascii() and digits.isdigit():
            return digits.lstrip("0") or "0"
    return value


class PhoneKey(NamedTuple):
    """What a phone number can be compared by."""

    #: International form, `;ext=` included, known for certain: it had a country code, or the record's country was
    #: given.
    certain: str | None
    #: International form if the organisation's default region is right. Never decides alone.
    guess: str | None
    #: The last nine digits at most, which reveal that a number is shared even where it cannot be read.
    suffix: str | None


def claimed_phone(text: str) -> PhoneKey:
    """Read a phone as claims hold it: what is `+` and digits was read when the claim was made, and is not read again.

    >>> claimed_phone("+4930901820"), claimed_phone("030 901820").certain
    (PhoneKey(certain='+4930901820', guess=None, suffix='930901820'), None)
    """
    digits = text[1:]
    if text[:1] == "+" and digits.isascii() and digits.isdigit() and len(digits) >= 7 and not _is_junk(digits):
        return PhoneKey(text, None, digits[-_SUFFIX_DIGITS:])
    return phone_keys(text)


NOBODY = PhoneKey(None, None, None)
#: Digits by which directories look phones up; loose on purpose, each hit is compared again.
LOOSE_DIGITS = 8
_SUFFIX_DIGITS = 9
_NO_DIGIT = re.compile(r"\D")
_RUNS = frozenset(run[:end] for run in ("0123456789", "1234567890", "9876543210") for end in range(1, 11))


@lru_cache(maxsize=8_192)
def phone_keys(text: str, country: str | None = None, default_region: str | None = None) -> PhoneKey:
    """Read a phone number with the country of the record it stands in, never with a guess.

    >>> phone_keys("+49 (0)30 901820").certain, phone_keys("030 901820", "DE").certain
    ('+4930901820', '+4930901820')
    >>> phone_keys("030 901820"), phone_keys("000 000 0000")
    (PhoneKey(certain=None, guess=None, suffix='30901820'), PhoneKey(certain=None, guess=None, suffix=None))
    """
    cleaned = (text if text.isascii() else normalize("NFKC", text)).strip().removeprefix("tel:")
    if cleaned.startswith("00"):
        cleaned = "+" + cleaned[2:]
    digits = _NO_DIGIT.sub("", cleaned)
    if len(digits) < 7 or _is_junk(digits):
        return NOBODY
    if cleaned.startswith("+"):
        certain, guess = _international(cleaned, None), None
    else:
        certain = _international(cleaned, country) if country else None
        guess = _international(cleaned, default_region) if default_region and not country else None
    # The trunk prefix of a number that cannot be read is no digit of it.
    number = (certain or guess or digits.lstrip("0")).partition(";")[0]
    if _is_junk(number.lstrip("+")):
        return NOBODY
    return PhoneKey(certain, guess, number.lstrip("+")[-_SUFFIX_DIGITS:])


def _international(text: str, region: str | None) -> str | None:
    if text.startswith("+") and (plain := plain_international(text)) is not None:
        return None if _is_junk(plain.national) else f"+{plain.country_code}{plain.national}"
    try:
        number = phonenumbers.parse(text, region.upper() if region else None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or _is_junk(str(number.national_number)):
        return None
    form: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{form};ext={number.extension}" if number.extension else form


def _is_junk(digits: str) -> bool:
    """Tell numbers that nobody has: at most two distinct digits, or a run along the keyboard."""
    return len(set(digits)) <= 2 or digits in _RUNS
