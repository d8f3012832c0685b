"""Which column of a file holds what, and why: a preset is recognised, the user's own names win."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.errors import Refused
from connectors.files.header import Header, fits, read_header, shown
from connectors.files.preset import Preset, named, shipped
from connectors.files.question import asks_email, asks_phone, asks_reason
from connectors.files.score_column import ScoreColumn, find_score, is_beside_score
from connectors.files.settings import FIELDS, zone_named

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from connectors.files.header import Column
    from connectors.files.preset import SkipRule
    from connectors.files.settings import FileSettings
    from connectors.files.table import Row

# Fields by which a person is known: here a second column of the same name is a second reading.
_IDENTITY = ("response_id", "email", "recipient_email", "phone", "salesforce_id", "hubspot_id", "customer_id")
# What a recognised export may still have under a plain name; its own ids, dates and score are the preset's business.
_OPEN = FIELDS - {"response_id", "survey", "score", "responded_at", "updated_at"} | {"sent_at"}

_ASKED = {"email": asks_email, "phone": asks_phone, "comment": asks_reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one file is read."""

    preset: Preset
    header: Header
    #: Our field → the column's place. `extra` words are in `extras`.
    fields: dict[str, int]
    extras: dict[str, int]
    score: ScoreColumn | None
    skips: tuple[tuple[SkipRule, int], ...]
    #: Column → the text it must hold.
    where: tuple[tuple[int, str], ...]
    #: Every column with dates: the order of day and month is decided from all of them.
    dates: tuple[int, ...]
    #: Zone that the file states for its dates; None when it states none that is known.
    zone: str | None
    notes: tuple[str, ...]

    def title(self, field: str) -> str | None:
        """Return the header of the column that holds *field*."""
        index = self.fields.get(field)
        return None if index is None else self.header.columns[index].title


def find_layout(head: Sequence[Row], settings: FileSettings, *, root: Path, file: str) -> Layout:
    """Decide how a file is read, from its first rows.

    Raises:
        Refused: No header (E113), a named column is missing (E113), two readings are possible (E113),
            or the score is on another scale (E114).
    """
    preset, header, because = recognise(head, settings, root, file)
    notes = [f"preset: {preset.name}, {because}"]
    fields, extras = _chosen(header, settings, file)
    notes += _fill(fields, header, preset, file)
    if settings.survey and "survey" not in settings.columns:
        fields.pop("survey", None)
    score = find_score(header, preset, settings, file=file)
    if score:
        if preset.score.sibling and (group := header.chosen(score.title + preset.score.sibling)):
            fields.setdefault("vendor_category", group[0].index)
        notes.append(f"score: {', '.join(shown([score.title])) or f'column {score.indexes[0] + 1}'}")
    if preset.comment_questions:
        notes += _fill_asked(fields, header, score)
    zone = stated_zone(header, fields)
    if zone:
        notes.append(f"time zone: {zone}, because the header says so")
    return Layout(
        preset=preset,
        header=header,
        fields=fields,
        extras=extras,
        score=score,
        skips=skips_of(header, preset),
        where=_where(header, settings, file),
        dates=_dates(header, preset, fields),
        zone=zone or preset.zone,
        notes=tuple(notes),
    )


def recognise(head: Sequence[Row], settings: FileSettings, root: Path, file: str) -> tuple[Preset, Header, str]:
    """Return the export that a file is, its header, and why.

    Raises:
        Refused: It has no header row, or could be several exports (E113).
    """
    if settings.preset != "auto":
        preset = named(settings.preset, root)
        header = read_header(head, preset.header)
        if header is None:
            raise Refused(
                f"{file}: does not have the header rows of preset `{preset.name}`",
                code="E113",
                next_step="Use `preset: auto`, or name the columns in `columns:`.",
            )
        return preset, header, "because the configuration says so"
    found: list[tuple[int, Preset, Header]] = []
    for preset in shipped().values():
        header = read_header(head, preset.header)
        if header and fits(preset, header):
            found.append((len(preset.recognise.all), preset, header))
    most = max((weight for weight, _, _ in found), default=0)
    best = [(preset, header) for weight, preset, header in found if weight == most]
    if len(best) > 1:
        names = ", ".join(f"`{preset.name}`" for preset, _ in best)
        raise Refused(f"{file}: could be any of {names}", code="E113", next_step="Say which one in `preset:`.")
    if best:
        preset, header = best[0]
        rule = preset.recognise
        hits = (header.named(key)[:1] for key in (*rule.all, *rule.first, *rule.any))
        signs = list(dict.fromkeys(column.title for hit in hits for column in hit))
        return preset, header, "because it has " + ", ".join(f"`{title}`" for title in shown(signs)[:4])
    header = read_header(head, "single")
    if header is None or _is_data(header):
        raise Refused(
            f"{file}: the first row does not name the columns",
            code="E113",
            next_step="Add a first row with a name for each column, such as: email, score, responded_at.",
        )
    return shipped()["plain"], header, "because no known export has these columns"


def _is_data(header: Header) -> bool:
    titles = [column.title for column in header.columns if column.title.strip()]
    return bool(titles) and (any("@" in title and " " not in title for title in titles) or not shown(titles))


def _chosen(header: Header, settings: FileSettings, file: str) -> tuple[dict[str, int], dict[str, int]]:
    fields: dict[str, int] = {}
    extras: dict[str, int] = {}
    for field, title in settings.columns.items():
        if field == "score":
            continue
        column = header.one(title, option=f"columns.{field}", file=file)
        (fields if field in FIELDS else extras)[field] = column.index
    return fields, extras


def _fill(fields: dict[str, int], header: Header, preset: Preset, file: str) -> list[str]:
    """Find the columns that the user did not name; each column holds one field."""
    notes = []
    wanted = dict(preset.columns)
    if preset.plain_names:
        plain = shipped()["plain"].columns
        wanted |= {field: (*wanted.get(field, ()), *names) for field, names in plain.items() if field in _OPEN}
    for field in [field for field in wanted if field not in fields]:
        hits = (header.named(key) for key in wanted[field])
        columns = next(filter(None, ([one for one in hit if one.index not in fields.values()] for hit in hits)), [])
        if len(columns) > 1:
            notes.append(_second_reading(field, columns, file))
        if columns:
            fields[field] = columns[0].index
    return notes


def _fill_asked(fields: dict[str, int], header: Header, score: ScoreColumn | None) -> list[str]:
    """Find what the survey itself asks for; one question, one field."""
    notes = []
    for field, asks in _ASKED.items():
        taken = {*fields.values(), *(score.indexes if score else ())}
        free = [column for column in header.columns if column.index not in taken]
        asked = [column for column in free if asks(_asking(column, header))] if field not in fields else []
        if len(asked) == 1:
            fields[field] = asked[0].index
        elif asked:
            several = ", ".join(f"`{title}`" for title in shown(column.title for column in asked)[:5])
            notes.append(
                f"{field}: none taken, because several columns could be it ({several}); name one in `columns:`"
            )
    return notes


def _asking(column: Column, header: Header) -> str:
    """Return the question that a column answers: its own, or the one of the text field under the NPS question."""
    if not column.option:
        return column.question
    return column.option if is_beside_score(column, header) else ""


def _second_reading(field: str, columns: list[Column], file: str) -> str:
    title = shown([columns[0].title])
    name = title[0] if title else "?"
    if field in _IDENTITY or field == "responded_at":
        raise Refused(
            f"{file}: {len(columns)} columns could be `{field}`: "
            + ", ".join(f"`{name}#{number}`" for number in range(1, len(columns) + 1)),
            code="E113",
            next_step=f'Name one: `columns: {{{field}: "{name}#1"}}`.',
        )
    return f"{field}: the first of {len(columns)} columns called `{name}`"


def skips_of(header: Header, preset: Preset) -> tuple[tuple[SkipRule, int], ...]:
    """Return the rules that leave rows out, with the columns that they look at."""
    found = []
    for rule in preset.skip:
        columns = [column for key in rule.column for column in header.named(key)[:1]]
        if columns:
            found.append((rule, columns[0].index))
    return tuple(found)


def _where(header: Header, settings: FileSettings, file: str) -> tuple[tuple[int, str], ...]:
    wanted = settings.where.items()
    return tuple((header.one(title, option=f"where.{title}", file=file).index, value) for title, value in wanted)


def stated_zone(header: Header, fields: dict[str, int]) -> str | None:
    """Return the zone that the header states for the date of the answer; None when it states none that is known."""
    index = fields.get("responded_at")
    zone = "" if index is None else header.columns[index].zone
    try:
        return zone if zone and zone_named(zone) else None
    except Refused:
        return None


def _dates(header: Header, preset: Preset, fields: dict[str, int]) -> tuple[int, ...]:
    names = (key for field in ("responded_at", "updated_at", "sent_at") for key in preset.columns.get(field, ()))
    found = {column.index for key in names for column in header.named(key)}
    found |= {fields[field] for field in ("responded_at", "updated_at", "sent_at") if field in fields}
    return tuple(sorted(found))
