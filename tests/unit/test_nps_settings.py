"""The `nps` block says what is wrong with it, and where."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from sync.nps.settings import NpsSettings


def problems(block: dict[str, Any]) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as caught:
        NpsSettings.model_validate(block)
    return [(one["loc"], one["msg"]) for one in caught.value.errors()]


def test_the_block_of_the_example_config_is_the_default() -> None:
    block = {
        "per_person": "latest",
        "fresh_for": {"transactional": "90d", "relational": "180d"},
        "expires_after": "365d",
        "min_responses": 5,
        "interval": {"method": "adjusted_wald", "level": "95%"},
        "trend": {"drop": 2, "within": "180d"},
        "account": {"method": "latest_per_contact"},
    }

    assert NpsSettings() == NpsSettings.model_validate(block)


def test_settings_survive_being_written_and_read() -> None:
    """The config's schema and `state` print them."""
    settings = NpsSettings.model_validate({"interval": {"level": "99.5%"}, "expires_after": "52w", "risk": ["stale"]})

    assert settings == NpsSettings.model_validate(settings.model_dump(mode="json"))


def test_an_unknown_key_is_refused_where_it_stands() -> None:
    assert [(("fresh_for", "relation"), "Extra inputs are not permitted")] == problems(
        {"fresh_for": {"relation": "90d"}}
    )


@pytest.mark.parametrize(
    ("block", "where", "words"),
    [
        ({"account": {"method": "weighted"}}, ("account", "method"), "no source gives one yet"),
        ({"near_renewal": "90d"}, ("near_renewal",), "needs renewal dates"),
        ({"risk": ["detractor", "near_renewal"]}, ("risk",), "needs renewal dates"),
        ({"interval": {"level": 95}}, ("interval", "level"), "such as `95%`"),
        ({"interval": {"level": "85%"}}, ("interval", "level"), "from 90% to 99.9%"),
        ({"trend": {"drop": True}}, ("trend", "drop"), "valid integer"),
        ({"min_responses": 0}, ("min_responses",), "greater than or equal to 1"),
        ({"expires_after": "0d"}, ("expires_after",), "longer than zero"),
        ({"fresh_for": {"relational": "400d"}}, (), "fresh_for.relational (400d) is longer than expires_after (365d)"),
        ({"per_person": "mean"}, ("per_person",), "'latest'"),
    ],
)
def test_what_cannot_be_is_refused_with_the_place_and_the_reason(
    block: dict[str, Any], where: tuple[str, ...], words: str
) -> None:
    ((found, message),) = problems(block)

    assert where == found
    assert words in message


def test_expiry_may_be_as_short_as_freshness() -> None:
    assert timedelta(days=180) == NpsSettings.model_validate({"expires_after": "180d"}).expires_after
