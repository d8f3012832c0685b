"""Which column of an exported record file holds what: as the user says, else by the names of `record_words`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.errors import Refused
from connectors.files import record_words as words
from connectors.files.header import shown
from connectors.files.preset import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_CUSTOM = re.compile(r"__[cr](?=\.|$)", re.IGNORECASE)
_HUBSPOT = frozenset({"hsobjectid", "recordid", "recordidcontact", "vid", "hubspotid"})
#: A record may hold several of these, each in its own column.
MANY = ("email", "phone", *words.KINDS)
#: What a user may say a column holds.
MEANINGS = (
    *MANY,
    "id",
    "object",
    "country",
    "merged_into",
    "deleted",
    "suppressed",
    "website",
    "aliases",
    *words.SINGLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlaces:
    """Where the columns of one record file stand."""

    #: The object of rows that do not say.
    object: str
    object_at: int | None
    #: A word of the object's column that we do not know is an object, too.
    object_is_word: bool
    id: int
    #: Kinds that the record's own id is of.
    own_kinds: tuple[str, ...]
    #: Whether a reference of unstated kind may be the record's own id.
    own_is_reference: bool = True
    emails: tuple[int, ...]
    phones: tuple[int, ...]
    kinds: tuple[tuple[str, int], ...]
    single: dict[str, int]
    countries: tuple[int, ...]
    merged_into: tuple[int, ...]
    merged_from: tuple[int, ...]
    gone: tuple[int, ...]
    gone_at: tuple[int, ...]
    converted: tuple[int, ...]
    suppressed: tuple[int, ...]
    websites: tuple[int, ...]
    aliases: tuple[int, ...]
    numbers: tuple[int, ...]

    def taken(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield what was found, and where, in the order in which a person wants to read it."""
        yield "id", (self.id,)
        yield "object", () if self.object_at is None else (self.object_at,)
        kinds = dict.fromkeys(kind for kind, _ in self.kinds)
        for kind in kinds:
            yield kind, tuple(at for name, at in self.kinds if name == kind)
        yield "email", self.emails
        yield "phone", self.phones
        for name, at in self.single.items():
            yield name, (at,)
        yield "country", self.countries
        yield "merged into", (*self.merged_into, *self.merged_from)
        yield "converted", self.converted
        yield "deleted", (*self.gone, *self.gone_at)
        yield "suppressed", self.suppressed
        yield "website", self.websites
        yield "alias domains", self.aliases
        yield "account numbers", self.numbers


@dataclass(slots=True)
class _Titles:
    """A header's columns by their reduced names, with what the user said of them."""

    titles: Sequence[str]
    given: Mapping[str, Sequence[str]]
    keys: list[str] = field(init=False)
    by_key: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = [key_of(_CUSTOM.sub("", title.strip())) for title in self.titles]
        self.by_key = {key: at for at, key in reversed(list(enumerate(self.keys))) if key}

    def said(self, meaning: str) -> tuple[int, ...]:
        """Return the columns that the user named for *meaning*."""
        at = {title.strip(): at for at, title in reversed(list(enumerate(self.titles)))}
        return tuple(at[title] for title in self.given.get(meaning, ()) if title in at)

    def named(self, meaning: str, names: Sequence[str]) -> tuple[int, ...]:
        return self.said(meaning) or tuple(self.by_key[name] for name in names if name in self.by_key)

    def like(self, meaning: str, pattern: re.Pattern[str]) -> tuple[int, ...]:
        found = (at for at, key in enumerate(self.keys) if pattern.search(key) and not words.ABOUT.search(key))
        return self.said(meaning) or tuple(found)

    def kinds(self, own: int) -> tuple[tuple[str, int], ...]:
        """Return the columns of ids by kind; each column is of one kind, and the record's own id of none."""
        named = {at for kind in words.KINDS for at in self.said(kind)}
        found = [(kind, at) for kind in words.KINDS for at in self.said(kind)]
        for at, key in enumerate(self.keys):
            if at not in named and at != own and not words.NOT_AN_ID.search(key):
                kind = next((kind for kind, pattern in words.KINDS.items() if pattern.fullmatch(key)), None)
                found += [(kind, at)] if kind and not self.given.get(kind) else []
        return tuple(found)

    @property
    def about_accounts(self) -> bool:
        """Tell a header of accounts: a website, and nothing that only people have."""
        people = ("firstname", "lastname", "email", "emailaddress", "fullname", "contactid", "leadid")
        return any(name in self.by_key for name in words.WEBSITES) and not any(name in self.by_key for name in people)


def recognise_records(
    titles: Sequence[str],
    stem: str,
    file: str,
    given: Mapping[str, Sequence[str]] = {},
    own_kind: str | None = None,
) -> RecordPlaces:
    """Return where the columns stand.

    Args:
        titles: The header.
        stem: The file's name without its ending, which may name the object.
        file: As messages name the file.
        given: Meaning (`MEANINGS`) → headers, where the user says so; headers that the file lacks do not count.
        own_kind: The kind that the record's own id is of, where the user says so.

    Raises:
        Refused: The first row does not name the columns, or no column holds the record's own id (E113).
    """
    if any("@" in title and " " not in title for title in titles) or not shown(titles):
        raise Refused(
            f"{file}: the first row does not name the columns",
            code="E113",
            next_step="Add a first row with a name for each column, such as: id, email, first_name, last_name.",
        )
    found = _Titles(titles, given)
    object_ = _object_of(stem, found)
    own = _own(found, object_, file)
    kinds = found.kinds(own)
    at_object = found.said("object") or found.named("object", words.OBJECT)
    maybe = found.named("object", words.OBJECT_MAYBE)
    people = object_ != "Account"
    accounts = object_ in {"Account", words.RECORD} or bool(at_object or maybe)
    return RecordPlaces(
        object=object_,
        object_at=next((at for at in (*at_object, *maybe) if at != own), None),
        object_is_word=bool(at_object),
        id=own,
        own_kinds=(own_kind,) if own_kind else _own_kinds(found.keys[own], {kind for kind, _ in kinds}),
        emails=found.like("email", words.EMAIL),
        phones=found.like("phone", words.PHONE) if people else (),
        kinds=kinds if people else (),
        single=_single(found, own),
        countries=found.named("country", words.COUNTRY),
        merged_into=found.named("merged_into", words.MERGED_INTO),
        merged_from=found.named("merged_from", words.MERGED_FROM),
        gone=found.named("deleted", words.GONE),
        gone_at=() if found.said("deleted") else found.named("deleted", words.GONE_AT),
        converted=found.named("converted", words.CONVERTED),
        suppressed=found.said("suppressed") or found.named("suppressed", (*words.SUPPRESSED, *words.INTERNAL)),
        websites=found.named("website", words.WEBSITES) if accounts else (),
        aliases=found.named("aliases", words.ALIASES) if accounts else (),
        numbers=() if people else _numbers(found, own),
    )


def _own(found: _Titles, object_: str, file: str) -> int:
    first = {"Contact": ("id", "contactid"), "Lead": ("id", "leadid")}.get(object_, ())
    names = words.ACCOUNT_ID if object_ == "Account" else (*first, *words.OWN_ID)
    if not (at := found.named("id", names)):
        raise Refused(
            f"{file}: no column holds the record's id",
            code="E113",
            next_step="Call one `id`, or name it: --record-column id=HEADER. "
            f"The file has: {', '.join(shown(found.titles)[:12])}.",
        )
    return at[0]


def _own_kinds(key: str, kinds: set[str]) -> tuple[str, ...]:
    hubspot = ("hubspot_id",) if key in _HUBSPOT else ()
    # A file that has customer numbers beside its ids does not mean its ids when it says customer.
    return hubspot if "customer_id" in kinds else (*hubspot, "customer_id")


def _single(found: _Titles, own: int) -> dict[str, int]:
    single: dict[str, int] = {}
    for name, known in words.SINGLE.items():
        at = next((at for at in found.named(name, known) if at != own and at not in single.values()), None)
        if at is not None:
            single[name] = at
    return single


def _numbers(found: _Titles, own: int) -> tuple[int, ...]:
    return tuple(at for at, key in enumerate(found.keys) if at != own and words.ACCOUNT_NUMBERS.fullmatch(key))


def _object_of(stem: str, found: _Titles) -> str:
    """Return the object that a file holds, by its name or its header."""
    told = object_of(stem)
    if told in {"Contact", "Lead", "Account"}:
        return told
    if "leadid" in found.by_key or "convertedcontactid" in found.by_key:
        return "Lead"
    if found.about_accounts:
        return "Account"
    return "Contact" if "contactid" in found.by_key else told


def object_of(stem: str) -> str:
    """Return the object that a file's name means.

    >>> object_of("Contacts 2026-01"), object_of("all_leads"), object_of("export_7")
    ('Contact', 'Lead', 'Record')
    """
    word = stem.casefold()
    return next((name for start, name in words.BY_NAME.items() if start in word), words.RECORD)


def object_in(word: str, otherwise: str, *, is_word: bool) -> str:
    """Return the object that a cell names; *otherwise* when it says something else ("Prospect")."""
    text = word.strip()
    known = words.BY_WORD.get(text.casefold())
    return known or (text if is_word and text else otherwise)
