"""Retry: when another attempt is worth it, and how long to wait; nothing here sleeps."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain, repeat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ConnectorError, Deferred, QuotaSpent, Refused, Throttled
from connectors.retry import Policy, Retry, hint_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

POLICY = Policy(attempts=4, base_s=1.0, cap_s=5.0, within_s=60.0, hint_cap_s=20.0)


class Line:
    """Something outside that fails as told, with a clock that sleeping moves."""

    def __init__(self, errors: Iterable[Exception | None]) -> None:
        self.errors = chain(errors, repeat(None))
        self.now = 100.0
        self.slept: list[float] = []
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        error = next(self.errors)
        if error is not None:
            raise error
        return "done"

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def retry(self, policy: Policy = POLICY, random: Callable[[], float] = lambda: 1.0) -> Retry:
        return Retry(policy=policy, sleep=self.sleep, random=random, clock=lambda: self.now)


def test_a_passing_failure_is_waited_out() -> None:
    line = Line([Deferred("busy"), Deferred("busy")])

    assert line.retry().call(line) == "done"
    assert line.slept == [1.0, 2.0]


def test_the_last_error_passes_through_as_it_is() -> None:
    """Callers sort errors by type; one wrapped by the library would be sorted wrongly."""
    errors = [Deferred(str(number)) for number in range(9)]
    line = Line(errors)

    with pytest.raises(Deferred) as caught:
        line.retry().call(line)

    assert caught.value is errors[3]
    assert line.calls == 4


@pytest.mark.parametrize(
    "error",
    [
        Refused("no"),
        ConnectorError("bug"),
        QuotaSpent("spent", resume_at=datetime(2026, 1, 1, tzinfo=UTC)),
        Throttled("later", retry_after_s=21.0),
        ValueError("ours"),
    ],
)
def test_what_waiting_cannot_help_is_not_repeated(error: Exception) -> None:
    line = Line([error])

    with pytest.raises(type(error)):
        line.retry().call(line)

    assert (1, []) == (line.calls, line.slept)


def test_a_servers_hint_is_kept_even_when_the_draw_is_shorter() -> None:
    line = Line([Throttled("busy", retry_after_s=7.0)])

    line.retry(random=lambda: 0.0).call(line)

    assert line.slept == [7.0]


@pytest.mark.parametrize("hint", [-1.0, float("nan"), float("inf"), float("-inf")])
def test_a_hint_that_is_no_length_of_time_is_ignored(hint: float) -> None:
    line = Line([Throttled("busy", retry_after_s=hint)])

    assert hint_s(Throttled("busy", retry_after_s=hint)) is None
    assert line.retry().call(line) == "done"


def test_no_attempt_starts_too_late() -> None:
    line = Line([Throttled("busy", retry_after_s=20.0) for _ in range(9)])

    with pytest.raises(Throttled):
        line.retry(Policy(attempts=99, within_s=50.0)).call(line)

    assert line.slept == [20.0, 20.0]


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_waits_are_jittered_and_capped(attempt: int, drawn: float) -> None:
    assert 0.0 <= POLICY.wait_s(attempt, None, lambda: drawn) <= POLICY.cap_s


def test_an_interruption_passes_at_once() -> None:
    line = Line([])

    def interrupted() -> None:
        line()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        line.retry().call(interrupted)
    assert line.calls == 1
