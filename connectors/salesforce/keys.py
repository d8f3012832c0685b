"""By what records of an object are told apart: their own id, an external id, or fields that are looked up first. Pure.

Salesforce upserts by one external id only. Members of campaigns have none, and tasks seldom do: their records are
looked up by whatever fields tell them apart, then updated by id or made.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from connectors.errors import SchemaDrift
from connectors.salesforce.cells import NUMBERS, fits, into
from connectors.salesforce.ids import PREFIX, is_id, widened
from connectors.salesforce.query import Term, can_be_asked, quoted
from connectors.salesforce.schema import ID, missing_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from connectors.salesforce.schema import Column, Kind

#: Between the values of a key, as `Block.ids` joins them.
BETWEEN = "\x1f"
_IDS = frozenset({"id", "reference"})
#: Types of which no condition says "one of these".
_NOT_ASKED = frozenset({"boolean", "multipicklist", "address", "location", "base64", "anyType", "complexvalue"})


@dataclass(frozen=True, slots=True)
class Key:
    """The fields by which records of an object are told apart."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def by_id(self) -> bool:
        return self.names == (ID,)

    @property
    def looked_up(self) -> bool:
        """Tell whether records are looked up by it, because Salesforce cannot upsert by it."""
        return len(self.columns) > 1 or not (self.by_id or self.columns[0].matchable)

    def values(self, id_: str) -> tuple[str, ...] | None:
        """Return the values in a record's name, one for each field; None where there are more or fewer."""
        found = tuple(id_.split(BETWEEN)) if len(self.columns) > 1 else (id_,)
        return found if len(found) == len(self.columns) else None

    def turned(self, id_: str, lookups: Mapping[str, Collection[str]]) -> Key | None:
        """Return it with its fields in the order in which their *lookups* take the ids in a record's name, if any."""
        values = self.values(id_) or ()
        for columns in permutations(self.columns):
            told = zip(columns, values, strict=False)
            if all(value[:PREFIX] in lookups[each.name] for each, value in told if each.name in lookups):
                return Key(columns)
        return None

    def folded(self, values: Sequence[object]) -> tuple[str, ...]:
        """Return values as they are compared with those of a reply."""
        return tuple(folded(column, value) for column, value in zip(self.columns, values, strict=True))

    def terms(self, values: Sequence[str]) -> tuple[Term, ...] | None:
        """Return the conditions that a record holds *values*; None where none can."""
        found = [exact(column, value.strip()) for column, value in zip(self.columns, values, strict=True)]
        terms = tuple(term for term in found if term is not None)
        return terms if len(terms) == len(found) else None


def key_of(kind: Kind, names: Sequence[str], where: str, *, beside: Sequence[str] = ()) -> Key:
    """Return the key that *names* make up.

    Args:
        kind: The object.
        names: Fields.
        where: Which connection this is.
        beside: Fields that must be there, too: all that are missing are told at once.

    Raises:
        SchemaDrift: The object lacks one of them, or records cannot be looked up by one.
    """
    missing = [name for name in (*names, *beside) if not kind.has(name)]
    if missing:
        raise missing_fields(kind, missing, where)
    key = Key(tuple(column for name in names if (column := kind.column(name)) is not None))
    columns = key.columns
    blind = [each.name for each in columns if not each.filterable or each.type in _NOT_ASKED]
    if key.looked_up and blind:
        listed = ", ".join(f"`{name}`" for name in blind)
        raise SchemaDrift(
            f"{where}: records of `{kind.name}` cannot be looked up by {listed}",
            next_step="Take a text field of at most 255 characters as key, best an external id that is unique.",
        )
    return key


def is_id_of(kind: Kind, text: str) -> bool:
    """Tell whether *text* is an id of the object's records."""
    return is_id(text) and text[:PREFIX].lower() == kind.prefix.lower()


def folded(column: Column, value: object) -> str:
    """Return one value of a key as it is compared: as Salesforce tells records apart by such a field."""
    text = text_of(value).strip()
    if column.type in _IDS:
        return widened(text) if is_id(text) else text
    if column.type in NUMBERS:
        return text_of(float(text)) if fits(text, column.type) and text else text
    if column.type in {"date", "datetime"}:
        return str(into(text, column.type))
    caseless = column.type == "email" or ((column.matchable or column.unique) and not column.case_sensitive)
    return text.casefold() if caseless else text


def exact(column: Column, value: str) -> Term | None:
    """Return the condition that a field holds *value*; None where it cannot."""
    if not can_be_asked(value):
        return None
    if column.type in _IDS:
        return Term(column.name, quoted(value)) if is_id(value) else None
    if column.type in NUMBERS:
        try:
            number = float(value) if "." in value else int(value)
        except ValueError:
            return None
        # Salesforce's numbers have 18 digits; a longer one, or what is called infinite, spoils the whole query.
        return Term(column.name, repr(number)) if abs(number) < 10**18 else None
    if column.type in {"date", "datetime"}:
        moment = into(value, column.type)
        return Term(column.name, str(moment)) if fits(moment, column.type) else None
    return Term(column.name, quoted(value))


def text_of(value: object) -> str:
    """Return a value of a reply as text; empty for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
