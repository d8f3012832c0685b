"""The answers of a setup that is not finished, kept in a small file beside the config; secrets are never in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: Beside the config.
NAME = ".npsync/init.json"


class Answers(MutableMapping[str, str]):
    """Answers by key, written with each change.

    Args:
        folder: Where the config is, or will be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / NAME
        self._answers: dict[str, str] = {}
        #: File → digest of what the setup wrote there.
        self._wrote: dict[str, str] = {}
        with suppress(OSError, ValueError):
            told = json.loads(self._path.read_text(encoding="utf-8"))
            self._answers = {str(key): str(value) for key, value in dict(told["answers"]).items()}
            self._wrote = {str(key): str(value) for key, value in dict(told["wrote"]).items()}
        self.resumed = bool(self._answers)

    def write(self, name: str, text: str) -> bool:
        """Write a file of the project; False where somebody else wrote, or changed it: it stays as it is."""
        path = self._folder / name
        if path.exists() and _digest(path.read_text(encoding="utf-8")) not in (self._wrote.get(name), _digest(text)):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._wrote[name] = _digest(text)
        self._save()
        path.write_text(text, encoding="utf-8", newline="\n")
        return True

    def finish(self) -> None:
        """Remove the file: the setup is done."""
        self._path.unlink(missing_ok=True)

    def __getitem__(self, key: str) -> str:
        return self._answers[key]

    def __setitem__(self, key: str, value: str) -> None:
        self._answers[key] = value
        self._save()

    def __delitem__(self, key: str) -> None:
        del self._answers[key]
        self._save()

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"answers": self._answers, "wrote": self._wrote}, indent=2, ensure_ascii=False)
        beside = self._path.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(self._path)


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
