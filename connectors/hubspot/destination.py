"""HubSpot as a destination: contacts, companies, activities and custom objects, and the members of static lists.

Known records are updated by their own id; others are made, or found again, by a property of ours with unique values,
never by e-mail: HubSpot does not say what that does to properties that are left out.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.budget import Gate, Window
from connectors.errors import Gone, Refused, SchemaDrift
from connectors.hubspot import members
from connectors.hubspot.batches import Batches, results
from connectors.hubspot.blocks import blocks_of, together
from connectors.hubspot.catalogue import Catalogue, made_as
from connectors.hubspot.links import Links
from connectors.hubspot.members import Members
from connectors.hubspot.paths import Paths, host_of
from connectors.hubspot.records import Records
from connectors.hubspot.rights import rights
from connectors.hubspot.seen import Seen
from connectors.hubspot.session import Session
from connectors.hubspot.totals import joined
from connectors.retry import SERVICE, Retry
from connectors.values import Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from connectors.budget import Meter
    from connectors.contract import Applied, Directory, RecordColumns
    from connectors.hubspot.tokens import Secrets
    from connectors.shaping import Object, Rights, Wanted
    from connectors.values import Block, Field, FieldValue, RecordRef, Write

#: Seconds; the vendor's window, which rolls.
WINDOW_S = 10.0


def _utc() -> datetime:
    return datetime.now(tz=UTC)


class HubSpot:
    """See `Destination`, `Calling`, `Bulk`, `Schema`, `Ownable` and `Matchable` in `connectors.contract`.

    Args:
        name: The connection's name in the config.
        auth: `service_key` or `oauth`.
        secrets: The connection's: `token`, or `client_id`, `client_secret` and `refresh_token`.
        meter: Counts calls for all processes that share the account.
        api: Version of the paths: `2026-09`, or `v3`.
        calls_per_10s: What the account's tier allows.
        daily_calls: Calls in a day at most; None for no limit of ours.
        url: A sandbox on this machine, instead of HubSpot itself.
        retry: For calls that fail for the moment.
        clock: The time, aware.
        sleep: Waits so many seconds.
    """

    def __init__(  # noqa: PLR0913 - what the config says of a connection, and the means
        self,
        *,
        name: str,
        auth: str,
        secrets: Secrets,
        meter: Meter,
        api: str = "2026-09",
        calls_per_10s: int = 100,
        daily_calls: int | None = None,
        url: str | None = None,
        retry: Retry | None = None,
        clock: Callable[[], datetime] = _utc,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name = name
        paths = Paths(api)
        window = Window(calls=calls_per_10s, seconds=WINDOW_S)
        self._session = Session(
            name=name,
            host=host_of(url, name),
            token_path=paths.token(),
            auth=auth,
            secrets=secrets,
            gate=Gate(name, meter, (window,), daily_calls, sleep=sleep, now=clock),
            retry=retry or Retry(policy=SERVICE, sleep=sleep),
            clock=clock,
        )
        self._paths = paths
        self._catalogue = Catalogue(self._session, paths)
        links = Links(self._session, paths)
        self._seen = Seen(clock)
        self._records = Records(name, Batches(self._session, paths), self._catalogue, links, self._seen)
        self._members = Members(self._session, paths)
        #: Objects in which people are looked up.
        self._searched: set[str] = set()

    @property
    def calls(self) -> int:
        """See `Calling.calls`."""
        return self._session.caller.calls

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        """See `Destination.write`."""
        applied = self.write_blocks(blocks_of(batch))
        others = {(each.object, each.id): each for each in applied.others}
        return [
            others.get((each.object, each.id), Outcome(object=each.object, id=each.id, kind=OutcomeKind.WRITTEN))
            for each in batch
        ]

    def write_blocks(self, blocks: Sequence[Block]) -> Applied:
        """See `Bulk.write_blocks`. Of several blocks none is sent before all are known to fit the account's objects."""
        parts = together(blocks)
        prepared = [self._of(part[0].object).prepare(part) for part in parts]
        return joined(parts, (apply() for apply in prepared))

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        """See `Destination.read`. An id is the record's own, or a value of the property that it is written by.

        `associations.<object>` is the id of the record that it hangs on, of several all of them; of the object
        `list_memberships` those are read that are members.
        """
        by_object: dict[str, list[RecordRef]] = {}
        for ref in refs:
            by_object.setdefault(ref.object, []).append(ref)
        found: dict[RecordRef, Mapping[str, FieldValue]] = {}
        for object_, wanted in by_object.items():
            found.update(self._of(object_).read(wanted, fields))
        return found

    def fields(self, object_: str) -> Sequence[Field]:
        """See `Schema.fields`."""
        if object_ == members.OBJECT:
            return members.FIELDS
        known = self._catalogue.look(object_)
        return [] if known is None else [each.as_field() for each in known.by_name.values()]

    def ensure(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        """See `Schema.ensure`. Nothing is made: an account is shaped by its admins, or by who asks for it (`make`).

        Raises:
            SchemaDrift: The object or some properties are missing or cannot be written; names them all.
        """
        if object_ == members.OBJECT:
            self._members.ensure(key, fields)
            return
        names = [each.name for each in fields if each.name not in key]
        try:
            self._records.ensure(object_, key, names)
        except SchemaDrift:
            self._catalogue.forget(object_)  # somebody may have made them since we looked
            self._records.ensure(object_, key, names)

    def is_empty(self, object_: str) -> bool:
        """See `Ownable.is_empty`. Only a custom object can be ours alone, whose records are told apart by keys of ours.

        What HubSpot made, what is written by its own id, and where people are looked up is others', empty or not.
        """
        ours = object_ not in self._searched and self._records.is_by_our_keys(object_)
        if not ours or not self._catalogue.is_custom(object_):
            return False
        return not results(self._session.read(self._paths.any_one(object_), what=f"look whether there are {object_}"))

    def make(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        """Make the properties that are missing, in a group of their own; what exists is left as it is."""
        self._catalogue.make(object_, key, fields)

    def made_as(self, object_: str, field: Field, *, is_key: bool) -> str | None:  # noqa: ARG002 - the same for all
        """See `Makes.made_as`."""
        return made_as(field, unique=is_key)

    def objects(self) -> Sequence[Object]:
        """See `Browsable.objects`."""
        return self._catalogue.objects()

    def rights(self, wanted: Sequence[Wanted]) -> Rights:
        """See `Guarded.rights`."""
        return rights(wanted, self._session.scopes(), self._catalogue)

    def directory(self, columns: RecordColumns, *, read_only: bool = False) -> Directory:  # noqa: ARG002 - leaves no trace
        """See `Matchable.directory`."""
        from connectors.hubspot.directory import HubSpotDirectory

        self._searched.add(columns.object)
        return HubSpotDirectory(self._session, self._paths, self._catalogue.of(columns.object), columns, self._seen)

    def who(self) -> Mapping[str, str]:
        """Return which account the sign-in is for.

        Raises:
            ConnectorError: It is none, or has no right to see contacts.
        """
        self._catalogue.of("contacts")
        try:
            told = self._session.read(self._paths.account(), what="ask which account this is")
        except (Refused, Gone):
            return {}  # a key that sees contacts need not see the account's own page
        named = told if isinstance(told, dict) else {}
        wanted = {"portal": "portalId", "type": "accountType", "time zone": "timeZone"}
        return {ours: str(named[theirs]) for ours, theirs in wanted.items() if named.get(theirs)}

    def close(self) -> None:
        """Give every connection back."""
        self._session.close()

    def _of(self, object_: str) -> Members | Records:
        return self._members if object_ == members.OBJECT else self._records
