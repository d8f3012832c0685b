"""The conditions of WHERE and HAVING, read from a query's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.soql_tree import Condition, Joined, Literal, Negated
from sandbox.salesforce.soql_words import refused

if TYPE_CHECKING:
    from sandbox.salesforce.soql_parse import Reading
    from sandbox.salesforce.soql_tree import Filter, Query

COMPARISONS = ("=", "!=", "<>", "<", "<=", ">", ">=")
DAYS = frozenset(
    "YESTERDAY TODAY TOMORROW LAST_WEEK THIS_WEEK NEXT_WEEK LAST_MONTH THIS_MONTH NEXT_MONTH LAST_90_DAYS NEXT_90_DAYS "
    "LAST_QUARTER THIS_QUARTER NEXT_QUARTER LAST_YEAR THIS_YEAR NEXT_YEAR".split()
)


def filter_of(words: Reading) -> Filter:
    """Read conditions joined by one word: SOQL wants brackets where AND meets OR."""
    parts = [_part(words)]
    joint = words.next.text.upper()
    if not words.next.says("AND", "OR"):
        return parts[0]
    while words.took(joint):
        parts.append(_part(words))
    if words.next.says("AND", "OR"):
        words.unexpected()
    return Joined(joint, tuple(parts))


def _part(words: Reading) -> Filter:
    if words.took("NOT"):
        with words.deeper():
            return Negated(_part(words))
    if words.took("("):
        with words.deeper():
            inner = filter_of(words)
        words.expect(")")
        return inner
    return _condition(words)


def _condition(words: Reading) -> Condition:
    target = words.target()
    at = words.next.at
    if words.next.says(*COMPARISONS):
        operator = words.take().text.replace("<>", "!=")
        return Condition(target, operator, (_literal(words),), at)
    if words.took("LIKE"):
        return Condition(target, "LIKE", (_literal(words),), at)
    if words.took("NOT"):
        words.expect("IN")
        return Condition(target, "NOT IN", _many(words), at)
    if words.took("IN"):
        return Condition(target, "IN", _many(words), at)
    if words.next.says("INCLUDES", "EXCLUDES"):
        operator = words.take().text.upper()
        return Condition(target, operator, _many(words, queries=False), at)
    return words.unexpected()


def _many(words: Reading, *, queries: bool = True) -> tuple[Literal, ...] | Query:
    words.expect("(")
    if queries and words.next.says("SELECT"):
        with words.deeper():
            query = words.query()
        words.expect(")")
        return query
    values = [_literal(words)]
    while words.took(","):
        values.append(_literal(words))
    words.expect(")")
    return tuple(values)


def _literal(words: Reading) -> Literal:
    word = words.next
    if word.says(":"):
        raise refused(words.text, word.at, "MALFORMED_QUERY", "Bind variables only allowed in Apex code")
    upper = word.text.upper()
    match word.kind:
        case "string":
            value: Literal = Literal("string", words.string(word), word.at)
        case "number":
            value = Literal("number", float(word.text), word.at)
        case "date" | "datetime":
            value = Literal(word.kind, word.text, word.at)
        case "relative":
            value = Literal("relative", upper, word.at)
        case "name" if upper in {"TRUE", "FALSE"}:
            value = Literal("boolean", upper == "TRUE", word.at)
        case "name" if upper == "NULL":
            value = Literal("null", None, word.at)
        case "name" if upper in DAYS:
            value = Literal("relative", upper, word.at)
        case _:
            words.unexpected()
    words.take()
    return value
