r"""From a field's name or label to what it says: its parts, each understood or not.

>>> read("NPS_Previous_Score__c").meanings == {"programme", "previous", "score"}, read("NPS-Zielwert").foreign
(True, ('zielwert',))
>>> read("Weiterempfehlungsbereitschaft").meanings == {"programme", "likely"}
True
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from sync.suggest.lexicon import FOREIGN, MEANINGS, PROGRAMMES, TOOLS

_PARTS = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)")
_SUFFIX = re.compile(r"__(?:p?c|x)$")
_WIDE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]+")
#: Names of several words that mean one thing.
_PHRASES = (
    (re.compile(r"\bnet (promot[eo]r)(?: score)?\b"), " netpromoter "),
    (re.compile(r"\b([ert]) (?=nps\b)"), r" \1"),
    (re.compile(r"\bsurvey monkey\b"), " surveymonkey "),
    (re.compile(r"\bask nicely\b"), " asknicely "),
    (re.compile(r"\bget feedback\b"), " getfeedback "),
    (re.compile(r"\bcustomer gauge\b"), " customergauge "),
    (re.compile(r"\bdo not use\b"), " donotuse "),
    (re.compile(r"\bopt out\b"), " optout "),
    (re.compile(r"\bfollow up\b"), " followup "),
    (re.compile(r"\b(?:from )?0 (?:to )?10\b"), " "),
)
#: What stands between the parts of a long word, or ends it.
_JOINTS = ("", "s", "n", "en", "es", "er", "e", "r", "m", "em")
#: Umlauts as they are written without them.
_UMLAUT = re.compile("([aou])e")
#: From here on, marks are parts of letters.
_KANA = 0x3000
#: Shorter parts are found in almost any word.
_SHORTEST = 3
_LONGEST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a name says."""

    meanings: frozenset[str]
    #: Parts that nothing is known of.
    unknown: tuple[str, ...] = ()
    #: Parts that say it is somebody else's, or something else.
    foreign: tuple[str, ...] = ()
    #: Other things that are asked for in surveys.
    programmes: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """`nps`, `survey`, or nothing: how much the name says of where its values come from."""
        if "programme" in self.meanings or {"recommend", "likely"} <= self.meanings:
            return "nps"
        if {"promoter", "score"} <= self.meanings:
            return "nps"
        return "survey" if "survey" in self.meanings else ""

    @property
    def is_clear(self) -> bool:
        return not (self.unknown or self.foreign or self.programmes or self.tools)


def plain(text: str) -> str:
    """Return *text* in lower case without accents.

    >>> plain("Förderer"), plain("Détracteur"), plain("NPS")
    ('forderer', 'detracteur', 'nps')
    """
    kept = "".join(
        each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each) or ord(each) > _KANA
    )
    return unicodedata.normalize("NFC", kept).casefold()


def read(text: str, *, tool: str = "", silent: frozenset[str] = frozenset()) -> Reading:
    """Read a field's name or label.

    Args:
        text: The name, in any way of writing it.
        tool: The survey tool that the responses come from: its name is nobody else's.
        silent: Parts that say nothing here, such as a prefix that all fields share.
    """
    meanings: set[str] = set()
    unknown, foreign, programmes, tools = [], [], [], []
    for part in _parts(text):
        if part in silent:
            continue
        if part in TOOLS:
            if part != tool:
                tools.append(part)
            else:
                meanings.add("survey")
        elif part in PROGRAMMES:
            programmes.append(part)
        elif part in FOREIGN:
            foreign.append(part)
        elif (found := _understood(part) or _understood(_UMLAUT.sub(r"\1", part))) is not None:
            meanings |= found
        elif _holds(part, PROGRAMMES):
            programmes.append(part)
        else:
            unknown.append(part)
    return Reading(
        meanings=frozenset(meanings - {"filler"}),
        unknown=tuple(unknown),
        foreign=tuple(foreign),
        programmes=tuple(programmes),
        tools=tuple(tools),
    )


def starts(name: str) -> str:
    """Return the first part of a name; empty where it is its only one.

    >>> starts("ZX_NPS_Score__c"), starts("Score__c")
    ('zx', '')
    """
    parts = _parts(name)
    return parts[0] if len(parts) > 1 else ""


def base(word: str) -> set[str]:
    """Return a word as it may stand in a list: as it is, without its ending, without written-out umlauts.

    >>> sorted(base("foerderer"))
    ['foerder', 'foerdere', 'foerderer', 'forder', 'fordere', 'forderer']
    """
    spelt = {word, _UMLAUT.sub(r"\1", word)}
    ends = (joint for joint in _JOINTS if joint)
    return spelt | {one.removesuffix(end) for end in ends for one in spelt}


def _parts(text: str) -> list[str]:
    spaced = _WIDE.sub(lambda found: f" {found[0]} ", _CAMEL.sub(" ", _SUFFIX.sub("", text)))
    joined = " ".join(_PARTS.findall(plain(spaced)))
    for phrase, one in _PHRASES:
        joined = phrase.sub(one, joined)
    return joined.split()


@lru_cache(maxsize=4096)
def _understood(part: str) -> frozenset[str] | None:
    """Return what a part means, all of it; a long word by the words that it is made of."""
    if part in _WORDS:
        return _WORDS[part]
    if len(part) > _LONGEST:
        return None
    wide = _WIDE.fullmatch(part) is not None
    reached: dict[int, frozenset[str]] = {0: frozenset()}
    for start in range(len(part)):
        if start not in reached:
            continue
        for end in range(start + (1 if wide else _SHORTEST), len(part) + 1):
            found = _WORDS.get(part[start:end])
            if found is None or found == _FILLER:
                continue
            for joint in ("",) if wide else _JOINTS:
                if part.startswith(joint, end):
                    reached.setdefault(end + len(joint), reached[start] | found)
    return reached.get(len(part))


def _holds(part: str, words: frozenset[str]) -> bool:
    """Tell whether a long word has one of *words* in it."""
    return any(len(word) > _SHORTEST and word in part for word in words)


def _spelt() -> dict[str, frozenset[str]]:
    words: dict[str, frozenset[str]] = {}
    for meaning, listed in MEANINGS.items():
        for word in listed.split():
            key = plain(word).rstrip("_")
            words[key] = words.get(key, frozenset()) | {meaning}
    return words


_WORDS = _spelt()
_FILLER = frozenset({"filler"})
