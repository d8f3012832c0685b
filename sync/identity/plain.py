"""The matches about which nothing can be in doubt, decided in the kernel without looking at each.

`identity_plain.sql` says which; the bench would decide the same of them, and a test holds the two equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sync.identity.evidence import DECISION_SCHEMA, source_of
from sync.identity.hits import SLOTS
from sync.identity.mailboxes import disposable_domains, doubtful_words
from sync.identity.names import titles
from sync.identity.normalise import phone_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sync.identity.gather import Gathering
    from sync.identity.settings import IdentitySettings, Rule

#: Texts that stand where an id should and mean that there is none.
NO_IDS = frozenset(
    {"null", "none", "nil", "n/a", "na", "anonymous", "unknown", "undefined", "nan", "test", "invalid", "false", "true"}
)
_RULES = pa.schema(
    [
        ("number", pa.int64()),
        ("name", pa.string()),
        ("kind", pa.string()),
        ("object", pa.string()),
        ("decides", pa.bool_()),
    ]
)
_PHONES = pa.schema([(name, pa.string()) for name in ("raw", "country", "certain", "suffix")])


class Clear(NamedTuple):
    """What the kernel decided by itself."""

    matched: pa.Table
    #: Respondents whom no record answers to: see `identity_none.sql`; their accounts are still to be found.
    nowhere: pa.Table


def clear_cases(  # noqa: PLR0913 - the inputs of one decision
    claims: pa.Table,
    gathering: Gathering,
    rules: Sequence[Rule],
    settings: IdentitySettings,
    past: Iterable[pa.Table | None],
    merged_accounts: Sequence[str] | None,
) -> Clear:
    """Return what needs no judging.

    Args:
        claims: `CLAIMS_SCHEMA`.
        gathering: Settled.
        rules: The mapping's `match`.
        settings: The config's `identity`.
        past: Tables whose `respondent` column names those who have a past and are judged with it.
        merged_accounts: Accounts that became others; None where accounts are not known.
    """
    gathering.run(
        "identity_clear",
        {
            "claims": claims,
            "words": _words(),
            "ours": pa.table({"domain": pa.array(settings.exclude.domains, pa.string())}),
            "blocked": pa.table({"value": sorted(settings.blocked_values | NO_IDS)}),
            "past": pa.table({"respondent": _respondents(past)}),
        },
    )
    gathering.run("identity_reach", {"phones": _phones(gathering.run("identity_phones", {}), settings.default_region)})
    found = gathering.run(
        "identity_plain",
        {
            "titles": pa.table({"word": sorted(titles())}),
            "rules": _rules(rules),
            "slots": pa.table(
                {"slot": SLOTS, "place": range(len(SLOTS)), "source": [source_of(slot) for slot in SLOTS]}
            ),
            "merged_accounts": pa.table({"id": pa.array(merged_accounts or [], pa.string())}),
            "options": pa.table({"accounts_known": [merged_accounts is not None]}),
        },
    )
    naming = settings.person_id
    nowhere = gathering.run(
        "identity_none",
        {
            "naming": pa.table({"slot": pa.array(naming, pa.string()), "place": range(len(naming))}),
            "disposable": pa.table({"domain": sorted(disposable_domains())}),
        },
    )
    return Clear(_decisions(found, rules), nowhere)


def _rules(rules: Sequence[Rule]) -> pa.Table:
    rows = [
        {
            "number": at,
            "name": str(rule),
            "kind": rule.kind,
            "object": rule.object,
            # A phone requires the name whatever its rule says.
            "decides": rule.strength == "auto" and (rule.require is None or rule.kind == "phone"),
        }
        for at, rule in enumerate(rules)
    ]
    return pa.Table.from_pylist(rows, _RULES)


def _phones(found: pa.Table, default_region: str | None) -> pa.Table:
    raw, country = found.column("raw").to_pylist(), found.column("country").to_pylist()
    keys = [phone_keys(text, where, default_region) for text, where in zip(raw, country, strict=True)]
    read = {"certain": [key.certain for key in keys], "suffix": [key.suffix for key in keys]}
    return pa.table(found.to_pydict() | read, schema=_PHONES)


def _words() -> pa.Table:
    words, leading = doubtful_words()
    every = sorted(words | leading)
    return pa.table({"word": every, "opens": [word in leading for word in every]})


def _respondents(past: Iterable[pa.Table | None]) -> pa.ChunkedArray:
    columns = [table.column("respondent") for table in past if table is not None]
    return pa.chunked_array([chunk.cast(pa.string()) for column in columns for chunk in column.chunks], pa.string())


def _decisions(found: pa.Table, rules: Sequence[Rule]) -> pa.Table:
    count = found.num_rows
    names = pa.array([str(rule) for rule in rules], pa.string())
    records = found.column("record")
    account = found.column("account")
    columns = {
        "respondent": found.column("respondent"),
        "outcome": pa.repeat("matched", count),
        "reason": pa.repeat("unique", count),
        "rule": names.take(found.column("number").combine_chunks()) if count else pa.array([], pa.string()),
        "object": found.column("object"),
        "record": records,
        "person": found.column("person"),
        "account": account,
        "how_account": pc.if_else(pc.is_valid(account), "person", pa.scalar(None, pa.string())),
        "evidence": found.column("evidence"),
        "candidates": pc.binary_join_element_wise('["', records, '"]', ""),
        "vetoes": pa.repeat("", count),
    }
    return pa.table({name: columns[name] for name in DECISION_SCHEMA.names}).cast(DECISION_SCHEMA)
