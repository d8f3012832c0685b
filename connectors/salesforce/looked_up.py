"""Rows whose records Salesforce cannot upsert: looked up first, then updated by id or made.

Making a record twice makes two of them, so a row is never sent a second time on a guess: where its answer was lost, or
Salesforce says that there is one already, the record is looked up again. What is not there then stays unknown, for it
may be on its way; the next run looks once more.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from connectors.batching import WRITTEN, Verdict
from connectors.contract import Applied
from connectors.errors import ConnectorError
from connectors.salesforce.collections import ID, Target, apply
from connectors.salesforce.keys import key_of
from connectors.values import Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.salesforce.collections import Row
    from connectors.salesforce.reading import Reader
    from connectors.salesforce.session import Session
    from connectors.salesforce.spool import Spool

#: Rows that are looked up together.
AT_ONCE = 10_000
#: More than one record holds a key, so none of them is written: nothing is guessed.
SEVERAL = Verdict(OutcomeKind.CONFLICT, "DUPLICATE_EXTERNAL_ID")
_DEFERRED = Verdict(OutcomeKind.DEFERRED)
_DOUBTFUL = frozenset({OutcomeKind.UNKNOWN, OutcomeKind.CONFLICT})


def write(session: Session, reader: Reader, spool: Spool) -> Applied:
    """Write the rows of *spool*, some thousand at a time, and account for each."""
    written, others = 0, list[Outcome]()
    stopped: ConnectorError | None = None
    for rows in _parts(spool):
        part = _Part(session, reader, spool, rows)
        if stopped is None:
            stopped = part.write()
        for id_, verdict in part.verdicts.items():
            if verdict.kind is OutcomeKind.WRITTEN:
                written += 1
            else:
                others.append(
                    Outcome(object=spool.object, id=id_, kind=verdict.kind, code=verdict.code, fields=verdict.fields)
                )
    return Applied(written=written, others=others, stopped=stopped)


def _parts(spool: Spool) -> Iterator[dict[str, Row]]:
    rows = spool.named()
    while part := dict(islice(rows, AT_ONCE)):
        yield part


class _Part:
    """Some rows on their way.

    Args:
        session: Of the org.
        reader: Of the same.
        spool: Where the rows lie.
        rows: Values by the row's name.
    """

    def __init__(self, session: Session, reader: Reader, spool: Spool, rows: Mapping[str, Row]) -> None:
        self._session = session
        self._reader = reader
        self._kind = spool.kind
        self._object = spool.target.object
        self._key = key_of(spool.kind, spool.target.parts, session.where)
        self._rows = rows
        #: The first row of each key.
        self._firsts: dict[tuple[str, ...], str] = {}
        #: What became of each row; not tried, until something did.
        self.verdicts: dict[str, Verdict] = dict.fromkeys(rows, _DEFERRED)

    def write(self) -> ConnectorError | None:
        """Write the rows; return why some were left."""
        try:
            found = self._found(list(self._rows))
            stopped = self._make([id_ for id_ in self._rows if id_ not in found and self._is_first(id_)])
            said = self.verdicts.items()
            doubtful = [id_ for id_, verdict in said if verdict.kind in _DOUBTFUL and verdict != SEVERAL]
            if doubtful and stopped is None:
                found |= self._found(doubtful)
            return stopped or self._update(found)
        except ConnectorError as error:
            return error

    def _found(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the records that hold each key, where that is one record; several are a conflict."""
        held = self._reader.ids(self._kind, self._key, ids)
        self.verdicts |= {id_: SEVERAL for id_, records in held.items() if len(records) > 1}
        return {id_: records[0] if len(records) == 1 else "" for id_, records in held.items()}

    def _is_first(self, id_: str) -> bool:
        """Tell whether no row before this one has the same key, spelt otherwise: two would be made."""
        values = self._key.values(id_)
        same = values is None or self._firsts.setdefault(self._key.folded(values), id_) == id_
        if not same:
            self.verdicts[id_] = SEVERAL
        return same

    def _make(self, ids: Sequence[str]) -> ConnectorError | None:
        rows: list[Row] = [{name: value for name, value in self._rows[id_].items() if value is not None} for id_ in ids]
        return self._send(Target(object=self._object, key=""), ids, rows)

    def _update(self, found: Mapping[str, str]) -> ConnectorError | None:
        """Update the records that were found, leaving alone what is set once and what they were found by."""
        own = set(self._key.names)
        open_ = {each.name for each in self._kind.columns.values() if each.updateable} - own
        changes = {
            id_: {ID: record, **{name: value for name, value in self._rows[id_].items() if name in open_}}
            for id_, record in found.items()
            if record
        }
        self.verdicts |= {id_: WRITTEN for id_, row in changes.items() if len(row) == 1}
        sent = {id_: row for id_, row in changes.items() if len(row) > 1}
        return self._send(Target(object=self._object, key=ID), list(sent), list(sent.values()))

    def _send(self, target: Target, ids: Sequence[str], rows: Sequence[Row]) -> ConnectorError | None:
        if not rows:
            return None
        sent = apply(self._session, target, rows)
        self.verdicts.update(zip(ids, sent.verdicts, strict=True))
        return sent.stopped
