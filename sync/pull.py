"""Pull: from a source's pages into the ledger, rows and cursor in one transaction.

Deciding what a row is (new, edited, unchanged, a duplicate) is `sort_out`, pure; storing it is one transaction a page.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.contract import Page
from sync.clean import category_disagrees, clean, content_hash
from sync.identity.claims import respondent_of
from sync.ledger import inbox, matching
from sync.ledger.inbox import Incoming, Known
from sync.report import State
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.contract import SurveySource
    from connectors.errors import ConnectorError
    from connectors.values import SurveyResponse
    from sync.identity.settings import IdentitySettings
    from sync.run import Run


#: Rows stored in one transaction: few commits, and a bounded loss of work when the process dies.
ROWS_AT_ONCE = 25_000


@dataclass(slots=True)
class Sorted:
    """A page's responses by what must be done with them."""

    store: dict[str, Incoming] = field(default_factory=dict)
    #: Stored already, but new to this mapping.
    queue: list[str] = field(default_factory=list)
    #: Respondents that lost a response to another respondent.
    former: list[str] = field(default_factory=list)
    counts: Counter[tuple[State, str]] = field(default_factory=Counter)
    disagreeing: int = 0


@dataclass(slots=True)
class Pulled:
    """What a pull found, for the report."""

    rows: int = 0
    #: Rows whose own category is not the one their score gives.
    disagreeing: int = 0
    refused: list[ConnectorError] = field(default_factory=list)


def sort_out(
    responses: Sequence[tuple[str, SurveyResponse]],
    stored: Mapping[str, Known],
    *,
    source: str,
    run: str,
    settings: IdentitySettings,
) -> Sorted:
    """Decide for each (key, response) of a page; of two versions in one run the later counts, whatever their order."""
    result = Sorted()
    store = result.store
    seen = dict(stored)
    for key, raw in responses:
        response = clean(raw)
        if response.vendor_category is not None:
            result.disagreeing += category_disagrees(response)
        claims = respondent_of(response, settings)
        responded = to_text(response.responded_at)
        updated = None if response.updated_at is None else to_text(response.updated_at)
        digest = content_hash(response, claims.respondent, responded)
        earlier = store.get(key)
        before = seen.get(key) if earlier is None else earlier.known(run)
        in_run = before is not None and before.pending and before.run == run
        if before is not None and before.content_hash == digest:
            if in_run:
                result.counts[State.SKIPPED, "duplicate"] += 1
            elif before.run is not None:
                result.counts[State.UNCHANGED, ""] += 1
            else:
                result.queue.append(key)
                seen[key] = before._replace(run=run, pending=True)
            continue
        if before is not None and in_run:
            result.counts[State.SKIPPED, "duplicate"] += 1
            if (updated or "", responded, digest) < (before.updated_at or "", before.responded_at, before.content_hash):
                continue
        elif before is not None and updated and before.updated_at and updated < before.updated_at:
            result.counts[State.SKIPPED, "superseded"] += 1
            continue
        if before is not None and before.respondent != claims.respondent:
            result.former.append(before.respondent)
        version = 1 if before is None else before.version + 1
        store[key] = Incoming(key, source, response, claims, digest, version, responded, updated)
    return result


def pull(run: Run, source: SurveySource, *, settings: IdentitySettings, limit: int | None = None) -> Pulled:
    """Store everything new that *source* has, some pages at a time, at most *limit* rows."""
    pulled = Pulled()
    with run.ledger.read() as connection:
        cursors = inbox.cursors(connection, run.name)
    waiting: list[Page] = []
    for whole in source.pull(cursors):
        left = None if limit is None else limit - pulled.rows
        page = whole if left is None or whole.rows <= left else _first(whole, left)
        if page.refused is not None:
            pulled.refused.append(page.refused)
        run.notes.extend(note for note in page.notes if note not in run.notes)
        waiting.append(page)
        pulled.rows += page.rows
        if sum(each.rows for each in waiting) >= ROWS_AT_ONCE:
            _store(run, waiting, settings, pulled)
            waiting = []
        if left is not None and page.rows >= left:
            run.notes.append(f"stopped after {pulled.rows} rows as --limit asked; the rest is read next time")
            break
    if waiting:
        _store(run, waiting, settings, pulled)
    if pulled.disagreeing:
        run.notes.append(f"{pulled.disagreeing} rows carry a category that their score does not give; ours is computed")
    return pulled


def _first(page: Page, rows: int) -> Page:
    """The first *rows* rows of a page, without its cursor: the page is read again next time."""
    responses = page.responses[:rows]
    rejects = page.rejects[: rows - len(responses)]
    skips = page.skips[: rows - len(responses) - len(rejects)]
    return Page(stream=page.stream, responses=responses, rejects=rejects, skips=skips, cursor=None)


def _store(run: Run, pages: Sequence[Page], settings: IdentitySettings, pulled: Pulled) -> None:
    """Store pages with their cursors in one transaction."""
    source = run.mapping.from_
    keyed = [(f"{source}:{response.response_id}", response) for page in pages for response in page.responses]
    rejects = [reject for page in pages for reject in page.rejects]
    run.step("pull.pages")
    with run.lease.write() as connection:
        stored = inbox.known(connection, run.name, [key for key, _ in keyed])
        result = sort_out(keyed, stored, source=source, run=run.id, settings=settings)
        matching.touch(connection, run.name, result.former)
        inbox.store(connection, run.name, run.id, result.store.values())
        inbox.queue(connection, run.name, run.id, result.queue)
        read = sorted({page.stream for page in pages if page.rows})
        inbox.forget_rejects(connection, run.name, {run.id, *run.resumes}, read)
        inbox.store_rejects(connection, run.name, run.id, source, rejects)
        result.counts.update((State.REJECTED, reject.reason) for reject in rejects)
        result.counts.update((State.SKIPPED, skip.reason) for page in pages for skip in page.skips)
        inbox.count(connection, run.id, result.counts)
        inbox.entered(connection, run.id, sum(page.rows for page in pages))
        for page in pages:
            if page.cursor is not None:
                inbox.move_cursor(connection, run.name, page.stream, page.cursor)
    pulled.disagreeing += result.disagreeing
    run.progress.step("pull", pulled.rows, None)
