"""The secrets of one connection, as its connector asks for them; and the exchange of one that changes at each use.

A refresh token that rotates is worth nothing after its use, and using an old one again revokes all that came of it. So
one process at a time reads, uses and replaces it, and the new one is kept, and read back, before it is used.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from connectors.errors import Refused
from connectors.locks import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connectors.secrets import Secret, SecretStore


@dataclass(slots=True)
class Slot:
    """A secret that may be replaced while its lock is held."""

    value: str = field(repr=False)
    _keep: Callable[[str], None] = field(repr=False)

    def keep(self, new: str) -> None:
        """Store *new* in place of the value, unless it is the same.

        Raises:
            Refused: It was not kept; a person must sign in again.
        """
        if new != self.value:
            self._keep(new)
            self.value = new


class ConnectionSecrets:
    """Looks up what one connection signs in with; each secret once, for a keyring takes its time.

    Args:
        name: The connection's.
        store: Where secrets come from.
        locks: A folder for the lock of a rotation.
        rotating: Fields that are replaced when they are used, and so must come from the keyring.
    """

    def __init__(self, name: str, store: SecretStore, *, locks: Path, rotating: frozenset[str] = frozenset()) -> None:
        self._name = name
        self._store = store
        self._locks = locks
        self._rotating = rotating
        self._known: dict[str, str] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"ConnectionSecrets({self._name!r})"

    def __call__(self, field_: str) -> str:
        """Return the secret *field_*.

        Raises:
            Refused: No place has it (E302).
        """
        with self._lock:
            if field_ not in self._known:
                self._known[field_] = self._found(field_).value
            return self._known[field_]

    def put(self, field_: str, value: str) -> None:
        """Keep *value*; see `SecretStore.set`."""
        self._store.set(self._name, field_, value)
        with self._lock:
            self._known[field_] = value

    @contextmanager
    def rotation(self, field_: str) -> Iterator[Slot]:
        """Hold the lock of *field_* and give its value as it is now.

        Raises:
            Refused: It is missing, or could not be kept when it changes.
            Deferred: Another process holds the lock for too long.
        """
        with held(self._locks / f"{self._name}.{field_}.lock"):
            found = self._found(field_)
            if field_ in self._rotating:
                self._writable(field_, found)
            yield Slot(found.value, lambda new: self.put(field_, new))

    def _found(self, field_: str) -> Secret:
        found = self._store.find(self._name, field_)
        if found is None:
            raise self._store.missing(self._name, field_)
        return found

    def _writable(self, field_: str, found: Secret) -> None:
        """Make sure, before the old one is worth nothing, that a new one can be kept."""
        trouble = self._store.probe() if found.origin.startswith("keyring") else f"it comes from the {found.origin}"
        if trouble:
            raise Refused(
                f"the {field_} of connection `{self._name}` changes when it is used, and could not be kept: {trouble}",
                code="E302",
                next_step=(
                    f"Put it into the keyring with `npsync auth set {self._name}`, or sign in with "
                    "`auth: client_credentials` or `auth: jwt`, which need no store."
                ),
            )
