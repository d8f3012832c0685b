"""Which records were merged or deleted since a run before: see `Moves` in `connectors.contract`.

Merges are searched for: records that took others in and changed since then. Deletions leave no trace in search, and
the recycle bin has no filter by time and lists by id, so its pages are read in turn, some of them in each call: a
deletion is told when its page comes by, in a small account at once, in one that empties thousands of records a day
some runs later (writing to such a record says `Gone` at once all the same).

What nobody can see: a record that was erased for good (GDPR), or that left the bin after 90 days without its page
having come by; and what was restored from the bin.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from connectors.hubspot.batches import held_by, results
from connectors.hubspot.properties import ID, MERGED, Property
from connectors.hubspot.searching import Search
from connectors.values import Moved, RecordRef

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.hubspot.batches import Batches
    from connectors.hubspot.paths import Paths
    from connectors.hubspot.session import Session

#: Pages of the recycle bin in one call, of a hundred records each.
PAGES = 5
#: How far the index of search may be behind: its maker says seconds, testers have waited fifty.
LAG = timedelta(minutes=5)
#: Moves remembered as told; beyond that some are told twice.
REMEMBERED = 500
#: Turns the times of replies, with or without milliseconds, into one form that can be compared.
_time = Property(name="", type="datetime").held()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where we are: HubSpot's own times and ids, never our clock's."""

    #: The latest change of those records that search has told us of.
    changed: str = ""
    #: The page of the recycle bin that comes next; empty: the first.
    page: str = ""
    #: What was archived before is told: the latest time in the rounds through the bin before the last one. What was
    #: archived during the last round may stand on a page that it had passed.
    archived: str = ""
    #: The latest time in the last whole round, and so far in this one.
    last_round: str = ""
    this_round: str = ""
    #: What was told, the latest last; digests, for nobody's id may stay in a cursor when the person is forgotten.
    told: Sequence[str] = ()

    @classmethod
    def of(cls, cursor: str) -> Mark:
        return cls(**json.loads(cursor))

    def cursor(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Moving:
    """Asks for the moves of one object.

    Args:
        session: The account.
        paths: Of its API.
        batches: Its reads.
        object: The object.
        changed: The property that says when a record changed last.
    """

    session: Session
    paths: Paths
    batches: Batches
    object: str
    changed: str

    def moves(self, cursor: str | None) -> tuple[Sequence[Moved], str]:
        """See `Moves.moves`."""
        if cursor is None:
            return (), self._here().cursor()
        mark = Mark.of(cursor)
        merged, mark = self._merged(mark)
        deleted, mark = self._deleted(mark)
        found = {_name(each): each for each in (*merged, *deleted)}
        news = {name: each for name, each in found.items() if name not in mark.told}
        kept = [*(name for name in mark.told if name not in news), *news][-REMEMBERED:]
        return list(news.values()), replace(mark, told=kept).cursor()

    def _here(self) -> Mark:
        told = Search(self.session, self.paths, self.object, [self.changed]).newest(self.changed)
        newest = max((_stamp(held_by(each).get(self.changed)) for each in results(told)), default="")
        # Whatever is in the bin already was archived, as far as anybody can tell, before the newest change or is news.
        return Mark(changed=newest, archived=newest, last_round=newest, this_round=newest)

    def _merged(self, mark: Mark) -> tuple[list[Moved], Mark]:
        group = [{"propertyName": MERGED, "operator": "HAS_PROPERTY"}]
        if mark.changed:
            group.append({"propertyName": self.changed, "operator": "GTE", "value": _lagging(mark.changed)})
        found, newest = list[Moved](), mark.changed
        for page in Search(self.session, self.paths, self.object, [MERGED, self.changed]).all([group]):
            for record in page:
                values, own = held_by(record), str(record.get("id"))
                newest = max(newest, _stamp(values.get(self.changed)))
                old = (each for each in str(values.get(MERGED) or "").split(";") if each and each != own)
                found += [self._moved(each, own) for each in old]
        return found, replace(mark, changed=newest)

    def _deleted(self, mark: Mark) -> tuple[list[Moved], Mark]:
        """Return those on the next pages of the bin that came into it since the last round but one."""
        known, since = {name.partition(">")[0] for name in mark.told}, mark.archived
        ids = list[str]()
        for _ in range(PAGES):
            page, mark = self._page(mark)
            ids += [str(each.get("id")) for each in page if _stamp(each.get("archivedAt")) >= since]
            if not mark.page:
                break
        fresh = [each for each in ids if _digest(each) not in known]
        # A record that was merged into another may lie in the bin as well: its id leads to the survivor.
        living = self._survivors(fresh)
        return [self._moved(each, living.get(each)) for each in fresh], mark

    def _page(self, mark: Mark) -> tuple[list[Mapping[str, Any]], Mark]:
        path = self.paths.archived(self.object, ID, mark.page)
        told = self.session.read(path, what=f"look at deleted {self.object}")
        page, after = results(told), _after(told)
        newest = max([mark.this_round, *(_stamp(each.get("archivedAt")) for each in page)])
        if after:
            return page, replace(mark, page=after, this_round=newest)
        return page, replace(mark, page="", archived=mark.last_round, last_round=newest, this_round=newest)

    def _survivors(self, ids: Sequence[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for record in self.batches.read(self.object, ids, [MERGED]) if ids else ():
            own = str(record.get("id"))
            for old in str(held_by(record).get(MERGED) or "").split(";"):
                if old != own:
                    found[old] = own
        return found

    def _moved(self, old: str, new: str | None) -> Moved:
        survivor = None if new is None else RecordRef(object=self.object, id=new)
        return Moved(old=RecordRef(object=self.object, id=old), new=survivor)


def _stamp(told: object) -> str:
    return str(_time(told if isinstance(told, str) else None) or "")


def _lagging(stamp: str) -> str:
    """Return a moment that many seconds before *stamp*, in the milliseconds that search compares with.

    >>> _lagging("2026-01-31T09:30:00.000Z")
    '1769851500000'
    """
    return str(int((datetime.fromisoformat(stamp) - LAG).timestamp() * 1000))


def _name(moved: Moved) -> str:
    return f"{_digest(moved.old.id)}>{_digest(moved.new.id) if moved.new is not None else ''}"


def _digest(id_: str) -> str:
    return blake2b(id_.encode(), digest_size=8).hexdigest()


def _after(told: object) -> str:
    paging = told.get("paging") if isinstance(told, dict) else None
    return str((paging.get("next") or {}).get("after") or "") if isinstance(paging, dict) else ""
