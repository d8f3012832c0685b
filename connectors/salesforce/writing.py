"""Spools to their ends: few rows by collections, many by Bulk jobs, and every row accounted for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.contract import Applied
from connectors.errors import ConnectorError, Deferred, Refused, SchemaDrift, Unknown
from connectors.salesforce import collections, looked_up
from connectors.salesforce.bulk_results import results
from connectors.salesforce.collections import ID, Target
from connectors.salesforce.keys import key_of
from connectors.salesforce.looked_up import SEVERAL
from connectors.values import Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from connectors.salesforce.bulk import Ingest
    from connectors.salesforce.collections import Row
    from connectors.salesforce.reading import Reader
    from connectors.salesforce.session import Session
    from connectors.salesforce.spool import CsvFile, Spool
    from connectors.verdicts import Verdict

#: Rows above which a Bulk job costs fewer calls than collections (design facts, section E; also Salesforce's advice).
BULK_ABOVE = 2_000
#: Rows with the same systemic trouble that are no accident of these rows.
NO_ACCIDENT = 3


@dataclass(slots=True)
class _Tally:
    """What became of one spool's rows."""

    object: str
    written: int = 0
    others: list[Outcome] = field(default_factory=list)
    stopped: ConnectorError | None = None

    def all(self, ids: Iterable[str], kind: OutcomeKind) -> None:
        self.others += [Outcome(object=self.object, id=id_, kind=kind) for id_ in ids]

    def take(self, applied: Applied) -> None:
        self.written += applied.written
        self.others += applied.others
        self.stopped = self.stopped or applied.stopped


class Writer:
    """Writes to one org.

    Args:
        session: Of the org.
        ingest: Of the same.
        reader: Of the same; finds the ids of what is deleted by another key.
        bulk_above: See `BULK_ABOVE`.
    """

    def __init__(self, session: Session, ingest: Ingest, reader: Reader, *, bulk_above: int = BULK_ABOVE) -> None:
        self._session = session
        self._ingest = ingest
        self._reader = reader
        self._bulk_above = bulk_above

    def deliver(self, spools: Sequence[Spool]) -> Applied:
        """Write what *spools* hold, one after the other.

        Raises:
            ConnectorError: Nothing was applied.
        """
        self._ingest.settle()
        written, others, stopped = 0, list[Outcome](), None
        for spool in spools:
            tally = _Tally(spool.object, others=list(spool.refused))
            if stopped is None:
                self._deliver(spool, tally)
                stopped = tally.stopped
            else:
                tally.all(spool.ids(), OutcomeKind.DEFERRED)
            written += tally.written
            others += tally.others
        self._ingest.forget_earlier()
        if stopped is not None and not written and all(each.kind is OutcomeKind.DEFERRED for each in others):
            raise stopped
        return Applied(written=written, others=others, stopped=stopped)

    def _deliver(self, spool: Spool, tally: _Tally) -> None:
        if spool.target.delete:
            self._delete(spool, tally)
        elif spool.target.parts:
            tally.take(looked_up.write(self._session, self._reader, spool))
        elif spool.rows - len(spool.unfit) > self._bulk_above:
            again = self._bulk(spool, tally)
            if tally.stopped is None:
                self._few(spool, tally, again | spool.unfit)
            else:
                tally.all(again | spool.unfit, OutcomeKind.DEFERRED)
        else:
            self._few(spool, tally, None)

    def _few(self, spool: Spool, tally: _Tally, only: Collection[str] | None) -> None:
        """Write rows by collections; *only* those with these keys."""
        if only is not None and not only:
            return
        rows = list(spool.records(only))
        sent = collections.apply(self._session, spool.target, rows)
        tally.take(sent.applied(spool.object, [str(row[spool.target.key]) for row in rows]))

    def _bulk(self, spool: Spool, tally: _Tally) -> set[str]:
        """Write rows by Bulk jobs; return the keys of the few that are worth another try by collections."""
        again: set[str] = set()
        for file in spool.csv_files():
            if tally.stopped is not None:
                tally.all(spool.keys(file.first, file.last), OutcomeKind.DEFERRED)
                continue
            try:
                again |= self._job(spool, file, tally)
            except Unknown:
                tally.all(spool.keys(file.first, file.last), OutcomeKind.UNKNOWN)
            except (Deferred, Refused, SchemaDrift) as error:
                tally.stopped = error
                tally.all(spool.keys(file.first, file.last), OutcomeKind.DEFERRED)
        return again

    def _job(self, spool: Spool, file: CsvFile, tally: _Tally) -> set[str]:
        target = spool.target
        job = self._ingest.run(target, file)
        try:
            told = results(self._session, target, job, file.rows, lambda: spool.keys(file.first, file.last))
        except Deferred as error:  # the rows may have been written; the job is looked up again by the next run
            raise Unknown(f"{self._session.where}: the results of a job could not be read", code="E501") from error
        self._ingest.read(job.id)
        tally.stopped = _systemic(self._session.where, told.others)
        waiting = {key for key, verdict in told.others.items() if verdict.kind is OutcomeKind.DEFERRED}
        again = waiting if len(waiting) <= self._bulk_above and tally.stopped is None else set()
        tally.written += told.written
        for key, verdict in told.others.items():
            if key not in again:
                kind = OutcomeKind.DEFERRED if verdict.systemic and tally.stopped else verdict.kind
                tally.others.append(
                    Outcome(object=spool.object, id=key, kind=kind, code=verdict.code, fields=verdict.fields)
                )
        return again

    def _delete(self, spool: Spool, tally: _Tally) -> None:
        """Delete by id; what is not there any longer is as it should be."""
        target, keys = spool.target, spool.ids()
        ids: Mapping[str, str] = {key: key for key in keys}
        if not target.by_id:
            key = key_of(spool.kind, target.parts or (target.key,), self._session.where)
            try:
                held = self._reader.ids(spool.kind, key, keys)
            except ConnectorError as error:  # others may be written already
                tally.stopped = error
                tally.all(keys, OutcomeKind.DEFERRED)
                return
            ids = {key: records[0] for key, records in held.items() if len(records) == 1}
            several = [key for key, records in held.items() if len(records) > 1]
            tally.others += [
                Outcome(object=spool.object, id=each, kind=SEVERAL.kind, code=SEVERAL.code) for each in several
            ]
            tally.written += len(set(keys)) - len(held)
        rows: list[Row] = [{ID: id_} for id_ in ids.values()]
        sent = collections.apply(self._session, Target(object=target.object, key=ID, delete=True), rows)
        applied = sent.applied(spool.object, list(ids))
        gone = [each for each in applied.others if each.kind is OutcomeKind.GONE]
        others = [each for each in applied.others if each.kind is not OutcomeKind.GONE]
        tally.take(Applied(written=applied.written + len(gone), others=others, stopped=applied.stopped))


def _systemic(where: str, verdicts: Mapping[str, Verdict]) -> ConnectorError | None:
    """Return what to stop for, where the same trouble stands in many rows and none of them is to blame."""
    found = [verdict for verdict in verdicts.values() if verdict.systemic]
    if len(found) < NO_ACCIDENT:
        return None
    first = found[0]
    named = f" ({', '.join(first.fields)})" if first.fields else ""
    return SchemaDrift(
        f"{where} refuses record after record: {first.code}{named}",
        next_step="Check that the fields exist and that the integration user may edit them.",
    )
