"""A store whose answers are lost and whose writes arrive later, and the time at which none can any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.errors import Deferred
from tests.flow.world import NOW, World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from connectors.values import Field, FieldValue, Outcome, RecordRef, Write
    from connectors.warehouse.store import Warehouse

ADA = "ada@acme.test"


class Died(BaseException):
    """The process is gone."""


@dataclass
class Slow:
    """A store that answers no write as long as it is slow, and applies those writes when it is told to."""

    slow: bool = True
    dies: bool = False
    #: It takes nothing.
    down: bool = False
    on_their_way: list[Sequence[Write]] = field(default_factory=list)
    store: Warehouse | None = None

    def __call__(self, store: Warehouse) -> Slow:
        self.store = store
        return self

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        if self.down:
            raise Deferred("it is down")
        if self.slow:
            self.on_their_way.append(batch)
        if self.dies:
            raise Died
        assert self.store is not None
        return [] if self.slow else self.store.write(batch)

    def arrive(self) -> None:
        """Let everything arrive that was on its way."""
        assert self.store is not None
        for batch in self.on_their_way:
            self.store.write(batch)

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        assert self.store is not None
        return {} if self.slow else self.store.read(refs, fields)

    def fields(self, object_: str) -> Sequence[Field]:
        assert self.store is not None
        return self.store.fields(object_)

    def ensure(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        assert self.store is not None
        self.store.ensure(object_, key, fields)

    def is_empty(self, object_: str) -> bool:  # noqa: ARG002 - see `Ownable`
        return True


def after(world: World, passed: timedelta) -> None:
    world.now = NOW + passed
    world.sync()
