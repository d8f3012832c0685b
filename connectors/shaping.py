"""What can be asked of a system about its shape and our rights there, and made in it: values and Protocols.

These are abilities beyond `connectors.contract.Schema`, asked for with `isinstance`. A sync needs none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.values import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """A kind of records (a table) that a system shows us."""

    name: str
    #: What people call it; may be its name.
    label: str
    #: What the signed-in user may do with its records, besides reading them.
    creates: bool = True
    edits: bool = True
    deletes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants to write of one object, or to have made there."""

    object: str
    fields: Sequence[Field]
    #: Names of the fields by which its records are told apart.
    key: tuple[str, ...]
    #: Whether records are made, beside being changed; and deleted.
    creates: bool = False
    deletes: bool = False
    #: Fields that are only read, such as those that records are found by.
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Something that a signed-in user or app may do, by the system's name for it."""

    name: str
    #: What needs it, or that nothing does.
    why: str
    #: What a person does to give or to take it away.
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What is allowed, compared with what is needed."""

    missing: Sequence[Right] = ()
    #: Allowed, and nothing needs it.
    superfluous: Sequence[Right] = ()
    #: Allowed and needed.
    needed: Sequence[Right] = ()
    #: Needed, and the system does not say whether it is allowed.
    untold: Sequence[Right] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Files that an administrator looks at and installs."""

    #: Path within the folder → text.
    files: Mapping[str, str]
    #: How they are installed, step by step; `{folder}` stands for where they were written.
    next_steps: tuple[str, ...]


@runtime_checkable
class Browsable(Protocol):
    """Ability of a `Schema`: list the objects there are."""

    def objects(self) -> Sequence[Object]:
        """Return the objects whose records the signed-in user may read, by name."""
        ...


@runtime_checkable
class Makes(Protocol):
    """Ability of a `Schema`: make fields when a person asks for it, never within a sync."""

    def made_as(self, object_: str, field: Field, *, is_key: bool) -> str | None:
        """Say in the system's words what `make` would make of *field*; None where only a person can make it."""
        ...

    def make(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        """Make those of *fields* that are missing, and let the signed-in user see them; the rest is left as it is.

        Raises:
            SchemaDrift: There is no such object, or a field is none that can be made.
            Refused: The signed-in user may not.
        """
        ...


@runtime_checkable
class Deployable(Protocol):
    """Ability: write down objects and fields for an administrator to install, instead of making them."""

    def package(self, wanted: Sequence[Wanted], *, everything: bool = False) -> Package:
        """Return the files that make what is missing of *wanted*, and give the rights to all of it.

        The same wishes on the same system give the same files. An object that it does not have is part of them.

        Args:
            wanted: What is to be there.
            everything: Also describe what is there already.

        Raises:
            SchemaDrift: Something is missing that nobody can make under its name.
        """
        ...


@runtime_checkable
class Guarded(Protocol):
    """Ability: compare what the signed-in user or app may do with what it needs."""

    def rights(self, wanted: Sequence[Wanted]) -> Rights:
        """Compare, for reading and writing *wanted*; nothing is written to find out."""
        ...
