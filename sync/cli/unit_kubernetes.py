"""The job as manifests of Kubernetes: a CronJob, or a Deployment that stays, with its ConfigMap and its volume."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from sync.cli import unit_cron
from sync.cli.unit_systemd import STOP_S

if TYPE_CHECKING:
    from sync.cli.units import Job

#: Where the project stands in the container, and its secrets.
ROOT, SECRETS = "/srv/npsync", "/etc/npsync/secrets"
USER = 10001


class _Block(str):
    """A text of several lines."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes blocks as a person would."""

    def ignore_aliases(self, _data: object) -> bool:
        """Never write `&id001`."""
        return True


_Dumper.add_representer(
    _Block, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")
)


def manifests(job: Job, image: str, *, service: bool) -> str:
    """Return them as one YAML text; *service*: a Deployment for `npsync schedule run`.

    Raises:
        UserError: Kubernetes, whose schedules are cron's, has no words for the interval (E105).
    """
    data = {_key(path): _Block(text) for path, text in job.files.items()}
    documents = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "npsync"}, "data": data},
        _claim(),
        _deployment(job, image) if service else _cron_job(job, image),
    ]
    told = yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)
    return _comment(job) + told


def _comment(job: Job) -> str:
    lines = ["# kubectl apply -f npsync.yaml"]
    if job.secrets:
        lines.append("# Give the secrets first, each from a file that holds only it:")
        files = " ".join(f"--from-file={name}=FILE" for name in job.secrets)
        lines.append(f"#   kubectl create secret generic npsync {files}")
    return "\n".join([*lines, "---"]) + "\n"


def _claim() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "npsync"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}},
    }


def _cron_job(job: Job, image: str) -> dict[str, Any]:
    # Another run at work (75) is no failure.
    words = shlex.join(_command(job, "sync"))
    command = ["/bin/sh", "-c", f"{words} || {{ status=$?; [ $status -eq 75 ] || exit $status; }}"]
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "npsync"},
        "spec": {
            "schedule": unit_cron.times(job),
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 300,
            "jobTemplate": {
                # The next start tries again; a second try at once meets what the first one met.
                "spec": {
                    "backoffLimit": 0,
                    "template": {"spec": _pod(job, image, command) | {"restartPolicy": "Never"}},
                }
            },
        },
    }


def _deployment(job: Job, image: str) -> dict[str, Any]:
    labels = {"app": "npsync"}
    pod = _pod(job, image, _command(job, "schedule", "run")) | {"terminationGracePeriodSeconds": STOP_S}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "npsync"},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _command(job: Job, *words: str) -> list[str]:
    return ["npsync", "-C", f"{ROOT}/{job.config.name}", "--no-input", *words, *job.mappings]


def _pod(job: Job, image: str, command: list[str]) -> dict[str, Any]:
    mounts = [{"name": "data", "mountPath": ROOT}, {"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108 - in a container
    mounts += [
        {"name": "config", "mountPath": f"{ROOT}/{path}", "subPath": _key(path), "readOnly": True}  # type: ignore[dict-item]
        for path in job.files
    ]
    volumes: list[dict[str, Any]] = [
        {"name": "data", "persistentVolumeClaim": {"claimName": "npsync"}},
        {"name": "config", "configMap": {"name": "npsync"}},
        {"name": "tmp", "emptyDir": {}},
    ]
    environment = [{"name": "HOME", "value": "/tmp"}]  # noqa: S108 - in a container
    if job.secrets:
        mounts.append({"name": "secrets", "mountPath": SECRETS, "readOnly": True})  # type: ignore[dict-item]
        volumes.append({"name": "secrets", "secret": {"secretName": "npsync", "defaultMode": 0o440}})
        environment.append({"name": "CREDENTIALS_DIRECTORY", "value": SECRETS})
    container = {
        "name": "npsync",
        "image": image,
        "command": command,
        "workingDir": ROOT,
        "env": environment,
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": mounts,
    }
    return {
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": volumes,
    }


def _key(path: str) -> str:
    """A ConfigMap's keys hold no `/`.

    >>> _key("mappings/crm.yaml")
    'mappings..crm.yaml'
    """
    return "..".join(PurePosixPath(path).parts)
