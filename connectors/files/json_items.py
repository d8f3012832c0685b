"""JSON and JSON Lines as rows: one item, one row; nested names are joined with dots."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from connectors.characters import sound
from connectors.files.table import MAX_CELL, MAX_COLUMNS, Chunk, Row, chunked, refused
from connectors.files.text_file import encoding_of, lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Where services put the list, when the file is one object.
_LISTS = ("responses", "data", "items", "results", "records", "rows", "values", "elements")
_MAX_DEPTH = 32
_SPACE = " \t\r\n\ufeff"
_DECODER = json.JSONDecoder()
_NEXT_STEP = "Export it as a JSON array of objects, as JSON Lines, or as CSV."
#: A cell that marks a line of JSON Lines that cannot be read; the row reader rejects it.
BROKEN = "\0broken"


class JsonTable:
    """A file of JSON items; row 0 is the header that is made of all their names. See `Table`."""

    epoch_1904 = False
    notes: tuple[str, ...] = ()

    def __init__(self, path: Path, *, name: str, by_line: bool, encoding: str | None = None) -> None:
        self.kind = "jsonl" if by_line else "json"
        self._path = path
        self._name = name
        with path.open("rb") as file:
            self._encoding = encoding or encoding_of(file.read(2000))
        self._columns = self._names()

    def _names(self) -> dict[str, int]:
        names: dict[str, int] = {}
        for _, item in self._items():
            for name in _flat(item, self._name) if isinstance(item, dict) else ():
                names.setdefault(name, len(names))
            if len(names) > MAX_COLUMNS:
                raise refused(self._name, f"items have more than {MAX_COLUMNS} names", _NEXT_STEP)
        return names

    def chunks(self, size: int) -> Iterator[Chunk]:
        return chunked(self.rows(), size)

    def rows(self) -> Iterator[Row]:
        width = len(self._columns)
        if not width and next(self._items(), None) is None:
            return
        yield 0, list(self._columns)
        for number, item in self._items():
            cells = [""] * width
            if isinstance(item, dict):
                for name, text in _flat(item, self._name).items():
                    cells[self._columns[name]] = text
            elif width:
                cells[0] = BROKEN
            yield number, cells

    def _items(self) -> Iterator[tuple[int, object]]:
        try:
            yield from self._by_line() if self.kind == "jsonl" else _streamed(self._text(), self._name)
        except RecursionError:
            raise refused(self._name, f"is nested deeper than {_MAX_DEPTH} levels", _NEXT_STEP) from None

    def _text(self) -> Iterator[str]:
        errors = "replace" if self._encoding == "cp1252" else "strict"
        with self._path.open(encoding=self._encoding, errors=errors, newline="") as file:
            while block := file.read(1 << 18):
                yield block

    def _by_line(self) -> Iterator[tuple[int, object]]:
        for number, line in enumerate(lines(self._path, self._encoding, name=self._name), 1):
            if text := line.strip(_SPACE):
                try:
                    yield number, _DECODER.decode(text)
                except ValueError:
                    yield number, None


def _streamed(blocks: Iterator[str], name: str) -> Iterator[tuple[int, object]]:
    text = _Buffer(blocks, name)
    opening = text.peek()
    if opening == "{":
        _find_list(text)
    elif opening != "[":
        raise text.broken("does not hold JSON items")
    text.take()
    number = 0
    while text.peek() not in ("]", ""):
        number += 1
        yield number, text.value()
        if text.peek() == ",":
            text.take()
        elif text.peek() != "]":
            raise text.broken(f"is broken after item {number}")
    if text.peek() == "":
        raise text.broken(f"ends after item {number} without its closing bracket")


def _find_list(text: _Buffer) -> None:
    """Move to the list of items inside the root object."""
    text.take()
    while text.peek() == '"':
        key = text.value()
        if text.peek() != ":":
            break
        text.take()
        if text.peek() == "[" and key in _LISTS:
            return
        if text.peek() == "{" and key in ("result", "response", "data"):
            text.take()
            continue
        text.value()
        while text.peek() in (",", "}"):
            text.take()
    raise text.broken(f"holds no list of items (looked for {', '.join(_LISTS)})")


class _Buffer:
    """The part of the text that is being read."""

    def __init__(self, blocks: Iterator[str], name: str) -> None:
        self._blocks = blocks
        self._name = name
        self._text = ""
        self._at = 0

    def broken(self, what: str) -> Exception:
        return refused(self._name, what, _NEXT_STEP)

    def peek(self) -> str:
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self) -> None:
        self._at += 1

    def value(self) -> object:
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except ValueError:
                end = -1
                value = None
            # A number at the very end of the buffer may go on in the next block.
            if end != -1 and end < len(self._text):
                self._at = end
                return value
            if len(self._text) - self._at > 4 * MAX_CELL:
                raise self.broken(f"has an item larger than {4 * MAX_CELL >> 20} MiB, or is not JSON")
            if not self._more():
                raise self.broken("is not JSON, or ends too early")

    def _more(self) -> bool:
        block = next(self._blocks, "")
        self._text = self._text[self._at :] + block
        self._at = 0
        return bool(block)


def _flat(item: dict[str, object], name: str) -> dict[str, str]:
    flat: dict[str, str] = {}
    waiting: list[tuple[str, object, int]] = [("", item, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        if isinstance(value, dict):
            if depth >= _MAX_DEPTH:
                raise refused(name, f"is nested deeper than {_MAX_DEPTH} levels", _NEXT_STEP)
            inner = [(f"{path}.{key}" if path else key, inside, depth + 1) for key, inside in value.items()]
            waiting.extend(reversed(inner))
        else:
            flat[sound(path)] = sound(text_of(value))
    return flat


def text_of(value: object) -> str:
    """Return a value as the text of a cell; what has parts, as JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case _:
            return json.dumps(value, ensure_ascii=False)
