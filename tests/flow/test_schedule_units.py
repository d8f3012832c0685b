"""What `npsync schedule` prints for other schedulers is taken by them, whatever a path is called, without a secret."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from sync.cli import unit_cron
from sync.cli.screen import Screen
from sync.cli.session import Session
from sync.cli.units import job_of
from sync.errors import UserError
from tests.flow.desk import CONFIG, MAPPING, Desk

if TYPE_CHECKING:
    from sync.cli.units import Job

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/schedule.md").read_text(encoding="utf-8")
CRM = "  crm: {type: salesforce, domain: acme.my}\nlimits:"
TO_CRM = (
    "version: 1\nfrom: survey\nto: crm\nobject: Contact\nmatch:\n  - {Email: person.email}\nfields: {NPS__c: score}\n"
)
CANARY = "canary-secret"


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A project in a folder whose name means something to cron, sh and systemd, with secrets in the environment."""
    for name in ("CONSUMER_KEY", "CONSUMER_SECRET"):
        monkeypatch.setenv(f"NPSYNC_CRM_{name}", CANARY)
    desk = Desk(tmp_path / "it's my 50% $HOME folder")
    desk.folder.mkdir()
    desk.set_up()
    desk.write("config.yaml", CONFIG.replace("limits:", CRM))
    desk.write("mappings/crm.yaml", TO_CRM)
    return desk


def job(desk: Desk, every: str = "15m") -> Job:
    config = (desk.folder / "config.yaml").read_text(encoding="utf-8")
    desk.write("config.yaml", re.sub(r"\nschedule:.*", "", config) + f"\nschedule: {{every: {every}}}\n")
    return job_of(Session(screen=Screen(), config=desk.folder / "config.yaml"), ())


def fields(line: str) -> tuple[str, str]:
    """Split a line as cron does: five fields, then the command up to a bare `%`, `\\%` being one."""
    words = line.split(None, 5)
    command = re.split(r"(?<!\\)%", words[5])[0]
    return " ".join(words[:5]), command.replace(r"\%", "%")


def fits(field: str, low: int, high: int) -> bool:
    """Whether cron takes a field: `*`, a number or a range, each with a step or without."""
    found = re.fullmatch(r"(\*|\d+|\d+-\d+)(?:/(\d+))?", field)
    numbers = [int(each) for each in re.findall(r"\d+", found[1])] if found else [-1]
    return all(low <= each <= high for each in numbers) and numbers == sorted(numbers)


@pytest.mark.parametrize("every", ["1m", "5m", "15m", "30m", "1h", "6h", "1d"])
def test_cron_takes_every_interval_that_is_printed(desk: Desk, every: str) -> None:
    minute, hour, *others = unit_cron.times(job(desk, every)).split()

    assert fits(minute, 0, 59)
    assert fits(hour, 0, 23)
    assert ["*", "*", "*"] == others


@pytest.mark.parametrize("every", ["7m", "90s", "5h", "3d"])
def test_what_cron_cannot_say_is_refused_with_what_it_can(desk: Desk, every: str) -> None:
    with pytest.raises(UserError, match="15m") as refused:
        unit_cron.times(job(desk, every))

    assert "E105" == refused.value.code


@pytest.mark.parametrize(("status", "mailed"), [(0, ""), (75, ""), (3, "what went wrong\n")])
def test_the_line_of_cron_speaks_only_when_something_went_wrong(odd: Desk, status: int, mailed: str) -> None:
    """The command is run as cron runs it, with a program that tells what it was called with."""
    program, called = odd.folder / "np sync%", odd.folder / "called"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > "{called}"\necho what went wrong >&2\nexit {status}\n'.replace(
            "$HOME", "\\$HOME"
        )
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    line = unit_cron.crontab(replace(job(odd), program=(str(program),))).splitlines()[-1]

    done = subprocess.run(["/bin/sh", "-c", fields(line)[1]], capture_output=True, text=True, check=False)

    assert (mailed, "") == (done.stdout, done.stderr)
    assert ["-C", str(odd.folder / "config.yaml"), "--no-input", "-q", "sync"] == called.read_text().splitlines()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("options", [(), ("--service",)])
def test_systemd_takes_the_units(odd: Desk, options: tuple[str, ...]) -> None:
    folder = odd.folder.parent / "units"
    odd.npsync("schedule", "systemd", "--into", str(folder), *options)

    names = [f"./{path.name}" for path in sorted(folder.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", *names], cwd=folder, capture_output=True, text=True, check=False
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert len(names) == (1 if options else 2)


def test_a_unit_counts_another_run_as_success_and_names_each_secret(odd: Desk) -> None:
    unit = odd.npsync("schedule", "systemd", "--output", "json").object["files"]["npsync.service"]

    assert "SuccessExitStatus=75\n" in unit
    assert "LoadCredentialEncrypted=crm.consumer_key:/etc/credstore.encrypted/crm.consumer_key\n" in unit
    assert '"-C" "' + str(odd.folder).replace("%", "%%").replace("$", "$$") + '/config.yaml"' in unit


@pytest.mark.parametrize(("options", "kind"), [((), "CronJob"), (("--service",), "Deployment")])
def test_the_manifests_carry_the_project_and_where_its_secrets_are(
    odd: Desk, options: tuple[str, ...], kind: str
) -> None:
    said = odd.npsync("schedule", "kubernetes", "--image", "registry.example/npsync:1", *options)

    config, claim, work = yaml.safe_load_all(said.out)
    spec = work["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else work["spec"]
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    assert (kind, "PersistentVolumeClaim") == (work["kind"], claim["kind"])
    assert {"config.yaml": (odd.folder / "config.yaml").read_text(), "mappings..crm.yaml": TO_CRM} == config["data"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert {"name": "CREDENTIALS_DIRECTORY", "value": "/etc/npsync/secrets"} in container["env"]
    if kind == "CronJob":
        assert (0, "Forbid") == (spec["backoffLimit"], work["spec"]["concurrencyPolicy"])
        ended = subprocess.run(
            ["/bin/sh", "-c", container["command"][2].replace("npsync", "sh -c 'exit 75' npsync", 1)], check=False
        )
        assert 0 == ended.returncode


@pytest.mark.parametrize("scheduler", ["cron", "systemd", "kubernetes"])
def test_no_secret_is_printed(odd: Desk, scheduler: str) -> None:
    said = odd.npsync("schedule", scheduler)

    assert 0 == said.status
    assert CANARY not in said.out + said.err


def test_a_secret_that_no_job_can_keep_is_warned_of(odd: Desk) -> None:
    odd.write("config.yaml", CONFIG.replace("limits:", CRM.replace("acme.my", "acme.my, auth: refresh_token")))

    assert "crm.refresh_token changes at each use" in odd.npsync("schedule", "cron").err


def test_a_mapping_that_is_named_alone_is_run_alone(desk: Desk) -> None:
    desk.write("mappings/other.yaml", MAPPING)

    assert " sync other 2>&1" in desk.npsync("schedule", "cron", "other").out


@pytest.mark.parametrize(
    "snippet", re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL), ids=["airflow", "dagster"]
)
def test_the_snippets_of_the_page_are_python(snippet: str) -> None:
    compile(snippet, "docs/how-to/schedule.md", "exec")

    assert "75" in snippet
