"""Strict YAML: what a reader sees is what the program takes, and every problem has a place.

The YAML 1.2 core schema without its oddities: only `true`, `false`, `null`, whole numbers and decimals are not text, so
`no`, `12:30:00`, `0123` and `2026-01-05` stay what they look like. Anchors, aliases, tags, duplicate keys, a second
document, tabs in the indentation and control characters are refused.
"""

from __future__ import annotations

import math
import re
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import yaml as pyyaml

from sync.config.document import MOST_PROBLEMS, Document, Mark, Path
from sync.config.yaml_errors import explain
from sync.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Files are written by people; the longest mapping we know of is 40 kB.
LARGEST_BYTES = 1 << 20
#: A mapping needs 5 levels.
DEEPEST = 20
#: Values of one file. The longest mapping has 700; a file of 1 MiB could hold 300,000 and take a quarter of a minute.
MOST_VALUES = 50_000

_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][-+]?[0-9]{1,3})?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}

# Control characters, line ends that editors do not show, marks that reorder text on the screen, non-characters.
_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_TAB_INDENT = re.compile(r"^ *\t", re.MULTILINE)
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")


def parse(raw: bytes, file: str) -> Document:
    r"""Read YAML; what is wrong with it is in the document's `problems`, never raised.

    >>> parse(b"country: no\nat: 12:30:00\nid: 0123\nok: true", "x.yaml").data
    {'country': 'no', 'at': '12:30:00', 'id': '0123', 'ok': True}
    """
    text = _decode(raw, file)
    if isinstance(text, Problem):
        return Document(file=file, problems=(text,))
    lines = text.split("\n")
    here = Document(file=file, lines=lines)
    odd = tuple(islice(_odd_characters(text, here), MOST_PROBLEMS))
    return Document(file=file, lines=lines, problems=odd) if odd else _Builder(here).build(text)


def _decode(raw: bytes, file: str) -> str | Problem:
    if len(raw) > LARGEST_BYTES:
        return Problem(
            where=file,
            what="this file is larger than 1 MiB",
            hint="Config and mappings are a few kB. Is this the right file?",
        )
    if raw.startswith(_WIDE_BOMS):
        return Problem(where=file, what="this file is UTF-16", hint="Save it as UTF-8 in your editor.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = raw.rfind(b"\n", 0, error.start) + 1
        line, column = (
            raw.count(b"\n", 0, error.start) + 1,
            len(raw[start : error.start].decode("utf-8", "replace")) + 1,
        )
        return Problem(
            where=f"{file}:{line}:{column}",
            what="this byte is not UTF-8",
            hint="Save the file as UTF-8 in your editor.",
        )
    return text.replace("\r\n", "\n")


def _odd_characters(text: str, here: Document) -> Iterator[Problem]:
    for found in _ODD.finditer(text):
        mark = _mark_of(text, found.start())
        yield here.problem_at(
            mark, f"the character U+{ord(found[0]):04X} cannot be seen here", "Delete it, or type it anew."
        )
    for found in _TAB_INDENT.finditer(text):
        mark = _mark_of(text, found.end() - 1)
        yield here.problem_at(mark, "a tab indents this line", "YAML is indented with spaces; replace the tab by two.")


def _mark_of(text: str, index: int) -> Mark:
    return Mark(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


class _TooManyError(Exception):
    """Reading on would not help: too deep, or too many problems."""


class _Builder:
    """Turns PyYAML's events into data, one pass, with the place of everything."""

    def __init__(self, here: Document) -> None:
        self._here = here
        self._events: Iterator[Any] = iter(())
        self._values: dict[Path, Mark] = {}
        self._keys: dict[Path, Mark] = {}
        self._broken: set[Path] = set()
        self._problems: list[Problem] = []

    def build(self, text: str) -> Document:
        """Read the whole text, or as far as it can be read."""
        self._events = cast("Iterator[Any]", pyyaml.parse(text, Loader=pyyaml.BaseLoader))
        data: Any = None
        try:
            data = self._document()
        except pyyaml.MarkedYAMLError as error:
            place, what, hint = explain(error)
            line = min(place.line, len(self._here.lines))
            self._problems.append(self._here.problem_at(Mark(line, place.column), what, hint))
            self._broken.add(())
        except _TooManyError:
            self._broken.add(())
        return Document(
            file=self._here.file,
            lines=self._here.lines,
            data=data,
            values=self._values,
            keys=self._keys,
            broken=frozenset(self._broken),
            problems=tuple(self._problems),
        )

    def _document(self) -> Any:  # noqa: ANN401 - whatever the file holds
        data: Any = None
        seen = False
        for event in self._events:
            if isinstance(event, pyyaml.DocumentStartEvent):
                if event.tags:
                    self._refuse(event, (), "`%TAG` is not used here", "Delete the line.")
                if seen:
                    self._refuse(
                        event, (), "a second document starts here", "Keep one document per file: delete `---`."
                    )
                    raise _TooManyError
                seen = True
                data = self._value(next(self._events), ())
        return data

    def _value(self, event: Any, path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
        self._values[path] = _mark(event)
        if len(self._values) > MOST_VALUES:
            self._refuse(event, path, f"more than {MOST_VALUES:,} values", "Is this the right file?")
            raise _TooManyError
        if isinstance(event, pyyaml.AliasEvent):
            self._refuse(
                event, path, f"`*{event.anchor}` refers to another place", "Write the value out; there are no aliases."
            )
            return None
        if event.anchor is not None:
            self._refuse(
                event, path, f"`&{event.anchor}` names this value", "Delete it; there are no anchors or aliases."
            )
        if event.tag is not None:
            self._refuse(
                event, path, f"the tag `{event.tag[:40]}` sets a type", "Delete it; types follow from the key."
            )
        if isinstance(event, pyyaml.ScalarEvent):
            return _plain(event.value) if event.implicit[0] else event.value
        if len(path) >= DEEPEST:
            self._refuse(
                event, path, f"this is nested more than {DEEPEST} levels deep", "No key needs more than 6 levels."
            )
            raise _TooManyError
        return self._mapping(path) if isinstance(event, pyyaml.MappingStartEvent) else self._list(path)

    def _list(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), pyyaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), pyyaml.MappingEndEvent):
            key = self._key(event, path)
            if key is None:
                self._drop()
            elif key in found:
                first = self._keys[*path, key].line
                self._refuse(event, None, f"`{key[:60]}` is here twice (first on line {first})", "Keep one of the two.")
                self._drop()
            else:
                self._keys[*path, key] = _mark(event)
                found[key] = None
                found[key] = self._value(next(self._events), (*path, key))
        return found

    def _key(self, event: Any, path: Path) -> str | None:  # noqa: ANN401 - PyYAML has no types
        if isinstance(event, pyyaml.ScalarEvent) and event.anchor is None and event.tag is None and event.value:
            return str(event.value)
        self._refuse(event, None, "a key is one word or text", "Anchors, tags, lists and blank keys are not used here.")
        if not isinstance(event, pyyaml.ScalarEvent | pyyaml.AliasEvent):
            self._drop_rest(len(path))
        return None

    def _drop(self) -> None:
        """Read over one value."""
        if isinstance(next(self._events), pyyaml.CollectionStartEvent):
            self._drop_rest(0)

    def _drop_rest(self, depth: int) -> None:
        """Read over the rest of a collection that has been opened."""
        opened = 1
        while opened:
            event = next(self._events)
            opened += isinstance(event, pyyaml.CollectionStartEvent) - isinstance(event, pyyaml.CollectionEndEvent)
            if depth + opened > DEEPEST:
                self._refuse(
                    event, None, f"this is nested more than {DEEPEST} levels deep", "No key needs more than 6 levels."
                )
                raise _TooManyError

    def _refuse(self, event: Any, path: Path | None, what: str, hint: str) -> None:  # noqa: ANN401 - PyYAML has no types
        if path is not None:
            self._broken.add(path)
        self._problems.append(self._here.problem_at(_mark(event), what, hint))
        if len(self._problems) >= MOST_PROBLEMS:
            raise _TooManyError


def _mark(event: Any) -> Mark:  # noqa: ANN401 - PyYAML has no types
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def _plain(text: str) -> str | int | float | bool | None:
    """Give an unquoted value its type.

    >>> [_plain(text) for text in ("9", "-1.5", "yes", "True", "0123", "1_000", "10%", "~", "0x1F", "1e999")]
    [9, -1.5, 'yes', 'True', '0123', '1_000', '10%', None, '0x1F', '1e999']
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text
