"""What holds of all bytes, texts and replies; `tests.unit.fuzzing` says what, and tries it for longer."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.characters import is_sound, visible, visible_json
from connectors.reply import Reply
from connectors.values import Place, SurveyResponse
from sync.clean import clean_comment, kept
from sync.identity.normalise import email_key, phone_keys, salesforce_id
from sync.pull import batch_of
from tests.unit.fuzz_seeds import SEEDS
from tests.unit.fuzzing import CANARY, TARGETS, mutated

ROOT = Path(__file__).parents[2]
_NAMES = st.sampled_from(
    [
        "errors",
        "message",
        "errorCode",
        "fields",
        "category",
        "status",
        "context",
        "propertyName",
        "code",
        "id",
        "success",
    ]
)
#: Every character there is, halves of pairs and NUL among them.
ANYTHING = st.text(st.characters(codec=None), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING | st.just(CANARY),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES | ANYTHING, inner, max_size=4),
    max_leaves=12,
)
WHEN = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("target", TARGETS)
def test_good_examples_are_read_or_refused(target: str) -> None:
    for example in SEEDS[target]:
        TARGETS[target](example)


@pytest.mark.parametrize("target", TARGETS)
def test_no_broken_example_does_harm(target: str) -> None:
    rng = random.Random(20261122)
    for _ in range(150):
        TARGETS[target](mutated(target, rng))


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=60)
@given(raw=st.binary(max_size=300))
def test_no_bytes_do_harm(target: str, raw: bytes) -> None:
    TARGETS[target](raw)


@given(st.integers(0, 255), JSON)
def test_no_reply_leaks_what_it_holds(status: int, body: Any) -> None:
    TARGETS["replies"](bytes([status]) + json.dumps(body).encode())


@given(ANYTHING, ANYTHING)
def test_whatever_stands_in_a_response_can_be_kept(one: str, other: str) -> None:
    """And what is kept of it is kept as it is the second time."""
    response = SurveyResponse(
        response_id=one or "x",
        survey=other,
        score=9,
        comment=one,
        responded_at=WHEN,
        email=one,
        phone=other,
        last_name=one,
        ids={"customer_id": one, "salesforce_id": other},
        extra={one: other},
        place=Place(file=other, row=1),
    )

    clean = kept(response)
    [row] = batch_of("survey", [clean]).rows

    assert clean == kept(clean)
    assert all(is_sound(text) for text in row if isinstance(text, str))


@given(ANYTHING)
def test_identity_reads_any_text(text: str) -> None:
    key = email_key(text)
    assert key is None or (key == email_key(key) and "@" in key)
    phone_keys(text)
    salesforce_id(text)
    comment = clean_comment(text)
    assert comment == clean_comment(comment)


@given(ANYTHING)
def test_what_is_shown_steers_nothing_and_loses_nothing(text: str) -> None:
    shown = visible(text)
    assert not [sign for sign in shown if sign < " " or "\x7f" <= sign <= "\x9f" or not is_sound(sign)]
    assert text == json.loads(visible_json(json.dumps(text, ensure_ascii=False)))


@pytest.mark.parametrize(
    "spelt", [b'"a\\ud83d"', b'"a\\udc00b"', b'"a\xed\xa0\x80"', b'{"a\\ud800": ["\\ud800\\u0000"]}']
)
def test_half_a_character_does_not_make_a_reply_unreadable(spelt: bytes) -> None:
    """A CRM that cuts a text inside an emoji holds one for ever; the look-up of all its neighbours failed with it."""
    assert "\ufffd" in json.dumps(Reply(200, body=spelt).json(), ensure_ascii=False)


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'["\\ud800", NaN]', b'["\\ud800"', b"<html>\\ud800</html>", b"\xff\xfe[\0"]
)
def test_what_is_no_json_stays_no_json(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Reply(200, body=body).json()


def test_the_fuzzer_runs_from_the_command_line() -> None:
    words = [sys.executable, "-m", "tests.unit.fuzzing", "soql", "--seconds", "1"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stderr
