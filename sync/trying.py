"""One response on its whole way: shown before it is written, read back afterwards, and taken back.

It goes through the same engine as a sync, as its only response, and is a run of the ledger: `runs`, `explain` and
`undo` know it. The source's cursor does not move, so the next sync reads it again and finds it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.contract import Schema
from connectors.shaping import Makes
from connectors.values import RecordRef
from sync.engine import Choices
from sync.errors import Exit, Problem, UserError
from sync.ledger import outbox, profiles, undos, writes
from sync.mapping.values import same
from sync.needs import IDS
from sync.packed import unpack
from sync.report import Status
from sync.sample import Given
from sync.shapes import Shapes
from sync.undo_report import Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from connectors.contract import Destination, SurveySource
    from connectors.values import FieldValue, SurveyResponse
    from sync.engine import Engine
    from sync.ledger.store import Ledger
    from sync.mapping.schema import Mapping as MappingFile
    from sync.report import FieldChange, RunReport
    from sync.undo import Undoer
    from sync.undo_report import UndoReport

#: Rows of a run's log that are looked at; one response makes a handful.
_MOST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one response would write; nothing was."""

    response: SurveyResponse
    #: Field by field, with what the records hold now.
    changes: Sequence[FieldChange]
    #: Records that are not there yet: (object, record).
    made: frozenset[tuple[str, str]]
    #: Where there is nothing to write: why.
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A field that was written, and what the record holds when it is read again."""

    object: str
    record: str
    field: str
    wanted: FieldValue
    held: FieldValue

    @property
    def holds(self) -> bool:
        return same(self.wanted, self.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote:
    """What became of it."""

    report: RunReport
    checks: Sequence[Check]

    @property
    def run(self) -> str:
        return self.report.run

    @property
    def is_good(self) -> bool:
        return self.report.status is Status.DONE and bool(self.checks) and all(each.holds for each in self.checks)


class Trier:
    """Tries single responses of one mapping.

    Args:
        mapping: The mapping.
        ledger: The ledger; a try is one of its runs.
        destination: Where the records are read before and after.
        engine: Returns the mapping's engine with another source in place of its own.
        undoer: Undoes its runs.
    """

    def __init__(
        self,
        mapping: MappingFile,
        ledger: Ledger,
        destination: Destination,
        engine: Callable[[SurveySource], Engine],
        undoer: Undoer,
    ) -> None:
        self._mapping = mapping
        self._ledger = ledger
        self._destination = destination
        self._engine = engine
        self._undoer = undoer
        #: Fields that hold ids; a lookup takes those of its own objects only, and stays blank with others.
        self._ids = {
            (shape.object, name)
            for shape in Shapes(mapping).all()
            for name, rule in shape.rules.items()
            if rule.from_ in IDS
        }
        #: Objects whose records can be read by the one key that they are written by.
        self._plain = {shape.object for shape in Shapes(mapping).all() if len(shape.key) == 1}

    def look(self, response: SurveyResponse) -> Look:
        """Tell what *response* would write, beside what is there.

        Raises:
            UserError: Writes of an earlier run wait, which would go along.
            ConnectorError: An end of the mapping cannot be asked.
        """
        self._refuse_others()
        self._prepare()
        report = self._engine(Given([response])).sync(Choices(dry_run=True))
        names: dict[RecordRef, list[str]] = {}
        for each in report.changes:
            names.setdefault(RecordRef(object=each.object, id=each.record), []).append(each.field)
        held = {ref: self._read(ref, fields) for ref, fields in names.items()}
        changes = [_beside(each, held[RecordRef(object=each.object, id=each.record)]) for each in report.changes]
        made = frozenset((ref.object, ref.id) for ref, values in held.items() if values is None)
        left = [each for each in changes if not same(each.new, each.old)]
        return Look(response=response, changes=left, made=made, why="" if left else _why(report, changes))

    def write(self, look: Look) -> Wrote:
        """Write what *look* showed, and read every field of it back.

        Raises:
            ConnectorError: An end of the mapping cannot be reached; see `npsync runs`.
        """
        self._refuse_others()
        report = self._engine(Given([look.response])).sync()
        return Wrote(report=report, checks=self._checks(report.run))

    def undo(self, run: str) -> UndoReport:
        """Take the try back, and let the next sync decide anew: nobody has said that the values were wrong.

        Raises:
            UserError: There is nothing of it to undo.
            ConnectorError: The destination cannot be reached; undoing it again goes on.
        """
        report = self._undoer.undo(Wish(run=run))
        if report.status is Status.DONE:
            with self._ledger.write() as connection:
                logged = writes.page(connection, run, ("", ""), _MOST)
                refs = [(each.object, each.record) for each in logged]
                undos.reconsider(connection, self._mapping.name, refs)
                home = [ref for ref in refs if ref[0] in Shapes(self._mapping).records()]
                profiles.touch(connection, self._mapping.name, home)
                rollup = self._mapping.rollup
                accounts = [record for object_, record in refs if rollup is not None and object_ == rollup.object]
                profiles.touch_accounts(connection, self._mapping.name, accounts)
        return report

    def restored(self, look: Look) -> list[Check]:
        """Read back, after an undo, whether the fields hold what they held; records that were made are left out."""
        names: dict[RecordRef, list[FieldChange]] = {}
        for each in look.changes:
            if (each.object, each.record) not in look.made:
                names.setdefault(RecordRef(object=each.object, id=each.record), []).append(each)
        found: list[Check] = []
        for ref, changes in names.items():
            held = self._read(ref, [each.field for each in changes]) or {}
            found += [_check(ref, each.field, each.old, held) for each in changes]
        return found

    def _prepare(self) -> None:
        """Have a CRM check the mapping's objects, fields and keys; tables of ours are made when they are written."""
        if isinstance(self._destination, Schema) and isinstance(self._destination, Makes):
            for shape in Shapes(self._mapping).all():
                self._destination.ensure(shape.object, shape.key_fields(), shape.fields())

    def _refuse_others(self) -> None:
        with self._ledger.read() as connection:
            waiting = outbox.extent(connection, self._mapping.name, Shapes(self._mapping).records()).writes
        if waiting:
            name, many = self._mapping.name, sum(waiting.values())
            what = f"{many:,} writes wait from an earlier run, and a try would send them, too"
            hint = f"Look at them: npsync sync {name} -n. Send them: npsync sync {name}. Then try again."
            raise UserError("E410", Problem(where=f"mapping {name}", what=what, hint=hint), exit_=Exit.STOPPED_BY_GUARD)

    def _checks(self, run: str) -> list[Check]:
        with self._ledger.read() as connection:
            logged = writes.page(connection, run, ("", ""), _MOST)
        found: list[Check] = []
        for each in logged:
            ref, wanted = RecordRef(object=each.object, id=each.record), unpack(each.after) if each.after else {}
            if each.object in self._plain:
                held = self._read(ref, list(wanted)) or {}
                found += [
                    _check(ref, name, value, held)
                    for name, value in wanted.items()
                    if "." not in name and (held.get(name) is not None or (ref.object, name) not in self._ids)
                ]
        return found

    def _read(self, ref: RecordRef, fields: Sequence[str]) -> Mapping[str, FieldValue] | None:
        """Return what a record holds; None where it is not there, or is known by several keys."""
        if ref.object not in self._plain or not self._is_there(ref.object):
            return None
        return self._destination.read([ref], [name for name in fields if "." not in name]).get(ref)

    def _is_there(self, object_: str) -> bool:
        return not isinstance(self._destination, Schema) or bool(self._destination.fields(object_))


def _beside(change: FieldChange, held: Mapping[str, FieldValue] | None) -> FieldChange:
    return replace(change, old=None if held is None else held.get(change.field))


def _check(ref: RecordRef, name: str, wanted: FieldValue, held: Mapping[str, FieldValue]) -> Check:
    return Check(object=ref.object, record=ref.id, field=name, wanted=wanted, held=held.get(name))


def _why(report: RunReport, changes: Sequence[FieldChange]) -> str:
    if changes:
        return "its record holds all of it already"
    rows = report.as_json()
    for state in ("held", "skipped", "rejected"):
        for reason in rows.get(f"{state}_by_reason", {}):
            return f"it would be {state}: {reason}"
    return "it was synced before, and nothing changed since"
