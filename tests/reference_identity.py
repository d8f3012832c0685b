"""What the identity kernels must say, stated row by row in plain Python: every claim against every record, no joins.

Names, phones and verdicts are judged by the same code; what is stated anew is all the set work: keys, holders,
merges, limits,
and that nothing is decided differently because the kernel decided it without judging.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sync.identity.accounts import AccountBook
from sync.identity.bench import Bench
from sync.identity.claims import CLAIMS_SCHEMA
from sync.identity.history import Past, Standing
from sync.identity.hits import SLOTS, Hit
from sync.identity.names import name_of
from sync.identity.normalise import email_key, mailbox, plain_id
from sync.identity.persons import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sync.identity.settings import IdentitySettings, Rule

Row = dict[str, Any]
Ref = tuple[str, str]
HITS = pa.schema(
    [
        (name, {"records": pa.int64(), "emails": pa.list_(pa.string()), "merged": pa.bool_(), "deleted": pa.bool_(),
                "suppressed": pa.bool_()}.get(name, pa.string()))
        for name in Hit._fields
    ]
)  # fmt: skip


class Reference:
    """Decides as `sync.identity.resolve.decide` must."""

    def __init__(self, records: Sequence[Row], rules: Sequence[Rule], settings: IdentitySettings) -> None:
        self.records = {(row["object"], row["id"]): row for row in records}
        self.rules, self.settings = rules, settings

    def decide(self, claims: pa.Table, prior: Sequence[Row] = (), human: Sequence[Row] = ()) -> list[tuple[Any, ...]]:
        bench = Bench(tuple(self.rules), self.settings, AccountBook(None))
        rows = [dict(row) for row in claims.select(CLAIMS_SCHEMA.names).to_pylist()]
        hits = [hit._asdict() for row in rows for hit in self.hits(row)]
        table = pa.Table.from_pylist(hits, HITS)
        past = Past(
            {row["respondent"]: row for row in prior},
            {row["respondent"]: [r for r in human if r["respondent"] == row["respondent"]] for row in human},
            Standing({(object_, row["id"]): self._standing(object_, row["id"]) for row in self.records.values()
                      for object_ in (None, row["object"])}),
        )  # fmt: skip
        return sorted(tuple(decision) for decision in bench.decide(claims.select(CLAIMS_SCHEMA.names), table, past))

    def hits(self, claim: Row) -> Iterator[Hit]:
        kinds = {rule.kind for rule in self.rules}
        for slot in SLOTS:
            kind = "email" if slot == "recipient_email" else slot
            if claim[slot] and kind in kinds:
                yield from self._of_key(claim, slot, kind, claim[slot])

    def _of_key(self, claim: Row, slot: str, kind: str, value: str) -> Iterator[Hit]:
        wanted = self.key(kind, value)
        if not wanted:
            return
        groups = [(wanted, False)]
        if kind == "email" and (base := self._base(value)) != wanted:
            variants = {self.key(kind, mail) for row in self.records.values() for mail in self._values(row, kind)
                        if self._base(mail) == base}  # fmt: skip
            groups += [(base, True)] if variants == {base} else []
        for key, untagged in groups:
            holders = [
                (row, text)
                for row in self.records.values()
                for text in self._values(row, kind)
                if self.key(kind, text) == key
            ]
            count = len({(row["object"], row["id"]) for row, _ in holders})
            if count > self.settings.protect.max_records_per_key:
                yield self._hit(claim, slot, kind, value, count, None, None, "")
                continue
            for row, text in holders:
                how = kind
                if kind == "email" and text != value:
                    how = "email_untagged" if untagged else "email_canonical"
                yield self._hit(claim, slot, kind, value, count, row, text, how)

    def _hit(
        self, claim: Row, slot: str, kind: str, value: str, count: int, row: Row | None, text: str | None, how: str
    ) -> Hit:
        empty = dict.fromkeys(Hit._fields)
        start = {
            "respondent": claim["respondent"],
            "slot": slot,
            "kind": kind,
            "key": value,
            "how": how or kind,
            "records": count,
        }
        if row is None:
            return _hit(empty | start | {"merged": False, "deleted": False, "suppressed": False})
        merged, live = self.follow(row)
        shown = live or {}
        taken = ("first_name", "last_name", "full_name", "account", "created_at", "emails")
        return _hit(
            empty
            | start
            | {name: shown.get(name) for name in taken}
            | {"raw": text if kind == "phone" else None, "country": row["country"], "merged": merged}
            | {"object": row["object"], "id": row["id"]}
            | {"live_object": shown.get("object"), "live_id": shown.get("id"), "deleted": bool(shown.get("deleted"))}
            | {"suppressed": bool(shown.get("suppressed")) or bool(row["suppressed"])}
            | {"was_first": row["first_name"], "was_last": row["last_name"], "was_full": row["full_name"]}
        )

    def _values(self, row: Row, kind: str) -> list[str]:
        if kind == "email":
            return [key for text in row["emails"] or () if (key := email_key(text))]
        if kind == "phone":
            return [text for text in row["phones"] or () if text]
        return [pair["value"] for pair in row["ids"] or () if pair["kind"] == kind and pair["value"]]

    def key(self, kind: str, value: str) -> str:
        if kind == "email":
            return mailbox(value, dict(self.settings.alias_of)).canonical
        if kind == "phone":
            return "".join(c for c in value if c in "0123456789")[-8:]
        if kind == "salesforce_id":
            return value.strip()[:15] if len(value.strip()) in {15, 18} else ""
        form = self.settings.id_form(kind)
        return plain_id(value, numeric=form.numeric, strip_prefix=form.strip_prefix)

    def _base(self, value: str) -> str:
        return mailbox(value, dict(self.settings.alias_of)).base

    def follow(self, row: Row) -> tuple[bool, Row | None]:
        """Return whether *row* was merged, and the record it became; None where the trail is lost."""
        if not row["merged_into"] or row["merged_into"] == row["id"]:
            return False, row
        here = row
        for _ in range(10):
            into = here["merged_into"]
            if not into or into == here["id"]:
                return True, here
            found = sorted((r for r in self.records.values() if r["id"] == into),
                           key=lambda r: (r["object"] != here["object"], r["object"]))  # fmt: skip
            if not found:
                return True, None
            here = found[0]
        return True, here if not here["merged_into"] or here["merged_into"] == here["id"] else None

    def _standing(self, object_: str | None, id_: str) -> list[Candidate]:
        found = []
        for row in self.records.values():
            if row["id"] == id_ and object_ in {None, row["object"]}:
                _, live = self.follow(row)
                shown = live or row
                name = (
                    name_of(live["first_name"], live["last_name"], live["full_name"])
                    if live
                    else name_of(None, None, None)
                )
                found.append(Candidate(
                    shown["object"], shown["id"], name,
                    account=live["account"] if live else None, created_at=live["created_at"] if live else None,
                    gone=live is None or bool(live["deleted"]),
                    suppressed=bool(row["suppressed"]) or bool(live and live["suppressed"]),
                ))  # fmt: skip
        return sorted(found, key=lambda c: c.ref)


def _hit(fields: Row) -> Hit:
    return Hit._make(fields[name] for name in Hit._fields)
