"""Whether two names can be, or must be, the same person's.

Names confirm or contradict a key; they never find anybody. Latin names are compared without accents, every other script
natively: romanising Chinese would make one person of many.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import cache, lru_cache
from typing import NamedTuple
from unicodedata import category, combining, normalize

from anyascii import anyascii


class Agreement(IntEnum):
    """How two names agree; higher is surer."""

    #: Both names are there and contradict each other.
    CONFLICT = 0
    #: A name is missing, or the scripts differ: nothing can be said.
    UNKNOWN = 1
    #: Compatible only: an initial, a last name alone, a slip of the pen.
    COMPATIBLE = 2
    #: The first name agrees, the last names differ (marriage, or another person).
    FIRST_ONLY = 3
    #: The first name agrees, a last name is missing.
    FIRST = 4
    #: First and last name agree, one of them in another form (Bob, Robert).
    SAME = 5
    #: First and last name are written alike.
    EXACT = 6


class Name(NamedTuple):
    """A name in tokens; a single field that holds a whole name is split at its first space or comma."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    #: `latin`, `han`, `cyrillic`, ...; empty when there are no letters.
    script: str

    @property
    def tokens(self) -> tuple[str, ...]:
        return self.first + self.last


_EMPTY = Name((), (), "")
_TITLES = frozenset(
    """mr mrs ms miss mx dr prof professor sir dame herr frau hr fr dipl ing mag jr sr ii iii iv phd md mba msc bsc
    ba ma esq
    monsieur madame mme mlle sig signor signora sra senor senora don dona""".split()
)
_PARTICLES = frozenset(
    "de da do dos das del della di du des la le el al van von der den ter ten zu zum und y e i bin ibn abu st".split()
)
_WORDS = re.compile(r"[^\W\d_]+(?:\d+[^\W\d_]*)*").findall
_APOSTROPHES = dict.fromkeys((0x27, 0x60, 0xB4, 0x2BC, 0x2018, 0x2019))
_UMLAUT = re.compile(r"(?<=[aou])e")


def titles() -> frozenset[str]:
    """Return the words that stand beside a name and are no part of it."""
    return _TITLES


@lru_cache(maxsize=8_192)
def name_of(first: str | None, last: str | None, full: str | None) -> Name:
    """Read a name from its fields; the full name counts where the split ones are missing.

    >>> name_of("Dr. José", "D'Alia-Müller", None)
    Name(first=('jose',), last=('dalia', 'muller'), script='latin')
    >>> name_of(None, None, "Smith, John").first, name_of(None, None, "王伟")
    (('john',), Name(first=(), last=('王伟',), script='han'))
    """
    if not first and not last:
        if not full or "@" in full:
            return _EMPTY
        first, last = _split(full)
    script = _script((first or "") + (last or ""))
    given, family = _tokens(first, script), _tokens(last, script)
    if given and not family and len(given) > 1 and not last:
        given, family = given[:1], given[1:]
    return Name(given, family, script) if given or family else _EMPTY


def _split(full: str) -> tuple[str | None, str | None]:
    family, comma, given = full.partition(",")
    if comma and given.strip():
        return given, family
    words = [word for word in full.split() if word.rstrip(".").lower() not in _TITLES]
    if len(words) < 2:
        word = " ".join(words)
        return (None, word) if _script(word) in _UNSPACED else (word, None)
    if _script(full) in _UNSPACED:
        return "".join(words[1:]), words[0]
    return words[0], " ".join(words[1:])


#: Scripts that write the family name first and without spaces.
_UNSPACED = frozenset({"han", "hangul"})
_RANGES = (
    (0x0370, 0x03FF, "greek"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0530, 0x058F, "armenian"),
    (0x0590, 0x05FF, "hebrew"),
    (0x0600, 0x08FF, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0E00, 0x0E7F, "thai"),
    (0x10A0, 0x10FF, "georgian"),
    (0x1100, 0x11FF, "hangul"),
    (0x3040, 0x30FF, "kana"),
    (0x3400, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "hangul"),
    (0xF900, 0xFAFF, "han"),
    (0x20000, 0x3FFFF, "han"),
)


def _script(text: str) -> str:
    """Name the script of the first letter; punctuation such as a curly apostrophe is not a script."""
    for c in text:
        if c.isascii():
            if c.isalpha():
                return "latin"
        elif category(c)[0] == "L":
            point = ord(c)
            return next(
                (name for low, high, name in _RANGES if low <= point <= high), "latin" if point < 0x2000 else "other"
            )
    return ""


@lru_cache(maxsize=8_192)
def _tokens(text: str | None, script: str) -> tuple[str, ...]:
    if not text:
        return ()
    joined = text.translate(_APOSTROPHES)
    if script == "latin":
        folded = joined.lower() if joined.isascii() else anyascii(normalize("NFC", joined)).lower()
        words = [word for word in _WORDS(folded) if word not in _TITLES]
        return tuple([word for word in words if word not in _PARTICLES] or words)
    folded = "".join(c for c in normalize("NFKD", joined) if not combining(c)) if script not in _UNSPACED else joined
    return tuple(_WORDS(normalize("NFC", folded).lower()))


def agreement(a: Name, b: Name) -> Agreement:
    """Compare two names.

    >>> same = lambda a, b: agreement(name_of(None, None, a), name_of(None, None, b)).name
    >>> same("Bob Smith", "Robert Smith"), same("Smith John", "John Smith"), same("Anna Smith", "Anna Jones")
    ('SAME', 'EXACT', 'FIRST_ONLY')
    >>> same("J. Smith", "John Smith"), same("Mary Smith", "John Smith"), same("John", "John Smith")
    ('COMPATIBLE', 'CONFLICT', 'FIRST')
    >>> same("王钰", "王玉"), same("王玉", "Wang Yu"), same("Maria Rossi", "Mario Rossi")
    ('CONFLICT', 'UNKNOWN', 'CONFLICT')
    >>> same("Barb Smith", "Barbara Smith"), same("Daniel Smith", "Daniela Smith"), same("Bob Jones", "Robert Smith")
    ('COMPATIBLE', 'CONFLICT', 'CONFLICT')
    """
    if not a.script or not b.script or a.script != b.script:
        return Agreement.UNKNOWN
    if a == b:
        return Agreement.EXACT if a.first and a.last else Agreement.FIRST if a.first else Agreement.COMPATIBLE
    return _agreement(a, b) if a < b else _agreement(b, a)


@lru_cache(maxsize=8_192)
def _agreement(a: Name, b: Name) -> Agreement:  # noqa: PLR0911 - a ladder, one rung per line
    if a.script in _UNSPACED:
        return _unspaced(a, b)
    if set(a.tokens) == set(b.tokens) and len(set(a.tokens)) > 1:
        return Agreement.EXACT
    if _firsts(a.first, b.last) and _lasts(a.last, b.first):
        return Agreement.SAME  # the fields were swapped
    if _firsts(b.first, a.last) and _lasts(b.last, a.first):
        return Agreement.SAME
    first, last = _firsts(a.first, b.first), _lasts(a.last, b.last)
    if first:
        return _by_first(a, b, last=last)
    if last and (not a.first or not b.first or _nearly(a.first, b.first)):
        return Agreement.COMPATIBLE
    if _all_initials(a, b) or _all_initials(b, a) or _part_of(a, b) or _part_of(b, a):
        return Agreement.COMPATIBLE
    return Agreement.CONFLICT


def _by_first(a: Name, b: Name, *, last: bool) -> Agreement:
    if last:
        return Agreement.EXACT if a.first == b.first else Agreement.SAME
    if not (a.last and b.last):
        return Agreement.FIRST
    # Somebody may have married, or go by a short form; both at once is rather another person.
    return Agreement.FIRST_ONLY if set(a.first) & set(b.first) else Agreement.CONFLICT


def _unspaced(a: Name, b: Name) -> Agreement:
    wholes = ["".join(name.last + name.first) for name in (a, b)], ["".join(name.first + name.last) for name in (a, b)]
    if wholes[0][0] in (wholes[0][1], wholes[1][1]) or wholes[1][0] in (wholes[0][1], wholes[1][1]):
        return Agreement.EXACT
    if a.first and b.first:
        if a.first != b.first:
            return Agreement.CONFLICT
        return Agreement.FIRST_ONLY if a.last and b.last else Agreement.FIRST
    short, long = sorted((wholes[0][0], wholes[0][1]), key=len)
    return Agreement.COMPATIBLE if long.startswith(short) or long.endswith(short) else Agreement.CONFLICT


def _firsts(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Tell whether two first names are surely forms of one: equal, one of several, or a known short form."""
    if not a or not b:
        return False
    if any(len(x) > 1 and x in b for x in a) or ("".join(a) == "".join(b) and len("".join(a)) > 1):
        return True
    if _plain(a[0]) == _plain(b[0]) and len(a[0]) > 2:
        return True
    return b[0] in _short_forms(a[0]) or a[0] in _short_forms(b[0])


def _lasts(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    if not a or not b:
        return False
    if any(len(x) > 1 and x in b for x in a) or "".join(a) == "".join(b):
        return True
    return any(_plain(x) == _plain(y) and len(x) > 2 for x in a for y in b)


def _plain(token: str) -> str:
    # Mueller is Müller, Joerg is Jörg.
    return _UMLAUT.sub("", token)


def _nearly(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Tell an initial, a beginning (Barb), or one slip inside a longer first name.

    Not at its ends, where Maria becomes Mario and Daniel becomes Daniela.
    """
    x, y = a[0], b[0]
    if (len(x) == 1 or len(y) == 1) and x[0] == y[0]:
        return True
    if min(len(x), len(y)) > 2 and abs(len(x) - len(y)) > 1 and (x.startswith(y) or y.startswith(x)):
        return True
    if min(len(x), len(y)) < 5 or x[0] != y[0] or x[-1] != y[-1]:
        return False
    return one_slip(x, y)


def one_slip(x: str, y: str) -> bool:
    """Tell texts that differ by one letter added, lost, changed, or by two neighbours swapped.

    >>> one_slip("jhon", "john"), one_slip("alison", "allison"), one_slip("jon", "jane")
    (True, True, False)
    """
    if len(x) > len(y):
        x, y = y, x
    if len(y) - len(x) > 1:
        return False
    at = next((i for i, (p, q) in enumerate(zip(x, y, strict=False)) if p != q), len(x))
    if len(x) < len(y):
        return x[at:] == y[at + 1 :]
    return x[at + 1 :] == y[at + 1 :] or (x[at : at + 2] == y[at : at + 2][::-1] and x[at + 2 :] == y[at + 2 :])


def _all_initials(a: Name, b: Name) -> bool:
    return bool(a.first and a.last and b.first and b.last) and (
        len(a.first[0]) == len(a.last[0]) == 1 and a.first[0] == b.first[0][0] and a.last[0] == b.last[0][0]
    )


def _part_of(a: Name, b: Name) -> bool:
    """A part of a name, even in the wrong field, agrees with a name that holds all of it."""
    return all(len(token) > 1 and token in b.tokens for token in a.tokens)


# Pairs of the list that are rather two people than two forms of one name.
_COUPLES = [
    {"andrea", "andrew"}, {"louis", "louise"}, {"justin", "justina"}, {"edwin", "edwina"}, {"frederick", "frederica"},
    {"ernest", "ernestine"}, {"george", "georgine"}, {"felix", "felicia"}, {"delius", "delia"}, {"lucius", "lucia"},
    {"aron", "erin"}, {"clement", "clementine"}, {"bill", "robert"}, {"billy", "robert"}, {"allan", "allen"},
    {"june", "junius"},
]  # fmt: skip


@cache
def _nicknames() -> dict[str, frozenset[str]]:
    from nicknames import NickNamer

    known = NickNamer().nickname_lookup.items()
    return {name: frozenset(short for short in shorts if {name, short} not in _COUPLES) for name, shorts in known}


def _short_forms(first: str) -> frozenset[str]:
    return _nicknames().get(first, frozenset())
