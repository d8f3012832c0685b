"""What the models of all types of connection have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pathlib import Path


class Connection(BaseModel):
    """One system that npsync reads from or writes to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Field by which the system itself tells records apart; None: the mapping says which one.
    own_id: ClassVar[str | None] = None

    def options(self) -> dict[str, Any]:
        """Return the arguments of the connector's constructor that the config sets."""
        return self.model_dump(exclude={"type"})

    def within(self, root: Path) -> Connection:  # noqa: ARG002 - types without relative addresses stay as they are
        """Return the connection with relative database addresses counted from the config's folder."""
        return self

    def secrets(self) -> tuple[str, ...]:
        """Return the names of the secrets that it signs in with."""
        return ()

    def spare_secrets(self) -> tuple[str, ...]:
        """Return the names of secrets that it may have besides, while others are being changed."""
        return ()
