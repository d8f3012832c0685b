"""The runbook and the list of reasons, readable without a network: `npsync help E103`, `npsync help many`."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

CODE = re.compile(r"\[?(e\d{3})\]?", re.IGNORECASE)
RUNBOOK = "docs/runbook"
REASONS = "docs/reference/reasons.md"


class NoPage(LookupError):
    """Nothing is written about that word; `near` is the likely spelling, or empty."""

    def __init__(self, near: str) -> None:
        super().__init__(near)
        self.near = near


def shelf(path: str) -> Traversable:
    """Return a file that ships with npsync: inside the installed package, or in the source tree."""
    shipped = files("sync.cli").joinpath("shelf")
    return (shipped if shipped.is_dir() else Path(__file__).parents[2]).joinpath(*path.split("/"))


def page(word: str) -> str:
    """Return what is written about an error code or a row's reason.

    Raises:
        NoPage: Nothing is.
    """
    code = CODE.fullmatch(word)
    found = shelf(f"{RUNBOOK}/{code[1].upper()}.md") if code else None
    if found is not None and found.is_file():
        return found.read_text(encoding="utf-8").strip()
    reasons = _reasons()
    if word in reasons:
        return reasons[word]
    near = get_close_matches(word.upper() if code else word, [*codes(), *reasons], n=1)
    raise NoPage(near[0] if near else "")


def codes() -> dict[str, str]:
    """Return every code that has a page, with the page's title."""
    pages = sorted(
        (one for one in shelf(RUNBOOK).iterdir() if CODE.fullmatch(Path(one.name).stem)), key=lambda p: p.name
    )
    return {Path(one.name).stem: _title(one.read_text(encoding="utf-8")) for one in pages}


def _title(text: str) -> str:
    """The first heading without its code: `# E101: no config file` is `no config file`."""
    return re.sub(r"^#\s*E\d{3}\W*", "", text.splitlines()[0])


def _reasons() -> dict[str, str]:
    """Every reason with its row of the table, the column heads before the cells."""
    text = shelf(REASONS).read_text(encoding="utf-8") if shelf(REASONS).is_file() else ""
    found: dict[str, str] = {}
    head: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            head = []
        elif not head:
            head = cells
        elif words := re.findall(r"`(\w+)`", cells[0]):
            told = [f"{name}: {cell}" for name, cell in zip(head[1:], cells[1:], strict=False)]
            found.update((word, "\n".join([word, *told])) for word in words if word not in found)
    return found
