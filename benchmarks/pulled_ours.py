"""Our reader of the benchmark's service, run as a process: every response cleaned, typed and with its cursor."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from connectors.budget import MemoryMeter
from connectors.connection_secrets import Slot
from connectors.surveys.source import SurveyService
from connectors.surveys.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator


class Key:
    """The one secret."""

    def __call__(self, _field: str) -> str:
        return "made-up"

    @contextmanager
    def rotation(self, _field: str) -> Iterator[Slot]:
        yield Slot("made-up", lambda _new: None)


def main(url: str) -> None:
    """Read all, and print what it cost."""
    spec = Spec.model_validate(yaml.safe_load(Path(__file__).with_name("pulled_spec.yaml").read_text("utf-8")))
    source = SurveyService(name="benchmark", spec=spec, secrets=Key(), meter=MemoryMeter(), url=url)
    began, cpu = time.perf_counter(), time.process_time()
    rows = sum(len(page.responses) for page in source.pull({}))
    spent = {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu, "rows": rows}
    sys.stdout.write(json.dumps(spent) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
