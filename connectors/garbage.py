"""Holding off Python's search for reference cycles while a page of rows is made.

Rows and responses hold no cycles, yet every 700 new ones set off a search through them: a third of an import's
time (11.2 against 7.3 µs a row, measured 2026-11-22). Memory stays bounded by the page.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def search_paused() -> Iterator[None]:
    """Hold off the search within the block, if it was on."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
