"""One Salesforce org with a memory: what tests set up in Python, and what clients see over HTTP.

Python access (`insert`, `update`, `get`, …) is that of an administrator: past permissions, validation and duplicate
rules. HTTP goes through `dispatch`, as the API user.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sandbox.salesforce import administration, dispatch, merges, population
from sandbox.salesforce.bulk_jobs import Jobs
from sandbox.salesforce.grants import Grants
from sandbox.salesforce.guards import DuplicateRule, Validation
from sandbox.salesforce.ids import Numbers
from sandbox.salesforce.oauth import OAuth
from sandbox.salesforce.reading import stamp
from sandbox.salesforce.records import Records
from sandbox.salesforce.refusal import Refusal
from sandbox.salesforce.shapes import compound
from sandbox.salesforce.soql_cursors import Cursors
from sandbox.salesforce.standard_kinds import standard_kinds
from sandbox.salesforce.writing import Manner, Saved, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sandbox.exchange import Reply, Request
    from sandbox.limits import Verdict
    from sandbox.salesforce.objects import Field, Kind

Row = dict[str, Any]
ADMIN = Manner(allow_duplicates=True, unguarded=True)


class Org:
    """A world for `sandbox.Service`; the same seed gives the same records with the same ids."""

    def __init__(
        self, seed: int | None = 1, *, clock: Callable[[], float] = time.time, daily_calls: int = 100_000
    ) -> None:
        """Make an org; *seed* None leaves it without accounts, contacts and leads."""
        self.lock = threading.RLock()
        self.clock = clock
        #: Calls a day that `/limits` tells where no limit is set on the service.
        self.daily_calls = daily_calls
        self.calls = 0
        self.kinds: dict[str, Kind] = {kind.name: kind for kind in standard_kinds()}
        self.store = Records()
        self.numbers = Numbers()
        #: (kind, id, stamp) of what was deleted, for `getDeleted`.
        self.deleted: list[tuple[str, str, str]] = []
        #: Ids of records that another transaction holds; see `guards`.
        self.locked: set[str] = set()
        self.validations: dict[str, list[Validation]] = {}
        self.duplicate_rules: list[DuplicateRule] = []
        #: Kind → when its definition last changed, for `If-Modified-Since`.
        self.defined: dict[str, str] = {}
        self.bulk = Jobs()
        self.cursors = Cursors()
        self.request: Request | None = None
        self.grants = Grants(self)
        self.oauth = OAuth(self)
        administration.relate(self)
        self.organization_id = self.new_id("00D")
        self.admin_id = self.api_user_id = self.acting_id = ""
        population.found(self)
        if seed is not None:
            population.populate(self, seed)

    # What clients see

    def handle(self, request: Request) -> Reply:
        with self.lock:
            self.request = request
            self.acting_id = self.api_user_id
            try:
                return dispatch.handled(self, request)
            finally:
                self.request, self.grants.drifted = None, False
                self.acting_id = self.admin_id

    def throttled(self, verdict: Verdict) -> Reply:
        return dispatch.throttled(verdict)

    def troubled(self, status: int) -> Reply:
        return dispatch.troubled(status)

    @contextmanager
    def undoable(self) -> Iterator[Callable[[], None]]:
        """Yield what takes back, at the end of the block, all that was written in it."""
        gone = len(self.deleted)
        with self.store.undoable() as undo:
            yield undo
        if undo.wanted:
            del self.deleted[gone:]
            self.grants.again()

    def fires(self, fault: str, part: str = "") -> bool:
        """Whether a fault strikes a part of the request that is being answered."""
        return self.request is not None and self.request.fires(fault, part)

    def kind(self, name: str) -> Kind | None:
        """Return a kind as the API user may see it; in any case."""
        whole = self.find(name)
        return self.grants.visible(whole) if whole else None

    def write(
        self,
        kind_name: str,
        operation: str,
        rows: Sequence[Mapping[str, object]],
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> list[Saved]:
        """Write rows as the API user: insert, update, upsert, delete or hardDelete, each row by itself.

        Raises:
            Refusal: There is no such kind or operation, or *key* cannot be upserted by.
        """
        with self.lock:
            kind = self.kind(kind_name)
            if kind is None:
                raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
            return Writer(self, kind, Manner.of(headers or {})).each(rows, operation, key)

    # What there is

    def find(self, name: str) -> Kind | None:
        """Return a kind with all its fields, by its name in any case."""
        found = self.kinds.get(name)
        return found or next((kind for kind in self.kinds.values() if kind.name.lower() == name.lower()), None)

    def whole(self, name: str) -> Kind:
        kind = self.find(name)
        if kind is None:
            raise KeyError(f"the org has no object {name}")
        return kind

    def rows(self, kind_name: str, *, deleted: bool = False) -> Iterator[Row]:
        return self.store.all(self.whole(kind_name), deleted=deleted)

    def row(self, kind_name: str, record_id: object) -> Row | None:
        return self.store.get(self.whole(kind_name), record_id)

    def lookup(
        self, kind_name: str, field_name: str, values: Iterable[object], *, deleted: bool = False
    ) -> Iterator[Row] | None:
        """Yield rows by a field that has an index; None where it has none."""
        kind = self.whole(kind_name)
        field = kind.field(field_name)
        if field is None or not field.indexed:
            return None
        return self.store.lookup(kind, field, values, deleted=deleted)

    def value(self, kind: Kind, row: Row, field: Field) -> object:
        """Return one field of a row as JSON shows it."""
        return compound(kind, row, field) if field.type == "address" else row.get(field.name)

    def kind_of(self, record_id: str) -> Kind | None:
        """Return the kind that an id's prefix names."""
        return next((kind for kind in self.kinds.values() if kind.prefix == record_id[:3]), None)

    def stamp(self) -> str:
        return stamp(self.clock())

    def new_id(self, prefix: str) -> str:
        return self.numbers.new(prefix)

    # What tests and administrators do

    def insert(self, kind_name: str, values: Mapping[str, object]) -> str:
        """Create a record and return its id.

        Raises:
            Refusal: The record cannot be.
        """
        return self._written(kind_name, "insert", values)

    def update(self, kind_name: str, record_id: str, values: Mapping[str, object]) -> None:
        """Change a record."""
        self._written(kind_name, "update", {**values, "Id": record_id})

    def delete(self, kind_name: str, record_id: str) -> None:
        """Put a record into the recycle bin."""
        self._written(kind_name, "delete", {"Id": record_id})

    def undelete(self, kind_name: str, record_id: str) -> None:
        """Take a record out of the recycle bin."""
        with self.lock:
            merges.undelete(self, self.whole(kind_name), record_id)

    def empty_bin(self) -> None:
        """Remove for good what lies in the recycle bin."""
        with self.lock:
            for kind in self.kinds.values():
                for row in [row for row in self.store.all(kind, deleted=True) if row.get("IsDeleted")]:
                    self.store.purge(kind, row["Id"])

    def merge(self, kind_name: str, master_id: str, *loser_ids: str) -> None:
        """Merge records as a person does in the org: the losers are deleted and name their master."""
        with self.lock:
            merges.merge(self, self.whole(kind_name), master_id, loser_ids)

    def convert(self, lead_id: str, *, contact_id: str | None = None, account_id: str | None = None) -> str:
        """Convert a lead, into new records or those given; return its contact's id."""
        with self.lock:
            return merges.convert(self, lead_id, contact_id, account_id)

    def get(self, kind_name: str, record_id: str) -> Row | None:
        """Return a whole record, nulls and all; None when there is none or it is deleted."""
        with self.lock:
            kind = self.whole(kind_name)
            row = self.store.get(kind, record_id)
            if row is None or row.get("IsDeleted"):
                return None
            return {field.name: self.value(kind, row, field) for field in kind.fields.values()}

    def records(self, kind_name: str) -> list[Row]:
        """Return all records of a kind that are not deleted; nulls are left out."""
        with self.lock:
            return [dict(row) for row in self.store.all(self.whole(kind_name))]

    def add_field(self, kind_name: str, field: Field, *, visible: bool = True) -> None:
        """Create a field; unless *visible*, nobody sees it before a permission set grants it.

        Raises:
            Refusal: The object has a field of that name.
        """
        with self.lock:
            administration.add_field(self, self.whole(kind_name), field, visible=visible)

    def drop_field(self, kind_name: str, name: str) -> None:
        """Delete a field with all its values, as an administrator may at any time."""
        with self.lock:
            administration.drop_field(self, self.whole(kind_name), name)

    def hide_field(self, kind_name: str, name: str) -> None:
        """Take a field out of everybody's sight until a permission set grants it."""
        with self.lock:
            self.grants.need((self.whole(kind_name).name, name))

    def allow(self, kind_name: str, *rights: str) -> None:
        """Let the API user do no more with records of a kind than read them and *rights*: create, edit, delete."""
        with self.lock:
            self.whole(kind_name).allowed = frozenset(rights)
            self.grants.again()

    def add_object(self, name: str, label: str = "", fields: Sequence[Field] = ()) -> Kind:
        """Create a custom object with the fields that each has, and those given.

        Raises:
            Refusal: There is an object of that name.
        """
        with self.lock:
            return administration.add_object(self, name, label, fields)

    def add_validation(self, kind_name: str, validation: Validation) -> None:
        """Refuse records for which *validation* returns a message (and the field it is about)."""
        self.validations.setdefault(self.whole(kind_name).name, []).append(validation)

    def add_duplicate_rule(self, kind_name: str, *fields: str, may_be_allowed: bool = True) -> None:
        """Take records that agree in *fields* for duplicates."""
        self.duplicate_rules.append(DuplicateRule(self.whole(kind_name).name, fields, may_be_allowed))

    # What goes on inside

    def changed(self, kind: Kind) -> None:
        """Take note that records of *kind* have changed."""
        if kind.name in {"FieldPermissions", "PermissionSetAssignment"}:
            self.grants.again()

    def _written(self, kind_name: str, operation: str, values: Mapping[str, object]) -> str:
        with self.lock:
            kind = self.whole(kind_name)
            [saved] = Writer(self, kind, ADMIN).each([values], operation, None)
        for code, message, fields in saved.errors:
            raise Refusal(400, code, message, tuple(fields))
        return saved.id or ""
