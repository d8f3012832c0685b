"""The demo's data are what their generator writes, and hold the trouble that their README counts."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
WRITTEN = ("responses.csv", "customers.csv", "README.md")


def table(name: str) -> list[dict[str, str]]:
    with (EXAMPLES / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def responses() -> list[dict[str, str]]:
    return table("responses.csv")[2:]  # the question texts and the import ids


@pytest.fixture(scope="module")
def customers() -> list[dict[str, str]]:
    return table("customers.csv")


@pytest.fixture(scope="module")
def planted() -> dict[str, int]:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    return {what: int(count) for what, count in re.findall(r"^\| (.+?) \| (\d+) \|", text, re.MULTILINE)}


def test_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(EXAMPLES / "make.py"), str(tmp_path)], check=True, timeout=60)

    for name in WRITTEN:
        assert (EXAMPLES / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_the_size_is_as_told(
    responses: list[dict[str, str]], customers: list[dict[str, str]], planted: dict[str, int]
) -> None:
    assert planted["rows in responses.csv"] == len(responses)
    assert planted["rows in customers.csv"] == len(customers)
    assert 120 == len({row["acct"] for row in customers})
    assert 1900 <= len(responses) <= 2200


def test_the_story_covers_eighteen_months_and_ends_on_a_fixed_day(responses: list[dict[str, str]]) -> None:
    days = sorted(row["EndDate"][:10] for row in responses if row["EndDate"].startswith(("2025", "2026-0", "2026-1")))

    assert "2025-05-26" == days[0]
    assert "2026-11-20" == days[-1]


def test_planted_rows_are_counted_as_the_files_hold_them(
    responses: list[dict[str, str]], planted: dict[str, int]
) -> None:
    status = Counter(row["Status"] for row in responses)
    copies = Counter(tuple(row.values()) for row in responses)
    versions = Counter(row["ResponseId"] for row in {tuple(row.values()): row for row in responses}.values())
    done = [row for row in responses if row["Status"] == "0" and row["Finished"] == "1"]
    mailboxes = {"info", "office", "sales", "support", "billing", "admin"}

    assert planted["preview"] == status["1"]
    assert planted["test"] == status["2"]
    assert planted["spam"] == status["8"]
    assert planted["not finished"] == sum(row["Finished"] == "0" for row in responses)
    assert planted["finished without a score"] == sum(row["Q1"] == "" for row in done)
    assert planted["same row twice"] == sum(count - 1 for count in copies.values())
    assert planted["edited later"] == sum(count - 1 for count in versions.values())
    assert planted["score 0"] == sum(row["Q1"] in {"0", "0.0"} for row in responses)
    assert planted["score that is none"] == sum(not re.fullmatch(r"(10|\d)(\.0)?|", row["Q1"]) for row in responses)
    assert planted["role mailbox"] == sum(row["Q3"].partition("@")[0] in mailboxes for row in responses)
    assert planted["anonymous"] == sum(_nobody(row) for row in responses)
    assert planted["placeholder instead of an e-mail"] == sum(
        row["Q3"] in {"anonymous", "none", "test@test.test", "n/a", "-"} for row in responses
    )
    assert planted["phone with a leading apostrophe"] == sum(row["Q4"].startswith("'") for row in responses)
    assert planted["very long comment"] == sum(len(row["Q2"]) > 900 for row in responses)


def test_planted_customers_are_counted_as_the_file_holds_them(
    customers: list[dict[str, str]], planted: dict[str, int]
) -> None:
    live = [row for row in customers if not row["merged_into"]]
    people = Counter((row["given_name"], row["family_name"], row["e_mail"]) for row in live)
    mailboxes: dict[str, set[str]] = {}
    for row in live:
        mailboxes.setdefault(row["e_mail"], set()).add(row["family_name"] + row["given_name"])

    assert planted["customers: same person twice"] == sum(count - 1 for count in people.values())
    assert planted["customers: merged into another"] == len(customers) - len(live)
    assert planted["customers: do not process"] == sum(row["do_not_process"] == "1" for row in customers)
    assert planted["customers: two with one mailbox"] == sum(
        len(names) for names in mailboxes.values() if len(names) > 1
    )
    assert planted["customers: phone is no phone"] == sum(
        row["phone_no"] != "" and not row["phone_no"].startswith("+") for row in customers
    )


def test_addresses_and_numbers_belong_to_nobody(
    responses: list[dict[str, str]], customers: list[dict[str, str]]
) -> None:
    """A demo must never be able to reach a person."""
    addresses = [row["RecipientEmail"] for row in responses] + [row["Q3"] for row in responses]
    addresses += [row["e_mail"] for row in customers]
    addresses += re.findall(r"\S+@\S+\.\S+", " ".join(row["Q2"] for row in responses))
    phones = [row["Q4"].strip("'") for row in responses] + [row["phone_no"] for row in customers]
    fictional = re.compile(r"\+44 7700 900\d{3}|\+1 \d{3} 555 01\d\d|\+49 30 23125\d{3}|\+33 6 39 98 \d\d \d\d")

    assert [] == [address for address in addresses if "@" in address and not _reserved(address)]
    assert [] == [phone for phone in phones if phone.startswith("+") and not fictional.fullmatch(phone)]


def test_customers_speak_for_themselves(responses: list[dict[str, str]]) -> None:
    """Repeated comments would make the demo look made up."""
    comments = [row["Q2"] for row in responses if row["Q2"] and row["Status"] == "0"]
    languages = {row["UserLanguage"] for row in responses}

    assert {"EN", "DE", "FR", "ES", "NL"} == languages
    assert len(comments) > 900
    assert len(set(comments)) / len(comments) > 0.94


def _nobody(row: dict[str, str]) -> bool:
    return not any(row[column] for column in ("RecipientEmail", "Q3", "Q4", "ExternalReference", "RecipientLastName"))


def _reserved(address: str) -> bool:
    return re.search(r"\.(example|test)[\s\u00a0]*$", address.lower()) is not None
