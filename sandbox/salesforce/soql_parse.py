"""SOQL text to a `Query`, or a refusal that points at the word that is wrong. Names are resolved elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from sandbox.salesforce import soql_functions, soql_where
from sandbox.salesforce.refusal import Refusal
from sandbox.salesforce.soql_tree import AGGREGATES, Call, FieldsOf, Order, Path, Query
from sandbox.salesforce.soql_words import Word, refused, string_of, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.salesforce.soql_tree import Filter

#: Words that end a clause; an alias is never one of them.
KEYWORDS = frozenset(
    "SELECT FROM WHERE GROUP HAVING ORDER BY LIMIT OFFSET AND OR NOT IN LIKE INCLUDES EXCLUDES ASC DESC NULLS USING "
    "FOR WITH ALL".split()
)
#: A query's text, in characters, and each string in its WHERE; the limits cheat sheet, read 2026-09.
LONGEST_QUERY = 100_000
LONGEST_STRING = 4_000
DEEPEST_OFFSET = 2_000
MOST_OF_FIELDS = 200
#: Brackets within brackets; real queries have a few.
DEEPEST = 100


def parse(text: str) -> Query:
    """Read *text* as one SELECT.

    >>> parse("select Id, Account.Name from Contact limit 5").limit
    5

    Raises:
        Refusal: MALFORMED_QUERY, NUMBER_OUTSIDE_VALID_RANGE.
    """
    if not text.strip():
        raise Refusal(400, "MALFORMED_QUERY", "SOQL statements cannot be empty or null.")
    if len(text) > LONGEST_QUERY:
        raise Refusal(400, "QUERY_TOO_COMPLICATED", f"SOQL statements cannot be longer than {LONGEST_QUERY} characters")
    words = Reading(text)
    query = words.query()
    if words.next.kind != "end":
        words.unexpected()
    return query


class Reading:
    """A place in the words of one query, which the clauses move forward."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._words = words_of(text)
        self._place = 0
        self._depth = 0

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Read what stands within brackets, or behind NOT."""
        self._depth += 1
        if self._depth > DEEPEST:
            message = "Query is either selecting too many fields or the filter conditions are too complicated."
            raise Refusal(400, "QUERY_TOO_COMPLICATED", message)
        yield
        self._depth -= 1

    @property
    def next(self) -> Word:
        return self._words[self._place]

    @property
    def after(self) -> Word:
        """The word behind the next one."""
        return self._words[min(self._place + 1, len(self._words) - 1)]

    def take(self) -> Word:
        word = self.next
        self._place = min(self._place + 1, len(self._words) - 1)
        return word

    def took(self, *keywords: str) -> bool:
        """Pass over the next word if it is one of *keywords*."""
        if self.next.says(*keywords):
            self.take()
            return True
        return False

    def expect(self, keyword: str) -> Word:
        if not self.next.says(keyword):
            self.unexpected()
        return self.take()

    def unexpected(self, word: Word | None = None) -> NoReturn:
        word = word or self.next
        raise refused(self.text, word.at, "MALFORMED_QUERY", f"unexpected token: '{word.text or '<EOF>'}'")

    def name(self) -> Word:
        if self.next.says(":"):
            raise refused(self.text, self.next.at, "MALFORMED_QUERY", "Bind variables only allowed in Apex code")
        if self.next.kind != "name" or self.next.text.upper() in KEYWORDS:
            self.unexpected()
        return self.take()

    def whole_number(self) -> int:
        if self.next.kind != "number" or not self.next.text.isdigit():
            self.unexpected()
        return int(self.take().text)

    def string(self, word: Word) -> str:
        value = string_of(word, self.text)
        if len(value) > LONGEST_STRING:
            message = f"String literals in WHERE clauses can be at most {LONGEST_STRING} characters"
            raise refused(self.text, word.at, "MALFORMED_QUERY", message)
        return value

    def path(self) -> Path:
        word = self.name()
        return Path(tuple(word.text.split(".")), word.at)

    def query(self) -> Query:
        """Read one SELECT, up to the end or to the bracket that closes it."""
        self.expect("SELECT")
        select = [self._selected()]
        while self.took(","):
            select.append(self._selected())
        self.expect("FROM")
        source = self.name()
        alias = self._alias()
        self._scope()
        where = self._where()
        group = self._group()
        having = soql_where.filter_of(self) if self.took("HAVING") else None
        order = self._order()
        limit = self.whole_number() if self.took("LIMIT") else None
        offset_at = self.next.at
        offset = self.whole_number() if self.took("OFFSET") else 0
        self._locking()
        query = Query(
            text=self.text,
            select=tuple(select),
            source=source.text,
            source_at=source.at,
            source_alias=alias,
            where=where,
            group=group,
            having=having,
            order=order,
            limit=limit,
            offset=offset,
            offset_at=offset_at,
        )
        _check(query)
        return query

    def target(self) -> Path | Call:
        """Read a field, or an aggregate of one."""
        if self.after.says("("):
            return self._call()
        return self.path()

    def _selected(self) -> Path | Call | FieldsOf | Query:
        if self.took("("):
            with self.deeper():
                query = self.query()
            self.expect(")")
            return query
        if not self.after.says("("):
            path = self.path()
            return Path(path.names, path.at, self._alias())
        if self.next.says("FIELDS"):
            return self._fields_of()
        call = self._call()
        return Call(call.function, call.path, call.at, self._alias())

    def _call(self) -> Call:
        word = self.name()
        function = word.text.upper()
        if function not in AGGREGATES | soql_functions.NAMES:
            self.unexpected(word)
        self.expect("(")
        path = None if function == "COUNT" and self.next.says(")") else self.path()
        self.expect(")")
        return Call(function, path, word.at)

    def _fields_of(self) -> FieldsOf:
        at = self.take().at
        self.expect("(")
        which = self.name() if not self.next.says("ALL") else self.take()
        if which.text.upper() not in {"ALL", "STANDARD", "CUSTOM"}:
            self.unexpected(which)
        self.expect(")")
        return FieldsOf(which.text.upper(), at)

    def _alias(self) -> str | None:
        word = self.next
        plain = word.kind == "name" and "." not in word.text and word.text.upper() not in KEYWORDS
        return self.take().text if plain else None

    def _scope(self) -> None:
        if self.took("USING"):
            self.expect("SCOPE")
            self.name()

    def _where(self) -> Filter | None:
        return soql_where.filter_of(self) if self.took("WHERE") else None

    def _group(self) -> tuple[Path | Call, ...]:
        if not self.took("GROUP"):
            return ()
        self.expect("BY")
        targets = [self.target()]
        while self.took(","):
            targets.append(self.target())
        return tuple(targets)

    def _order(self) -> tuple[Order, ...]:
        if not self.took("ORDER"):
            return ()
        self.expect("BY")
        keys = [self._key()]
        while self.took(","):
            keys.append(self._key())
        return tuple(keys)

    def _key(self) -> Order:
        target = self.target()
        descending = self.next.says("DESC")
        self.took("ASC", "DESC")
        if not self.took("NULLS"):
            return Order(target, descending, nulls_first=True)
        if not self.next.says("FIRST", "LAST"):
            self.unexpected()
        return Order(target, descending, nulls_first=self.take().says("FIRST"))

    def _locking(self) -> None:
        while self.took("FOR"):
            if not self.took("VIEW", "REFERENCE", "UPDATE"):
                self.unexpected()


def _check(query: Query) -> None:
    """Refuse what each clause alone allows and all of them do not."""
    if query.offset > DEEPEST_OFFSET:
        message = f"Maximum SOQL offset allowed is {DEEPEST_OFFSET}"
        raise refused(query.text, query.offset_at, "NUMBER_OUTSIDE_VALID_RANGE", message)
    for item in query.select:
        if (
            isinstance(item, FieldsOf)
            and item.which != "STANDARD"
            and (query.limit is None or query.limit > MOST_OF_FIELDS)
        ):
            message = f"The SOQL FIELDS function must have a LIMIT of at most {MOST_OF_FIELDS}"
            raise refused(query.text, item.at, "MALFORMED_QUERY", message)
        if isinstance(item, Call) and item.path is None and item.alias is None and len(query.select) > 1:
            message = "COUNT() must be the only element in the SELECT list"
            raise refused(query.text, item.at, "MALFORMED_QUERY", message)
