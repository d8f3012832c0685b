"""Salesforce as a destination: what the engine asks of it, made of the parts beside this file."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.blocks import rounds
from connectors.budget import Gate
from connectors.calling import Breaker, Caller
from connectors.http import new_session
from connectors.retry import SERVICE, Retry
from connectors.salesforce import packaging
from connectors.salesforce.bulk import Ingest
from connectors.salesforce.bulk_query import BulkQuery
from connectors.salesforce.collections import ID, WORKERS, Target
from connectors.salesforce.creating import FieldMaker
from connectors.salesforce.directory import RecordDirectory
from connectors.salesforce.jobs import NoJobs
from connectors.salesforce.keys import Key, is_id_of, key_of
from connectors.salesforce.metadata import is_custom, metadata, words_for
from connectors.salesforce.paths import paths
from connectors.salesforce.query import select
from connectors.salesforce.reading import Reader
from connectors.salesforce.rights import rights
from connectors.salesforce.schema import Org, check
from connectors.salesforce.seen import Seen
from connectors.salesforce.session import Call, Session, ToLoopback
from connectors.salesforce.spool import Spool
from connectors.salesforce.tokens import Tokens
from connectors.salesforce.writing import Writer
from connectors.values import Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from connectors.budget import Meter
    from connectors.connection_secrets import ConnectionSecrets
    from connectors.contract import Applied, RecordColumns
    from connectors.salesforce.jobs import Jobs
    from connectors.salesforce.schema import Kind
    from connectors.shaping import Object, Package, Rights, Wanted
    from connectors.values import Block, Field, FieldValue, RecordRef, Write


def _utc() -> datetime:
    return datetime.now(tz=UTC)


class Salesforce:
    """See `Destination`, `Calling`, `Bulk`, `Schema`, `Ownable` and `Matchable` in `connectors.contract`.

    Args:
        name: The connection's name in the config.
        domain: The org's My Domain, such as `acme.my`.
        auth: `client_credentials`, `jwt` or `refresh_token`.
        username: Whose rights are used, for `jwt`.
        api_version: Such as `67.0`.
        url: A sandbox on this machine, instead of Salesforce.
        secrets: Of this connection.
        meter: Counts calls for everybody who uses this org.
        quota_share: Share of the org's calls of a day that npsync may make, 0 to 1.
        retry: How patient.
        clock: The time, aware.
        sleep: Waits seconds.
        jobs: Where Bulk jobs are remembered.
    """

    #: `write_blocks` takes any iterable and reads it once, so one Bulk job can serve all that waits.
    streams = True

    def __init__(  # noqa: PLR0913 - what the config says of a connection, and the means
        self,
        *,
        name: str,
        domain: str,
        auth: str = "client_credentials",
        username: str | None = None,
        api_version: str = "67.0",
        url: str | None = None,
        secrets: ConnectionSecrets,
        meter: Meter,
        quota_share: float = 0.2,
        retry: Retry | None = None,
        clock: Callable[[], datetime] = _utc,
        sleep: Callable[[float], None] = time.sleep,
        jobs: Jobs | None = None,
    ) -> None:
        where = f"Salesforce `{name}`"
        patience = retry or Retry(policy=SERVICE, sleep=sleep)
        connect_s, read_s = patience.policy.timeout
        http = new_session(pool=WORKERS, connect_s=connect_s, read_s=read_s)
        if url:
            http.mount("https://", ToLoopback(url, pool_maxsize=WORKERS))
        gate = Gate(name, meter, sleep=sleep, now=clock, told_later=True)
        tokens = Tokens(
            where=where, domain=domain, auth=auth, username=username, secrets=secrets, session=http, now=clock
        )
        session = Session(
            where=where, version=api_version, http=http, tokens=tokens, gate=gate, quota_share=quota_share, now=clock
        )
        # Salesforce does not count errors against its callers, as HubSpot does: only an outage opens the breaker.
        session.caller = Caller(
            name, gate=gate, retry=patience, renew=session.renew, breaker=Breaker(patience.clock, share=None)
        )
        self._where = where
        self._refreshes = auth == "refresh_token"
        self._session = session
        self._org = Org(session)
        self._seen = Seen(patience.clock)
        self._reader = Reader(session, BulkQuery(session, clock=patience.clock, sleep=sleep))
        ingest = Ingest(session, jobs or NoJobs(), clock=patience.clock, sleep=sleep)
        self._writer = Writer(session, ingest, self._reader)
        #: The keys by which each object's records were written or prepared, the last one last.
        self._keys: dict[str, dict[tuple[str, ...], Key]] = {}
        #: How the ids begin that the lookups among a key's fields take.
        self._prefixes: dict[tuple[str, tuple[str, ...]], Mapping[str, frozenset[str]]] = {}
        #: Objects in which people are looked up.
        self._searched: set[str] = set()
        self._checked: set[tuple[str, tuple[str, ...], tuple[str, ...], bool]] = set()

    @property
    def calls(self) -> int:
        """See `Calling.calls`."""
        assert self._session.caller is not None
        return self._session.caller.calls

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        """See `Destination.write`."""
        outcomes: list[Outcome] = []
        blocks = rounds(batch)
        for round_ in blocks:
            for block in round_:
                self._target(block)  # nothing is written where anything is amiss
        for round_ in blocks:
            applied = self.write_blocks(round_)
            others = {(each.object, each.id): each for each in applied.others}
            for block in round_:
                for id_ in block.ids():
                    written = Outcome(object=block.object, id=id_, kind=OutcomeKind.WRITTEN)
                    outcomes.append(others.get((block.object, id_), written))
        return outcomes

    def write_blocks(self, blocks: Iterable[Block]) -> Applied:
        """See `Bulk.write_blocks`. *blocks* may be any iterable; it is read once, before anything is written."""
        spools: dict[Target, Spool] = {}
        try:
            for block in blocks:
                target, kind = self._target(block)
                spool = spools.get(target)
                if spool is None:
                    spool = spools[target] = Spool(target, kind, block.object)
                spool.lookups = {**spool.lookups, **self._org.lookups(kind, (*target.parts, *block.fields))}
                spool.add(block)
                self._seen.forget(kind.name, block.ids() if target.by_id else None)
            return self._writer.deliver(list(spools.values()))
        finally:
            for spool in spools.values():
                spool.close()

    def _target(self, block: Block) -> tuple[Target, Kind]:
        """Say where *block* goes, checked against what the org has."""
        kind = self._org.get(block.object)
        key = key_of(kind, block.key, self._where, beside=block.fields)
        form = (kind.name, key.names, block.fields, block.delete)
        if form not in self._checked:
            check(kind, block.fields, self._where, key=key)
            self._checked.add(form)
        self._remember(kind, key)
        # An upsert would send fields that are set once to records that are there, and Salesforce would refuse them.
        parts = key.names if key.looked_up or (not key.by_id and kind.sets_once(block.fields)) else ()
        return Target(object=kind.name, key="" if parts else key.names[0], delete=block.delete, parts=parts), kind

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        """See `Destination.read`. *fields* may be ways to other records' fields, such as `Account.OwnerId`.

        A record's id is its key, of a form that was written or prepared; else Salesforce's own id.
        """
        by_key: dict[tuple[str, Key], list[RecordRef]] = {}
        for ref in refs:
            by_key.setdefault((ref.object, self._key(self._org.get(ref.object), ref.id)), []).append(ref)
        found: dict[RecordRef, Mapping[str, FieldValue]] = {}
        for (object_, key), wanted in by_key.items():
            kind = self._org.get(object_)
            ways, ids = paths(self._org, kind, fields, self._where), [ref.id for ref in wanted]
            held = self._seen.take(kind.name, ids, fields) if key.by_id else {}
            held |= self._reader.by_key(kind, key, [id_ for id_ in ids if id_ not in held], ways)
            found.update({ref: held[ref.id] for ref in wanted if ref.id in held})
        return found

    def _key(self, kind: Kind, id_: str) -> Key:
        """Return the key that *id_* is a value of: the last one of its form whose lookups take the ids in it."""
        known = self._keys.get(kind.name, {})
        fitting = [
            key
            for names in reversed(known)
            if (key := known[names]).values(id_) is not None
            and (len(key.columns) > 1 or key.by_id == is_id_of(kind, id_))
        ]
        for key in fitting:  # members of campaigns: by contact or by lead, whichever stands first
            turned = key.turned(id_, self._lookups(kind, key)) if len(key.columns) > 1 else key
            if turned is not None:
                return turned
        if fitting:
            return fitting[0]
        own = [column for column in kind.columns.values() if column.matchable and column.unique]
        if len(own) != 1 or is_id_of(kind, id_):
            return key_of(kind, [ID], self._where)
        return Key((own[0],))

    def _lookups(self, kind: Kind, key: Key) -> Mapping[str, frozenset[str]]:
        known = self._prefixes.get((kind.name, key.names))
        if known is None:
            known = self._prefixes[kind.name, key.names] = self._org.lookups(kind, key.names)
        return known

    def _remember(self, kind: Kind, key: Key) -> None:
        known = self._keys.setdefault(kind.name, {})
        known.pop(key.names, None)
        known[key.names] = key

    def fields(self, object_: str) -> Sequence[Field]:
        """See `Schema.fields`."""
        kind = self._org.find(object_)
        return [] if kind is None else kind.as_fields()

    def ensure(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        """See `Schema.ensure`. Nothing is created: an org is shaped by its admins, or by who asks for it (`make`).

        Raises:
            SchemaDrift: Objects or fields are missing, or may not be written; names them all.
        """
        self._org.forget(object_)
        kind = self._org.get(object_)
        names = [each.name for each in fields if each.name not in key]
        found = key_of(kind, key, self._where, beside=names)
        check(kind, names, self._where, key=found)
        self._remember(kind, found)

    def is_empty(self, object_: str) -> bool:
        """See `Ownable.is_empty`. Only a custom object can be ours alone, whose records are told apart by keys of ours.

        What Salesforce made, what is written by its own id, and where people are looked up is others', empty or not.
        Records that the integration user may not see count as none: to write to one by our key fails.
        """
        kind = self._org.get(object_)
        keys = self._keys.get(kind.name, {})
        if not kind.custom or kind.name in self._searched or not keys or any(key.by_id for key in keys.values()):
            return False
        asked = self._session.query(select([ID], kind.name, rest="LIMIT 1"), what=f"asking for any {kind.name} record")
        return next(iter(asked), None) is None

    def make(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        """Make the fields that are missing, and let the signed-in user see them; what exists is left as it is."""
        FieldMaker(self._session, self._org).make(self._org.get(object_), key, fields)

    def made_as(self, object_: str, field: Field, *, is_key: bool) -> str | None:
        """See `Makes.made_as`."""
        return words_for(metadata(field, is_key=is_key, object_=object_)) if is_custom(field.name) else None

    def objects(self) -> Sequence[Object]:
        """See `Browsable.objects`."""
        return self._org.objects()

    def package(self, wanted: Sequence[Wanted], *, everything: bool = False) -> Package:
        """See `Deployable.package`."""
        version = self._session.version
        return packaging.package(wanted, self._org.find, version=version, where=self._where, everything=everything)

    def rights(self, wanted: Sequence[Wanted]) -> Rights:
        """See `Guarded.rights`."""
        return rights(self._session, self._org, wanted, refreshes=self._refreshes)

    def directory(self, columns: RecordColumns, *, read_only: bool = False) -> RecordDirectory:  # noqa: ARG002 - no trace either way
        """See `Matchable.directory`."""
        self._searched.add(self._org.get(columns.object).name)
        return RecordDirectory(self._session, self._reader, self._org, columns, self._seen)

    def who(self) -> Mapping[str, str]:
        """Return who is signed in and to what, for `npsync auth test`."""
        identity = self._session.identity()
        told = {"user": "", "organisation": ""}
        soql = "SELECT Name FROM Organization LIMIT 1"
        for record in self._session.query(soql, what="asking for the organisation"):
            told["organisation"] = str(record.get("Name") or "")
        told["user"] = identity.rpartition("/")[2]
        limits = self._session.call(Call("limits", "asking for the limits")) or {}
        calls = limits.get("DailyApiRequests") or {}
        if calls:
            told["calls left today"] = f"{calls.get('Remaining')} of {calls.get('Max')}"
        return told

    def close(self) -> None:
        """Give every connection back."""
        self._session.close()
        self._seen.close()
