r"""Characters that do harm: those that not every database, file and API takes, and those that steer a terminal.

NUL ends a text in some and is refused by others, PostgreSQL among them. Half a surrogate pair, which JSON can spell
(`"\ud800"`) and a file's name can hold, is a character in none: SQLite's and PostgreSQL's drivers fail on it.
"""

from __future__ import annotations

import os
import re

_UNSOUND = re.compile("[\x00\ud800-\udfff]")
#: Stands where a character could not be read.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def is_sound(text: str) -> bool:
    r"""Tell whether *text* can be kept as it is.

    >>> is_sound("grüße 😀"), is_sound("a\0"), is_sound("\ud800")
    (True, False, False)
    """
    if "\0" in text:
        return False
    return text.isascii() or _UNSOUND.search(text) is None


def sound(text: str) -> str:
    r"""Return *text* with a mark in the place of each character that cannot be kept.

    It is marked and not left out: without it an address or id would become another one, which may be somebody's.

    >>> sound("b\0ob@x.test") == "b\ufffdob@x.test"
    True
    """
    return text if is_sound(text) else _UNSOUND.sub(REPLACEMENT, text)


#: Control characters, marks that turn text around on the screen, line ends and joints that nobody sees.
_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


def visible(text: str, *, keep: str = "") -> str:
    r"""Write the characters of *text* that steer a terminal, or cannot be seen, as codes; those of *keep* stay.

    >>> print(visible("red \x1b[31m"), visible("two\nlines"), visible("1\n2", keep="\n").splitlines())
    red \x1b[31m two\x0alines ['1', '2']
    """
    if text.isprintable():
        return text

    def code(found: re.Match[str]) -> str:
        return found[0] if found[0] in keep else _code(ord(found[0]))

    return _STEERING.sub(code, text)


def _code(point: int) -> str:
    return f"\\x{point:02x}" if point < 256 else f"\\u{point:04x}"


def visible_json(text: str) -> str:
    """Write *text*, which is JSON, as the same JSON without what steers a terminal."""
    return _STEERING.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def file_name(name: str) -> str:
    """Return what to call a file whose *name* may be any bytes; two names stay two."""
    return visible(os.fsencode(name).decode("utf-8", "backslashreplace"))
