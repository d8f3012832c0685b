"""What every played vendor stands on, over real sockets: framing, faults that happen as they say, and the log."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import requests

from sandbox import Clock, Faults, Limits, Reply, Request, Service, Verdict, Window
from sandbox.log import most_in_window

APPLIED = {"cut_after", "applied_500", "truncated", "slow"}
NOT_APPLIED = {"cut_before", "html_body", "status_500", "status_502", "status_503", "status_429", "status_423"}


class Notes:
    """A world that keeps what is posted to it and answers what it understood."""

    def __init__(self):
        self.kept: list[bytes] = []

    def handle(self, request: Request) -> Reply:
        if request.method == "POST":
            self.kept.append(request.body)
        told = {"method": request.method, "segments": request.segments, "query": request.query}
        return Reply.json(told | {"size": len(request.body)}, rows=1)

    def throttled(self, verdict: Verdict) -> Reply:
        return Reply.json({"policy": verdict.name}, 429, {"Retry-After": f"{verdict.retry_after:.3f}"})


@pytest.fixture
def session():
    with requests.Session() as session:
        session.trust_env = False
        yield session


def raw(service: Service, text: str) -> bytes:
    """Send *text* as it stands; return all that comes back until the connection ends."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_chunked_body_arrives_whole(session):
    world = Notes()
    with Service(world) as service:
        assert 7 == session.post(f"{service.url}/a", data=iter([b"abc", b"", b"defg"])).json()["size"]

    assert [b"abcdefg"] == world.kept


def test_a_body_of_twenty_megabytes_arrives_whole(session):
    with Service(Notes()) as service:
        assert 20_000_000 == session.put(f"{service.url}/a", data=b"x" * 20_000_000).json()["size"]


def test_a_packed_body_is_unpacked(session):
    world = Notes()
    with Service(world) as service:
        session.post(f"{service.url}/a", data=gzip.compress(b"rows"), headers={"Content-Encoding": "gzip"})

    assert [b"rows"] == world.kept


def test_one_connection_carries_many_calls():
    world = Notes()
    with Service(world) as service, socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        reader = connection.makefile("rb")
        for size in (3, 0, 5):
            connection.sendall(f"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n{'b' * size}".encode())
            length = 0
            for line in iter(reader.readline, b"\r\n"):
                length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else length
            assert size == json.loads(reader.read(length))["size"]
        reader.close()

    assert [b"bbb", b"", b"bbbbb"] == world.kept


def test_a_client_that_asks_before_it_sends_is_told_to_go_on():
    """As curl does for large bodies."""
    world = Notes()
    with Service(world) as service:
        said = raw(service, "POST /a HTTP/1.1\nHost: x\nExpect: 100-continue\nContent-Length: 4\n\nrows")

    assert [b"HTTP/1.1 100", b"HTTP/1.1 200"] == [part[:12] for part in said.split(b"\r\n\r\n")[:2]]
    assert [b"rows"] == world.kept


@pytest.mark.parametrize(
    "head",
    [
        "POST /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\nzz\n",
        "POST /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n10\nshort",
        "POST /a HTTP/1.1\nHost: x\nContent-Length: -1\n\n",
        "POST /a HTTP/1.1\nHost: x\nContent-Length: many\n\n",
        "POST /a HTTP/1.1\nHost: x\nContent-Length: 10\n\nshort",
        "POST /a HTTP/1.1\nHost: x\nContent-Length: 3\nContent-Encoding: gzip\n\nabc",
    ],
)
def test_a_body_that_is_framed_wrongly_is_refused_and_reaches_nobody(head):
    world = Notes()
    with Service(world) as service:
        assert b"HTTP/1.1 400" == raw(service, head)[:12]

    assert [] == world.kept


def test_a_quoted_slash_stays_inside_its_segment(session):
    with Service(Notes()) as service:
        told = session.get(f"{service.url}/a%2Fb//c/?q=%C3%A9+1&q=&r").json()

    assert ["a/b", "c"] == told["segments"]
    assert {"q": ["é 1", ""], "r": [""]} == told["query"]


def test_any_verb_reaches_the_world(session):
    with Service(Notes()) as service:
        told = session.request("REPORT", f"{service.url}/a").json()
        head = session.head(f"{service.url}/a")

    assert "REPORT" == told["method"]
    assert (200, b"") == (head.status_code, head.content)
    assert int(head.headers["Content-Length"]) > 0


@pytest.mark.parametrize("fault", sorted(APPLIED | NOT_APPLIED))
def test_a_fault_applies_the_call_or_not_as_it_says(session, fault):
    world = Notes()
    with Service(world, Faults(slow_s=0.3)) as service:
        service.faults.set(fault, 1)
        with suppress(requests.RequestException):
            reply = session.post(f"{service.url}/a", data="x", timeout=(5, 0.1 if fault == "slow" else 5))
            assert fault not in {"cut_before", "cut_after", "truncated", "slow"}
            assert reply.status_code >= 400
        assert 200 == session.post(f"{service.url}/a", data="y").status_code

    assert [b"x", b"y"] == world.kept if fault in APPLIED else [b"y"] == world.kept
    assert 1 == service.faults.struck[fault]


def test_a_cut_before_is_a_reset_and_a_cut_after_is_silence(session):
    with Service(Notes()) as service:
        service.faults.set("cut_before", 1)
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            session.post(f"{service.url}/a")
        service.faults.set("cut_after", 1)
        with pytest.raises(requests.ConnectionError, match="without response"):
            session.post(f"{service.url}/a")

    assert [0, 0] == [entry.status for entry in service.log.entries]


def test_a_truncated_reply_ends_in_the_middle(session):
    with Service(Notes()) as service:
        service.faults.set("truncated", 1)
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            session.get(f"{service.url}/a")


def test_html_comes_where_json_was_expected(session):
    with Service(Notes()) as service:
        service.faults.set("html_body", 1)
        reply = session.get(f"{service.url}/a")

    assert (503, "text/html") == (reply.status_code, reply.headers["Content-Type"].partition(";")[0])


def test_a_world_in_trouble_uses_its_own_words(session):
    class Worded(Notes):
        def troubled(self, status: int) -> Reply:
            return Reply.json([{"errorCode": "SERVER_UNAVAILABLE"}], status)

    with Service(Worded()) as service:
        service.faults.set("status_503", 1)

        assert [{"errorCode": "SERVER_UNAVAILABLE"}] == session.get(f"{service.url}/a").json()


def test_faults_touch_chosen_calls_only(session):
    with Service(Notes()) as service:
        service.faults.set("status_500", 1.0, only="/write")
        service.faults.set("status_502", 1.0, only=lambda request: request.body == b"bad")
        replies = [session.post(service.url + path, data=body) for path, body in (("/read", "x"), ("/write", "x"))]

        assert [200, 500] == [reply.status_code for reply in replies]
        assert 502 == session.post(f"{service.url}/read", data="bad").status_code


def test_a_mistake_in_the_world_does_not_pass_for_a_vendor_in_trouble(session):
    class Broken(Notes):
        def handle(self, request: Request) -> Reply:
            raise KeyError(request.path)

    with pytest.raises(KeyError, match="/a"), Service(Broken()) as service:
        assert 500 == session.get(f"{service.url}/a").status_code


def test_no_window_is_ever_exceeded_by_what_is_let_in():
    """Sixteen callers at once, none of them polite: exactly the limit comes through, in any rolling window."""
    world = Notes()
    limits = Limits([Window(20, 0.5)])
    with Service(world, limits=limits) as service, ThreadPoolExecutor(16) as pool:

        def call(number: int) -> int:
            return requests.post(f"{service.url}/a", data=str(number)).status_code

        statuses = list(pool.map(call, range(400)))
        entries = service.log.entries

    let_in = [entry.arrived for entry in entries if entry.status == 200]
    assert 400 == len(entries) == service.log.count("POST")
    assert list(range(1, 401)) == [entry.number for entry in entries]
    assert sorted(statuses) == sorted(entry.status for entry in entries)
    assert len(world.kept) == len(let_in)
    assert most_in_window(let_in, 0.5) == 20
    assert service.log.most_in_window(0.5) > 20


def test_groups_have_windows_of_their_own(session):
    def group(request: Request) -> str:
        return "search" if request.path.endswith("/search") else "api"

    limits = Limits([Window(2, 60, "api", "ten"), Window(1, 60, "search", "second")], group)
    with Service(Notes(), limits=limits, clock=Clock.standing(1_000.0)) as service:
        paths = ["/a", "/search", "/a", "/search", "/a"]
        replies = [session.post(service.url + path) for path in paths]

    assert [200, 200, 200, 429, 429] == [reply.status_code for reply in replies]
    assert ["second", "ten"] == [reply.json()["policy"] for reply in replies[3:]]
    assert "60.000" == replies[4].headers["Retry-After"]
    assert (3, 2) == (service.log.most_in_window(60, "api"), service.log.count(group="search"))


def test_the_log_is_json_lines_without_bodies_or_queries(session, tmp_path):
    with Service(Notes()) as service:
        service.log.follow(tmp_path / "live.jsonl")
        session.post(f"{service.url}/a?q=ann@example.org", data="secret")
        live = (tmp_path / "live.jsonl").read_text()
        service.log.write(tmp_path / "log.jsonl")

    written = (tmp_path / "log.jsonl").read_text()
    assert written == live
    entry = json.loads(written)
    assert (1, "POST", "/a", 200, 1) == tuple(entry[key] for key in ("number", "method", "path", "status", "rows"))
    assert "ann" not in written
    assert "secret" not in written


def test_closing_ends_connections_that_nobody_uses(session):
    service = Service(Notes())
    session.get(f"{service.url}/a")
    before = threading.active_count()
    service.close()

    assert threading.active_count() < before
    with pytest.raises(requests.ConnectionError):
        session.get(f"{service.url}/a")


def test_nobody_else_answers_at_the_port_of_a_service_that_vanished(session):
    service = Service(Notes())
    session.get(f"{service.url}/a")
    service.vanish()

    with pytest.raises(requests.ConnectionError):
        session.get(f"{service.url}/a")
    with pytest.raises(OSError, match="in use"):
        Service(Notes(), port=service.port)
    service.close()
    with Service(Notes(), port=service.port) as again:
        assert 200 == session.get(f"{again.url}/a").status_code
