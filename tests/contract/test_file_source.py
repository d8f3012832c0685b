"""Exports as a source of responses, held to what every source promises."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from connectors.files.source import PAGE_ROWS
from tests.contract.source_contract import Said, SourceContract, pulled
from tests.exports import NOW, source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from connectors.contract import SurveySource


@dataclass(slots=True)
class Export:
    """One export that is written anew whenever somebody answers."""

    folder: Path
    rows: dict[str, Said] = field(default_factory=dict)

    def write(self) -> None:
        lines = [
            f"{id_},{score},2026-01-05 10:{number // 60 % 60:02}:{number % 60:02},{comment or ''}\n"
            for number, (id_, (score, comment)) in enumerate(self.rows.items())
        ]
        path = self.folder / "export.csv"
        path.write_text("Response ID,Score,Date,Comment\n" + "".join(lines), encoding="utf-8")
        past = NOW.timestamp() - 86_400 + len(self.rows)
        os.utime(path, (past, past))


class TestFiles(SourceContract):
    """See `SourceContract`. A file that changed is read whole: the ledger, not its cursor, tells what is new."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> Export:
        made = Export(tmp_path, {f"r{number}": (number % 11, None) for number in range(3 * PAGE_ROWS + 7)})
        made.write()
        return made

    def source(self, world: Export) -> SurveySource:
        return source(world.folder, "export.csv")

    def truth(self, world: Export) -> dict[str, Said]:
        return dict(world.rows)

    def add(self, world: Export, score: int, comment: str) -> str:
        id_ = f"n{len(world.rows)}"
        world.rows[id_] = (score, comment)
        world.write()
        return id_

    def edit(self, world: Export, id_: str, score: int) -> None:
        world.rows[id_] = (score, "thought again")
        world.write()

    def in_the_future(self, cursors: Mapping[str, str]) -> dict[str, str]:
        """A file has no moments: it is told by its content, which is the one that was read."""
        return {stream: json.dumps(json.loads(text) | {"mtime_ns": 1 << 62}) for stream, text in cursors.items()}

    def stuck(self, world: Any) -> SurveySource | None:  # noqa: ARG002 - nobody answers
        return None

    def cut(self, world: Export) -> None:
        """Nothing can be cut but the reading itself, which ends here after its first page."""
        next(iter(self.source(world).pull({})))

    def test_a_second_reading_gives_nothing_older(self, world: Export) -> None:
        """Where the file is the same, that is; one with a new row is told again from its first."""
        first = pulled(self.source(world))
        nothing = pulled(self.source(world), first.last)
        new = self.add(world, 7, "just now")

        second = pulled(self.source(world), nothing.last)

        assert [] == nothing.told
        assert new in second.told
        assert [] == pulled(self.source(world), second.last).told
