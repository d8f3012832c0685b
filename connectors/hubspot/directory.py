"""Records found in HubSpot by their own id, by e-mail, by a property with unique values, or by what search compares.

Look-ups by id, e-mail and unique property go a hundred to a call, and see what was written a moment ago. Search takes
five calls a second and lags behind by seconds; only phones and properties without unique values need it.

An address is found as it was asked for, among a contact's first and further addresses, without regard to case: HubSpot
cannot compare addresses without their tags, so a record held only as `ann+shop@...` is not found by `ann@...`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.hubspot.batches import Batches, is_number, results
from connectors.hubspot.moving import Moving
from connectors.hubspot.properties import ID, MERGED
from connectors.hubspot.rows import COMPANY, EMAIL, MORE_EMAILS, Reading, completed
from connectors.hubspot.searching import Search, phone_groups, value_groups
from connectors.hubspot.session import ASSOCIATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from connectors.contract import RecordColumns
    from connectors.hubspot.paths import Paths
    from connectors.hubspot.properties import Properties
    from connectors.hubspot.seen import Seen
    from connectors.hubspot.session import Session
    from connectors.values import Moved

#: Keys looked up before their records are handed on; a thousand records are held for a second at most.
CHUNK = 5_000
#: From a company to those contacts that have it as their primary company, in HubSpot's own numbering.
PRIMARY = 2
#: Companies in one call (HubSpot's guide to associations, 2026-09).
COMPANIES_AT_ONCE = 1_000
#: When a record changed last; contacts have a name of their own for it.
_CHANGED = ("lastmodifieddate", "hs_lastmodifieddate")
#: The kind of key that is the record's own id.
_RECORD = "record"


class HubSpotDirectory:
    """See `Directory`, `Accounts` and `Moves` in `connectors.contract`.

    Args:
        session: The account.
        paths: Of its API.
        known: The object's properties.
        columns: What they mean; HubSpot's own properties stand in for what is not named.
        seen: Takes in what is read of the columns that will be written.

    Raises:
        SchemaDrift: The object lacks one of *columns*.
    """

    def __init__(self, session: Session, paths: Paths, known: Properties, columns: RecordColumns, seen: Seen) -> None:
        self._columns = completed(columns, known)
        self._reading = Reading(self._columns, known)
        self._known = known
        self._seen = seen
        # What is missing is said when it is to be written.
        self._written = [name for name in columns.written if name in known.by_name]
        self._session = session
        self._paths = paths
        self._batches = Batches(session, paths)
        self._search = Search(session, paths, columns.object, self._reading.properties)

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:
        """See `Directory.find`; merges are followed by HubSpot, and the old ids of those asked for are told."""
        for name, values in self._wanted(keys).items():
            if self._is_key(name):
                yield from self._look_up(name, values)
            else:
                for groups in value_groups(self._known.by_name[name], values, self._search.room()):
                    yield from self._found(groups)
        phones = [value for kind, value in _pairs(keys) if kind == "phone"]
        if phones and self._columns.phones:
            for groups in phone_groups(self._columns.phones, phones, self._known.by_name):
                yield from self._found(groups)

    def version(self) -> str:
        """See `Directory.version`: how many records there are and when the last of them changed, in one search.

        Our own writes change it too, so after a run that wrote, those who are held are looked up once more: a look-up
        for a hundred of them is cheaper than to overlook an address that somebody corrected.
        """
        changed = self._changed()
        told = self._search.newest(changed)
        newest = [f"{each.get('id')} {(each.get('properties') or {}).get(changed)}" for each in results(told)]
        return " ".join([str(told.get("total") if isinstance(told, dict) else ""), *newest])

    def sizes(self, accounts: Sequence[str]) -> Mapping[str, int]:
        """See `Accounts.sizes`: contacts by primary company; nothing where an account is something else."""
        if self._columns.account != COMPANY:
            return {}
        found: dict[str, int] = {}
        inputs: list[dict[str, str]] = [{"id": each} for each in dict.fromkeys(accounts) if is_number(each)]
        while inputs:
            now, inputs = inputs[:COMPANIES_AT_ONCE], inputs[COMPANIES_AT_ONCE:]
            path = self._paths.associations("companies", self._columns.object)
            what = f"count the contacts of {len(now)} companies"
            for company, contacts, after in _associated(
                self._session.read(path, {"inputs": now}, what=what, windows=(ASSOCIATIONS,))
            ):
                if contacts:
                    found[company] = found.get(company, 0) + contacts
                if after:
                    inputs.append({"id": company, "after": after})
        return found

    def moves(self, cursor: str | None) -> tuple[Sequence[Moved], str]:
        """See `Moves.moves`, and `connectors.hubspot.moving` for what cannot be seen."""
        if self._columns.id != ID or MERGED not in self._known.by_name:
            return (), ""  # records known by another property keep their values through a merge
        moving = Moving(self._session, self._paths, self._batches, self._columns.object, self._changed())
        return moving.moves(cursor or None)

    def _changed(self) -> str:
        return next((name for name in _CHANGED if name in self._known.by_name), ID)

    def _look_up(self, name: str, values: Sequence[str]) -> Iterator[pa.Table]:
        for start in range(0, len(values), CHUNK):
            chunk = values[start : start + CHUNK]
            names = [*dict.fromkeys((*self._reading.properties, *self._written))]
            records = self._batches.read(self._columns.object, chunk, names, name)
            if self._written:
                self._seen.keep(self._columns.object, self._written, records)
            if records:
                yield self._reading.table(records, frozenset(chunk) if name == ID else frozenset())

    def _is_key(self, name: str) -> bool:
        """Tell whether HubSpot finds records by *name* without searching; e-mail addresses only for contacts."""
        return name == ID or self._known.by_name[name].unique or (name == EMAIL and MORE_EMAILS in self._known.by_name)

    def _found(self, groups: Sequence[list[dict[str, Any]]]) -> Iterator[pa.Table]:
        for records in self._search.all(groups):
            yield self._reading.table(records)

    def _wanted(self, keys: pa.Table) -> dict[str, list[str]]:
        """Return the values to look for by property; kinds that no property holds are left out."""
        emails = [name for name in self._columns.emails if name != MORE_EMAILS]
        by_kind: dict[str, Sequence[str]] = {**self._columns.ids, _RECORD: (self._columns.id,)}
        by_kind |= {"email": emails, "email_base": emails}
        wanted: dict[str, dict[str, None]] = {}
        for kind, value in _pairs(keys):
            for name in by_kind.get(kind, ()):
                if value and (name != ID or is_number(value)):
                    wanted.setdefault(name, {})[value] = None
        return {name: list(values) for name, values in wanted.items()}


def _pairs(keys: pa.Table) -> Iterator[tuple[str, str]]:
    return zip(keys["kind"].to_pylist(), keys["value"].to_pylist(), strict=True)


def _associated(told: object) -> Iterator[tuple[str, int, str]]:
    """Yield company, its contacts on this page, and where its next page begins, if there is one."""
    for each in results(told):
        listed = each.get("to")
        contacts = sum(_is_primary(other) for other in (listed if isinstance(listed, list) else ()))
        after = ((each.get("paging") or {}).get("next") or {}).get("after")
        yield str((each.get("from") or {}).get("id")), contacts, str(after or "")


def _is_primary(other: Mapping[str, Any]) -> bool:
    return any(each.get("typeId") == PRIMARY for each in other.get("associationTypes") or ())
