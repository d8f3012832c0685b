"""Rows of record files as Arrow tables, made column by column: dictionaries would cost three times as much."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.files import record_words as words
from connectors.files.countries import country_code
from connectors.files.record_columns import RecordPlaces, object_in
from connectors.files.record_ids import is_salesforce, spelt
from connectors.files.row_reader import clean, clean_column
from connectors.records import RECORD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Column = list[str | None]

#: The accounts of account files. `domains` are raw: a website, a domain, an alias; `aliases` are those of them that
#: are listed as further domains of the same mailboxes, `numbers` what else the account is called by.
ACCOUNTS = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("domains", pa.list_(pa.string())),
        ("merged_into", pa.string()),
        ("parent", pa.string()),
        ("aliases", pa.list_(pa.string())),
        ("numbers", pa.list_(pa.string())),
    ]
)

_SEVERAL = re.compile(r"[;|,\s\[\]\"']+")
# A phone may hold blanks and, where several stand in a JSON list, quotes.
_PHONES = re.compile(r"\s*[;|\[\]\"\r\n]\s*|\s*,\s*(?=[\"+(0])")
_MAILS = re.compile(r"[;|,\[\]\"\r\n]+")
#: Objects that are no people.
_NO_PEOPLE = frozenset(
    {"account", "opportunity", "case", "task", "event", "deal", "deals", "ticket", "tickets", "campaign"}
)


def object_row(cells: list[str], places: RecordPlaces) -> str:
    """Return the object that one row is of: what it says, else what its Salesforce id says, else the file's."""
    if places.object_at is not None:
        told = object_in(cells[places.object_at], "", is_word=places.object_is_word)
        if told:
            return told
    id_ = cells[places.id].strip()
    by_prefix = words.BY_PREFIX.get(id_[:3])
    return by_prefix if by_prefix and is_salesforce(id_) else places.object


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What all files together say of how a cell is read."""

    #: What else an account is called by → its id; empty when accounts are not known.
    accounts: Mapping[str, str]
    #: 15 or 18 where all Salesforce ids are of that length.
    id_length: int | None


def record_tables(
    part: list[list[str]], places: RecordPlaces, created: Callable[[Column], Column], reading: Reading
) -> Iterator[pa.Table]:
    """Yield the people of *part*.

    Args:
        part: Rows, each as long as the header.
        places: Where the columns stand.
        created: Writes moments as ISO text.
        reading: See `Reading`.
    """
    named = [(cells, object_row(cells, places)) for cells in part if cells[places.id].strip()]
    if _NO_PEOPLE & {name.casefold() for _, name in named}:
        named = [(cells, name) for cells, name in named if name.casefold() not in _NO_PEOPLE]
    if not named:
        return
    columns = list(zip(*(cells for cells, _ in named), strict=True))
    count = len(named)
    own = [text or "" for text in clean_column(columns[places.id])]
    single = {field: clean_column(columns[index]) for field, index in places.single.items()}
    none: Column = [None] * count
    merged_into = _first(columns, places.merged_into, count)
    merged = [None if text and text.casefold() in words.NO_TEXT else text for text in merged_into]
    gone, suppressed = _flags(columns, places, single.get("status", none), merged)
    made = {
        "object": [name for _, name in named],
        "id": own,
        "emails": [[mail for mail in held if "@" in mail] for held in _lists(columns, places.emails, _MAILS, count)],
        "phones": _lists(columns, places.phones, _PHONES, count),
        "first_name": _names(single.get("first_name", none)),
        "last_name": _names(single.get("last_name", none)),
        "full_name": _names(single.get("full_name", none)),
        "account": _accounts(single, reading.accounts if places.object != "Lead" else {}, none),
        "account_name": _names(single.get("account_name", none)),
        "country": _countries(columns, places.countries, count),
        "created_at": created(single.get("created_at", none)),
        "merged_into": [spelt(text, reading.id_length) for text in merged],
        "deleted": gone,
        "suppressed": suppressed,
    }
    arrays = {name: pa.array(values, RECORD_FIELDS.field(name).type) for name, values in made.items()}
    arrays["ids"] = _ids(columns, places, own)
    yield pa.table([arrays[name] for name in RECORD_FIELDS.names], schema=RECORD_FIELDS)
    if places.merged_from:
        yield _merged_from(named, places)


def _merged_from(named: list[tuple[list[str], str]], places: RecordPlaces) -> pa.Table:
    """Return the records that became one of these, where the survivor lists them (`id`, or `id:moment`)."""
    gone = [
        {"object": name, "id": old.partition(":")[0], "merged_into": clean(cells[places.id])}
        for cells, name in named
        for old in _split(cells, places.merged_from, _SEVERAL)
        if old.partition(":")[0] != clean(cells[places.id])
    ]
    return pa.Table.from_pylist([{"emails": [], "phones": [], "ids": []} | one for one in gone], schema=RECORD_FIELDS)


def _first(columns: list[tuple[str, ...]], indexes: Sequence[int], count: int) -> Column:
    found: Column = [None] * count
    for index in reversed(indexes):
        found = [text or old for text, old in zip(clean_column(columns[index]), found, strict=True)]
    return found


def _flags(
    columns: list[tuple[str, ...]], places: RecordPlaces, status: Column, merged: Column
) -> tuple[list[bool], list[bool]]:
    """Return which records are gone, and which must not be processed."""
    count = len(merged)
    gone = _true(columns, places.gone, count)
    for index in places.gone_at:
        gone = [old or is_set(text) for old, text in zip(gone, columns[index], strict=True)]
    if places.converted:
        # Converted, and nobody knows to what: there is nothing left to write to.
        converted = _true(columns, places.converted, count)
        gone = [old or (lost and not into) for old, lost, into in zip(gone, converted, merged, strict=True)]
    suppressed = _true(columns, places.suppressed, count)
    if "status" in places.single:
        said = [(text or "").casefold() for text in status]
        gone = [old or word in words.GONE_WORDS for old, word in zip(gone, said, strict=True)]
        suppressed = [old or word in words.SUPPRESSED_WORDS for old, word in zip(suppressed, said, strict=True)]
    return gone, suppressed


def is_set(text: str) -> bool:
    """Tell a cell that says a moment, or yes.

    >>> is_set("2024-01-01"), is_set("TRUE"), is_set("false"), is_set(" ")
    (True, True, False, False)
    """
    return text.strip().casefold() not in {"", "0", "false", "no", "n", "f", "null", "none", "nan", "-"}


def _true(columns: list[tuple[str, ...]], indexes: Sequence[int], count: int) -> list[bool]:
    found = [False] * count
    for index in indexes:
        found = [old or text.strip().casefold() in words.TRUE for old, text in zip(found, columns[index], strict=True)]
    return found


def _names(column: Column) -> Column:
    known = {text: words.name_in(text) for text in set(column)}
    return [known[text] for text in column]


def _countries(columns: list[tuple[str, ...]], indexes: Sequence[int], count: int) -> Column:
    found: Column = [None] * count
    for index in indexes:
        codes = {text: country_code(text.strip()) for text in set(columns[index])}
        found = [old or codes[text] for old, text in zip(found, columns[index], strict=True)]
    return found


def _accounts(single: Mapping[str, Column], accounts: Mapping[str, str], none: Column) -> Column:
    """Return account ids as the account file spells them; by name only where records carry no id of an account."""
    column = single.get("account")
    if column is not None:
        return [accounts.get(text, text) if text else None for text in column]
    names = single.get("account_name", none)
    return [accounts.get(f"={text.casefold()}") if text else None for text in names] if accounts else none


def _lists(
    columns: list[tuple[str, ...]], indexes: Sequence[int], between: re.Pattern[str], count: int
) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in range(count)]
    for index in indexes:
        for held, text in zip(found, clean_column(columns[index]), strict=True):
            if text and between.search(text) is None:
                if text not in held:
                    held.append(text)
            elif text:
                held.extend(part for cut in between.split(text) if (part := cut.strip()) and part not in held)
    return found


def _ids(columns: list[tuple[str, ...]], places: RecordPlaces, own: list[str]) -> pa.Array:
    named = [(kind, clean_column(columns[index])) for kind, index in places.kinds]
    # Where nothing is called a customer's number, an external id may be it.
    if not any(kind == "customer_id" for kind, _ in named):
        named += [("customer_id", column) for kind, column in named if kind == "external_ref"]
    kinds: list[str] = []
    values: list[str] = []
    ends = [0]
    for id_, *others in zip(own, *(column for _, column in named), strict=True):
        own_kinds = (*places.own_kinds, "salesforce_id") if is_salesforce(id_) else places.own_kinds
        found = [(kind, id_) for kind in own_kinds]
        found += [(kind, text) for (kind, _), text in zip(named, others, strict=True) if text]
        # A reference of unstated kind may be any of them.
        own_reference = [("external_ref", id_)] if places.own_is_reference else []
        every = [*found, *own_reference, *[("external_ref", text) for text in others if text]]
        for kind, text in dict.fromkeys(every):
            kinds.append(kind)
            values.append(text)
        ends.append(len(kinds))
    item = RECORD_FIELDS.field("ids").type.value_type
    structs = pa.StructArray.from_arrays(
        [pa.array(kinds, pa.string()), pa.array(values, pa.string())], fields=list(item)
    )
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), structs)


def _split(cells: list[str], indexes: Sequence[int], between: re.Pattern[str]) -> list[str]:
    texts = (text for index in indexes if (text := clean(cells[index])))
    return list(dict.fromkeys(part for text in texts for part in between.split(text) if part))


def account_row(cells: list[str], places: RecordPlaces) -> dict[str, object]:
    """Return one row as `ACCOUNTS` has it."""
    name = places.single.get("full_name", places.single.get("account_name"))
    parent = places.single.get("parent")
    id_ = clean(cells[places.id]) or ""
    aliases = _split(cells, places.aliases, _SEVERAL)
    into = next((text for index in places.merged_into if (text := clean(cells[index]))), None)
    return {
        "id": id_,
        "name": None if name is None else clean(cells[name]),
        "domains": list(dict.fromkeys([*_split(cells, places.websites, _SEVERAL), *aliases])),
        "merged_into": into,
        "parent": None if parent is None else clean(cells[parent]),
        "aliases": aliases,
        "numbers": _split(cells, places.numbers, _SEVERAL),
    }


def is_gone(cells: list[str], places: RecordPlaces) -> bool:
    """Tell an account that was deleted and became no other."""
    merged = any(cells[index].strip() for index in places.merged_into)
    said = any(cells[index].strip().casefold() in words.TRUE for index in places.gone)
    return not merged and (said or any(is_set(cells[index]) for index in places.gone_at))
