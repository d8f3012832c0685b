"""Follow-up tasks: which new responses call for one, and what it says.

Pure: whose task it is stands in the destination, and is read through what is handed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from connectors.values import RecordRef
from sync.nps.relations import PROFILES, epoch_ms
from sync.packed import pack
from sync.segments import holds, milliseconds
from sync.times import from_ms
from sync.words import Columns, of_responses, to_ms

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    import pyarrow as pa

    from connectors.values import FieldValue
    from sync.intents import Intent
    from sync.mapping.follow_up import FollowUp
    from sync.shapes import Shape

#: Words that a response does not hold.
_OWN = frozenset({"owner", "subject", "due_at"})


class Reads(Protocol):
    """What records hold now; see `Destination.read`."""

    def __call__(
        self, refs: Sequence[RecordRef], fields: Sequence[str], /
    ) -> Mapping[RecordRef, Mapping[str, FieldValue]]: ...


def calling(block: FollowUp, profiles: Columns, fresh: Collection[str], now: datetime) -> set[str]:
    """Return which responses of *fresh* call for a task: a person's latest, young enough, and `when` holds.

    Args:
        block: The mapping's `follow_up`.
        profiles: `sync.nps.relations.PROFILES`, of all whose responses *fresh* names.
        fresh: Keys of the responses that came in, or changed, and have no task.
        now: Aware.
    """
    asked = {name for part in block.when.parts() for name in part.fields()}
    names = [name for name in PROFILES.names if name in asked | {"key", "responded_at"}]
    places = [place for place, key in enumerate(profiles["key"]) if key in fresh]
    moment = epoch_ms(now)
    return {
        row["key"]
        for row in profiles.rows(names, places)
        if moment - row["responded_at"] <= milliseconds(block.within) and holds(block.when, row, moment)
    }


def owners(read: Reads, path: str, object_: str, records: Sequence[str]) -> dict[str, FieldValue]:
    """Return what stands at *path* of *records*, one call for all of them.

    Raises:
        SchemaDrift: Records of *object_* have no such field.
    """
    held = read([RecordRef(object=object_, id=record) for record in sorted(set(records))], [path])
    return {ref.id: values.get(path) for ref, values in held.items()}


def tasks(
    shape: Shape, block: FollowUp, responses: pa.Table, owned: Mapping[str, FieldValue], object_: str
) -> list[Intent]:
    """Return the tasks of *responses*; a field that would be blank is left out, so that the system fills it.

    Args:
        shape: The object.
        block: The mapping's `follow_up`.
        responses: Those that call for one; see `sync.ledger.profiles.history`.
        owned: Record → owner.
        object_: The records' object.
    """
    rows = Columns(responses)
    columns = of_responses(shape.words - _OWN | {"key", "record.id"}, rows, object_=object_)
    due = milliseconds(block.due)
    found: list[Intent] = []
    for place, responded_at in enumerate(to_ms(responses["responded_at"]).to_pylist()):
        values = {word: column[place] for word, column in columns.items()}
        values |= {
            "subject": block.subject,
            "due_at": from_ms(responded_at + due),
            "owner": owned.get(values["record.id"]),
        }
        said = {name: value for name, value in shape.render(values).items() if value not in (None, "")}
        keys = None if shape.plain else pack(shape.keys(values))
        key = values["key"]
        found.append((shape.rank, shape.object, key, keys, None, pack(said), 0, key))
    return found
