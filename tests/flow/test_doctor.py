"""`npsync doctor` on whole projects: what was planted is found with its remedy, and nothing is changed by looking."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from sync.cli import doctoring
from sync.ledger.lease import acquire
from sync.ledger.store import Ledger
from tests.flow.played import VENDORS, Crm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flow.desk import Desk, Said


@pytest.fixture(params=VENDORS)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    with Crm(request.param, tmp_path, people=3, oauth=True) as crm:
        crm.export(1)
        yield crm


#: Where one vendor shows it as well as the other.
SALESFORCE = pytest.mark.parametrize("crm", ["salesforce"], indirect=True)
HUBSPOT = pytest.mark.parametrize("crm", ["hubspot"], indirect=True)


def doctor(desk: Desk, status: int) -> dict[str, Any]:
    """Return the findings by check, the gravest of each."""
    said = desk.npsync("doctor", "--output", "json")
    assert status == said.status, said.out + said.err
    order = ["wrong", "note", "unseen", "fine"]
    found = sorted(said.object["findings"], key=lambda one: order.index(one["state"]), reverse=True)
    return {one["check"]: one for one in found}


def wrong(found: dict[str, Any]) -> list[str]:
    return [name for name, one in found.items() if one["state"] == "wrong"]


def files(folder: Path) -> dict[str, str]:
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_a_healthy_project_is_fine_and_left_as_it_was(crm: Crm) -> None:
    before, calls = files(crm.desk.folder), len(crm.service.log)
    fresh = doctor(crm.desk, 0)
    assert before == files(crm.desk.folder)
    assert 0 == crm.sync(1).status
    before, calls = files(crm.desk.folder), len(crm.service.log)
    used = doctor(crm.desk, 0)

    assert [] == wrong(fresh) == wrong(used)
    assert {"network", "clock", "sign-in", "rights", "quota", "schema", "ledger", "version"} <= set(used)
    assert before == files(crm.desk.folder)
    assert [] == crm.writes(calls)
    secrets = [value for name, value in os.environ.items() if name.startswith("NPSYNC_")]
    assert not [value for value in [*secrets, "@acme"] if value in str(used)]


@HUBSPOT
def test_a_sign_in_that_ended_is_found(crm: Crm) -> None:
    crm.service.faults.set("expired_token", 1.0)
    found = doctor(crm.desk, 3)

    assert "sign-in" in wrong(found)
    assert "npsync auth" in found["sign-in"]["fix"]
    assert "unseen" == found["schema"]["state"]


@HUBSPOT
def test_a_missing_right_is_named(crm: Crm) -> None:
    crm.world.doors.scopes = frozenset(
        f"crm.{area}.{kind}.read" for area in ("objects", "schemas") for kind in ("contacts", "companies")
    )
    found = doctor(crm.desk, 3)

    assert "rights" in wrong(found)
    assert found["rights"]["fix"]


@SALESFORCE
def test_a_field_that_went_is_found_at_its_line(crm: Crm) -> None:
    crm.world.drop_field("Contact", "NPS_Score__c")
    found = doctor(crm.desk, 3)

    assert "schema" in wrong(found)
    assert f"mappings/{crm.vendor}.yaml:" in found["schema"]["about"]


@HUBSPOT
def test_a_service_that_is_not_there_is_found_and_not_waited_for(crm: Crm) -> None:
    crm.service.vanish()
    found = doctor(crm.desk, 5)

    assert ["network"] == wrong(found)
    assert "host and port" in found["network"]["fix"]


@SALESFORCE
def test_our_share_of_the_day_is_counted_over_all_runs(crm: Crm) -> None:
    crm.sync(1)
    with closing(sqlite3.connect(crm.desk.folder / ".npsync/ledger.budgets.db")) as side, side:
        side.execute("UPDATE call_days SET calls = 2000000")
    found = doctor(crm.desk, 5)

    assert ["quota"] == wrong(found)
    assert found["quota"]["found"].startswith("spent: 2,000,000 of")


def test_a_run_under_way_is_told_with_its_process(desk: Desk) -> None:
    desk.npsync("sync")
    acquire(Ledger(f"sqlite:///{desk.folder}/.npsync/ledger.db"), "crm", lambda: datetime.now(UTC))
    found = doctor(desk, 0)

    assert "note" == found["processes"]["state"]
    assert f"kill {os.getpid()}" in found["processes"]["fix"]


def test_a_ledger_of_another_version_is_told_and_not_touched(desk: Desk) -> None:
    desk.npsync("sync")
    for version, state, status in ((0, "note", 0), (99, "wrong", 2)):
        with closing(sqlite3.connect(desk.folder / ".npsync/ledger.db")) as ledger, ledger:
            ledger.execute("UPDATE schema_version SET version = ?", [version])
        before = files(desk.folder)

        assert state == doctor(desk, status)["version"]["state"]
        assert before == files(desk.folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_ledger_that_cannot_be_written_is_found(desk: Desk) -> None:
    desk.npsync("sync")
    (desk.folder / ".npsync").chmod(0o500)
    try:
        assert "ledger" in wrong(doctor(desk, 5))
    finally:
        (desk.folder / ".npsync").chmod(0o700)


def test_a_package_that_owns_our_names_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told = desk.folder / "site" / "synclib-1.0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: synclib\nVersion: 1.0\n")
    (told / "RECORD").write_text("synclib-1.0.dist-info/METADATA,,\nsync/__init__.py,,\nsync/aio.py,,\n")
    monkeypatch.syspath_prepend(desk.folder / "site")
    found = doctor(desk, 2)

    assert ["packages"] == wrong(found)
    assert "pip uninstall synclib" in found["packages"]["fix"]


def test_a_slip_in_the_config_is_one_finding_of_several(desk: Desk) -> None:
    desk.write("config.yaml", "version: 2\nconections: {}\n")
    found = doctor(desk, 2)

    assert ["config"] == wrong(found)
    assert "config.yaml:" in found["config"]["about"]
    assert "packages" in found


def test_without_a_config_the_machine_is_looked_at(desk: Desk) -> None:
    (desk.folder / "config.yaml").unlink()
    found = doctor(desk, 2)

    assert "E101" == found["config"]["code"]
    assert {"packages", "keyring"} <= set(found)


def test_a_job_has_not_the_environment_of_a_shell(tmp_path: Path) -> None:
    """A secret that only the shell has is the usual reason why a sync works by hand and not by night."""
    with Crm("hubspot", tmp_path, people=3) as crm:
        by_hand: Said = crm.desk.npsync("doctor")
        by_night = crm.desk.npsync("doctor", "--as-scheduler")

    assert [0, 3] == [by_hand.status, by_night.status]
    assert "WRONG secrets hubspot" in by_night.out


def test_a_jobs_environment_holds_no_session(tmp_path: Path) -> None:
    told = doctoring.job_environment(tmp_path)

    assert {"HOME", "LOGNAME", "USER", "SHELL", "PATH", "CREDENTIALS_DIRECTORY"} == set(told)
