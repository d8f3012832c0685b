"""A HubSpot portal: everything it holds, and how it answers a request."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

from sandbox.hubspot import branches, merging, routes
from sandbox.hubspot.errors import Refusal, invalid_values
from sandbox.hubspot.kinds import STANDARD, Kind
from sandbox.hubspot.links import COMPANY, CONTACT, DEFINED, PRIMARY_COMPANY, Links
from sandbox.hubspot.oauth import Doors
from sandbox.hubspot.owners import Owners
from sandbox.hubspot.properties import Catalogue
from sandbox.hubspot.records import Record, Store
from sandbox.hubspot.segments import Lists
from sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.exchange import Reply, Request
    from sandbox.hubspot.calls import Call
    from sandbox.hubspot.segments import Segment
    from sandbox.limits import Verdict

_FIRST_CUSTOM = 1_000_001


class Portal:
    """One portal. Tests read and write it as Python while it is served; `lock` guards both."""

    def __init__(self, seed: int = 1, clock: Callable[[], float] = time.time) -> None:
        """Start without records; ids and tokens are the same for the same *seed*."""
        self.lock = threading.RLock()
        self.clock = clock
        self.dice = random.Random(seed)
        self.id = self.dice.randrange(10**7, 10**8)
        self.user_id, self.app_id = self.dice.randrange(10**6, 10**7), self.dice.randrange(10**6, 10**7)
        self.user, self.domain = "admin@sandbox.example", "sandbox.example"
        #: The account's time zone, in seconds ahead of UTC: its day, and its daily limit, begins at midnight there.
        self.ahead_s = 0
        self.began = stamp(clock())
        #: How far the search index is behind while the switch `search_lag` is on; and always.
        self.lag_s, self.search_lag_s = 5.0, 0.0
        #: Fields left out of every error ("category", "errors", "context", ...): all are optional.
        self.omit: frozenset[str] = frozenset()
        #: Results of a batch come in the order of its inputs; HubSpot promises none.
        self.ordered = False
        #: Whether a property that was asked for and has no value is null or absent; None: null in v3, else absent.
        self.nulls: bool | None = None
        #: What an upsert by e-mail of only some properties does to a contact that has more: refused | clears | applies.
        self.partial_upsert = "refused"
        #: Type of object → properties that an administrator requires of new records; paths from 2026-09 on enforce it.
        self.rules: dict[str, tuple[str, ...]] = {}
        #: The latest search by type of object: what was asked at which revision, and all its hits.
        self.last_search: dict[str, Any] = {}
        self.doors = Doors(self.dice)
        self.owners = Owners(self.dice, self.began)
        self.lists = Lists(self._members)
        self.links = Links(self.exists, self._name_company)
        self._kinds: dict[str, Kind] = {}
        self._next_type = _FIRST_CUSTOM
        self._stores: dict[str, Store] = {}
        for kind in STANDARD:
            self._add(kind)

    # What the server asks.

    def handle(self, request: Request) -> Reply:
        """Answer *request*."""
        return routes.answer(self, request)

    def throttled(self, verdict: Verdict) -> Reply:
        """Refuse a call beyond a limit."""
        return routes.throttled(self, verdict)

    def troubled(self, status: int) -> Reply:
        """Answer with a server's error, as HubSpot does when it is in trouble."""
        return routes.troubled(self, status)

    # Types of objects.

    def kinds(self) -> Iterable[Kind]:
        """Return all types of objects."""
        return [store.kind for store in self._stores.values()]

    def knows(self, name: str) -> bool:
        """Whether there is a type of objects of this name."""
        return name.lower() in self._kinds

    def kind(self, name: str) -> Kind:
        """Return a type of object by its id or one of its names.

        Raises:
            Refusal: There is none.
        """
        found = self._kinds.get(name.lower())
        if found is None:
            raise Refusal(400, f"Unable to infer object type from: {name}")
        return found

    def store(self, name: str) -> Store:
        """Return the records of a type of object.

        Raises:
            Refusal: There is no such type.
        """
        return self._stores[self.kind(name).id]

    def writable(self, name: str) -> Store:
        """Return the records of a type of object that may be written.

        Raises:
            Refusal: There is no such type, or it is read only.
        """
        store = self.store(name)
        if store.kind.read_only:
            raise Refusal(405, f"{store.kind.name} are read only through the API", None)
        return store

    def catalogue(self, name: str) -> Catalogue:
        """Return the properties of a type of object.

        Raises:
            Refusal: There is no such type.
        """
        return self.store(name).catalogue

    def add_type(self, name: str, *, required: tuple[str, ...] = (), about: Mapping[str, Any] | None = None) -> Kind:
        """Make a custom type of object, associated with contacts."""
        made = Kind(
            id=f"2-{self._next_type}",
            name=name.lower(),
            singular=name.lower(),
            scope="custom",
            required=required,
            label=name,
            about=dict(about or {}),
        )
        self._next_type += 1
        self._add(made)
        self.links.connect(made, self.kind("contacts"))
        return made

    def drop_type(self, kind: Kind) -> None:
        """Forget a custom type of object."""
        del self._stores[kind.id]
        self._kinds = {name: one for name, one in self._kinds.items() if one.id != kind.id}

    # Records, for tests and for the calls.

    def create(self, kind: str, values: Mapping[str, Any], *, raw: bool = False) -> str:
        """Make a record and return its id; with *raw*, also properties that HubSpot alone writes.

        Raises:
            Refusal: As over HTTP.
        """
        with self.lock:
            store = self.store(kind)
            made = (
                {name: str(value) for name, value in values.items()} if raw else store.checked(values, None, {}, None)
            )
            return self.apply(store, None, made, None, self.clock()).id

    def update(self, kind: str, id_: str, values: Mapping[str, Any]) -> None:
        """Change a record, as another app or a person would.

        Raises:
            Refusal: As over HTTP.
        """
        with self.lock:
            store = self.store(kind)
            record = store.resolve(id_)
            assert record is not None, f"there is no record {id_}"
            self.apply(store, record, store.checked(values, record, {}, None), None, self.clock())

    def get(self, kind: str, id_: str) -> dict[str, str]:
        """Return all values of a record, through any merges; empty if it is gone or archived."""
        with self.lock:
            record = self.store(kind).resolve(id_)
            return dict(record.values) if record is not None and record.archived is None else {}

    def records(self, kind: str) -> list[dict[str, str]]:
        """Return all values of all records that are not archived, in the order of their ids."""
        with self.lock:
            return [dict(record.values) for record in sorted(self.store(kind).live(), key=lambda one: int(one.id))]

    def merge(self, kind: str, winner: str, loser: str) -> str:
        """Merge two records and return the survivor's id."""
        with self.lock:
            store = self.store(kind)
            return self.merged(store, store.records[winner], store.records[loser], self.clock()).id

    def add_property(self, kind: str, name: str, type_: str = "string", field_type: str = "text", **more: Any) -> None:
        """Make a property; *more* as in the vendor's JSON (`options`, `hasUniqueValue`, ...)."""
        with self.lock:
            catalogue = self.catalogue(kind)
            body = {"name": name, "label": name, "type": type_, "fieldType": field_type, "groupName": catalogue.group}
            catalogue.create(body | more, stamp(self.clock()))

    def apply(
        self,
        store: Store,
        record: Record | None,
        made: dict[str, str],
        associations: Any,
        at: float,
    ) -> Record:
        """Put checked values into a record, or into a new one."""
        if record is None:
            record = store.create(made, at)
            self.links.attach(store.kind, record.id, associations)
        else:
            store.update(record, made, at)
        company = made.get("associatedcompanyid")
        if company and store.kind.id == CONTACT and self.exists(COMPANY, company):
            primary = {"associationCategory": DEFINED, "associationTypeId": PRIMARY_COMPANY}
            self.links.add(self.links.type(CONTACT, COMPANY, primary), record.id, company)
        return record

    def archive(self, store: Store, record: Record, at: float) -> None:
        """Archive a record."""
        store.archive(record, at)

    def merged(self, store: Store, winner: Record, loser: Record, at: float) -> Record:
        """Make one record of two, with the associations and memberships of both."""
        record = merging.merge(store, winner, loser, at)
        for old in {winner.id, loser.id} - {record.id}:
            self.links.move(store.kind.id, old, record.id)
            self.lists.move(store.kind.id, old, record.id)
        return record

    def exists(self, kind_id: str, id_: str) -> bool:
        """Whether a record is there and not archived."""
        store = self._stores.get(kind_id)
        record = store.resolve(id_) if store is not None else None
        return record is not None and record.archived is None

    def present(self, kind: Kind, id_: str) -> str:
        """Return the id that a record has now, after merges; *id_* itself if there is none."""
        record = self._stores[kind.id].resolve(id_)
        return id_ if record is None else record.id

    def demand(self, call: Call, kind: Kind, made: Mapping[str, str]) -> None:
        """Enforce an administrator's rules for new records, where the path's version does.

        Raises:
            Refusal: A property is missing.
        """
        missing = [name for name in self.rules.get(kind.name, ()) if not made.get(name)]
        if missing and call.dated and call.version >= "2026-09":
            raise invalid_values([(name, "REQUIRED_FIELD", f'Property "{name}" is required') for name in missing])

    def stamp(self) -> str:
        """Return the time now as HubSpot writes it."""
        return stamp(self.clock())

    def correlation(self) -> str:
        """Return a new id by which HubSpot's support would find a call."""
        digits = f"{self.dice.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _add(self, kind: Kind) -> None:
        dice = random.Random(self.dice.getrandbits(64))
        self._stores[kind.id] = Store(kind, Catalogue(kind, self.began), dice, self.owners.known)
        names = {kind.id, kind.name, kind.singular, *kind.aliases}
        if kind.custom:
            names |= {f"p{self.id}_{kind.name}", f"p_{kind.name}"}
        self._kinds |= dict.fromkeys(names, kind)

    def _members(self, segment: Segment) -> dict[str, float]:
        """Return who is in a dynamic list, and since when as far as can be told: their latest change."""
        store = self._stores[segment.kind_id]
        test = branches.compiled(segment.filters, store.catalogue)
        return {record.id: record.updated for record in store.live() if test(record.values)}

    def _name_company(self, kind_id: str, contact_id: str) -> None:
        """Keep `associatedcompanyid` the id of the contact's primary company."""
        record = self._stores[kind_id].resolve(contact_id)
        if record is not None:
            company = self.links.primary_company(record.id) or ""
            if record.values.get("associatedcompanyid", "") != company:
                self._stores[kind_id].update(record, {"associatedcompanyid": company}, self.clock())
