"""Match: respondents to records, by the mapping's rules, through the destination's directory.

Every decision is made by `sync.identity`, which is pure; here its inputs are fetched and its answers stored.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from connectors.contract import Listable
from sync.identity.listing import Listing
from sync.ledger import inbox, matching, outbox, sends
from sync.ledger.alias_tables import MOVES
from sync.ledger.rows import tuples
from sync.packed import pack
from sync.persons import Persons, by_person, not_made, unmade
from sync.relink import Relinker
from sync.shapes import Shapes
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from connectors.contract import Directory
    from sync.identity.settings import IdentitySettings, Rule
    from sync.intents import Intent
    from sync.moved import Find
    from sync.run import Run

#: Waiting responses whose respondents are decided at once.
RESPONSES_AT_ONCE = 50_000
#: Held respondents decided at once; each holds about 2 KB while it lasts.
RESPONDENTS_AT_ONCE = 60_000
#: How often those are tried again who were asked and belong to no record.
AGAIN = timedelta(days=1)


class Matcher:
    """Decides for respondents of one run."""

    def __init__(self, run: Run, directory: Directory, rules: Sequence[Rule], settings: IdentitySettings) -> None:
        self._run = run
        self._directory = directory
        self._rules = rules
        self._settings = settings
        self._shapes = Shapes(run.mapping)
        self._relinker = Relinker(run, directory, self._find, self._decide_moved)
        self._persons = Persons(run.mapping, self._find)

    def adopt(self) -> bool:
        """See `Relinker.adopt`."""
        return self._relinker.adopt()

    def match(self, *, held: bool = True) -> int:
        """Decide for all who wait, and again for the *held* when records changed; return the rows taken up again."""
        # A digest, because a version may name the record that changed last, and nobody's id may stay in a cursor.
        version = blake2b(self._directory.version().encode(), digest_size=16).hexdigest()
        self._relinker.adopt()
        with self._run.ledger.read() as connection:
            known = inbox.cursors(connection, self._run.name)
            gone = self._relinker.gone(connection)
        changed = known.get(matching.DIRECTORY) != version
        self._relinker.follow(known.get(MOVES), gone, changed=changed)
        self._match_waiting()
        if sends.TOLD in known:
            self._run.asks.add(sends.TOLD)
            self._match_asked(known[sends.TOLD], version)
        return self._match_held(version) if held and changed else 0

    def _match_asked(self, last: str, version: str) -> None:
        """Decide for those who were asked and belong to no record: the new ones, and where records changed the others.

        These are many, and most of them will never be customers, so they are tried once a day at most. Only what is
        certain is stored: nobody is held for being asked, and nothing is made for it.

        Args:
            last: When all of them were tried last, and the version of the directory then.
            version: That of now.
        """
        run = self._run
        at, _, tried = last.partition(" ")
        every = tried != version and at <= to_text(run.now - AGAIN)
        self._try_asked(to_text(run.now) if every else sends.NEVER)
        if every:
            run.step("match.asked.all")
            with run.lease.write() as connection:
                inbox.move_cursor(connection, run.name, sends.TOLD, f"{to_text(run.now)} {version}")

    def _try_asked(self, before: str) -> None:
        run = self._run
        while True:
            with run.ledger.read() as connection:
                claims = sends.waiting(connection, run.name, before, RESPONDENTS_AT_ONCE)
            if not claims.num_rows:
                return
            for decided in self._decisions(claims):
                certain = pc.and_(pc.equal(decided["outcome"], "matched"), pc.not_equal(decided["reason"], "none"))
                respondents = decided["respondent"].to_pylist()
                run.step("match.asked")
                with run.lease.write() as connection:
                    found = decided.filter(certain)
                    sends.tried(connection, run.name, run.id, to_text(run.now), respondents, found)

    def _settle(self, connection: Connection) -> None:
        """Say what becomes of those who waited. In one transaction: the next run looks at none of them again.

        Where a response turned out to be nobody's we know, its record goes, and no task is made of it.
        """
        run, shapes = self._run, self._shapes
        matching.settle(connection, run.name, run.id)
        if (shape := shapes.responses) is not None:
            intents: list[Intent] = []
            for key, response_id in outbox.orphans(connection, run.name, run.id, shape.rank, shape.object):
                keys = None if shape.plain else pack(shape.keys({"key": key, "response_id": response_id}))
                intents.append((shape.rank, shape.object, key, keys, None, None, 0, None))
            outbox.put(connection, run.name, run.id, intents)
        if (tasks := shapes.tasks) is not None:
            found = outbox.orphans(connection, run.name, run.id, tasks.rank, tasks.object)
            outbox.withdraw(connection, run.name, run.id, tasks.rank, tasks.object, [key for key, _ in found])

    def _match_waiting(self) -> None:
        run, done = self._run, 0
        listing: Listing | None = None
        place: str | None = ""
        with ExitStack() as while_needed:
            while place is not None:
                with run.ledger.read() as connection:
                    if not place and not matching.any_waiting(connection, run.name, run.id):
                        return
                    claims, place = matching.undecided(connection, run.name, run.id, place, RESPONSES_AT_ONCE)
                if place is not None and listing is None and self._worth_listing():
                    listing = while_needed.enter_context(self._list())
                for decided in self._decisions(claims, listing=listing):
                    run.step("match.decisions")
                    with run.lease.write() as connection:
                        matching.store(connection, run.name, run.id, to_text(run.now), decided)
                    done += decided.num_rows
                    run.progress.step("match", done, None)
        run.step("match.settle")
        with run.lease.write() as connection:
            self._settle(connection)

    def _worth_listing(self) -> bool:
        """Tell whether so many wait that every record is read, and read again for the next of them."""
        return isinstance(self._directory, Listable) and self._directory.worth_listing(RESPONSES_AT_ONCE)

    def _list(self) -> Listing:
        assert isinstance(self._directory, Listable)
        self._run.step("match.find")
        return Listing(self._directory.everything(), self._rules, self._settings)

    def _match_held(self, version: str) -> int:
        """A held respondent is tried again when the directory says that records may have changed."""
        run, reopened, after = self._run, 0, ""
        while True:
            with run.ledger.read() as connection:
                creating = bool(run.mapping.creates_by)
                claims = matching.held(connection, run.name, run.id, after, RESPONDENTS_AT_ONCE, unmade=creating)
                if not claims.num_rows:
                    break
                before = matching.prior(connection, run.name, claims.column("respondent").to_pylist())
            for decided in self._decisions(claims, unmade(before) if creating else before):
                reopened += self._decided_again(decided, before)
            if claims.num_rows < RESPONDENTS_AT_ONCE:
                break
            after = claims.column("respondent")[-1].as_py()
        run.step("match.version")
        with run.lease.write() as connection:
            inbox.move_cursor(connection, run.name, matching.DIRECTORY, version)
            matching.acted_upon(connection, run.name, run.id)
        return reopened

    def _decided_again(self, decided: pa.Table, before: pa.Table) -> int:
        run = self._run
        names = ("outcome", "reason", "candidates")
        was = {respondent: values for respondent, *values in tuples(before, ("respondent", *names))}
        now = tuples(decided, ("respondent", *names))
        changed = decided.filter(pa.array([was[respondent] != values for respondent, *values in now], pa.bool_()))
        if not changed.num_rows:
            return 0
        run.step("match.again")
        with run.lease.write() as connection:
            matching.store(connection, run.name, run.id, to_text(run.now), changed)
            if run.mapping.creates_by:  # whoever was to be made is there after all
                these = pc.is_in(before["respondent"], value_set=changed["respondent"].combine_chunks())
                self._relinker.forget(connection, not_made(before.filter(these)))
            reopened = matching.reopen(connection, run.name, run.id, changed.column("respondent").to_pylist())
            inbox.entered(connection, run.id, reopened)
            self._settle(connection)
        return reopened

    def _decisions(
        self, claims: pa.Table, before: pa.Table | None = None, *, listing: Listing | None = None
    ) -> Iterator[pa.Table]:
        yield from self._decide(claims, before, self._find, listing)

    def _decide_moved(self, claims: pa.Table, before: pa.Table, find: Find) -> Iterator[pa.Table]:
        yield from self._decide(claims, before, find, None)

    def _decide(
        self, claims: pa.Table, before: pa.Table | None, find: Find, listing: Listing | None
    ) -> Iterator[pa.Table]:
        if not claims.num_rows:
            return
        with self._run.ledger.read() as connection:
            human = matching.human(connection, self._run.name)
        given = (claims, find, self._rules, self._settings, before, human)
        yield from map(self._by_policy, self._run.work.decisions(*given, find=find, listing=listing))

    def _find(self, keys: pa.Table) -> Iterator[pa.Table]:
        if keys.num_rows:
            self._run.step("match.find")
            yield from self._directory.find(keys)

    def _by_policy(self, decided: pa.Table) -> pa.Table:
        """Apply the mapping's `on_none` and `on_many` to what identity held."""
        mapping = self._run.mapping
        if mapping.on_none == "hold" and mapping.on_many == "hold" and not self._persons.can:
            return decided
        rows = decided.to_pylist()
        nobody = {row["person"] for row in rows if row["outcome"] == "held" and row["reason"] == "none"}
        found = self._persons.find(nobody)
        for row in rows:
            if row["outcome"] != "held":
                continue
            if row["reason"] == "none" and row["person"] in found:
                row.update(by_person(found[row["person"]]))
            if row["reason"] == "none" and mapping.on_none == "create":
                row |= {"outcome": "matched", "rule": "create", "object": mapping.object, "record": row["person"]}
            elif (row["reason"] == "none" and mapping.on_none == "skip") or (
                row["outcome"] == "held" and row["reason"] != "none" and mapping.on_many == "skip"
            ):
                row["outcome"] = "excluded"
        return pa.Table.from_pylist(rows, schema=decided.schema)
