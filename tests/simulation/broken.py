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


MUTANTS = (
    Mutant(
        "cursor before rows",
        "sync.pull",
        """    run.step("pull.pages")
    with run.lease.write() as connection:
        stored =""",
        """    with run.lease.write() as connection:
        for page in pages:
            if page.cursor is not None:
                inbox.move_cursor(connection, run.name, page.stream, page.cursor)
    run.step("pull.pages")
    with run.lease.write() as connection:
        stored =""",
    ),
    Mutant(
        "older versions of a response replace newer ones",
        "sync.pull",
        "row.updated_at < before.updated_at",
        "False",
    ),
    Mutant("refused rows count as written", "sync.deliver", "verdict.failed.append((row, outcome))", "pass"),
    Mutant("unknown writes are not read back", "sync.deliver", "unknown.append(place)", "pass"),
    Mutant("reading back believes everything", "sync.deliver", "        if not applied:", "        if False:"),
    Mutant("the lease's epoch is not checked", "sync.ledger.lease", "if renewed.rowcount != 1:", "if False:"),
    Mutant("a living holder is not respected", "sync.ledger.lease", "and alive(found.holder)", "and False"),
    Mutant(
        "the outbox keeps the oldest value",
        "sync.ledger.outbox",
        "for intent in sorted(intents, key=_PLACE)])",
        "for intent in sorted(intents, key=_PLACE)], update=False)",
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
        "earlier = [row.run for row in connection.execute(unsettled)]",
        "earlier = []",
    ),
    Mutant(
        "a missing outcome means written",
        "connectors.batching",
        "verdicts[place] = _UNKNOWN",
        "verdicts[place] = WRITTEN",
    ),
    Mutant("held respondents are not tried again", "sync.match", "reopened = self._match_held()", "reopened = 0"),
)
