"""The fields that a mapping needs, compared with what its destination has; and made, where a person asks for it.

Nothing here happens within a sync. The command line shows what these functions return; so may other faces.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.contract import Schema
from connectors.shaping import Deployable, Makes
from sync.fitting import Finding, Trouble, findings
from sync.needs import needs_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from connectors.shaping import Wanted
    from connectors.values import Field
    from sync.mapping.schema import Mapping as MappingFile
    from sync.needs import ObjectNeeds


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPlan:
    """What stands against the fields of one object, and what could be made."""

    needed: ObjectNeeds
    findings: Sequence[Finding]
    #: Missing field → what would be made, in the system's words.
    makes: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.needed.wanted.object

    def missing(self) -> list[Field]:
        """Return the fields that would be made."""
        return [need.field for name, need in self.needed.needs.items() if name in self.makes]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlan:
    """What stands against a mapping's fields."""

    mapping: str
    connection: str
    objects: Sequence[ObjectPlan]
    #: The destination is ours to shape: a sync makes what is missing.
    by_sync: bool = False
    #: Missing objects and fields can be written down for an administrator.
    deployable: bool = False

    def findings(self) -> list[Finding]:
        return [each for one in self.objects for each in one.findings]

    def makes(self) -> int:
        """Return how many fields would be made."""
        return sum(len(one.makes) for one in self.objects)

    def left(self) -> list[Finding]:
        """Return what stands against the sync and would still after making what can be made."""
        made = {(one.name, name) for one in self.objects for name in one.makes}
        return [
            each
            for each in self.findings()
            if each.is_error and not (each.trouble is Trouble.MISSING and (each.object, each.field) in made)
        ]


def plan(mapping: MappingFile, segments: Collection[str], destination: object) -> FieldPlan:
    """Compare what *mapping* needs with what *destination* has; nothing is changed.

    Args:
        mapping: The mapping.
        segments: Names of the config's segments.
        destination: The connection that it writes to.

    Raises:
        ConnectorError: It cannot be reached, or we may not look.
    """
    assert isinstance(destination, Schema)
    maker = destination if isinstance(destination, Makes) else None
    by_sync = maker is None
    objects = []
    for needed in needs_of(mapping, segments):
        found = destination.fields(needed.wanted.object)
        against = [each for each in findings(needed, found) if not (by_sync and _is_made_by_sync(each, needed))]
        makeable = dict(_makeable(maker, needed, against)) if maker is not None and found else {}
        objects.append(ObjectPlan(needed=needed, findings=against, makes=makeable))
    return FieldPlan(
        mapping=mapping.name,
        connection=mapping.to,
        objects=objects,
        by_sync=by_sync,
        deployable=isinstance(destination, Deployable),
    )


def make(planned: FieldPlan, destination: Makes) -> Iterator[tuple[str, list[str]]]:
    """Make the missing fields; yield each object with the names of those that were asked for, once they are there.

    Raises:
        ConnectorError: An object's fields cannot be made; those yielded before stand.
    """
    for one in planned.objects:
        missing = one.missing()
        if missing:
            destination.make(one.name, one.needed.wanted.key, missing)
            yield one.name, [each.name for each in missing]


def wanted(planned: FieldPlan) -> list[Wanted]:
    """Return everything that the mapping writes, for an administrator to make."""
    return [one.needed.wanted for one in planned.objects if one.needed.needs]


def as_object(planned: FieldPlan) -> dict[str, Any]:
    """Return the plan as JSON holds it."""
    return {
        "mapping": planned.mapping,
        "connection": planned.connection,
        "made_by_sync": planned.by_sync,
        "objects": [
            {
                "object": one.name,
                "fields": list(one.needed.needs),
                "makes": dict(one.makes),
                "findings": [_finding(one, each) for each in one.findings],
            }
            for one in planned.objects
        ],
    }


def _finding(one: ObjectPlan, each: Finding) -> dict[str, Any]:
    need = one.needed.needs.get(each.field or "")
    return {
        "field": each.field,
        "at": None if need is None else ".".join(need.at),
        "trouble": each.trouble.value,
        "error": each.is_error,
        "what": each.what,
        "next_step": each.next_step,
    }


def _makeable(destination: Makes, needed: ObjectNeeds, against: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    for each in against:
        need = needed.needs.get(each.field or "")
        if each.trouble is Trouble.MISSING and need is not None:
            made = destination.made_as(needed.wanted.object, need.field, is_key=need.is_key)
            if made is not None:
                yield need.field.name, made


def _is_made_by_sync(finding: Finding, needed: ObjectNeeds) -> bool:
    """Tell whether a sync sees to it: it makes tables and columns, and indexes for their keys."""
    if finding.trouble is Trouble.MISSING:
        return finding.field in needed.needs
    return finding.trouble is Trouble.KEY_NOT_UNIQUE or (
        finding.trouble is Trouble.OBJECT_MISSING and bool(needed.needs)
    )
