"""Histories that once failed, as short as they became; what each of them showed was repaired with a test of its own."""

from __future__ import annotations

from tests.simulation.history import History, Item, Knobs
from tests.simulation.remote import Fault


def _knobs(**own: object) -> Knobs:
    given: dict[str, object] = {
        "persons": 3,
        "page": 50,
        "batch": 3,
        "bulk": True,
        "redirects": True,
        "late_rows": False,
        "echo": False,
        "blocks": (),
        "pause_s": 1.0,
        "known": (0, 1, 2),
        "off": frozenset(),
    }
    return Knobs(**(given | own))  # type: ignore[arg-type] # names are those of Knobs


REGRESSIONS = {
    "a response that is read and taken up again in one run is counted once": History(
        862,
        _knobs(page=1, known=(0,), pause_s=900.0),
        3,
        (
            Item(0, "answer", 0, (169, 8)),
            Item(0, "answer", 0, (798, 2)),
            Item(0, "call", 5, (Fault.QUOTA,)),
            Item(1, "answer", 5, (439, 5)),
            Item(2, "create", 0, (256, 4)),
        ),
    ),
    "a write arrives after a newer one was confirmed": History(
        1045,
        _knobs(persons=2, known=(0, 1), redirects=False),
        2,
        (Item(0, "answer", 2, (480, 4)), Item(0, "answer", 0, (158, 0)), Item(0, "write", 1, (Fault.LATE,))),
    ),
    "a process that lost its lease goes on sending": History(
        620,
        _knobs(page=2, bulk=False, late_rows=True, echo=True, blocks=("responses", "rollup"), pause_s=900.0),
        2,
        (
            Item(0, "answer", 2, (650, 8)),
            Item(0, "answer", 0, (403, 1)),
            Item(0, "answer", 0, (491, 10)),
            Item(0, "crash", 1, ("match.version",)),
            Item(1, "call", 2, (Fault.ERROR,)),
            Item(1, "stall", 1, ("deliver.send",)),
        ),
    ),
    "the record of a response that became nobody's goes although the process died": History(
        8,
        _knobs(known=(0, 1), blocks=("responses", "segments")),
        2,
        (
            Item(0, "answer", 0, (291, 8)),
            Item(1, "reassign", 0, (0, 10)),
            *(Item(1, "commit", number, ("crash after commit",)) for number in (4, 5)),
        ),
    ),
    "a record in doubt is merged into another": History(
        391,
        _knobs(persons=5, batch=1, late_rows=True, blocks=("responses",), pause_s=86_400.0, known=(0, 2, 3, 4)),
        2,
        (
            Item(0, "answer", 0, (77, 0)),
            Item(0, "write", 1, (Fault.OMITTED,)),
            Item(1, "merge", 0, (753, 4)),
        ),
    ),
    "a field goes back to what was confirmed before a lost write": History(
        1566,
        _knobs(persons=2, page=3, batch=2, known=(0, 1), blocks=("responses", "rollup"), pause_s=900.0),
        3,
        (
            Item(0, "answer", 4, (525, 9)),
            Item(0, "answer", 0, (11, 5)),
            Item(1, "write", 2, (Fault.CRASH_AFTER,)),
            Item(2, "tie", 0, (285, 4)),
        ),
    ),
    "a response is edited and withdrawn before anybody read the edit": History(
        108714,
        _knobs(persons=2, page=2, known=(0, 1), blocks=("responses", "segments")),
        3,
        (Item(1, "answer", 0, (525, 1)), Item(2, "edit", 0, (355, 0)), Item(2, "withdraw", 0, (442, 6))),
    ),
    "a record is merged away between its look-up and its membership": History(
        105003,
        _knobs(persons=2, known=(0, 1), redirects=False, blocks=("segments",), pause_s=86_400.0),
        2,
        (Item(0, "answer", 1, (875, 2)), Item(1, "merge", 6, (73, 2))),
    ),
    "a response becomes another person's after the process that wrote it died": History(
        442,
        _knobs(persons=2, known=(0, 1), blocks=("rollup",), pause_s=900.0),
        2,
        (Item(0, "answer", 0, (0, 8)), Item(0, "write", 1, (Fault.CRASH_AFTER,)), Item(1, "reassign", 0, (0, 3))),
    ),
    "a write arrives late, and one field of a newer one is written after it": History(
        1911,
        _knobs(
            persons=4,
            page=2,
            bulk=False,
            redirects=False,
            known=(0, 2),
            blocks=("rollup",),
            pause_s=70.0,
            off=frozenset({"retries"}),
        ),
        3,
        (
            Item(0, "answer", 0, (190, 1)),
            Item(0, "write", 2, (Fault.LATE,)),
            Item(1, "answer", 0, (524, 0)),
            Item(1, "tie", 4, (178, 6)),
        ),
    ),
    "a second process finds a run that slept through its lease in a call": History(
        400739,
        _knobs(persons=4, batch=2, bulk=False, redirects=False, blocks=("responses",), known=(0, 1, 2, 3)),
        2,
        (
            Item(0, "call", 1, (Fault.CRASH_BEFORE,)),
            Item(1, "wait", 3, (647, 2)),
            Item(1, "second", 1, ("match.moves_read",)),
        ),
    ),
}
