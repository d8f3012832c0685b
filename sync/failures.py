"""What becomes of failures in a run: kept with what they were made of, and tried again when that has changed."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from connectors.contract import Schema
from sync.errors import Exit, Problem, UserError
from sync.ledger import failures, inbox, parking, profiles
from sync.poison import CODE
from sync.shapes import Shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from connectors.contract import Destination
    from sync.run import Run


def moment(run: Run, destination: Destination) -> failures.Moment:
    """Return what the failures of *run* have in common."""
    return failures.Moment(
        mapping=run.name, run=run.id, now=run.now, definition=run.definition, schema=schema_digests(destination)
    )


def schema_digests(destination: Destination) -> Callable[[str], str]:
    """Return what digests the fields of an object, as the destination has them now; each is asked for once."""

    @cache
    def digest(object_: str) -> str:
        fields = destination.fields(object_) if isinstance(destination, Schema) else ()
        said = sorted(repr(field) for field in fields)
        return blake2b("\x1e".join(said).encode(), digest_size=12).hexdigest()

    return digest


def reopen(run: Run, destination: Destination) -> int:
    """Let failures be tried again whose reason may be gone; return how many.

    Raises:
        UserError: So many writes have failed that a person must look first (E403).
    """
    with run.ledger.read() as connection:
        if not failures.any_open(connection, run.name):
            return 0
        _check(failures.count(connection, run.name), run.name)
        ripe = failures.ripe(connection, run.name, run.now, run.definition, schema_digests(destination))
    if ripe:
        run.step("failures.reopen")
        with run.lease.write() as connection:
            take_up(connection, run, ripe)
    return len(ripe)


def take_up(connection: Connection, run: Run, refs: Sequence[parking.Ref]) -> None:
    """Have failed writes be computed and sent again in *run*: their responses stand as pending until then."""
    causes = parking.causes(connection, run.name, refs)
    shapes = Shapes(run.mapping)
    for object_, record in failures.ours(connection, run.name, refs):
        matched = (shapes.matched_in(object_), record)
        profiles.touch(connection, run.name, [matched])
        causes += inbox.rejected_of(connection, run.name, matched, CODE)
    parking.mark(connection, run.name, refs, None)
    inbox.entered(connection, run.id, inbox.take_up(connection, run.name, run.id, causes))


def _check(waiting: int, mapping: str) -> None:
    if waiting < failures.MOST:
        return
    hint = f"Look at what they have in common: npsync replay {mapping} -n. Then correct the mapping or the data."
    what = f"{waiting:,} writes have failed and wait; at {failures.MOST:,} a mapping stops"
    raise UserError("E403", Problem(where=f"mapping {mapping}", what=what, hint=hint), exit_=Exit.STOPPED_BY_GUARD)
