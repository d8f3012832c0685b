"""A number that cannot be read still tells that another one is shared."""

from __future__ import annotations

import pyarrow as pa
import pytest

from connectors.records import RECORD_FIELDS
from sync.identity.claims import Claims, claims_table
from sync.identity.resolve import decide
from sync.identity.settings import DEFAULT_RULES, IdentitySettings


@pytest.mark.parametrize("unread", ["030 901820", "30 901820", "0049 30 901820", "030/901820"])
def test_a_number_without_country_reveals_that_it_is_shared(unread):
    """Nobody is matched by a phone alone that a second record may hold, also where a trunk zero stands before it."""
    settings = IdentitySettings(phone_alone="accept")
    rows = [
        {"object": "Contact", "id": "1", "emails": [], "phones": ["+49 30 901820"], "ids": [], "country": "DE"},
        {"object": "Contact", "id": "2", "emails": [], "phones": [unread], "ids": []},
    ]
    claims = claims_table([Claims("one", phone="+4930901820")])

    (row,) = decide(claims, [pa.Table.from_pylist(rows, RECORD_FIELDS)], DEFAULT_RULES, settings).to_pylist()

    assert ("held", "phone_uncorroborated") == (row["outcome"], row["reason"])
