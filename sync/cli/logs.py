"""Events of a run on stderr, as text or as one JSON object a line: ids and counts, never people."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from connectors.characters import visible, visible_json

#: What `logging` itself puts on a record; the rest is the event's own.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_LEVELS = {0: logging.WARNING, 1: logging.INFO}


class JsonLines(logging.Formatter):
    """One object a line, for collectors."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        event = {"at": at, "level": record.levelname.lower(), "event": record.getMessage()} | _extra(record)
        return visible_json(json.dumps(event, ensure_ascii=False, default=str))


class Lines(logging.Formatter):
    """`event name=value ...`, for eyes."""

    def format(self, record: logging.LogRecord) -> str:
        values = " ".join(f"{name}={value}" for name, value in _extra(record).items())
        return visible(f"{record.levelname.lower()}: {record.getMessage()} {values}".rstrip())


def start(*, verbose: int, log_format: str) -> None:
    """Send our own events to stderr; other libraries stay silent, because they may log what people wrote."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else Lines())
    for name in ("connectors", "sync"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(_LEVELS.get(verbose, logging.DEBUG))
        logger.propagate = False
    logging.getLogger().addHandler(logging.NullHandler())


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _OWN}
