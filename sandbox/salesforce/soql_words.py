"""SOQL text cut into words, with the place of each, so that an error can point at it."""

import re
from dataclasses import dataclass

from sandbox.salesforce.refusal import Refusal

#: How much of a long query an error shows on either side of its place.
_SHOWN = 40

_WORDS = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<datetime>\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d)
  | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<relative>[A-Za-z_]+:\d+)
  | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
  | (?P<symbol><=|>=|!=|<>|[=<>(),:])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query."""

    #: name, string, number, date, datetime, relative, symbol or end.
    kind: str
    #: As it stands in the query, a string with its quotes.
    text: str
    #: Offset of its first character, from 0.
    at: int

    def says(self, *keywords: str) -> bool:
        """Tell whether this is one of *keywords* (upper case) or symbols."""
        return self.kind in {"name", "symbol"} and self.text.upper() in keywords


def words_of(query: str) -> list[Word]:
    r"""Cut *query* into words, the last of which is the end.

    >>> [word.text for word in words_of("SELECT Id FROM Contact WHERE Name = 'Hara'")][-4:]
    ['Name', '=', "'Hara'", '']

    Raises:
        Refusal: MALFORMED_QUERY, a character or an unclosed string that SOQL does not know.
    """
    found: list[Word] = []
    at = 0
    while at < len(query):
        match = _WORDS.match(query, at)
        if match is None:
            raise _unreadable(query, at)
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(Word(kind, match.group(), at))
        at = match.end()
    return [*found, Word("end", "", len(query))]


def string_of(word: Word, query: str) -> str:
    r"""Give the value of a string word, its escapes resolved; `\%` and `\_` stay, for LIKE alone knows them.

    Raises:
        Refusal: MALFORMED_QUERY, an escape that SOQL does not know.
    """

    def resolve(match: re.Match[str]) -> str:
        if match.group(1):
            return chr(int(match.group(1), 16))
        letter = match.group(2)
        if letter in "%_":
            return match.group()
        if letter.lower() not in _ESCAPES:
            raise refused(query, word.at, "MALFORMED_QUERY", f"Illegal escape sequence: \\{letter}")
        return _ESCAPES[letter.lower()]

    return _ESCAPED.sub(resolve, word.text[1:-1])


def refused(query: str, at: int, code: str, message: str) -> Refusal:
    """Refuse *query* at offset *at*, in the form of four lines that Salesforce uses.

    >>> print(refused("select count() from XYZZY", 20, "INVALID_TYPE", "not supported").message)
    <BLANKLINE>
    select count() from XYZZY
                        ^
    ERROR at Row:1:Column:21
    not supported
    """
    begin = query.rfind("\n", 0, at) + 1
    end = query.find("\n", at)
    row, column = query.count("\n", 0, at) + 1, at - begin + 1
    shown_from = max(begin, at - _SHOWN)
    shown = query[shown_from : min(end if end >= 0 else len(query), at + _SHOWN)]
    pointer = " " * (at - shown_from) + "^"
    return Refusal(400, code, f"\n{shown}\n{pointer}\nERROR at Row:{row}:Column:{column}\n{message}")


def _unreadable(query: str, at: int) -> Refusal:
    line, column = query.count("\n", 0, at) + 1, at - query.rfind("\n", 0, at) - 1
    if query[at] == "'":
        last = len(query) - query.rfind("\n") - 1
        return Refusal(400, "MALFORMED_QUERY", f"line {line}:{last} mismatched character '<EOF>' expecting '''")
    return Refusal(400, "MALFORMED_QUERY", f"line {line}:{column} no viable alternative at character '{query[at]}'")
