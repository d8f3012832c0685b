"""Pull: from a source's pages into the ledger, rows and cursor in one transaction.

Deciding what a row is (new, edited, unchanged, a duplicate) is `sort_out`, pure; storing it is one transaction a page.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from json import JSONEncoder
from typing import TYPE_CHECKING, NamedTuple

from connectors.characters import is_sound
from connectors.contract import Page
from sync import sent
from sync.clean import LONGEST_ID, category_disagrees, clean_comment, content_hash, kept
from sync.hints import pages_of
from sync.identity.claims import respondent_of
from sync.keeping import TRIMMED
from sync.ledger import edits, forgotten, inbox, sizes
from sync.ledger.inbox import Incoming
from sync.poison import sound
from sync.report import State
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.contract import SurveySource
    from connectors.errors import ConnectorError
    from connectors.values import Reject, SurveyResponse
    from sync.identity.claims import Claims
    from sync.ledger.forgotten import Forgotten
    from sync.ledger.inbox import Known
    from sync.run import Run


#: Rows stored in one transaction: few commits, and a bounded loss of work when the process dies.
ROWS_AT_ONCE = 25_000


class Batch(NamedTuple):
    """Responses as the ledger would hold them if they were new, in their order, and what was noticed on the way."""

    rows: list[Incoming]
    #: Respondent → claims.
    claims: dict[str, Claims]
    #: Rows whose own category is not the one their score gives.
    disagreeing: int


@dataclass(slots=True)
class Sorted:
    """A batch's responses by what must be done with them."""

    store: dict[str, Incoming] = field(default_factory=dict)
    #: Stored already, but new to this mapping.
    queue: list[str] = field(default_factory=list)
    #: Respondents that lost a response to another respondent.
    former: list[str] = field(default_factory=list)
    counts: Counter[tuple[State, str]] = field(default_factory=Counter)

    def edited(self) -> list[str]:
        """Return the keys of those that replace an earlier version."""
        return [row.key for row in self.store.values() if row.version > 1]


@dataclass(slots=True)
class Pulled:
    """What a pull found, for the report."""

    rows: int = 0
    #: Rows whose own category is not the one their score gives.
    disagreeing: int = 0
    refused: list[ConnectorError] = field(default_factory=list)
    #: When the ledger was relieved last of what is too old, empty: never; None: it was not looked up.
    trimmed: str | None = None
    #: Who was forgotten, asked once a run; none: not asked yet, or nobody.
    forgotten: list[Forgotten | None] = field(default_factory=list)


def batch_of(source: str, responses: Iterable[SurveyResponse]) -> Batch:
    """Return the rows that *responses* of *source* make.

    Raises:
        ValueError: A text holds what cannot be kept; see `kept`.
    """
    rows: list[Incoming] = []
    claims: dict[str, Claims] = {}
    disagreeing = 0
    for response in responses:
        if response.vendor_category is not None:
            disagreeing += category_disagrees(response)
        claim = respondent_of(response)
        respondent = claim.respondent
        claims[respondent] = claim
        comment = clean_comment(response.comment)
        responded_at = to_text(response.responded_at)
        rows.append(
            Incoming(
                f"{source}:{response.response_id}",
                source,
                response.response_id,
                1,
                content_hash(response, comment, respondent, responded_at),
                response.survey,
                str(response.survey_kind),
                response.score,
                comment,
                responded_at,
                None if response.updated_at is None else to_text(response.updated_at),
                respondent,
                _json(dict(response.extra)) if response.extra else None,
                response.place.file,
                response.place.row,
            )
        )
    names = "".join([row.key for row in rows]) + "".join({row.file for row in rows})
    if not is_sound(names) or max(map(len, (row.response_id for row in rows)), default=0) > LONGEST_ID:
        raise ValueError("NUL or half a surrogate pair, or an id without end")
    return Batch(rows, claims, disagreeing)


_json = JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def sort_out(rows: Sequence[Incoming], stored: Mapping[str, Known], *, run: str) -> Sorted:
    """Decide for each row of a batch; of two versions in one run the later counts, whatever their order."""
    result = Sorted()
    store = result.store
    for row in rows:
        store[row.key] = row
    if len(store) == len(rows) and store.keys().isdisjoint(stored):
        return result
    # Some are known: those are weighed one by one.
    again = Counter(row.key for row in rows)
    weighed = [row for row in rows if again[row.key] > 1 or row.key in stored]
    for row in weighed:
        store.pop(row.key, None)
    weigh(weighed, stored, run, result)
    return result


def weigh(rows: Sequence[Incoming], stored: Mapping[str, Known], run: str, result: Sorted) -> None:
    """Decide for *rows* one by one, each against what is stored and what came before it."""
    store, seen = result.store, dict(stored)
    for row in rows:
        key = row.key
        earlier = store.get(key)
        before = seen.get(key) if earlier is None else earlier.known(run)
        if before is None:
            store[key] = row
            continue
        in_run = before.pending and before.run == run
        if before.content_hash == row.content_hash:
            if in_run:
                result.counts[State.SKIPPED, "duplicate"] += 1
            elif before.run is not None:
                result.counts[State.UNCHANGED, ""] += 1
            else:
                result.queue.append(key)
                seen[key] = before._replace(run=run, pending=True)
            continue
        if in_run:
            result.counts[State.SKIPPED, "duplicate"] += 1
            if _moment(row) < _moment(before):
                continue
        elif row.updated_at and before.updated_at and row.updated_at < before.updated_at:
            result.counts[State.SKIPPED, "superseded"] += 1
            continue
        if before.respondent != row.respondent:
            result.former.append(before.respondent)
        store[key] = row._replace(version=before.version + 1)
    _take_back(stored, result)


def _take_back(stored: Mapping[str, Known], result: Sorted) -> None:
    """Store nothing anew that ends as it was: a source that tells two versions tells both when it is read again."""
    for key in [key for key in result.store if key in stored]:
        if stored[key].content_hash != result.store[key].content_hash:
            continue
        del result.store[key]
        if stored[key].run is None:
            result.queue.append(key)
        else:
            result.counts[State.UNCHANGED, ""] += 1


def _moment(version: Incoming | Known) -> tuple[str, str, str]:
    """Return what orders two versions of a response; equal only where all else is."""
    return version.updated_at or "", version.responded_at, version.content_hash


def pull(run: Run, source: SurveySource, *, limit: int | None = None, only_told: bool = False) -> Pulled:
    """Store everything new that *source* has, some pages at a time, at most *limit* rows; see `pages_of`."""
    pulled = Pulled()
    with run.ledger.read() as connection:
        cursors = inbox.cursors(connection, run.name)
    pulled.trimmed = cursors.get(TRIMMED, "")
    waiting: list[Page] = []
    for whole in pages_of(run, source, cursors, only_told=only_told):
        left = None if limit is None else limit - pulled.rows
        page = whole if left is None or whole.rows <= left else _first(whole, left)
        if page.refused is not None:
            pulled.refused.append(page.refused)
        run.notes.extend(note for note in page.notes if note not in run.notes)
        waiting.append(page)
        pulled.rows += page.rows
        if sum(each.rows + len(each.sends) for each in waiting) >= ROWS_AT_ONCE:
            _store(run, waiting, pulled)
            waiting = []
        if left is not None and page.rows >= left:
            run.notes.append(f"stopped after {pulled.rows} rows as --limit asked; the rest is read next time")
            break
    if waiting:
        _store(run, waiting, pulled)
    if pulled.disagreeing:
        run.notes.append(f"{pulled.disagreeing} rows carry a category that their score does not give; ours is computed")
    return pulled


def _first(page: Page, rows: int) -> Page:
    """The first *rows* rows of a page, without its cursor: the page is read again next time."""
    responses = page.responses[:rows]
    rejects = page.rejects[: rows - len(responses)]
    skips = page.skips[: rows - len(responses) - len(rejects)]
    return Page(stream=page.stream, responses=responses, rejects=rejects, skips=skips, cursor=None)


def _batch(source: str, responses: Sequence[SurveyResponse]) -> tuple[Batch, list[Reject]]:
    """Return the rows that *responses* make, and a reject for each that makes none."""
    try:
        return batch_of(source, responses), []
    except Exception:  # noqa: BLE001 - whatever one row does must not hold up the others
        good, rejects = sound(responses, lambda some: batch_of(source, map(kept, some)))
        return batch_of(source, map(kept, good)), rejects


def _unless_forgotten(connection: Connection, batch: Batch, pulled: Pulled) -> Sequence[Incoming]:
    """Return the rows that are of nobody who was forgotten: of those nothing is kept, not even that they came."""
    if batch.rows and not pulled.forgotten:
        pulled.forgotten.append(forgotten.known(connection))
    known = pulled.forgotten[0] if pulled.forgotten else None
    return batch.rows if known is None else known.without(batch.rows, batch.claims)


def _store_sends(connection: Connection, run: Run, pages: Sequence[Page], pulled: Pulled) -> None:
    """Store who was asked."""
    found = [send for page in pages for send in page.sends]
    if not found:
        return
    if not pulled.forgotten:
        pulled.forgotten.append(forgotten.known(connection))
    sent.store(connection, run, found, pulled.forgotten[0])


def _read_again(page: Page) -> set[str]:
    """Return the places of which earlier rejects are forgotten: a file, or each row of a service by its own."""
    first = [each.place for each in page.responses[:1]] + [each.place for each in page.skips[:1]]
    if not any(place.row is None for place in first):
        return {page.stream}
    return {page.stream, *(each.place.file for each in page.responses), *(each.place.file for each in page.skips)}


def _store(run: Run, pages: Sequence[Page], pulled: Pulled) -> None:
    """Store pages with their cursors in one transaction."""
    source = run.mapping.from_
    batch, rejects = _batch(source, [response for page in pages for response in page.responses])
    rejects += [reject for page in pages for reject in page.rejects]
    run.step("pull.pages")
    with run.lease.write() as connection:
        rows = _unless_forgotten(connection, batch, pulled)
        stored = inbox.known(connection, run.name, [row.key for row in rows])
        result = sort_out(rows, stored, run=run.id)
        result.counts[State.SKIPPED, "forgotten"] += len(batch.rows) - len(rows)
        inbox.store(connection, run.name, run.id, result.store.values(), batch.claims)
        edits.replaced(connection, run.name, result.edited(), result.former)
        inbox.queue(connection, run.name, run.id, result.queue)
        read = sorted({place for page in pages if page.rows for place in _read_again(page)})
        inbox.forget_rejects(connection, run.name, {run.id, *run.resumes}, read)
        inbox.store_rejects(connection, run.name, run.id, source, rejects)
        result.counts.update((State.REJECTED, reject.reason) for reject in rejects)
        result.counts.update((State.SKIPPED, skip.reason) for page in pages for skip in page.skips)
        inbox.count(connection, run.id, result.counts)
        inbox.entered(connection, run.id, sum(page.rows for page in pages))
        _store_sends(connection, run, pages, pulled)
        sizes.saw(connection, run.name, {page.stream: page.whole for page in pages if page.whole is not None})
        for page in pages:
            if page.cursor is not None:
                inbox.move_cursor(connection, run.name, page.stream, page.cursor)
    pulled.disagreeing += batch.disagreeing
    run.progress.step("pull", pulled.rows, None)
