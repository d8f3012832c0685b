"""What every directory promises; a vendor's test inherits this and says how one is filled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from connectors.contract import Accounts, RecordColumns
from connectors.errors import SchemaDrift
from connectors.records import RECORD_FIELDS

if TYPE_CHECKING:
    from connectors.contract import Directory

Row = Mapping[str, Any]
#: Fills the object `customers` with rows of these columns and returns the connection.
Fill = Callable[[Sequence[Row]], Any]

COLUMNS = RecordColumns(
    object="customers",
    id="customer_no",
    emails=("mail", "mail2"),
    phones=("tel", "mobile"),
    ids={"customer_id": ("customer_no",), "salesforce_id": ("sf",)},
    first_name="given",
    last_name="family",
    account="org",
    created_at="made",
    merged_into="survivor",
    deleted="removed",
    suppressed="forget",
)
TEXTS = ("customer_no", "mail", "mail2", "tel", "mobile", "sf", "given", "family", "org", "made", "survivor")
FLAGS = ("removed", "forget")
#: As many others as make few keys few.
CROWD = [
    {
        "customer_no": f"X-{number:05}",
        "mail": f"crowd{number}@example.net",
        "tel": f"+44 20 79{number % 100:02} {number:04}",
    }
    for number in range(2_000)
]
#: How a record may hold what identity asks for: column, text, kind, value asked for.
SPELLINGS = (
    ("mail", "Ann@Example.COM", "email", "ann@example.com"),
    ("mail2", "  ann@example.com ", "email", "ann@example.com"),
    ("mail", "mailto:ann@example.com", "email", "ann@example.com"),
    ("mail", "Ann Lee <ann@example.com>", "email", "ann@example.com"),
    ("mail", "ann@example.com; Ann@example.com", "email", "ann@example.com"),
    ("mail", "'ann@example.com'", "email", "ann@example.com"),
    ("mail", "ann@example.com.", "email", "ann@example.com"),
    ("mail", "a\u200bnn@example.com", "email", "ann@example.com"),
    ("mail", "ann@FASS.example", "email", "ann@fass.example"),
    ("mail", "ann@faß.de", "email", "ann@xn--fa-hia.de"),
    ("mail", "J.Doe+Shop@GoogleMail.com", "email", "jdoe@gmail.com"),
    ("mail", "ann+shop@example.com", "email", "ann@example.com"),
    ("mail", "ann@example.com", "email", "ann@example.com"),
    ("mail", "o'neil+x@example.com", "email", "o'neil@example.com"),
    ("tel", "(0170) 123-4567", "phone", "01234567"),
    ("tel", "+49 170 / 12 34 567", "phone", "01234567"),
    ("mobile", "0049.170.1234567 x12", "phone", "01234567"),
    ("tel", "0170 1234567 ext. 12", "phone", "01234567"),
    ("tel", "tel:+491701234567", "phone", "01234567"),
    ("tel", "٠١٧٠١٢٣٤٥٦٧", "phone", "01234567"),
    ("tel", "030 12345", "phone", "93012345"),
    ("customer_no", "c-00097754", "customer_id", "97754"),
    ("customer_no", "EU1-00097754", "customer_id", "97754"),
    ("customer_no", " 97754 ", "customer_id", "97754"),
    ("customer_no", "97754.0", "customer_id", "97754"),
    ("customer_no", "a'b\"c; --%s", "customer_id", "a'b\"c; --%s"),
    ("customer_no", "Ünïque-7", "customer_id", "Ünïque-7"),
    ("sf", "0035g00000XyZaB", "salesforce_id", "0035g00000XyZaBAAV"),
    ("sf", "0035G00000XYZABAAV", "salesforce_id", "0035g00000XyZaBAAV"),
)


def asked(*keys: tuple[str, str]) -> pa.Table:
    return pa.table(
        {"kind": [kind for kind, _ in keys], "value": [value for _, value in keys]},
        schema=pa.schema([("kind", pa.string()), ("value", pa.string())]),
    )


def found(directory: Directory, *keys: tuple[str, str]) -> dict[str, dict[str, Any]]:
    """Return the records found, without the crowd that a directory may yield besides."""
    rows: dict[str, dict[str, Any]] = {}
    for table in directory.find(asked(*keys)):
        assert table.schema == RECORD_FIELDS
        rows.update({row["id"]: row for row in table.to_pylist() if not row["id"].startswith("X-")})
    return rows


def wanted(kind: str, value: str) -> list[tuple[str, str]]:
    """Return the keys that identity asks for to find one value; see `Directory.find`."""
    return [(kind, value), ("email_base", value)] if kind == "email" else [(kind, value)]


class DirectoryContract(ABC):
    """Inherit, and give a fixture `fill`."""

    #: Texts of `SPELLINGS` that this system cannot be searched for.
    MISSED: frozenset[str] = frozenset()

    @abstractmethod
    @pytest.fixture
    def fill(self) -> Fill:
        """See the class."""

    def test_a_record_arrives_whole(self, fill: Fill) -> None:
        row = {
            "customer_no": "C-1",
            "mail": "Ann@Example.com",
            "mail2": "ann@home.example",
            "mobile": "+49 170 1234567",
            "sf": "0035g00000XyZaBAAV",
            "given": "Ann",
            "family": "Lee",
            "org": "A-7",
            "made": "2024-05-01",
        }
        directory = fill([row, *CROWD]).directory(COLUMNS)

        expected = {
            "object": "customers",
            "id": "C-1",
            "emails": ["Ann@Example.com", "ann@home.example"],
            "phones": ["+49 170 1234567"],
            "ids": [
                {"kind": "customer_id", "value": "C-1"},
                {"kind": "salesforce_id", "value": "0035g00000XyZaBAAV"},
            ],
            "first_name": "Ann",
            "last_name": "Lee",
            "full_name": None,
            "account": "A-7",
            "account_name": None,
            "country": None,
            "created_at": "2024-05-01",
            "merged_into": None,
            "deleted": False,
            "suppressed": False,
        }
        assert expected == found(directory, ("email", "ann@home.example"))["C-1"]

    def test_looking_is_never_stricter_than_identity(self, fill: Fill) -> None:
        """Identity checks again what it is given; what it is not given it cannot match."""
        rows = [{"customer_no": f"C-{place}"} | {column: held} for place, (column, held, _, _) in enumerate(SPELLINGS)]
        directory = fill([*rows, *CROWD]).directory(COLUMNS)

        missed = [
            case
            for row, case in zip(rows, SPELLINGS, strict=True)
            if not {row["customer_no"], row["customer_no"].strip()} & found(directory, *wanted(*case[2:])).keys()
        ]
        assert self.MISSED == {held for _, held, _, _ in missed}

    def test_what_nobody_holds_finds_nobody(self, fill: Fill) -> None:
        directory = fill([{"customer_no": "C-1", "mail": "ann@example.com"}, *CROWD]).directory(COLUMNS)

        assert {} == found(directory, ("email", "bo@example.com"), ("phone", "99999999"), ("link", "z"))
        assert {} == found(directory)

    def test_few_keys_do_not_fetch_the_crowd(self, fill: Fill) -> None:
        directory = fill(CROWD).directory(COLUMNS)

        fetched = sum(table.num_rows for table in directory.find(asked(*wanted("email", "crowd7@example.net"))))

        assert 1 <= fetched <= 20

    def test_many_keys_find_what_few_do(self, fill: Fill) -> None:
        directory = fill(CROWD).directory(COLUMNS)
        keys = [("email", f"crowd{number}@example.net") for number in range(0, 2_000, 2)]

        many = {id_ for table in directory.find(asked(*keys)) for id_ in table["id"].to_pylist()}

        assert {f"X-{number:05}" for number in range(0, 2_000, 2)} <= many

    def test_merges_are_followed(self, fill: Fill) -> None:
        rows = [
            {"customer_no": "C-1", "mail": "ann@example.com", "survivor": "C-2"},
            {"customer_no": "C-2", "mail": "ann.lee@example.com", "survivor": "C-3"},
            {"customer_no": "C-3", "mail": "lee@example.com"},
            {"customer_no": "C-4", "mail": "loop@example.com", "survivor": "C-5"},
            {"customer_no": "C-5", "survivor": "C-4"},
        ]
        directory = fill([*rows, *CROWD]).directory(COLUMNS)

        assert {"C-1", "C-2", "C-3"} == set(found(directory, ("email", "ann@example.com")))
        assert {"C-4", "C-5"} == set(found(directory, ("email", "loop@example.com")))

    def test_flags_are_told(self, fill: Fill) -> None:
        rows = [
            {"customer_no": "C-1", "mail": "a@example.com", "removed": True},
            {"customer_no": "C-2", "mail": "a@example.com", "forget": True, "removed": False},
        ]
        directory = fill([*rows, *CROWD]).directory(COLUMNS)

        records = found(directory, ("email", "a@example.com"))
        assert [(True, False), (False, True)] == [
            (records[id_]["deleted"], records[id_]["suppressed"]) for id_ in ("C-1", "C-2")
        ]

    def test_the_version_changes_with_the_records(self, fill: Fill) -> None:
        one = fill([{"customer_no": "C-1"}])
        directory = one.directory(COLUMNS)
        before = directory.version()

        assert before == directory.version()
        fill([{"customer_no": "C-2"}])
        assert before != directory.version()

    def test_an_account_has_its_live_records(self, fill: Fill) -> None:
        rows = [{"customer_no": f"C-{number}", "org": "A-1"} for number in range(3)]
        rows += [{"customer_no": "C-8", "org": "A-1", "survivor": "C-1"}, {"customer_no": "C-9", "org": "A-2"}]
        gone = {"customer_no": "C-7", "org": "A-2", "removed": True}
        directory = fill([*rows, gone, *CROWD]).directory(COLUMNS)

        assert isinstance(directory, Accounts)
        assert {"A-1": 3, "A-2": 1} == dict(directory.sizes(["A-1", "A-2", "A-3"]))
        assert {} == dict(directory.sizes([]))

    def test_a_missing_column_is_told_at_once(self, fill: Fill) -> None:
        connection = fill(CROWD[:1])

        with pytest.raises(SchemaDrift, match=r"`custmer_no`.*`e_mail`") as caught:
            connection.directory(RecordColumns(object="customers", id="custmer_no", emails=("e_mail",)))

        assert caught.value.code == "E120"
        assert "Did you mean `customer_no`" in caught.value.next_step

    def test_a_missing_object_is_told_at_once(self, fill: Fill) -> None:
        connection = fill(CROWD[:1])

        with pytest.raises(SchemaDrift, match="custmers") as caught:
            connection.directory(RecordColumns(object="custmers", id="customer_no"))

        assert "Did you mean `customers`" in caught.value.next_step
