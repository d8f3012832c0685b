"""Salesforce, HubSpot and survey services played on 127.0.0.1: real HTTP servers with a memory, limits and faults.

It imports nothing of `connectors` or `sync`, so that a misreading there cannot cancel itself out here.
"""

from sandbox.clock import Clock
from sandbox.exchange import Headers, Reply, Request
from sandbox.faults import Faults
from sandbox.limits import Concurrent, Daily, Limits, Verdict, Window
from sandbox.log import Entry, RequestLog
from sandbox.server import Service, World

__all__ = [
    "Clock",
    "Concurrent",
    "Daily",
    "Entry",
    "Faults",
    "Headers",
    "Limits",
    "Reply",
    "Request",
    "RequestLog",
    "Service",
    "Verdict",
    "Window",
    "World",
]
