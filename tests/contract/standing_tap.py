"""A stand-in for a Singer tap, run as a program: it reads a file, tells what changed since its STATE, and can fail.

Its config names the file, and how it behaves:
`responses` (the file: a list of records with `changed`, a number that only grows), `every` (records between two
STATEs; 0: none), `die_after` (records, once: the file `died` marks that it was), `code`, `say` (a line to put
before everything), `hang`, `needs` (a name that the config must hold), `child` (a file for the id of a child that
outlives it), `exchange` (a name whose value it replaces in its config).
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "changed": {"type": "integer"},
        "answer": {"type": "object", "properties": {"score": {"type": ["null", "integer"]}, "why": {"type": "string"}}},
        "submitted_at": {"type": "string", "format": "date-time"},
        "hidden": {"type": "object"},
        "who": {"type": "array"},
    },
}


def said(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def catalog():
    streams = [{"stream": name, "tap_stream_id": name, "schema": SCHEMA} for name in ("answers", "forms")]
    sys.stdout.write(json.dumps({"streams": streams}, indent=1))


def wanted(path):
    streams = json.loads(Path(path).read_text())["streams"]
    return [each["stream"] for each in streams if each["metadata"][0]["metadata"]["selected"]]


def misbehave(config, path):
    if config.get("needs") and config["needs"] not in config:
        sys.exit("CRITICAL no key")
    if config.get("exchange"):
        Path(path).write_text(json.dumps(config | {config["exchange"]: "next"}))
    if "child" in config:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(config["child"]).write_text(f"{os.getpid()} {child.pid}")
    if "say" in config:
        sys.stdout.write(config["say"] + "\n")


def tell(config, since):
    records = sorted(json.loads(Path(config["responses"]).read_text()), key=lambda each: each["changed"])
    every, died = config.get("every", 3), Path(config.get("died", "died"))
    for number, record in enumerate([each for each in records if each["changed"] > since], 1):
        said(type="RECORD", stream="answers", record=record, time_extracted="2026-11-22T00:00:00Z")
        if number == config.get("die_after") and not died.exists():
            died.touch()
            sys.stderr.write("CRITICAL died of anna@example.com\n")
            sys.stderr.flush()
            os._exit(config.get("code", 1))
        if every and number % every == 0:
            said(type="STATE", value={"changed": record["changed"]})
    if every and records:
        said(type="STATE", value={"changed": max(since, records[-1]["changed"])})


def main(path, *rest):
    options = dict(zip(rest[::2], rest[1::2], strict=False))
    config = json.loads(Path(path).read_text())
    sys.stderr.write("INFO started\nERROR anna@example.com could not be read\n")
    if rest == ("--discover",):
        catalog()
        return
    misbehave(config, path)
    if "--catalog" not in options or "forms" in wanted(options["--catalog"]):
        said(type="SCHEMA", stream="forms", schema={"properties": {"id": {}}}, key_properties=["id"])
        said(type="RECORD", stream="forms", record={"id": "f1"})
    said(type="SCHEMA", stream="answers", schema=SCHEMA, key_properties=["id"])
    said(type="ACTIVATE_VERSION", stream="answers", version=1)
    if config.get("hang"):
        threading.Event().wait()
    tell(config, json.loads(Path(options["--state"]).read_text())["changed"] if "--state" in options else -1)


if __name__ == "__main__":
    at = sys.argv.index("--config")
    main(*sys.argv[at + 1 :])
