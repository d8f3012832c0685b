"""Secrets that stand in a config although they must not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.config.urls import has_password, secret_step

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = (
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "privatekey",
    "private_key",
    "credential",
)


def secrets_in(data: Any) -> Iterator[tuple[tuple[str, ...], str, str]]:  # noqa: ANN401 - whatever YAML holds
    """Yield the path of each secret in a config, what is wrong, and where the secret goes instead."""
    if not isinstance(data, dict):
        return
    if isinstance(data.get("ledger"), str) and has_password(data["ledger"]):
        yield ("ledger",), "a password stands in this address", secret_step("ledger")
    connections = data.get("connections")
    for name, options in connections.items() if isinstance(connections, dict) else ():
        for key, value in options.items() if isinstance(options, dict) else ():
            if key != "type" and any(word in key.lower().replace("-", "_") for word in _WORDS):
                yield (
                    ("connections", name, key),
                    f"`{key}` is a secret, and secrets do not stand in YAML",
                    secret_step(name),
                )
            elif isinstance(value, str) and has_password(value):
                yield ("connections", name, key), "a password stands in this address", secret_step(name)


def names_secret(key: str) -> bool:
    """Tell whether a name in another program's config is that of a secret.

    >>> names_secret("client_secret"), names_secret("apiKey"), names_secret("next_page_token_path")
    (True, True, False)
    """
    return key.lower().replace("-", "_").endswith(_WORDS)
