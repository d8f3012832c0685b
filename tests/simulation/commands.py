"""What people ask for between two runs: an undo, a replay, a person forgotten. Each is a process of its own.

One that dies is asked for again, as people do; what it must have done by then is checked on what the CRM and the ledger
hold, not on what it says of itself.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError
from sync.engine import Choices
from sync.errors import UserError
from sync.forgetting import Forgetter
from sync.ledger.failures import Selection
from sync.packed import id_of, unpack
from sync.report import Status
from sync.run import Silent
from sync.undo import Undoer
from sync.undo_report import Wish
from tests.simulation import checks
from tests.simulation.crm import CONTACT, MEMBER, RESPONSE
from tests.simulation.history import Item
from tests.simulation.passing import Crash, Violation
from tests.simulation.setting import NAME, mapping, settings
from tests.simulation.survey import SOURCE, mail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.values import FieldValue
    from sync.undo_report import UndoReport
    from tests.simulation.client import Client
    from tests.simulation.crm import Ref
    from tests.simulation.process import Process
    from tests.simulation.world import World

    Held = dict[Ref, dict[str, FieldValue]]

#: Seconds before a command: what is on its way has arrived then, and the lease of who died is over.
A_WHILE_S = 3_000.0
#: What nobody but a person enters.
BY_HAND = 77


def carry_out(world: World, item: Item) -> None:
    """Do what a person asks for."""
    number, step = int(item.how[0]), str(item.how[1])
    world.time.sleep(A_WHILE_S)
    world.log(f"asked {item.what} {number} {step}")
    COMMANDS[item.what](world, number, step)


def _insist(world: World, step: str, ask: Callable[[Process, Client], None]) -> bool:
    """Ask, and once more where the process died before *step*; tell whether it was done."""
    for stops in ((Item(0, "crash", 1, (step,)),) if step else (), ()):
        process, remote = world.process(stops)
        done = False
        try:
            ask(process, world.client(remote, stops))
            done = True
        except Crash:
            world.log(f"{process.name} died")
        except (ConnectorError, UserError) as error:
            world.log(f"{process.name} ended: {type(error).__name__} {error.code}")
        finally:
            world.ended(process, remote)
        checks.at_any_time(world, process)
        if not process.dead:
            return done
        world.time.sleep(A_WHILE_S)
    return False


def _replay(world: World, number: int, step: str) -> None:
    """Send again what failed: all, what failed for one reason, or one record."""
    rows = "SELECT object, record, code FROM failures WHERE state IN ('open', 'given_up') ORDER BY object, record"
    found = world.bench.look().execute(rows).fetchall()
    if not found:
        return
    _, record, code = found[number % len(found)]
    failed = {record for _, record, _ in found}
    chosen = (Selection(), Selection(code=code), Selection(row=record))[number % 3]
    for stops in ((Item(0, "crash", 1, (step,)),) if step else (), ()):
        pulled, written = len(world.pulled), len(world.crm.written)
        report = world.run(stops, Choices(replay=chosen))
        if len(world.pulled) != pulled:
            raise Violation("REPLAY the source was read")
        for ref in world.crm.written[written:]:
            if ref[0] == CONTACT and ref[1] not in failed:
                raise Violation(f"REPLAY {ref} was written, and had not failed")
        if report is not None:
            return
        world.time.sleep(A_WHILE_S)


def _undo(world: World, number: int, step: str) -> None:
    """Undo a run, after people edited some of what it wrote."""
    look = world.bench.look()
    found = look.execute("SELECT DISTINCT run FROM writes WHERE run NOT IN (SELECT run FROM undos) ORDER BY run")
    runs = [run for (run,) in found.fetchall() if run in world.states]
    if not runs:
        return
    undone = runs[-1 - number % min(2, len(runs))]
    log = _log(world, undone)
    _edit(world, number, log)
    doubtful = look.execute("SELECT count(*) FROM doubts").fetchone()[0] or world.crm.late
    start = copy.deepcopy(world.crm.held)
    reports: list[UndoReport] = []

    def ask(process: Process, client: Client) -> None:
        undoer = Undoer(
            mapping=mapping(world.knobs.blocks),
            ledger=world.ledger.seen_by(process),
            destination=lambda: client,
            clock=world.time.now,
            timer=world.time.monotonic,
            progress=Silent(),
            step=process.step,
        )
        reports.append(undoer.undo(Wish(run=undone)))
        world.log(f"{process.name} undid {undone}: {reports[-1].status} {reports[-1].writes} left {reports[-1].left}")

    world.apart.update(log)
    _insist(world, step, ask)
    if not doubtful:
        _nothing_else(world, start, log)
        if reports and reports[-1].status is Status.DONE:
            _all_back(world, start, log, world.states[undone])


def _log(world: World, run: str) -> dict[Ref, dict[str, FieldValue] | None]:
    """Return what a run wrote: record → values; None: it deleted the record."""
    rows = world.bench.look().execute("SELECT object, record, keys, after FROM writes WHERE run = ?", (run,))
    found: dict[Ref, dict[str, FieldValue] | None] = {}
    for object_, record, keys, after in rows:
        found[object_, id_of(record, keys)] = None if after is None else dict(unpack(after))
    return found


def _edit(world: World, number: int, log: Mapping[Ref, Mapping[str, FieldValue] | None]) -> None:
    """Have somebody enter another score where the run wrote one."""
    scored = [ref for ref in sorted(log) if "score" in (log[ref] or ()) and ref in world.crm.held]
    if scored and number % 5:
        ref = scored[number % len(scored)]
        world.crm.held[ref]["score"] = BY_HAND
        world.crm.ever.setdefault(ref, set()).add(("score", BY_HAND))
        world.log(f"edited {ref[0]} {ref[1]}".replace("\x1f", "+"))


def _nothing_else(world: World, start: Held, log: Mapping[Ref, Mapping[str, FieldValue] | None]) -> None:
    """An undo changes what its run wrote, as long as that stands there, and nothing else."""
    merged = [world.crm.contacts[id_] for object_, id_ in log if object_ == CONTACT]
    # Nobody told us yet that they were: a write to the old id arrives at the record that took its place.
    others = {(CONTACT, world.crm.last(each).id) for each in merged if each.merged_into is not None}
    for ref in sorted((start.keys() | world.crm.held.keys()) - others):
        before, now = start.get(ref), world.crm.held.get(ref)
        for name in sorted((before or {}).keys() | (now or {}).keys()):
            was, is_ = (before or {}).get(name), (now or {}).get(name)
            wrote = log.get(ref)
            if was != is_ and ref not in log:
                raise Violation(f"UNDO {ref} was changed, which its run did not write")
            if was != is_ and wrote is not None and name in wrote and was != wrote[name]:
                raise Violation(f"UNDO {is_} was put over {was} in {name} of {ref}; its run wrote {wrote[name]}")


def _all_back(world: World, start: Held, log: Mapping[Ref, Mapping[str, FieldValue] | None], state: Held) -> None:
    """What stood as the run wrote it is as it was before, or listed."""
    told = world.bench.look().execute("SELECT DISTINCT object, record FROM left_alone").fetchall()
    left = {(object_, record.replace("\x1f", "+")) for object_, record in told}
    for ref, wrote in sorted(log.items()):
        if (ref[0], ref[1].replace("\x1f", "+")) in left or ref[0] == MEMBER:
            continue
        if ref[0] == CONTACT and world.crm.live(ref[1]) is not world.crm.contacts.get(ref[1]):
            continue
        for name, value in (wrote or {}).items():
            now, before = (held.get(ref, {}).get(name) for held in (world.crm.held, state))
            if value is not None and start.get(ref, {}).get(name) == value and now != before:
                raise Violation(f"UNDO {name} of {ref} stays {now}; it was {before}, and nobody is told")


def _forget(world: World, number: int, step: str) -> None:
    """Erase a person; the last one stays, because answers may turn out to be theirs."""
    person = number // 3 % (world.knobs.persons - 1)
    look, who = world.bench.look(), mail(person)
    keys = "SELECT r.key FROM responses r JOIN respondents p ON p.respondent = r.respondent WHERE p.email = ?"
    stored = {key for (key,) in look.execute(keys, (who,))}
    records = "SELECT m.record FROM matches m JOIN respondents p ON p.respondent = m.respondent WHERE p.email = ?"
    matched = {record for (record,) in look.execute(records, (who,)) if record}

    def ask(process: Process, client: Client) -> None:
        forgetter = Forgetter(
            ledger=world.ledger.seen_by(process),
            beside=[],
            mappings={NAME: mapping(world.knobs.blocks)},
            settings=settings(world.version),
            destination=lambda _mapping: client,
            clock=world.time.now,
            step=process.step,
        )
        told = forgetter.forget(who, also_clear=number % 3 > 0)
        world.log(f"{process.name} forgot {person}: {told.responses} {sorted(told.cleared.items())}")

    # What was to be cleared is, too, where the rest could not be done yet.
    world.apart.update((RESPONSE, key) for key in stored)
    world.apart.update((CONTACT, record) for record in matched)
    world.apart.update(ref for ref in world.crm.held if ref[0] == MEMBER and ref[1].split("\x1f")[0] in matched)
    if not _insist(world, step, ask):
        return
    world.forgotten.add(person)
    world.erased.update(int(key.removeprefix(f"{SOURCE}:r")) for key in stored)
    for path in (world.bench.path, world.bench.path.with_name("ledger.db-wal")):
        if path.exists() and who.encode() in path.read_bytes():
            raise Violation(f"FORGET person {person} still stands in {path.name}")


COMMANDS: dict[str, Callable[[World, int, str], None]] = {"undo": _undo, "replay": _replay, "forget": _forget}
