"""A made-up service that answers as a test says, and sources that read it by a made-up spec."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml

from connectors.budget import MemoryMeter
from connectors.connection_secrets import Slot
from connectors.retry import SERVICE, Retry
from connectors.surveys.source import SurveyService
from sandbox.exchange import Reply, Request
from sandbox.server import Service
from sync.config.specs import load_spec
from tests.contract.source_contract import Got, pulled
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.surveys.spec import Spec

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPEC: dict[str, Any] = {
    "version": 1,
    "title": "Tool",
    "base": "https://tool.example",
    "auth": {"key": {"kind": "header", "header": "X-Key"}},
    "responses": {
        "request": {"path": "/rows", "query": {"page": "{page}", "since": "{since}", "token": "{token}"}},
        "pages": {"kind": "number", "size": 3},
        "rows": "rows",
        "cursor": {"field": "at", "format": "iso", "look_back": "1d"},
        "fields": {"response_id": ["id"], "score": ["score"], "responded_at": ["at"], "comment": ["why"]},
    },
}


def row(number: int, *, hours: float | None = None, score: Any = 9, **more: Any) -> dict[str, Any]:
    """Make a row; the larger its number, the later."""
    at = NOW - timedelta(hours=100 - number if hours is None else hours)
    return {"id": f"r{number}", "score": score, "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), **more}


class Told:
    """A world that answers as a function says."""

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        self.answer = answer
        self.asked: list[Request] = []

    def handle(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.answer(request)

    def throttled(self, verdict: Any) -> Reply:
        raise NotImplementedError(verdict)


class Secrets:
    """Secrets of one connection; what is kept is remembered."""

    def __init__(self, **held: str) -> None:
        self.held = held

    def __call__(self, field_: str) -> str:
        return self.held[field_]

    @contextmanager
    def rotation(self, field_: str) -> Iterator[Slot]:
        yield Slot(self.held[field_], lambda new: self.held.update({field_: new}))


class Bench:
    """A world, and sources that read it."""

    def __init__(self, answer: Callable[[Request], Reply], **parts: Any) -> None:
        self.clock = FakeTime(NOW.timestamp())
        self.world = Told(answer)
        self.secrets = Secrets(api_key="key-1", token="token-1", client_id="me", client_secret="s", refresh_token="r0")
        self.spec = SPEC | {"responses": SPEC["responses"] | parts.pop("responses", {})} | parts
        self._open: list[Any] = []
        self._folder = tempfile.TemporaryDirectory()

    def __enter__(self) -> Self:
        self.service = Service(self.world, clock=self.clock)
        return self

    def __exit__(self, *_: object) -> None:
        for each in [*self._open, self.service]:
            each.close()
        self._folder.cleanup()

    def _from_file(self) -> Spec:
        """Return the spec as a user brings it: from a file outside of the package."""
        file = Path(self._folder.name) / "own.yaml"
        file.write_text(yaml.safe_dump(self.spec), encoding="utf-8")
        load_spec.cache_clear()
        return load_spec(file)

    def read(self, cursors: dict[str, str] | None = None, **options: Any) -> Got:
        return pulled(self.source(**options), cursors)

    def source(self, **options: Any) -> SurveyService:
        source = SurveyService(
            name="survey",
            spec=self._from_file(),
            secrets=self.secrets,
            meter=MemoryMeter(self.clock),
            url=self.service.url,
            retry=Retry(policy=SERVICE, sleep=self.clock.sleep, clock=self.clock, random=lambda: 0.0),
            clock=lambda: datetime.fromtimestamp(self.clock(), UTC),
            sleep=self.clock.sleep,
            **options,
        )
        self._open.append(source)
        return source


def refused(got: Got) -> Any:
    return next((page.refused for page in got.pages if page.refused), None)


def ids(*numbers: int) -> list[str]:
    return [f"r{number}" for number in numbers]


def paged(rows: list[Any], size: int = 3, **more: Any) -> Callable[[Request], Reply]:
    """Answer with pages by number."""

    def answer(request: Request) -> Reply:
        first = (int(request.first("page", "1")) - 1) * size
        return Reply.json({"rows": rows[first : first + size]} | more)

    return answer
