"""Exports for tests: text or bytes in, what the source makes of them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.files.source import FileSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from connectors.contract import Page
    from connectors.errors import ConnectorError
    from connectors.values import Reject, Skip, SurveyResponse

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Pulled:
    """Everything that one pull yielded."""

    pages: list[Page]
    responses: list[SurveyResponse] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)

    @property
    def refused(self) -> list[ConnectorError]:
        return [page.refused for page in self.pages if page.refused]

    @property
    def notes(self) -> str:
        return "\n".join(note for page in self.pages for note in page.notes)

    @property
    def scores(self) -> list[int]:
        return [response.score for response in self.responses]

    @property
    def reasons(self) -> list[str]:
        return [reject.reason for reject in self.rejects] + [skip.reason for skip in self.skips]

    @property
    def cursors(self) -> dict[str, str]:
        return {page.stream: page.cursor for page in self.pages if page.cursor is not None}


def source(root: Path, path: str, **options: Any) -> FileSource:
    options.setdefault("now", lambda: NOW)
    return FileSource(name="survey", path=path, root=root, **options)


def pull(root: Path, path: str, cursors: Mapping[str, str] = {}, **options: Any) -> Pulled:
    pages = list(source(root, path, **options).pull(cursors))
    return Pulled(
        pages,
        [one for page in pages for one in page.responses],
        [one for page in pages for one in page.rejects],
        [one for page in pages for one in page.skips],
    )


def pull_text(root: Path, text: str | bytes, *, name: str = "export.csv", **options: Any) -> Pulled:
    (root / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return pull(root, name, **options)
