"""A seeded company: customers in SQLite and survey exports in CSV, of any size, written row by row."""

from __future__ import annotations

import csv
import random
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = ("Ann", "Bo", "Carla", "Dmitri", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jamal", "Kim", "Lena", "Mei", "Noor")
LAST = ("Abara", "Berg", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Haddad", "Ito", "Jensen", "Kaya", "Lind")
COMMENTS = (
    "",
    "",
    "Support answered within the hour, thank you.",
    "Setup took three weeks; we had hoped for one.",
    "The new reports save me a day each month.",
    "Prices went up again and nobody told us why.",
    "Works. Nothing more, nothing less.",
    "Please, please fix the export to Excel: it cuts long names and nobody notices until the meeting.",
)
HEADER = (
    "response_id",
    "score",
    "comment",
    "responded_at",
    "email",
    "customer_id",
    "phone",
    "first_name",
    "last_name",
)
PER_ACCOUNT = 25
FIRST_DAY = datetime(2025, 6, 1, tzinfo=UTC)
DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What everything is drawn from; the same numbers give the same files."""

    customers: int
    seed: int = 7

    def customer(self, number: int) -> tuple[str, ...]:
        """Return one customer: id, e-mail, phone, names, account, day of creation."""
        first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
        digits = number * 7_919 % 10_000_000
        return (
            f"C-{number:08}",
            f"{first}.{last}.{number}@example{number // PER_ACCOUNT % 9_000}.com".lower(),
            f"+1 ({201 + number % 700}) {200 + digits // 10_000 % 800}-{digits % 10_000:04}",
            first,
            last,
            f"A-{number // PER_ACCOUNT:06}",
            f"20{10 + number % 15}-0{1 + number % 9}-15",
        )

    def write_customers(self, path: Path) -> None:
        with sqlite3.connect(path) as database:
            database.execute(
                "CREATE TABLE customers (customer_id TEXT PRIMARY KEY, email TEXT, phone TEXT, first_name TEXT,"
                " last_name TEXT, account_id TEXT, created_at TEXT)"
            )
            rows = (self.customer(number) for number in range(self.customers))
            database.executemany("INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        database.close()

    def write_responses(self, path: Path, start: int, count: int) -> None:
        """Write responses number *start* and following, as one export."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(self._responses(start, count))

    def _responses(self, start: int, count: int) -> Iterator[tuple[object, ...]]:
        draw = random.Random(f"{self.seed}:{start}")
        for number in range(start, start + count):
            id_, email, phone, first, last, _, _ = self.customer(draw.randrange(self.customers))
            chance = draw.random()
            if chance < 0.02:  # nobody we know
                id_, email, phone = "", f"stranger{number}@elsewhere.example", ""
            elif chance < 0.40:  # known by address only
                id_, phone = "", ""
            elif chance < 0.45:  # known by phone and name
                id_, email = "", ""
            at = FIRST_DAY + timedelta(seconds=draw.randrange(DAYS * 86_400))
            yield (
                f"R-{number:09}",
                min(10, max(0, round(draw.gauss(8, 2.2)))),
                draw.choice(COMMENTS),
                at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                email,
                id_,
                phone,
                first,
                last,
            )
