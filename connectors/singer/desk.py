"""The files of one run of a tap, in a folder of this user's alone, gone afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType


class Desk:
    """Holds the tap's config, with its secrets.

    Args:
        settings: The config without secrets.
        secrets: What belongs into it besides.
    """

    def __init__(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        self._settings = settings
        self._secrets = secrets

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="npsync-tap-"))
        self.config = self.write("config.json", {**self._settings, **self._secrets})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def write(self, name: str, told: Any) -> Path:  # noqa: ANN401 - JSON
        """Write a file that nobody else may read."""
        path = self._folder / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(orjson.dumps(told))
        return path

    def exchanged(self) -> dict[str, str]:
        """Return the secrets that the tap has replaced in its config, as some do with tokens that rotate."""
        try:
            told = orjson.loads(self.config.read_bytes())
        except (OSError, ValueError):
            return {}
        now = {key: told.get(key) for key in self._secrets} if isinstance(told, dict) else {}
        return {key: new for key, new in now.items() if isinstance(new, str) and new and new != self._secrets[key]}
