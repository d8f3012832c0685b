"""Lines of a text file of any size in bounded memory, and the encoding they are in."""

from __future__ import annotations

import codecs
import io
from itertools import chain
from typing import TYPE_CHECKING

from connectors.files.table import refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = 1 << 20
#: A survey row of more characters does not exist; a file without line breaks is not a table.
MAX_LINE = 8 << 20

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# UTF-8 that was once read as Windows-1252: "ä" became "Ã¤", a curly quote "â€™".
_MOJIBAKE = ("Ã¤", "Ã¶", "Ã¼", "ÃŸ", "Ã©", "Ã¨", "Ã±", "Ã§", "â€™", "â€œ", "â€“")


def encoding_of(head: bytes) -> str:
    r"""Tell the encoding from a file's first bytes; UTF-8 when nothing says otherwise.

    >>> encoding_of(b"\xef\xbb\xbfa"), encoding_of("ab".encode("utf-16-le")), encoding_of(b"ab")
    ('utf-8-sig', 'utf-16-le', 'utf-8')
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0:2000:2], head[1:2000:2]
    if head and even.count(0) == 0 and odd.count(0) * 2 > len(odd):
        return "utf-16-le"
    if head and odd.count(0) == 0 and even.count(0) * 2 > len(even):
        return "utf-16-be"
    return "utf-8"


def lines(path: Path, encoding: str, *, name: str) -> Iterator[str]:
    """Yield a file's lines with their ends, without ever holding more than a block and a line.

    Args:
        path: The file.
        encoding: As Python names it.
        name: The file as messages name it.

    Raises:
        Refused: A line is too long, or the file is binary after all.
        UnicodeDecodeError: The text is in another encoding.
    """
    return chain.from_iterable(_blocks(path, encoding, name))


def check_text(path: Path, encoding: str, *, name: str) -> None:
    """Read a file through as `lines` would, for its faults alone."""
    for _ in _blocks(path, encoding, name):
        pass


def _blocks(path: Path, encoding: str, name: str) -> Iterator[io.StringIO]:
    errors = "replace" if encoding == "cp1252" else "strict"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    rest = ""
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            text = rest + decoder.decode(block)
            if "\0" in text:
                raise refused(name, "holds NUL bytes, so it is not text", "Export it again as CSV in UTF-8.")
            end = _last_line_end(text)
            if len(text) - end > MAX_LINE:
                raise refused(
                    name,
                    f"a line is longer than {MAX_LINE >> 20} MiB, so this is not a table of responses",
                    "Export it again; one response belongs on one line.",
                )
            rest = text[end:]
            yield io.StringIO(text[:end], newline="")
    yield io.StringIO(rest + decoder.decode(b"", final=True), newline="")


def _last_line_end(text: str) -> int:
    end = text.rfind("\n") + 1
    # Old Mac files end lines with a lone CR; one at the very end may be half of a CR LF.
    return end or text.rfind("\r", 0, len(text) - 1) + 1


def looks_mojibake(text: str) -> bool:
    """Tell whether *text* was decoded wrongly once before it was saved.

    >>> looks_mojibake("schÃ¶n"), looks_mojibake("schön")
    (True, False)
    """
    return any(mark in text for mark in _MOJIBAKE)
