"""Ports that stay shut: nobody answers there, and nobody else gets the number."""

from __future__ import annotations

import socket


def hold(port: int) -> socket.socket:
    """Take a port of 127.0.0.1 without listening, until the socket is closed."""
    held = socket.socket()
    # Connections that just ended must not hinder this socket; later this socket must hinder others.
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", port))
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    return held
