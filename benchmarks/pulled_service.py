"""A survey service whose pages are written beforehand, so that it is no bottleneck: run as a process of its own."""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

#: Rows of a page, as Typeform's largest.
PAGE = 1_000
_BEGAN = datetime(2025, 6, 1, tzinfo=UTC)
_WORDS = (
    "swift",
    "friendly",
    "late",
    "broken",
    "the",
    "support",
    "delivery",
    "again",
    "would",
    "never",
    "price",
    "fair",
)


def response(number: int, draw: random.Random) -> dict[str, object]:
    """Make up a response: what services tell, in about 700 bytes."""
    at = (_BEGAN + timedelta(seconds=number * 290)).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = f"Person {number}"
    answers = [{"question": {"id": "q1", "type": "nps"}, "choice": str(draw.randrange(11))}]
    if number % 3 == 0:
        said = " ".join(draw.choices(_WORDS, k=14))
        answers.append({"question": {"id": "q2", "type": "text"}, "choice": said})
    return {
        "id": f"resp-{number:08}",
        "state": "completed",
        "survey": {"id": "s1", "title": "Relationship"},
        "score": int(answers[0]["choice"]),  # type: ignore[call-overload]
        "comment": answers[1]["choice"] if len(answers) > 1 else None,
        "created_at": at,
        "updated_at": at,
        "customer": {"id": f"C-{number}", "email": f"person{number}@firm{number % 997}.example", "name": name},
        "attributes": [{"name": "plan", "value": "pro"}, {"name": "region", "value": "emea"}],
        "answers": answers,
        "metadata": {"browser": "Firefox 140", "platform": "desktop", "referer": "https://survey.example/s1"},
    }


def pages(responses: int) -> list[bytes]:
    """Return the bodies of all pages, the oldest response first."""
    draw = random.Random(7)
    bodies = []
    for first in range(0, responses, PAGE):
        rows = [response(number, draw) for number in range(first, min(first + PAGE, responses))]
        following = str(first // PAGE + 1) if first + PAGE < responses else None
        bodies.append(json.dumps({"data": rows, "next": following}).encode())
    return bodies


class Handler(BaseHTTPRequestHandler):
    """Answers with a page, or tells what this process has cost."""

    protocol_version = "HTTP/1.1"
    bodies: list[bytes]

    def do_GET(self) -> None:
        """See `BaseHTTPRequestHandler`."""
        asked = urlsplit(self.path)
        if asked.path == "/cost":
            body = json.dumps(time.process_time()).encode()
        else:
            body = self.bodies[int(parse_qs(asked.query).get("token", ["0"])[0])]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def main(responses: str) -> None:
    """Serve until the process is ended; the first line of output is the address."""
    Handler.bodies = pages(int(responses))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
