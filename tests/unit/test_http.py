"""Sessions: always a timeout, never a redirect, a token only where it may go."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import pytest
import requests

from connectors.errors import Refused
from connectors.http import TALKATIVE, agent, check_url, new_session
from tests.unit.wire import answer, read_head, serving, silent

if TYPE_CHECKING:
    import socket
    from pathlib import Path


def test_a_redirect_is_not_followed() -> None:
    """The token would go wherever the reply says."""
    moved = answer(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    with serving(moved) as url, new_session() as session:
        assert session.get(url, headers={"Authorization": "Bearer x"}).status_code == 302


def test_silence_ends_in_a_timeout_although_nobody_set_one() -> None:
    with serving(silent) as url, new_session(read_s=0.2) as session, pytest.raises(requests.ReadTimeout):
        session.request("POST", url, timeout=None)


def test_a_reply_that_drips_ends_too() -> None:
    """A timeout between two bytes alone would wait for hours."""

    def drip(line: socket.socket) -> None:
        read_head(line)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
        for _ in range(200):
            line.sendall(b"x" * 70_000)
            time.sleep(0.02)

    ticks = iter(range(0, 10_000, 10))
    session = new_session(wall_s=30.0, clock=lambda: float(next(ticks)))
    with serving(drip) as url, session, pytest.raises(requests.ReadTimeout):
        session.get(url)


def test_netrc_and_proxies_of_the_environment_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password in `.netrc` would silently replace the token; a proxy would see it."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login eve password canary\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    heads: list[bytes] = []

    def note(line: socket.socket) -> None:
        heads.append(read_head(line))
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with serving(note) as url, new_session() as session:
        assert session.get(url, headers={"Authorization": "Bearer ours"}).json() == {}

    assert b"Authorization: Bearer ours" in heads[0]
    assert f"User-Agent: {agent()}".encode() in heads[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "http://127.0.0.1.example.com/",
        "http://localhost@example.com/",
        "https://user:pw@example.com",
        "ftp://127.0.0.1/",
        "http://[::1",
        "",
        "//x",
    ],
)
def test_a_token_goes_out_only_encrypted_or_to_this_machine(url: str) -> None:
    with pytest.raises(Refused) as caught:
        check_url(url)

    assert caught.value.code == "E103"
    assert "pw" not in str(caught.value)


def test_the_session_itself_refuses_plain_http() -> None:
    """Whatever put the address together."""
    with new_session() as session, pytest.raises(Refused):
        session.get("http://example.com/")


def test_no_library_logs_an_address(capfd: pytest.CaptureFixture[str]) -> None:
    """urllib3 warns of a header that it cannot read, with the whole address; unasked, Python prints that on stderr."""
    heard: list[logging.LogRecord] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record)

    handler = Ear()
    logging.getLogger().addHandler(handler)
    strange = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nno colon here\r\n\r\n")
    try:
        with serving(strange) as url, new_session() as session:
            session.get(f"{url}/query?q=jane.canary@acme.example")
        for name in TALKATIVE:
            logging.getLogger(f"{name}.deep.inside").warning("jane.canary@acme.example")
    finally:
        logging.getLogger().removeHandler(handler)

    assert heard == []
    assert "canary" not in "".join(capfd.readouterr())
