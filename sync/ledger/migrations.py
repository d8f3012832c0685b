"""Numbered steps from one version of the tables to the next.

A new ledger is created at `VERSION` directly; `MIGRATIONS[n]` takes one from version n − 1 to n.
Version 1 is the first, so there is no step yet; a test holds the numbers without gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

VERSION = 1
MIGRATIONS: dict[int, Callable[[Connection], None]] = {}
