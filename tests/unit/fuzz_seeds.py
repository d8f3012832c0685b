"""Good examples of what comes from outside, for each target of `tests.unit.fuzzing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Good examples, from which broken ones are made.
SEEDS: dict[str, Sequence[bytes]] = {
    "yaml": (
        b"version: 1\nfields: {a: b, c: {from: d, values: {x: 'y'}}}\nlist:\n  - 1.5\n  - \"q\\u00e9\" # c\n",
        b"a: &x [1]\nb: *x\n<<: {c: !!int 3}\n? [k]\n: |\n  text\n...\n---\n%TAG ! x\n",
    ),
    "csv": (
        b'email,score,comment,date\na@x.example,9,"so, ""so""\n",2026-01-05\n',
        b"\xef\xbb\xbfsep=;\nE-Mail;Note;Datum\r\nb@x.example;0;=1+1;05.01.2026 10:00\r\n",
        "score\tdate\n10\t2026-01-05\n".encode("utf-16"),
    ),
    "json": (
        b'[{"id": "1", "score": 9, "person": {"email": "a"}, "date": "2026-01-05", "tags": ["x", null, 1e9]}]',
        b'{"data": [{"score": 10, "date": 1767571200, "comment": "\\ud83d\\ude00 \\ud800"}], "next": null}',
        b'{"score": 9, "date": "2026-01-05"}\n{"score": "0"}\n',
    ),
    "replies": (
        b'\x96[{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "m", "fields": ["Name"]}]',
        (
            b'\x9b{"status": "error", "category": "VALIDATION_ERROR", "message": "x: [{\\"name\\": \\"a\\"}]",'
            b' "context": {"ids": ["1"]}, "errors": [{"code": "C", "context": {"propertyName": ["p"]}}]}'
        ),
        b'\x32[{"id": "003", "success": false, "errors": [{"statusCode": "X", "message": "m", "fields": ["F"]}]}]',
    ),
    "hooks": (
        b'{"event_id": "e", "event_type": "form_response", "form_response": {"form_id": "f", "token": "t"}}',
        b'[{"subscriptionType": "object.creation", "objectTypeId": "0-19", "eventId": 1, "objectId": 7}]',
        b"Topic=x&MSG=%7B%22Status%22%3A%22Complete%22%2C%22SurveyID%22%3A%22S%22%2C%22ResponseID%22%3A%22R%22%7D",
        b'{"count": 1, "question": {"id": "9"}, "event": {"x": {"survey": {"id": "s"}, "responseUuid": "u"}}}',
    ),
    "soql": (b'o\'neil \\ "x"%_\r\n\t\b\f', "a\u2028a\x00a'a\\'a%\ud7ff".encode()),
}
