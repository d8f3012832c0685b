"""The set work of a run as one value: who each respondent is, and what profiles and rollups follow.

The engine asks for these three and knows no more of how they are done. A run does them in DuckDB; the simulator of
`tests/simulation` states the same rules row by row in plain Python, which for five rows is forty times as fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync.identity.resolve import decisions
from sync.kernel import Kernel
from sync.nps.compute import compute_profiles, compute_rollups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWork:
    """Functions from relations to relations; pure."""

    #: See `sync.identity.resolve.decisions`.
    decisions: Callable[..., Iterator[pa.Table]] = decisions
    #: See `sync.nps.compute.compute_profiles`; its first argument is what `kernel` gave.
    profiles: Callable[..., pa.Table] = compute_profiles
    #: See `sync.nps.compute.compute_rollups`.
    rollups: Callable[..., pa.Table] = compute_rollups
    #: Where profiles and rollups run, opened once for all of a run's.
    kernel: Callable[[], AbstractContextManager[Kernel | None]] = Kernel


#: What every run uses unless told otherwise.
IN_KERNEL = SetWork()
