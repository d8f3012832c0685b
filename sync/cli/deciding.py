"""A person decides about a held respondent: it is this record, or nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.cli.session import Session
    from sync.wiring import Project


def decide(
    session: Session, project: Project, names: Sequence[str], *, link: tuple[str, str] | None, drop: str | None
) -> tuple[dict[str, Any], str]:
    """Keep the decision in the ledger; return it as JSON and as text.

    Raises:
        UserError: The respondent is unknown, several mappings could be meant, or both decisions were given.
    """
    if link and drop:
        raise _stop("--link and --drop together", "Decide one respondent at a time.")
    if len(names) != 1:
        raise _stop("which mapping?", f"Name one: {', '.join(names)}")
    from sync.ledger.matching import record_human
    from sync.ledger.waiting import respondent_of
    from sync.mapping.schema import record_columns
    from sync.times import to_text

    name, word = names[0], link[0] if link else str(drop)
    with project.ledger.write() as connection:
        respondent = respondent_of(connection, name, word)
        if respondent is None:
            raise _stop(f"no respondent `{word}`", f"See who is held: npsync held {name}")
        ref = _ref(link[1], record_columns(project.mappings[name]).object) if link else None
        at = to_text(datetime.now(UTC))
        record_human(connection, name, respondent, verb="pin" if link else "drop", ref=ref, at=at)
    told = {
        "mapping": name,
        "respondent": respondent,
        "verb": "pin" if link else "drop",
        "object": ref[0] if ref else None,
        "record": ref[1] if ref else None,
    }
    text = f"{respondent} is {ref[0]} {ref[1]}." if ref else f"{respondent} is dropped."
    session.screen.say(f"The next run acts on it: npsync sync {name}")
    return told, text


def _ref(word: str, object_: str) -> tuple[str, str]:
    """Read `RECORD` or `OBJECT:RECORD`.

    >>> _ref("C-7", "customers"), _ref("customers:C-7", "customers"), _ref("urn:7", "customers")
    (('customers', 'C-7'), ('customers', 'C-7'), ('customers', 'urn:7'))
    """
    return object_, word.removeprefix(f"{object_}:")


def _stop(what: str, hint: str) -> UserError:
    return UserError("E105", Problem(where="command line", what=what, hint=hint))
