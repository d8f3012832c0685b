"""A server that says exactly what a test tells it, byte by byte."""

from __future__ import annotations

import socket
import struct
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def answer(raw: bytes) -> Callable[[socket.socket], None]:
    """Read the head of one request, send *raw*, close."""

    def behave(line: socket.socket) -> None:
        read_head(line)
        line.sendall(raw)

    return behave


def reset(line: socket.socket) -> None:
    """Read the request, then reset the connection, as a proxy that dies does."""
    read_head(line)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(line: socket.socket) -> None:
    """Read the request and say nothing until the other side hangs up."""
    read_head(line)
    line.settimeout(5.0)
    with suppress(OSError):
        line.recv(1)


def read_head(line: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        part = line.recv(65_536)
        if not part:
            break
        head += part
    return head


@contextmanager
def serving(*behaviours: Callable[[socket.socket], None]) -> Iterator[str]:
    """Yield the URL of a server that treats its first connection by the first behaviour, and so on."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for behave in behaviours:
            with suppress(OSError):
                line, _ = listener.accept()
                with line:
                    behave(line)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        thread.join(timeout=5.0)
