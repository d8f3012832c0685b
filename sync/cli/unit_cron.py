"""The job as lines of a crontab."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from zlib import crc32

from connectors.durations import format_duration
from sync.cli.units import not_sayable

if TYPE_CHECKING:
    from pathlib import Path

    from sync.cli.units import Job

_HOUR, _DAY = 60, 1440  # minutes


def crontab(job: Job) -> str:
    """Return the lines; cron sends mail when they print something, which they do when something went wrong.

    Raises:
        UserError: Cron has no words for the interval (E105).
    """
    lines = [f"# npsync, for the crontab of {job.user}: put it there with `crontab -e`", "SHELL=/bin/sh"]
    if job.secrets:
        lines += [
            f"# one file each (chmod 600): {', '.join(job.secrets)}",
            f"CREDENTIALS_DIRECTORY={_setting(job.root / '.npsync' / 'secrets')}",
        ]
    return "\n".join([*lines, f"{times(job)}  {command(job)}"]) + "\n"


def command(job: Job) -> str:
    """Return the sixth field: what it says is shown unless all is well, or another run is at work (75)."""
    words = shlex.join([*job.command("-q", "sync")])
    return f'said=$({words} 2>&1) || [ $? -eq 75 ] || echo "$said"'.replace("%", r"\%")  # for cron, `%` ends a line


def times(job: Job, *, spread: bool = True) -> str:
    """Return the first five fields, at a minute of the project's own so that not everybody calls at the full hour.

    Raises:
        UserError: There are none for the interval (E105).
    """
    minutes, rest = divmod(int(job.every.total_seconds()), 60)
    offset = crc32(str(job.root).encode()) % 60 if spread else 0
    if not rest and minutes and _HOUR % minutes == 0 and minutes < _HOUR:
        first = offset % minutes
        return f"{first}-59/{minutes} * * * *" if first else f"*/{minutes} * * * *"
    if not rest and minutes and minutes % _HOUR == 0 and _DAY % minutes == 0:
        hours = minutes // _HOUR
        return f"{offset} {'0' if hours == _DAY // _HOUR else '*' if hours == 1 else f'*/{hours}'} * * *"
    hint = "Take 1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h or 1d; or systemd."
    raise not_sayable("cron", format_duration(job.every), hint)


def _setting(path: Path) -> str:
    """Cron takes a setting as it stands but for spaces around it; quotes keep those."""
    return f'"{path}"' if " " in str(path) else str(path)
