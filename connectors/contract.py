"""What a source, a directory and a destination promise: Protocols of one to three methods.

Abilities beyond these are separate Protocols, asked for with `isinstance`.
Sets of records travel as Arrow tables, because matching works on whole sets (`design.md` §11);
single responses and writes travel as values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from connectors.errors import ConnectorError
    from connectors.sends import Send
    from connectors.values import (
        Block,
        Field,
        FieldValue,
        Hint,
        Moved,
        Outcome,
        RecordRef,
        Reject,
        Skip,
        SurveyResponse,
        Write,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of one stream, and the cursor that covers it.

    `rows` = responses + rejects + skips, always; the engine checks it.
    """

    #: The stream within the source: a file's path, or a survey's id.
    stream: str
    responses: Sequence[SurveyResponse] = ()
    rejects: Sequence[Reject] = ()
    skips: Sequence[Skip] = ()
    #: Who was asked, as far as that is news; no rows of the stream, and nobody counts them.
    sends: Sequence[Send] = ()
    #: Opaque; stored in the same transaction as the rows. None: do not move this stream's cursor.
    cursor: str | None
    #: What the source decided, for the person running it ("preset: typeform, because ...").
    notes: tuple[str, ...] = ()
    #: How many rows the stream holds now, where this page ends a reading of all of it.
    whole: int | None = None
    #: The stream could not be read (on); its cursor stays, the other streams go on.
    refused: ConnectorError | None = None
    #: The numbers of the hints that need nothing more once this page and those before it are stored.
    settled: tuple[int, ...] = ()

    @property
    def rows(self) -> int:
        return len(self.responses) + len(self.rejects) + len(self.skips)


class SurveySource(Protocol):
    """Where responses come from."""

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page]:
        """Yield what is new or changed since *cursors*, a bounded page at a time.

        Args:
            cursors: The cursor stored last, by stream; empty for everything.

        Yields:
            Pages of at most a few thousand rows. A response may be yielded twice; never zero times.

        Raises:
            Refused: The whole source cannot be read (no such file, wrong configuration).
            Deferred: The service is down or asked us to wait.
        """
        ...


@runtime_checkable
class Told(Protocol):
    """Ability of a source: fetch the responses that its service has called about."""

    @property
    def hooked(self) -> bool:
        """Whether this connection is called at all."""
        ...

    def told(self, hints: Sequence[Hint], cursors: Mapping[str, str]) -> Iterator[Page]:
        """Yield the responses that *hints* name. Pages move no cursor, unless the stream was read by it.

        What a hint names and the service does not show yet is not settled, and is asked for again with the next call.

        Raises:
            Refused, Deferred: See `SurveySource.pull`.
        """
        ...


@runtime_checkable
class Calling(Protocol):
    """Ability of a source or a destination: it makes requests over a network, and counts them."""

    @property
    def calls(self) -> int:
        """Requests since it was opened, those made again included; signing in is not counted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordColumns:
    """What the columns of a directory's object mean; names are the system's own."""

    object: str
    id: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    #: Id kind (`customer_id`, `salesforce_id`, ...) → the columns that hold one.
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    account: str | None = None
    account_name: str | None = None
    country: str | None = None
    created_at: str | None = None
    merged_into: str | None = None
    deleted: str | None = None
    suppressed: str | None = None
    #: Columns that will be written: their values may be read with the record, and served to the next `read`.
    written: tuple[str, ...] = ()


class Directory(Protocol):
    """A destination's side that finds records."""

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:
        """Yield every record that holds one of *keys*, possibly more than once and with some that hold none.

        Args:
            keys: Columns `kind` and `value`, both text, as `sync.identity.resolve.keys_of` makes them: `email` (compare
                with the lower-cased, trimmed address), `email_base` (the address without its `+tag`, compared with
                addresses without theirs; for Gmail without dots), `phone` (the last eight digits), `record` (the
                record's own id), or an id kind such as `customer_id` (verbatim). The directory may compare loosely or
                yield everything, never more strictly: identity checks each record again.

        Yields:
            Tables of `RECORD_FIELDS` (see `connectors.records`), with merges already followed where the
            system does that itself, else with `merged_into` set.
        """
        ...

    def version(self) -> str:
        """Return a text that changes whenever a record may have appeared or changed; cheap to ask."""
        ...


@runtime_checkable
class Matchable(Protocol):
    """Ability of a connection: responses can be matched against one of its objects."""

    def directory(self, columns: RecordColumns, *, read_only: bool = False) -> Directory:
        """Return the directory over one object; the columns are checked now, not at the first look-up.

        Args:
            columns: What the object's columns mean.
            read_only: Leave no trace, not even an index: a dry run asks.

        Raises:
            SchemaDrift: The object or one of the columns does not exist.
        """
        ...


@runtime_checkable
class Listable(Protocol):
    """Ability of a directory: yield all its records, where very many would be looked up."""

    def worth_listing(self, keys: int) -> bool:
        """Tell whether reading everything is cheaper than looking *keys* up."""
        ...

    def everything(self) -> Iterator[pa.Table]:
        """Yield all records as tables of `RECORD_FIELDS`."""
        ...


@runtime_checkable
class Moves(Protocol):
    """Ability of a directory: tell which records were merged, converted or deleted."""

    def moves(self, cursor: str | None) -> tuple[Sequence[Moved], str]:
        """Return what moved since *cursor*, and the cursor for the next time.

        A move may be told twice, never zero times. The work grows with what moved, not with what is there.

        Args:
            cursor: What the last call returned; None: tell nothing, only where we are now.
        """
        ...


@runtime_checkable
class Accounts(Protocol):
    """Ability of a directory: tell how many contacts an account has, for coverage."""

    def sizes(self, accounts: Sequence[str]) -> Mapping[str, int]:
        """Return the number of records by account; an account without records is absent."""
        ...


class Destination(Protocol):
    """Where values are written."""

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        """Apply *batch* and say what became of each write.

        Every write is safe to repeat. Exactly one outcome per write, matched by (object, id);
        the engine reads a missing one back.

        Raises:
            Deferred: Nothing of the batch was applied; the destination is down or busy.
            Refused: Sign-in or rights; a person must act.
            SchemaDrift: A table or column is not what the mapping says.
        """
        ...

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        """Return the values that the records hold now; records that do not exist are absent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of many writes."""

    #: How many were written, of which there is nothing else to say.
    written: int
    #: One outcome for each of the others: those that were not written, and those that are in doubt.
    others: Sequence[Outcome] = ()
    #: Why the rest was not tried, where the destination stopped taking writes on the way.
    stopped: ConnectorError | None = None


@runtime_checkable
class Bulk(Protocol):
    """Ability of a destination: take many writes of one form without an object for each."""

    def write_blocks(self, blocks: Sequence[Block]) -> Applied:
        """Apply *blocks* as `Destination.write` would their writes; no record occurs in them twice.

        Where `written` and `others` do not account for every write, the engine reads all but *others* back.
        When the destination stops taking writes on the way, those that it did not get are `DEFERRED`, and `stopped`
        says why.

        Raises:
            Deferred, Refused, SchemaDrift: Nothing was applied; see `Destination.write`.
        """
        ...


@runtime_checkable
class Streams(Protocol):
    """Ability of a `Bulk` destination: many thousand writes in one go, without all of them in memory."""

    #: Always true.
    streams: bool

    def write_blocks(self, blocks: Iterable[Block]) -> Applied:
        """See `Bulk.write_blocks`. *blocks* is read once, and wholly, before anything is written."""
        ...


@runtime_checkable
class Schema(Protocol):
    """Ability: tell and create objects and fields."""

    def fields(self, object_: str) -> Sequence[Field]:
        """Return the fields of *object_*; empty when there is no such object."""
        ...

    def ensure(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        """Create the object and its missing fields, where this destination is ours to shape."""
        ...


@runtime_checkable
class Ownable(Protocol):
    """Ability of a destination: its objects can be ours alone, and it can tell that nobody has put anything there."""

    def is_empty(self, object_: str) -> bool:
        """Return whether *object_* holds no record, or is not there yet."""
        ...
