"""The mutants: where the engine is broken, and how. Code that is rewritten takes its mutant along or gets a new one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One place of one module, rewritten."""

    name: str
    module: str
    old: str
    new: str
    #: One that finds it.
    seed: int = 0


MUTANTS = (
    Mutant(
        "cursor before rows",
        "sync.pull",
        """    run.step("pull.pages")
""",
        """    with run.lease.write() as connection:
        for page in pages:
            if page.cursor is not None:
                inbox.move_cursor(connection, run.name, page.stream, page.cursor)
    run.step("pull.pages")
""",
        seed=197,
    ),
    Mutant(
        "older versions of a response replace newer ones",
        "sync.pull",
        "row.updated_at < before.updated_at",
        "False",
    ),
    Mutant("refused rows count as written", "sync.deliver", "verdict.failed.append((row, outcome))", "pass", seed=10),
    Mutant("unknown writes are not read back", "sync.deliver", "unknown.append(place)", "pass", seed=23),
    Mutant("reading back believes everything", "sync.deliver", "        if not applied:", "        if False:", seed=23),
    Mutant("the lease's epoch is not checked", "sync.ledger.lease", "if renewed.rowcount != 1:", "if False:"),
    Mutant("a living holder is not respected", "sync.ledger.lease", "and alive(found.holder)", "and False", seed=9),
    Mutant(
        "the outbox keeps the oldest value",
        "sync.ledger.outbox",
        "[(mapping, *intent, run, None) for intent in rows])",
        "[(mapping, *intent, run, None) for intent in rows], update=False)",
    ),
    Mutant(
        "what was set aside is acknowledged",
        "sync.ledger.outbox",
        "  mapping = :mapping AND parked IS NULL AND (rank, object, record) > (:r1, :o1, :k1)",
        "  mapping = :mapping AND (rank, object, record) > (:r1, :o1, :k1)",
    ),
    Mutant("the budget is ignored", "connectors.budget", ".wait_s > 0.0:", ".wait_s > 1e9:"),
    Mutant(
        "rows of a run that died are not taken over",
        "sync.ledger.inbox",
        'in fetch(connection, _UNSETTLED, {"mapping": mapping, "run": run})]',
        "in ()]",
    ),
    Mutant(
        "a missing outcome means written",
        "connectors.batching",
        "verdicts[place] = _UNKNOWN",
        "verdicts[place] = WRITTEN",
        seed=23,
    ),
    Mutant(
        "held respondents are not tried again", "sync.match", "if held and changed else 0", "if False else 0", seed=36
    ),
    Mutant(
        "what is in doubt is forgotten",
        "sync.deliver",
        "doubts.remember(connection, run.name, verdict.in_doubt, run.lease.clock())",
        "pass",
        seed=389,
    ),
    Mutant(
        "doubted records are not read again",
        "sync.engine",
        "put_right(run, ends.destination)",
        "pass",
        seed=389,
    ),
    Mutant(
        "a lost write is as good as none",
        "sync.intents",
        "compared.desired if before[3] else compared.changes",
        "compared.changes",
    ),
    Mutant(
        "an attempt without answer leaves no doubt",
        "connectors.batching",
        "self.sent.in_doubt.update(places)",
        "pass",
        seed=389,
    ),
    Mutant(
        "an undo overwrites what people entered",
        "sync.restoring",
        "elif self._stands(name, after[name], holds[name]):",
        "elif True:",
    ),
    Mutant(
        "an undo leaves values and tells nobody",
        "sync.restoring",
        """holds[name]):
                values[name] = before[name]
                found.changes""",
        """holds[name]):
                found.changes""",
    ),
    Mutant(
        "somebody forgotten comes back",
        "sync.pull",
        "batch.rows if known is None else known.without(batch.rows, batch.claims)",
        "batch.rows",
    ),
    Mutant(
        "the accounts of somebody forgotten go on counting them",
        "sync.forgetting",
        "profiles.touch_accounts(connection, name, sorted(each.accounts))",
        "pass",
    ),
    Mutant(
        "somebody forgotten stays in the ledger's file",
        "sync.forgetting",
        'receipt.searched["ledger"] = scrubbing.scrub(self._ledger, self._beside, texts)',
        "pass",
    ),
    Mutant("a task is made again", "sync.compute", "set(keys) - made.keys()", "set(keys)"),
    Mutant(
        "a replay sends all that waits",
        "sync.replay",
        """            parking.set_aside(connection, run.name)
            refs""",
        """            refs""",
        seed=672,
    ),
)
