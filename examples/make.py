#!/usr/bin/env python3
"""Write the demo's data: `python3 examples/make.py [FOLDER]` (default: this folder).

Standard library only; no network and no clock. The same program gives the same bytes, on every machine.
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from answers import Answer, Survey
from people import Crowd, Person, accounts
from phrases import Voices
from traps import Field, late, plant_copies, plant_customers, plant_identities, plant_rows

if TYPE_CHECKING:
    from collections import Counter

SEED = "npsync examples 1"
HERE = Path(__file__).parent
MARK = "<!-- planted: written by make.py -->"

#: Name, the question's text, the import id; Qualtrics' three header rows.
COLUMNS = (
    ("StartDate", "Start Date", "startDate"),
    ("EndDate", "End Date", "endDate"),
    ("Status", "Response Type", "status"),
    ("IPAddress", "IP Address", "ipAddress"),
    ("Progress", "Progress", "progress"),
    ("Duration (in seconds)", "Duration (in seconds)", "duration"),
    ("Finished", "Finished", "finished"),
    ("RecordedDate", "Recorded Date", "recordedDate"),
    ("ResponseId", "Response ID", "_recordId"),
    ("RecipientLastName", "Recipient Last Name", "recipientLastName"),
    ("RecipientFirstName", "Recipient First Name", "recipientFirstName"),
    ("RecipientEmail", "Recipient Email", "recipientEmail"),
    ("ExternalReference", "External Data Reference", "externalDataReference"),
    ("LocationLatitude", "Location Latitude", "locationLatitude"),
    ("LocationLongitude", "Location Longitude", "locationLongitude"),
    ("DistributionChannel", "Distribution Channel", "distributionChannel"),
    ("UserLanguage", "User Language", "userLanguage"),
    ("Q1_NPS_GROUP", "How likely are you to recommend us to a colleague? - Group", "QID1_NPS_GROUP"),
    ("Q1", "How likely are you to recommend us to a colleague?", "QID1"),
    ("Q2", "What is the main reason for your score?", "QID2_TEXT"),
    ("Q3", "Your e-mail, if we may come back to you", "QID3_TEXT"),
    ("Q4", "Your phone number", "QID4_TEXT"),
    ("Company", "Company", "Company"),
    ("AccountNo", "AccountNo", "AccountNo"),
)
CUSTOMER_COLUMNS = (
    "cust_no", "given_name", "family_name", "e_mail", "phone_no", "acct", "acct_name", "ctry", "since",
    "merged_into", "do_not_process",
)  # fmt: skip


def generate() -> tuple[list[Person], list[Answer], Counter[str]]:
    """Return the customers, the export's rows in their order, and how often each trap was planted."""
    firms = accounts(Random(f"{SEED}: accounts"))
    crowd = Crowd(Random(f"{SEED}: people"), firms)
    voices = Voices(Random(f"{SEED}: voices"))
    survey = Survey(Random(f"{SEED}: answers"), voices)
    customers = crowd.customers()
    strangers = crowd.strangers()
    answers = [answer for person in customers if person.answers for answer in survey.answers_of(person)]
    field = Field(
        rng=Random(f"{SEED}: traps"), crowd=crowd, survey=survey, voices=voices, customers=customers, answers=answers
    )
    for plant in (plant_customers, plant_identities, plant_rows, plant_copies):
        plant(field)
    for person in strangers:
        field.planted["people whom the table does not hold"] += 1
        field.answers += [survey.by_link(answer) for answer in survey.answers_of(person)[-1:]]
    at_the_end = late(field)
    rows = sorted(field.answers, key=lambda answer: (answer.recorded, answer.id)) + at_the_end
    field.planted["score 0"] = sum(answer.score in {"0", "0.0"} for answer in rows)
    return sorted(field.customers, key=lambda person: person.number), rows, field.planted


def response_row(answer: Answer) -> list[str]:
    """Return the cells of one row, in the order of `COLUMNS`."""
    started = answer.ended - timedelta(seconds=answer.seconds)
    start, end, recorded = str(started), str(answer.ended), str(answer.recorded)
    if answer.broken_date is not None:
        start = end = recorded = answer.broken_date
    return [
        start, end, answer.status, answer.ip, answer.progress, str(answer.seconds), answer.finished, recorded,
        answer.id, answer.family, answer.given, answer.recipient, answer.reference, "", "", answer.channel,
        answer.language, answer.group, answer.score, answer.comment, answer.typed_email, answer.phone, answer.company,
        answer.account,
    ]  # fmt: skip


def customer_row(person: Person) -> list[str]:
    """Return the cells of one customer, in the order of `CUSTOMER_COLUMNS`."""
    return [
        person.number, person.given, person.family, person.email, person.phone, person.account.id, person.account.name,
        person.account.country, person.since.isoformat(), person.merged_into, "1" if person.do_not_process else "0",
    ]  # fmt: skip


def write(folder: Path) -> None:
    """Write both tables, and the list of what is planted into the folder's README."""
    customers, rows, planted = generate()
    with (folder / "responses.csv").open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(name for name, _, _ in COLUMNS)
        out.writerow(question for _, question, _ in COLUMNS)
        out.writerow(json.dumps({"ImportId": import_id}, separators=(",", ":")) for _, _, import_id in COLUMNS)
        out.writerows(response_row(answer) for answer in rows)
    with (folder / "customers.csv").open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(CUSTOMER_COLUMNS)
        out.writerows(customer_row(person) for person in customers)
    table = ["| what | how many |", "|---|---|", f"| rows in responses.csv | {len(rows)} |"]
    table += [f"| rows in customers.csv | {len(customers)} |"]
    table += [f"| {trap} | {count} |" for trap, count in sorted(planted.items())]
    head, _, rest = (HERE / "README.md").read_text(encoding="utf-8").partition(MARK)
    tail = rest.partition(MARK)[2]
    listing = "\n".join(table)
    (folder / "README.md").write_text(f"{head}{MARK}\n{listing}\n{MARK}{tail}", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
