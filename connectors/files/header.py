"""The one to three rows of a file that name its columns."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from connectors.errors import Refused
from connectors.files.preset import key_of
from connectors.files.question import asks_recommendation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.files.preset import Preset
    from connectors.files.table import Row

# What SurveyMonkey writes under a question that has one column only.
_ONE_COLUMN = frozenset({"", "response", "open-ended response", "antwort", "offene antwort", "réponse", "respuesta"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    index: int
    #: As it stands in the file.
    title: str
    #: How it can be named, the most stable first (`key_of`).
    keys: tuple[str, ...]
    #: The question over it.
    question: str
    #: The option under the question, where each option has its own column.
    option: str = ""
    #: Zone of its dates, where the header states it.
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns, and the number of rows that name them."""

    rows: int
    columns: tuple[Column, ...]
    by_key: dict[str, list[tuple[int, Column]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for column in self.columns:
            for level, key in enumerate(column.keys):
                if key:
                    self.by_key.setdefault(key, []).append((level, column))

    def named(self, key: str) -> list[Column]:
        """Return the columns called *key*: those that are called so first, if any are."""
        hits = self.by_key.get(key, [])
        best = min((level for level, _ in hits), default=0)
        return [column for level, column in hits if level == best]

    def chosen(self, title: str) -> list[Column]:
        """Return the columns that a user means by *title*; `Title#2` is the second of that name."""
        exact = [column for column in self.columns if column.title.strip() == title.strip()]
        if exact:
            return exact
        name, mark, number = title.rpartition("#")
        if mark and name and number.isdigit():
            return self.chosen(name)[int(number) - 1 : int(number)]
        return self.named(key_of(title))

    def one(self, title: str, *, option: str, file: str) -> Column:
        """Return the one column that a user names in *option*.

        Raises:
            Refused: There is none, or more than one (E113).
        """
        columns = self.chosen(title)
        if len(columns) == 1:
            return columns[0]
        if not columns:
            raise Refused(
                f"{file}: no column `{title}`, which `{option}` names", code="E113", next_step=self.near(title)
            )
        raise Refused(
            f"{file}: {len(columns)} columns are called `{title}`, which `{option}` names",
            code="E113",
            next_step=f"Write `{title}#1` for the first of them, `{title}#2` for the second.",
        )

    def near(self, title: str) -> str:
        """Return a hint at the header that was probably meant."""
        titles = shown(column.title for column in self.columns)
        close = get_close_matches(title, titles, n=1, cutoff=0.6)
        if close:
            return f"Did you mean `{close[0]}`?"
        return f"The file has: {', '.join(titles[:12])}." if titles else "The file names no columns."


_PRIVATE = re.compile(r"@|\d{5,}|^\W*\d+\W*$")


def shown(titles: Iterable[str]) -> list[str]:
    r"""Return what may be shown of headers: a file without a header row has a person in its first line.

    >>> shown(["Score", "anna@firm.example", "+4915112345", " Wie\nso? "])
    ['Score', 'Wie so?']
    """
    kept = (" ".join(title.split())[:60] for title in titles)
    return [title for title in kept if title and not _PRIVATE.search(title)]


def read_header(head: Sequence[Row], style: str) -> Header | None:
    """Read the first rows as *style* (see `Preset.header`); None when they are not of that style."""
    if not head:
        return None
    rows = [cells for _, cells in head[:3]]
    width = max(len(cells) for cells in rows[:1])
    match style:
        case "import_ids":
            return _import_ids(rows)
        case "second_row":
            if len(rows) < 2 or rows[0][0].strip().casefold() != "v1":
                return None
            names = _padded(rows[1], max(width, len(rows[1])))
            codes = _padded(rows[0], len(names))
            titled = zip(names, codes, strict=True)
            columns = (Column(i, name, (key_of(name), key_of(code)), name) for i, (name, code) in enumerate(titled))
            return Header(2, tuple(columns))
        case "spanning":
            return _spanning(rows)
        case _:
            return Header(1, tuple(Column(i, title, (key_of(title),), title) for i, title in enumerate(rows[0])))


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))


def _import_ids(rows: list[list[str]]) -> Header | None:
    for number, cells in enumerate(rows):
        if number and any(cell.lstrip().startswith('{"ImportId"') for cell in cells):
            break
    else:
        return None
    width = max(len(row) for row in rows[: number + 1])
    names, ids = _padded(rows[0], width), _padded(cells, width)
    questions = _padded(rows[1] if number > 1 else rows[0], width)
    columns = []
    for index, (name, question, mark) in enumerate(zip(names, questions, ids, strict=True)):
        stated = _marked(mark)
        keys = (key_of(str(stated.get("ImportId", ""))), key_of(name), key_of(question))
        columns.append(Column(index, name, keys, question, zone=str(stated.get("timeZone", ""))))
    return Header(number + 1, tuple(columns))


def _marked(cell: str) -> dict[str, object]:
    """Return what the row of ImportIds says of a column: `{"ImportId": "endDate", "timeZone": "America/Denver"}`."""
    try:
        mark = json.loads(cell)
    except ValueError:
        return {}
    return mark if isinstance(mark, dict) else {}


def _spanning(rows: list[list[str]]) -> Header | None:
    first = rows[0]
    second = rows[1] if len(rows) > 1 else []
    if not first or key_of(first[0]) != "respondentid":
        return None
    if not second or second[0].strip():
        return read_header([(1, first)], "single")
    width = max(len(first), len(second))
    columns, question = [], ""
    for index, (over, under) in enumerate(zip(_padded(first, width), _padded(second, width), strict=True)):
        question = over.strip() or (question if under.strip() else "")
        one = under.strip().casefold() in _ONE_COLUMN
        title = question if one or not question else f"{question}: {under.strip()}"
        option = "" if one else under.strip()
        keys = (key_of(title),) if one else (key_of(title), key_of(under), key_of(question))
        columns.append(Column(index, title, keys, question, option))
    return Header(2, tuple(columns))


def fits(preset: Preset, header: Header) -> bool:
    """Tell whether a file with *header* is this export."""
    known, rule = header.by_key, preset.recognise
    if not (rule.all or rule.any or rule.first):
        return False
    return (
        all(key in known for key in rule.all)
        and (not rule.any or any(key in known for key in rule.any))
        and not any(key in known for key in rule.none)
        and (not rule.first or bool(set(header.columns[0].keys) & set(rule.first)))
        and (not rule.question or any(is_score_question(column) for column in header.columns))
    )


def is_score_question(column: Column) -> bool:
    """Tell whether the NPS question stands over *column*."""
    return asks_recommendation(column.question)
