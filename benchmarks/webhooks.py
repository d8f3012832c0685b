"""How fast the listener says 202, and how soon a called response is in the warehouse.

    python -m benchmarks.webhooks [--seconds 60] [--rate 50]

`npsync serve --webhooks` and `npsync schedule run` are processes of their own, as on a server; the calls come from this
one, each at its own moment whether or not the ones before were answered, each on a connection of its own as behind most
proxies, each with an event and a response of its own. SurveyMonkey is played here, and tells of some of the responses.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import yaml

from sandbox import surveys
from sandbox.limits import Limits
from sandbox.surveys.hooks import SECRETS, Call, Notifier

MAPPING = """\
version: 1
from: survey
to: store
object: people
key: {customer_id: record.id}
records: {object: customers, id: customer_id, email: email}
match: [{email: person.email}]
on_none: skip
fields: {nps_score: score}
responses: {object: responses, key: {response_key: key}, fields: {score: score}}
"""
PUBLIC = "https://hooks.acme.example/webhooks/survey"
#: Responses whose way to the warehouse is timed.
FOLLOWED = 10
#: After an event's run the next event waits so long, so that a burst is one run; this looks at quiet times.
PAUSE_S = 7.0
PATIENCE_S = 60.0


def set_up(folder: Path, service: surveys.serving.Survey) -> dict[str, str]:
    """Write a project; return the environment that it runs in."""
    (folder / "mappings").mkdir()
    (folder / "mappings" / "store.yaml").write_text(MAPPING)
    store = {"type": "warehouse", "url": "sqlite:///store.db"}
    survey = {**surveys.connection(service), "webhooks": PUBLIC, "quota_share": "100%"}
    config = {"version": 1, "connections": {"survey": survey, "store": store}, "schedule": {"every": "1h"}}
    config["limits"] = {"stop_if_changed": "100%"}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    with closing(sqlite3.connect(folder / "store.db")) as there, there:
        there.execute("PRAGMA journal_mode=WAL")
        there.execute("CREATE TABLE customers (customer_id PRIMARY KEY, email TEXT)")
        rows = [(f"C-{number}", f"p{number}@acme.example") for number in range(FOLLOWED)]
        there.executemany("INSERT INTO customers VALUES (?, ?)", rows)
    held = {**surveys.secrets(service), **SECRETS["surveymonkey"]}
    return dict(os.environ) | {f"NPSYNC_SURVEY_{name.upper()}": secret for name, secret in held.items()}


def knock(calls: list[Call], rate: float) -> list[tuple[int, float]]:
    """Send *calls* at *rate* a second; return the status and the seconds of each answer."""
    began = time.perf_counter() + 0.5

    def send(number: int) -> tuple[int, float]:
        due = began + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        status = calls[number].send()
        return status, time.perf_counter() - due

    with ThreadPoolExecutor(max_workers=64) as pool:
        return list(pool.map(send, range(len(calls))))


def followed(notifier: Notifier, store: Path) -> list[float]:
    """Have somebody answer, and take the seconds until the warehouse has it, one after the other."""
    seconds = []
    with closing(sqlite3.connect(store)) as there:
        for number in range(FOLLOWED):
            time.sleep(PAUSE_S)
            began = time.perf_counter()
            key = f"survey:{notifier.world.add(9, email=f'p{number}@acme.example')}"
            notifier.tell(key.removeprefix("survey:"))
            while not _has(there, key):
                if time.perf_counter() - began > PATIENCE_S:
                    raise RuntimeError("the response did not arrive")
                time.sleep(0.02)
            seconds.append(time.perf_counter() - began)
    return seconds


def _has(store: sqlite3.Connection, key: str) -> bool:
    if not store.execute("SELECT 1 FROM sqlite_master WHERE name = 'responses'").fetchone():
        return False
    return store.execute("SELECT 1 FROM responses WHERE response_key = ?", (key,)).fetchone() is not None


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measured(folder: Path, rate: float, seconds: float) -> dict[str, Any]:
    """Return the figures, in milliseconds and seconds."""
    npsync = [sys.executable, "-m", "sync.cli", "-C", str(folder)]
    with ExitStack() as stack:
        service = stack.enter_context(surveys.serve("surveymonkey", responses=0, limits=Limits()))
        environment = set_up(folder, service)

        def start(*words: str) -> subprocess.Popen[str]:
            process = subprocess.Popen([*npsync, *words], env=environment, stdout=subprocess.PIPE, text=True)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process

        listener = start("serve", "--webhooks", "--listen", "127.0.0.1:0")
        assert listener.stdout is not None
        url = listener.stdout.readline().split()[-1]
        notifier = Notifier(service.world, url, public=PUBLIC)
        runner = start("schedule", "run")
        assert runner.stdout is not None
        runner.stdout.readline()  # the first poll is done
        way = followed(notifier, folder / "store.db")
        runner.terminate()
        runner.wait()
        keys = [service.world.add(5) for _ in range(round(rate * seconds))]
        answers = knock([notifier.call(key) for key in keys], rate)
    took = [each * 1000 for _, each in answers]
    return {
        "calls": len(answers),
        "rate": rate,
        "refused": sum(status != 202 for status, _ in answers),
        "p50_ms": percentile(took, 0.5),
        "p99_ms": percentile(took, 0.99),
        "max_ms": max(took),
        "to_warehouse_p50_s": percentile(way, 0.5),
        "to_warehouse_max_s": max(way),
    }


def main(words: list[str]) -> None:
    """Measure as *words* say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhooks")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=50.0)
    chosen = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as home:
        told = measured(Path(home), chosen.rate, chosen.seconds)
    for name, value in told.items():
        print(f"{name:22} {value:,.2f}" if isinstance(value, float) else f"{name:22} {value:,}")
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
