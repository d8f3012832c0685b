"""Search by words (`search?q=FIND {…}`): as much of SOSL as people use to look somebody up.

Of RETURNING, the objects, their fields and LIMIT are read; conditions on records are for SOQL.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.salesforce.describe import UNSEARCHED
from sandbox.salesforce.refusal import Refusal, wrong_method
from sandbox.salesforce.shapes import record

if TYPE_CHECKING:
    from sandbox.exchange import Request
    from sandbox.salesforce.objects import Field, Kind
    from sandbox.salesforce.org import Org

#: Records in one answer.
MOST = 2_000
WHOLE = re.compile(
    r"\s*FIND\s*\{(?P<words>(?:[^}\\]|\\.)*)\}(?:\s+IN\s+(?P<scope>ALL|NAME|EMAIL|PHONE)\s+FIELDS)?"
    r"(?:\s+RETURNING\s+(?P<returning>.*?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*$",
    re.IGNORECASE | re.DOTALL,
)
OBJECT = re.compile(r"\s*(\w+)\s*(?:\(([\w\s,]*?)(?:\s+LIMIT\s+(\d+))?\s*\))?\s*(?:,|$)", re.IGNORECASE)
SCOPES = {"EMAIL": {"email"}, "PHONE": {"phone"}, "NAME": {"string"}}
TEXT = frozenset({"string", "textarea", "phone", "email", "url", "picklist"})


def answer(org: Org, request: Request, version: str, path: list[str]) -> Reply | None:
    """Answer `search`; None for other paths.

    Raises:
        Refusal: It cannot be answered.
    """
    if path != ["search"]:
        return None
    if request.method != "GET":
        raise wrong_method(request.method, "GET")
    asked = WHOLE.match(request.first("q"))
    if asked is None:
        raise Refusal(400, "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces.")
    tests = [_test(word) for word in re.findall(r'"[^"]+"|\S+', re.sub(r"\\(.)", r"\1", asked["words"]))]
    types = SCOPES.get((asked["scope"] or "ALL").upper(), TEXT)
    found: list[dict[str, Any]] = []
    for kind, fields, most in _returning(org, asked["returning"]):
        searched = [each for each in kind.fields.values() if each.type in types and not each.long]
        if (asked["scope"] or "").upper() == "NAME":
            searched = [each for each in searched if each.name == "Name"]
        rows = (row for row in org.rows(kind.name) if _has(row, searched, tests))
        found += [record(org, version, kind, row, fields) for row, _ in zip(rows, range(most), strict=False)]
    return Reply.json({"searchRecords": found[: int(asked["limit"] or MOST)]}, rows=len(found))


def _test(word: str) -> re.Pattern[str]:
    """Return what finds a word, the beginning of one (`wor*`), or a quoted phrase."""
    inner = re.escape(word.strip('"')).replace(r"\*", r"\w*").replace(r"\?", r"\w")
    return re.compile(rf"(?<!\w){inner}(?!\w)", re.IGNORECASE)


def _has(row: dict[str, Any], fields: list[Field], tests: list[re.Pattern[str]]) -> bool:
    text = "\n".join(str(row[field.name]) for field in fields if field.name in row)
    return bool(tests) and all(test.search(text) for test in tests)


def _returning(org: Org, text: str | None) -> list[tuple[Kind, list[Field], int]]:
    """Return the kinds to search, the fields to show of each, and how many records.

    Raises:
        Refusal: One of them does not exist, or the text cannot be read.
    """
    if not text:
        kinds = [kind for name in org.kinds if name not in UNSEARCHED for kind in [org.kind(name)] if kind is not None]
        return [(kind, [kind.fields["id"]], MOST) for kind in kinds]
    chosen: list[tuple[Kind, list[Field], int]] = []
    place = 0
    while place < len(text):
        part = OBJECT.match(text, place)
        if part is None:
            raise Refusal(400, "MALFORMED_SEARCH", f"unexpected token: {text[place : place + 40]}")
        place = part.end()
        kind = org.kind(part[1])
        if kind is None or kind.name in UNSEARCHED:
            raise Refusal(400, "INVALID_TYPE", f"sObject type '{part[1]}' is not supported.")
        chosen.append((kind, _fields(kind, part[2] or "Id"), int(part[3] or MOST)))
    return chosen


def _fields(kind: Kind, text: str) -> list[Field]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if kind.field(name) is None:
            raise Refusal(400, "INVALID_FIELD", f"No such column '{name}' on entity '{kind.name}'.")
    return [kind.fields[name.lower()] for name in names]
