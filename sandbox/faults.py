"""Faults as switches: which calls go wrong, and how; the same ones for the same seed.

A switch is a rate (0.0 to 1.0) or a countdown (a whole number: the next calls). Whether a rate strikes is decided by
the seed, the call itself and how often it came, never by the order in which threads happen to run.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.exchange import Request

#: Played by the server for any vendor. `status_NNN` stands for any status from 400 on.
TRANSPORT = {
    "status_500": "replies 500, nothing applied",
    "status_502": "replies 502, nothing applied",
    "status_503": "replies 503, nothing applied",
    "status_429": "replies as if a limit were reached, nothing applied",
    "html_body": "replies 503 with a page of HTML, nothing applied",
    "cut_before": "resets the connection, nothing applied",
    "cut_after": "applies the call, then closes the connection without a reply",
    "applied_500": "applies the call, then replies 500",
    "truncated": "applies the call, then closes the connection in the middle of the reply",
    "slow": "applies the call, and replies late",
}
#: Played by the vendors' packages, which ask `Request.fires`.
VENDOR = {
    "expired_token": "the token ends before its time",
    "row_lock": "a record is locked by somebody else",
    "partial_batch": "some records of a batch are refused, though nothing is wrong with them",
    "silent_failure": "a batch is answered as if done, though nothing was applied",
    "bare_errors": "an error is told without any of its optional fields",
    "trace_echo": "results repeat the trace ids of their records",
    "silent_batch": "some records of a batch are missing from the reply, though they were applied",
    "reordered_results": "results come in another order than the records were sent",
    "search_lag": "searches do not see the latest writes",
    "schema_drift": "a field that was there has gone",
    "short_page": "a page holds fewer records than were asked for",
    "stale_read": "a record is read as it was before its last write",
    "job_failed": "a Bulk job fails after its upload",
    "job_unprocessed": "a Bulk job leaves records unprocessed",
    "slow_job": "a Bulk job takes more polls than expected",
}
NAMES = {**TRANSPORT, **VENDOR}
_STATUS = re.compile(r"status_([45]\d\d)")


class Cut(Enum):
    """A connection that ends without a reply, or within it."""

    RESET = "reset"
    CLOSED = "closed"
    HALFWAY = "halfway"


@dataclass(slots=True)
class _Switch:
    value: float
    counts_down: bool
    only: str | Callable[[Request], bool] | None

    def concerns(self, request: Request) -> bool:
        match self.only:
            case None:
                return True
            case str(part):
                return part in request.path
            case chosen:
                return chosen(request)


class Faults:
    """The switches of one service; all are off until set."""

    def __init__(
        self, seed: int = 0, *, only: str | Callable[[Request], bool] | None = None, slow_s: float = 0.2, **rates: float
    ) -> None:
        """Set the switches in *rates*, for the calls that *only* chooses: a part of their path, or a function."""
        self.seed = seed
        #: Seconds by which the switch `slow` delays.
        self.slow_s = slow_s
        #: How often each fault struck.
        self.struck: Counter[str] = Counter()
        self._switches: dict[str, _Switch] = {}
        self._seen: Counter[bytes] = Counter()
        self._lock = threading.Lock()
        for name, value in rates.items():
            self.set(name, value, only=only)

    @classmethod
    def harsh(cls, seed: int = 0) -> Faults:
        """Make the default of `npsync sandbox`: a bad day at a vendor, of which a sync must come out whole."""
        return cls(
            seed,
            status_500=0.01,
            status_503=0.01,
            html_body=0.005,
            cut_before=0.01,
            cut_after=0.01,
            applied_500=0.005,
            truncated=0.005,
            slow=0.02,
            status_429=0.005,
            expired_token=0.005,
            row_lock=0.01,
            reordered_results=1.0,
            search_lag=1.0,
            short_page=0.05,
            silent_batch=0.002,
            silent_failure=0.002,
            slow_job=0.2,
            job_failed=0.02,
            job_unprocessed=0.05,
        )

    def set(self, name: str, value: float, *, only: str | Callable[[Request], bool] | None = None) -> None:
        """Set one switch: 0.1 strikes a tenth of the calls, 1.0 every one, 3 the next three.

        Raises:
            ValueError: There is no switch of that name, or *value* is no rate and no count.
        """
        if name not in NAMES and not _STATUS.fullmatch(name):
            raise ValueError(f"there is no fault {name!r}; there are {', '.join(sorted(NAMES))}")
        counts_down = isinstance(value, int) and not isinstance(value, bool)
        if value < 0 or (value > 1 and not counts_down):
            raise ValueError(f"{name}: {value} is neither a rate from 0.0 to 1.0 nor a whole number of calls")
        with self._lock:
            self._switches[name] = _Switch(value, counts_down, only)

    def clear(self, name: str | None = None) -> None:
        """Switch one fault off, or all."""
        with self._lock:
            if name is None:
                self._switches.clear()
            else:
                self._switches.pop(name, None)

    def fires(self, name: str, request: Request, part: str = "") -> bool:
        """Whether the fault *name* strikes *request*, or the *part* of it that is named (a record's key)."""
        switch = self._switches.get(name)
        if switch is None or not switch.value or not switch.concerns(request):
            return False
        with self._lock:
            struck = self._struck(switch, name, request, part)
            if struck:
                self.struck[name] += 1
        return struck

    def before(self, request: Request) -> int | str | Cut | None:
        """Choose what happens instead of handling *request*: a status, "html", a cut, or (None) nothing."""
        if self.fires("cut_before", request):
            return Cut.RESET
        if self.fires("html_body", request):
            return "html"
        for name in tuple(self._switches):
            status = _STATUS.fullmatch(name)
            if status and self.fires(name, request):
                return int(status[1])
        return None

    def after(self, request: Request) -> int | Cut | None:
        """Choose what happens to the reply of *request*, which was applied: see `before`."""
        if self.fires("cut_after", request):
            return Cut.CLOSED
        if self.fires("applied_500", request):
            return 500
        return Cut.HALFWAY if self.fires("truncated", request) else None

    def delay_s(self, request: Request) -> float:
        """Seconds by which the reply to *request* is late."""
        return self.slow_s if self.fires("slow", request) else 0.0

    def _struck(self, switch: _Switch, name: str, request: Request, part: str) -> bool:
        if switch.counts_down:
            if switch.value < 1:
                return False
            switch.value -= 1
            return True
        if switch.value >= 1:
            return True
        fate = f"{self.seed}\0{name}\0{part}\0".encode() + request.fingerprint
        digest = hashlib.blake2b(fate, digest_size=8).digest()
        self._seen[digest] += 1
        draw = hashlib.blake2b(digest + self._seen[digest].to_bytes(4), digest_size=8).digest()
        return int.from_bytes(draw) < switch.value * 2**64
