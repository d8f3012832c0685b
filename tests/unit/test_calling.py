"""Calls: repeated where that is safe, paid for, paused together, signed in again once, and given up in time."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import repeat
from threading import Barrier, Thread

import pytest

from connectors.calling import Breaker, Bucket
from connectors.errors import (
    ConnectorError,
    Deferred,
    NoToken,
    QuotaSpent,
    Refused,
    SignedOut,
    Throttled,
    Unknown,
)
from connectors.retry import Policy
from tests.unit.calls import Line, caller
from tests.unit.fake_time import FakeTime


def test_a_lost_answer_is_asked_for_again_where_repeating_is_safe() -> None:
    line = Line(Unknown("lost"))

    assert caller(FakeTime()).call(line) == "done"
    assert line.calls == 2


def test_a_lost_answer_of_a_create_is_not() -> None:
    line = Line(Unknown("lost"))

    with pytest.raises(Unknown):
        caller(FakeTime()).call(line, repeatable=False)
    assert line.calls == 1


@pytest.mark.parametrize("last", [Deferred("down"), Refused("no"), QuotaSpent("x", resume_at=datetime.now(tz=UTC))])
def test_a_doubt_survives_what_comes_after_it(last: ConnectorError) -> None:
    """The first attempt may have written: `not applied` would be a lie, and why we stopped must not get lost."""
    with pytest.raises(Unknown) as caught:
        caller(FakeTime()).call(Line(Unknown("lost"), rest=repeat(last)))

    assert caught.value.__cause__ is last


def test_a_token_is_renewed_once_for_all_threads_that_found_it_expired() -> None:
    """Each renewal of a rotating token ends the one before."""
    renewed: list[str] = []
    together = Barrier(6)
    shared = caller(FakeTime(), renew=lambda: renewed.append("new"))
    done: list[str] = []

    def work() -> None:
        tries = iter([True, False])

        def attempt() -> str:
            if next(tries):
                together.wait(timeout=10)
                raise SignedOut("expired")
            return "done"

        done.append(shared.call(attempt))

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert done == ["done"] * 6
    assert renewed == ["new"]


def test_a_new_token_that_is_refused_too_ends_it() -> None:
    """simple-salesforce signs in 972 times before it gives up."""
    renewed: list[str] = []
    line = Line(rest=repeat(SignedOut("expired")))

    with pytest.raises(SignedOut):
        caller(FakeTime(), renew=lambda: renewed.append("new")).call(line)
    assert (line.calls, renewed) == (2, ["new"])


def test_a_token_that_had_to_be_asked_for_first_may_still_be_renewed_once() -> None:
    """Vendors refuse a fresh token now and then; asking for the first one is no renewal."""
    renewed: list[str] = []
    line = Line(NoToken("none yet"), SignedOut("not known here yet"))

    assert caller(FakeTime(), renew=lambda: renewed.append("new")).call(line) == "done"
    assert (line.calls, renewed) == (3, ["new", "new"])


@pytest.mark.parametrize("kinds", [(NoToken,), (NoToken, SignedOut), (SignedOut, NoToken)])
def test_no_row_of_tokens_that_end_at_once_goes_on_for_ever(kinds: tuple[type[SignedOut], ...]) -> None:
    line = Line(*(kind("no") for kind in kinds), rest=repeat(kinds[0]("no")))

    with pytest.raises(SignedOut):
        caller(FakeTime(), renew=lambda: None).call(line)
    assert line.calls == len(kinds) + 1


def test_a_doubt_after_a_renewal_survives_what_comes_after_it() -> None:
    last = Refused("no")
    with pytest.raises(Unknown) as caught:
        caller(FakeTime(), renew=lambda: None).call(Line(SignedOut("expired"), Unknown("lost"), rest=repeat(last)))

    assert caught.value.__cause__ is last


def test_a_sign_in_that_is_down_is_left_alone() -> None:
    """It would be asked once more for every batch of a run, because what failed was not the call itself."""
    time, asked = FakeTime(), []

    def renew() -> None:
        asked.append(time())
        raise Deferred("down")

    shared = caller(time, policy=Policy(attempts=1), renew=renew)
    for _ in range(100):
        with pytest.raises(Deferred):
            shared.call(Line(rest=repeat(NoToken("none yet"))))

    assert len(asked) == 20


def test_one_throttled_call_keeps_all_others_waiting() -> None:
    time = FakeTime()
    shared = caller(time, policy=Policy(attempts=1))
    with pytest.raises(Throttled):
        shared.call(Line(Throttled("busy", retry_after_s=7.0)))

    assert shared.call(Line()) == "done"
    assert time.slept == [7.0]


def test_repeating_is_paid_for() -> None:
    """A total outage costs a hundred repetitions, however many calls there are."""

    class Closed(Breaker):
        """Never opens."""

        def note(self, *, good: bool, was_told: bool = True, took_s: float = 0.0) -> None:
            """See `Breaker.note`."""

    time = FakeTime()
    shared = caller(time, breaker=Closed(time), policy=Policy(attempts=4, within_s=1e9))
    calls = 0
    for _ in range(300):
        line = Line(rest=repeat(Deferred("down")))
        with pytest.raises(Deferred):
            shared.call(line)
        calls += line.calls

    assert calls <= 300 + 100


def test_success_earns_new_repetitions() -> None:
    shared = caller(FakeTime(), bucket=(bucket := Bucket(10)))
    assert bucket.take(10)
    for _ in range(5):
        shared.call(Line())

    assert shared.call(Line(Deferred("busy"))) == "done"
