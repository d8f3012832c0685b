"""Processes of this machine: what one is called, and whether it still runs. Nothing here touches one."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

#: Instead of its start: one runs under this number, and no more can be seen of it.
UNKNOWN = "unknown"


def this_process() -> str:
    """Name this process so that another on the same machine can tell whether it still lives: host, number, start."""
    return f"{platform.node()}/{os.getpid()}/{_started(os.getpid())}"


def is_alive(process: str) -> bool:
    """Tell whether a process may still be running; on another machine it always may."""
    host, number, began = process.rsplit("/", 2)
    if host != platform.node():
        return True
    found = _started(int(number))
    return found == began or (found != "" and UNKNOWN in (found, began))


def _started(number: int) -> str:
    """Return what tells a process from all others that had its number or will; an empty text: none runs."""
    try:  # ticks since boot (proc(5), field 22)
        return Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        pass
    return _seen(number)


if sys.platform == "win32":  # there, `os.kill` ends a process whatever it is asked to send
    import ctypes
    from ctypes import wintypes

    _ASK = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
    _NO_SUCH_PROCESS = 87  # ERROR_INVALID_PARAMETER
    _RUNS = 259  # STILL_ACTIVE

    def _seen(number: int) -> str:
        """Return when a process began, in 100 ns since 1601; see `_started`."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = wintypes.HANDLE
        handle = wintypes.HANDLE(kernel.OpenProcess(_ASK, False, number))
        if not handle.value:
            return "" if ctypes.get_last_error() == _NO_SUCH_PROCESS else UNKNOWN
        try:
            code, times = wintypes.DWORD(), [wintypes.FILETIME() for _ in range(4)]
            if kernel.GetExitCodeProcess(handle, ctypes.byref(code)) and code.value != _RUNS:
                return ""
            if not kernel.GetProcessTimes(handle, *map(ctypes.byref, times)):
                return UNKNOWN
            return str(times[0].dwHighDateTime << 32 | times[0].dwLowDateTime)
        finally:
            kernel.CloseHandle(handle)

else:

    def _seen(number: int) -> str:
        """Return whether a process runs; see `_started`."""
        try:
            os.kill(number, 0)
        except (ProcessLookupError, OverflowError):
            return ""
        except OSError:  # somebody else's
            return UNKNOWN
        return UNKNOWN
