"""Whether a service answers at its address, and what time it says it is; nobody signs in for that."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from connectors.http import new_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

#: Seconds to connect, and for the whole.
CONNECT_S, WALL_S = 5.0, 10.0


@dataclass(frozen=True, slots=True)
class Reached:
    """How it went."""

    #: `host`: there is none of that name; `refused`, `slow`, `tls`, `other`: it cannot be spoken to; `another`: what
    #: answers is not the service. Empty: it answered.
    trouble: str = ""
    #: How far our clock is ahead of the service's, in seconds; None: it did not tell.
    offset_s: float | None = None


def reach(url: str, clock: Callable[[], datetime], *, speaks_json: bool, ca: str | None = None) -> Reached:
    """Ask for *url*; any reply of the service will do, a refusal as well.

    Args:
        url: HTTPS, or plain HTTP on this machine.
        clock: Our time.
        speaks_json: Whether the service answers there in JSON, whatever it answers.
        ca: Certificates to trust instead of the usual ones.
    """
    session = new_session(connect_s=CONNECT_S, read_s=WALL_S, wall_s=WALL_S, ca=ca)
    try:
        before = clock()
        reply = session.get(url)
        after = clock()
    except requests.RequestException as error:
        return Reached(trouble_of(error))
    finally:
        session.close()
    if speaks_json and "json" not in reply.headers.get("Content-Type", ""):
        return Reached("another")
    return Reached("", _offset(reply, before + (after - before) / 2))


def trouble_of(error: requests.RequestException) -> str:
    """Sort an error; see `Reached.trouble`."""
    if isinstance(error, requests.exceptions.SSLError):
        return "tls"
    if isinstance(error, requests.Timeout):
        return "slow"
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, NameResolutionError):
        return "host"
    return "refused" if isinstance(reason, NewConnectionError) else "other"


def _offset(reply: requests.Response, ours: datetime) -> float | None:
    """Compare clocks; a reply out of a cache tells the time when it was made."""
    if reply.headers.get("Age"):
        return None
    try:
        theirs = parsedate_to_datetime(reply.headers["Date"])
        return (ours - theirs).total_seconds()
    except (KeyError, ValueError, TypeError):
        return None
