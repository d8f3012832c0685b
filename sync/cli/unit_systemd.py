"""The job as units of systemd: a timer with its service, or one service that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.cli.units import Job

#: Where `systemd-creds` puts what only this machine can read.
STORE = "/etc/credstore.encrypted"
#: Longer than the longest call, which ends after 120 s.
STOP_S = 180
HARDENING = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
PrivateDevices=yes
PrivateTmp=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077
"""


def units(job: Job, *, service: bool) -> dict[str, str]:
    """Return the files by name; *service*: one that stays, for `npsync schedule run`."""
    if service:
        return {"npsync.service": _service(job, _STAYS, ("schedule", "run")) + _INSTALLED}
    seconds = int(job.every.total_seconds())
    timer = f"""\
# /etc/systemd/system/npsync.timer; then: systemctl daemon-reload && systemctl enable --now npsync.timer
[Unit]
Description=npsync every {seconds} s

[Timer]
OnBootSec=2min
OnUnitActiveSec={seconds}s
RandomizedDelaySec={max(1, min(60, seconds // 10))}s
AccuracySec=1s

[Install]
WantedBy=timers.target
"""
    return {"npsync.service": _service(job, "Type=oneshot\n", ("sync",)), "npsync.timer": timer}


_STAYS = f"""\
Type=exec
Restart=on-failure
RestartSec=30s
# The config, or the sign-in: trying again cannot help.
RestartPreventExitStatus=2 3
TimeoutStopSec={STOP_S}s
"""
_INSTALLED = """
[Install]
WantedBy=multi-user.target
"""


def _service(job: Job, kind: str, words: tuple[str, ...]) -> str:
    folders = " ".join(_quoted(f"-{path}") for path in job.writes)
    lines = [
        "# /etc/systemd/system/npsync.service",
        *_how_to_give(job),
        "[Unit]",
        f"Description=npsync of {_text(str(job.root))}",
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        *kind.splitlines(),
        f"User={job.user}",
        f"WorkingDirectory={_text(str(job.root))}",
        "ExecStart=" + " ".join(_argument(word) for word in job.command(*words)),
        "# 75: another run is at work, and this one is not needed.",
        "SuccessExitStatus=75",
        *(f"LoadCredentialEncrypted={name}:{STORE}/{name}" for name in job.secrets),
        "# Locks between processes.",
        "StateDirectory=npsync",
        "Environment=XDG_STATE_HOME=%S",
        *([f"ReadWritePaths={folders}"] if folders else []),
        *HARDENING.splitlines(),
    ]
    return "\n".join(lines) + "\n"


def _how_to_give(job: Job) -> list[str]:
    """How an administrator gives the secrets, which stand in no unit."""
    if not job.secrets:
        return []
    told = [f"#   systemd-creds encrypt --name={name} - {STORE}/{name}" for name in job.secrets]
    return ["# Give each secret once, as root: type it, then Ctrl-D.", *told]


def _text(text: str) -> str:
    """A whole line: only `%` means something in it."""
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    r"""A word of a list; as in C.

    >>> print(_quoted('/srv/my "50%" folder'))
    "/srv/my \"50%%\" folder"
    """
    return '"' + _text(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _argument(word: str) -> str:
    """A word of a command, where `$` means something, too."""
    return _quoted(word).replace("$", "$$")
