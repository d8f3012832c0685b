"""A keyring for tests, under the name of one that npsync trusts: in a file, so that processes share it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

if TYPE_CHECKING:
    from pathlib import Path


class Keyring(KeyringBackend):
    """Keeps secrets in a JSON file."""

    priority: ClassVar[float] = 0.1

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    @property
    def kept(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.path.read_text()) if self.path.exists() else {}
        return found

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write(self.kept | {f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        kept = self.kept
        if kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError(username)
        self._write(kept)

    def _write(self, kept: dict[str, str]) -> None:
        whole = self.path.with_suffix(".new")
        whole.write_text(json.dumps(kept))
        whole.replace(self.path)


Keyring.__module__ = "keyring.backends.SecretService"
