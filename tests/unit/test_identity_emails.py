"""An e-mail cell as identity compares it."""

from __future__ import annotations

import pytest

from sync.identity.normalise import email_key


@pytest.mark.parametrize(
    "cell",
    [
        "a@x.test; a@x.test",
        "a@x.test;A@X.test",
        "a@x.test, a@x.test",
        "a@x.test  a@x.test",
        "mailto:a@x.test; a@x.test;",
        "Ann <a@x.test>; Ann Lee <A@x.test>",
    ],
)
def test_one_address_twice_in_a_cell_is_that_address(cell: str) -> None:
    assert email_key(cell) == "a@x.test"


@pytest.mark.parametrize(
    "cell", ["a@x.test; b@x.test", "Ann <a@x.test>, Bob <b@x.test>", "a@x.test or b@x.test", "a@x.test b", "; ,", "<>"]
)
def test_two_addresses_in_a_cell_are_none(cell: str) -> None:
    assert email_key(cell) is None
