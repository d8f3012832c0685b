"""An object's properties: what they are called, what they hold, and how values travel.

HubSpot takes and gives every value as text; an empty text clears a property.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.errors import SchemaDrift
from connectors.values import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from connectors.values import FieldValue

#: A record's own id; every object has it.
ID = "hs_object_id"
#: Ids that a record had before a merge, joined by `;`.
MERGED = "hs_merged_object_ids"
#: Characters in a text property (HubSpot's knowledge base, 2026-09).
LONGEST = 65_536
_TYPES = {
    "string": "text",
    "enumeration": "text",
    "several": "text",
    "phone_number": "text",
    "date": "date",
    "bool": "boolean",
}
_SAME = frozenset({"number", "datetime"})
_MINUTE_LENGTH = len("2026-01-05T07:21")
#: Whole numbers that a float holds exactly.
_EXACT = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property as HubSpot declares it."""

    name: str
    #: HubSpot's word: `string`, `number`, `date`, `datetime`, `enumeration`, `bool`, ...
    type: str
    #: The form in which a person edits it: `checkbox` holds several values, `booleancheckbox` yes or no.
    form: str = ""
    read_only: bool = False
    unique: bool = False
    #: What may be chosen; empty where HubSpot does not tell, as of owners.
    options: tuple[str, ...] = ()
    label: str = ""
    #: HubSpot computes it.
    computed: bool = False

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Property:
        """Read one of HubSpot's replies; every part but the name is optional."""
        change = told.get("modificationMetadata")
        read_only = bool(change.get("readOnlyValue")) if isinstance(change, dict) else False
        return cls(
            name=str(told["name"]),
            type=str(told.get("type", "")),
            form=str(told.get("fieldType", "")),
            read_only=read_only or told.get("calculated") is True,
            unique=told.get("hasUniqueValue") is True,
            options=tuple(str(each["value"]) for each in told.get("options") or () if each.get("value") is not None),
            label=str(told.get("label") or ""),
            computed=told.get("calculated") is True,
        )

    def as_field(self) -> Field:
        kind = self.type if self.type in _SAME else _TYPES.get(self._kind, "other")
        return Field(
            name=self.name,
            type=kind,
            length=LONGEST if self.type == "string" else None,
            writable=not self.read_only,
            unique=self.unique or self.name == ID,
            values=self.options if kind == "text" else (),
            restricted=bool(self.options) and kind == "text",
            several=self._kind == "several",
            key=self.unique or self.name == ID,
            label=self.label,
            native="formula" if self.computed else self._kind,
        )

    def sent(self) -> Callable[[FieldValue], str]:
        """Return what turns a value of ours into the text that is sent."""
        return _SENT.get(self.type, as_text)

    def held(self) -> Callable[[str | None], FieldValue]:
        """Return what turns a text of HubSpot's into a value of ours."""
        return _HELD.get(self._kind, _plain)

    @property
    def _kind(self) -> str:
        """What its values are: a choice of yes and no is `bool`, and one of several values `several`."""
        by_form = {"booleancheckbox": "bool", "checkbox": "several"}
        return by_form.get(self.form, self.type) if self.type == "enumeration" else self.type


@dataclass(frozen=True, slots=True)
class Properties:
    """All properties of one object, by name."""

    object: str
    by_name: Mapping[str, Property]
    #: The connection, for messages.
    where: str

    @classmethod
    def of(cls, object_: str, told: Iterable[Mapping[str, Any]], where: str) -> Properties:
        found = {each.name: each for each in map(Property.of, told)}
        found.setdefault(ID, Property(name=ID, type="number", read_only=True, unique=True))
        return cls(object_, found, where)

    def check(self, names: Iterable[str]) -> None:
        """Raise `SchemaDrift` for all of *names* that the object does not have."""
        missing = [name for name in names if name not in self.by_name]
        if missing:
            raise missing_properties(self, missing)

    def check_writable(self, names: Sequence[str]) -> None:
        """Raise `SchemaDrift` for all of *names* that do not exist or cannot be written."""
        self.check(names)
        fixed = [name for name in names if self.by_name[name].read_only]
        if fixed:
            listed = ", ".join(f"`{name}`" for name in fixed)
            raise SchemaDrift(
                f"{self.where}: HubSpot fills {listed} of `{self.object}` itself",
                next_step="Map the value to a property of your own.",
            )

    def check_key(self, name: str) -> None:
        """Raise `SchemaDrift` unless *name* tells one record from another."""
        self.check([name])
        if name == ID or self.by_name[name].unique:
            return
        if name == "email":
            # Docs, 2026-09: "partial upserts are not supported when using `email` as the `idProperty`".
            step = f"Take `{ID}: record.id`, or a property of your own with unique values."
        else:
            step = (
                f"Take `{ID}`, or a property made with `hasUniqueValue`; that cannot be changed afterwards. A property "
                "without it will do where the mapping has an `associations.` field, through which records are found."
            )
        raise SchemaDrift(f"{self.where}: `{name}` of `{self.object}` cannot be a key", next_step=step)


def missing_properties(known: Properties, missing: Sequence[str]) -> SchemaDrift:
    """Return the error for properties that an object does not have."""
    close = [(name, difflib.get_close_matches(name, known.by_name, n=1)) for name in missing]
    meant = " ".join(f"Did you mean `{found[0]}` for `{name}`?" for name, found in close if found)
    names = ", ".join(f"`{name}`" for name in missing)
    own = sorted(name for name in known.by_name if not name.startswith("hs_"))
    made = f"Properties are made in HubSpot under Settings > Properties; `{known.object}` has {', '.join(own[:100])}."
    step = f"{meant} {made}".strip()
    return SchemaDrift(f"{known.where}: object `{known.object}` has no property {names}", next_step=step)


def as_text(value: FieldValue) -> str:
    """Write a value as HubSpot reads it; blank clears.

    >>> as_text(9), as_text(9.0), as_text(True), as_text(None), as_text("a")
    ('9', '9', 'true', '', 'a')
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return str(int(value))
    return str(value)


def _number_sent(value: FieldValue) -> str:
    """Write a number; `true` is 1 in a property of numbers."""
    return as_text(int(value) if isinstance(value, bool) else value)


def _day(value: FieldValue) -> str:
    """Write the day of a moment: a property of days refuses an hour.

    >>> _day("2026-01-31T23:30:00-05:00"), _day("2026-01-31"), _day("soon")
    ('2026-02-01', '2026-01-31', 'soon')
    """
    text = as_text(value)
    if len(text) < _MINUTE_LENGTH:
        return text
    moment = _moment(text)
    return text if moment is None else moment.date().isoformat()


def _moment_sent(value: FieldValue) -> str:
    """Write a moment in UTC; a text without a zone is UTC already."""
    text = as_text(value)
    if text.endswith("Z") or len(text) < _MINUTE_LENGTH:
        return text
    moment = _moment(text)
    return text if moment is None else _utc(moment)


def _moment_held(text: str | None) -> FieldValue:
    """Read a moment; HubSpot gives ISO, or milliseconds since 1970 where a client wrote them so.

    >>> _moment_held("2026-01-31T09:30:00Z"), _moment_held("1769851800000"), _moment_held("")
    ('2026-01-31T09:30:00.000Z', '2026-01-31T09:30:00.000Z', None)
    """
    if not text:
        return None
    if text.lstrip("-").isdecimal():
        return _utc(datetime.fromtimestamp(int(text) / 1000, tz=UTC))
    moment = _moment(text)
    return text if moment is None else _utc(moment)


def _number_held(text: str | None) -> FieldValue:
    """Read a number, whole where it is whole.

    >>> _number_held("9.0"), _number_held("45.5"), _number_held("")
    (9, 45.5, None)
    """
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


def _boolean_held(text: str | None) -> FieldValue:
    return {"true": True, "false": False}.get(text.lower(), text) if text else None


def _several_held(text: str | None) -> FieldValue:
    """Read several values, in one order: HubSpot's own means nothing.

    >>> _several_held("silent;at_risk")
    'at_risk;silent'
    """
    return ";".join(sorted(part for part in text.split(";") if part)) or None if text else None


def _plain(text: str | None) -> FieldValue:
    return text or None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


_SENT: dict[str, Callable[[FieldValue], str]] = {"number": _number_sent, "date": _day, "datetime": _moment_sent}
_HELD: dict[str, Callable[[str | None], FieldValue]] = {
    "number": _number_held,
    "datetime": _moment_held,
    "bool": _boolean_held,
    "several": _several_held,
}
