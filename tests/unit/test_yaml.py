"""Strict YAML: what is taken, what is refused, and where a problem points."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.config.document import MOST_PROBLEMS, Mark
from sync.config.yaml import LARGEST_BYTES, parse

BILLION_LAUGHS = b"""\
a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
"""

HOSTILE = {
    "billion laughs": (BILLION_LAUGHS, "`&a` names this value"),
    "deep lists": (b"[" * 5000, "nested more than 20 levels"),
    "deep blocks": (b"\n".join(b" " * n + b"k:" for n in range(500)), "nested more than 20 levels"),
    "deep refused key": (b"? " + b"[" * 5000, "nested more than 20 levels"),
    "python tag": (b"a: !!python/object/apply:os.system ['true']", "sets a type"),
    "type tag": (b"a: !!int '3'", "sets a type"),
    "custom tag": (b"a: !secret x", "sets a type"),
    "tag directive": (b"%TAG ! tag:example.com,2026:\n---\na: 1", "`%TAG` is not used here"),
    "two documents": (b"a: 1\n---\nb: 2\n", "a second document starts here"),
    "2 MB": (b"a: " + b"x" * (2 << 20), "larger than 1 MiB"),
    "NUL": (b"a: b\0c", "U+0000"),
    "UTF-16": ("a: 1".encode("utf-16"), "UTF-16"),
    "latin-1": ("a: 1\nb: caf\u00e9".encode("latin-1"), "not UTF-8"),
    "escape code": (b"a: \x1b[31mred", "U+001B"),
    "text turned around": ("a: \u202egnp.exe".encode(), "U+202E"),
    "unseen line end": ("a: 1\u2028b: 2".encode(), "U+2028"),
    "BOM inside": ("a: \ufeffb".encode(), "U+FEFF"),
    "tab": (b"a:\n\tb: 1", "a tab indents this line"),
    "tab before a value": (b"a:\t[\t1", "a tab stands here"),
    "list as key": (b"? [a, b]\n: 1", "a key is one word"),
    "alias as key": (b"a: &x b\n*x : c", "a key is one word"),
    "merge": (b"a: &x {b: 1}\nc: {<<: *x}", "`*x` refers to another place"),
    "duplicate": (b"a: 1\nb: 2\na: 3", "`a` is here twice (first on line 1)"),
    "open quote": (b'a: "b\nc: 1', "this quote is never closed"),
    "open bracket": (b"a: {b: 1\nc: 2", "never closed, or a comma is missing"),
    "two colons": (b"a: b: c", "a second `:` on this line"),
    "no colon": (b"a: 1\nb\nc: 2", "this line is not `key: value`"),
    "bad indentation": (b"a:\n  b: 1\n c: 2", "does not fit the lines above"),
    "at sign": (b"a: @b", "cannot start with `@`"),
}

YAML_1_1 = (
    "no",
    "yes",
    "on",
    "off",
    "y",
    "N",
    "True",
    "FALSE",
    "Null",
    "12:30:00",
    "0123",
    "0o17",
    "0x1F",
    "1_000",
    "+5",
    "2026-01-05",
    ".inf",
    ".nan",
    "1e999",
    "=",
    "<",
    "10%",
    "999999999999999999999999999999",
)

TYPED = [
    ("true", True),
    ("false", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("0", 0),
    ("-7", -7),
    ("1.5", 1.5),
    ("1e3", 1000.0),
    ("'9'", "9"),
    ('"true"', "true"),
    ("''", ""),
]


@pytest.mark.parametrize(("raw", "told"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_or_mistaken_text_is_a_problem_with_a_place_and_a_next_step(raw: bytes, told: str) -> None:
    started = time.perf_counter()
    document = parse(raw, "x.yaml")

    assert any(told in problem.what for problem in document.problems), document.problems
    assert all(problem.where.startswith("x.yaml") and problem.hint for problem in document.problems)
    assert len(document.problems) <= MOST_PROBLEMS
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "text",
    YAML_1_1,
)
def test_what_yaml_1_1_would_turn_into_something_else_stays_text(text: str) -> None:
    assert {"a": text} == parse(f"a: {text}".encode(), "x.yaml").data


@pytest.mark.parametrize(
    ("text", "value"),
    TYPED,
)
def test_only_the_core_words_and_numbers_have_a_type(text: str, value: object) -> None:
    found = parse(f"a: {text}".encode(), "x.yaml").data["a"]

    assert value == found
    assert type(value) is type(found)


def test_keys_are_always_text() -> None:
    assert {"1": "a", "true": "b", "null": "c"} == parse(b"1: a\ntrue: b\nnull: c", "x.yaml").data


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    document = parse(b"\xef\xbb\xbfa: 1\r\nb: [1,\r\n  2]\r\n", "x.yaml")

    assert {"a": 1, "b": [1, 2]} == document.data
    assert (2, 1) == document.keys[("b",)]
    assert (3, 3) == document.values[("b", 1)]


def test_all_problems_of_a_file_come_at_once_and_the_rest_is_still_read() -> None:
    document = parse(b"a: 1\na: 2\nb: &x 3\nc: *x\nd: !t 4\n", "x.yaml")

    assert ["x.yaml:2:1", "x.yaml:3:4", "x.yaml:4:4", "x.yaml:5:4"] == [problem.where for problem in document.problems]
    assert {"a": 1, "b": 3, "c": None, "d": "4"} == document.data


def test_a_problem_shows_the_line_and_a_caret() -> None:
    [problem] = parse(b"one: 1\ntwo:   [1, *x]\n", "x.yaml").problems

    assert problem.excerpt == "two:   [1, *x]\n           ^"


def test_a_long_line_is_cut_around_the_caret() -> None:
    [problem] = parse(b"a: '" + b"x" * 900 + b"'\nb: [" + b"y, " * 300 + b"*z]", "x.yaml").problems
    line, caret = problem.excerpt.split("\n")

    assert len(line) <= 110
    assert line[len(caret) - 1] == "*"


@pytest.mark.parametrize(
    "line",
    [
        "u: postgresql://me:hunter2@h/d",
        "password: hunter2",
        "{api_key: hunter2, b: 1}",
        'token: "hunter2"',
        "u: sqlite:///x?password=hunter2",
    ],
)
def test_a_secret_is_never_shown_in_an_excerpt(line: str) -> None:
    document = parse(f"bad: *x\n{line}".encode(), "x.yaml")

    shown = str(document.problem_at(Mark(2, 1), "look"))
    assert "hunter2" not in shown


def test_an_empty_file_is_nothing_and_a_comment_too() -> None:
    assert parse(b"", "x.yaml").data is None
    assert parse(b"# only words\n", "x.yaml").data is None


@given(st.binary(max_size=200))
def test_no_bytes_raise(raw: bytes) -> None:
    parse(raw, "x.yaml")


@given(st.text(alphabet="ab:-[]{}&*!|>?%@`'\",#\n \t0.~<", max_size=60))
def test_no_text_of_yaml_signs_raises(text: str) -> None:
    document = parse(text.encode(), "x.yaml")

    assert all(problem.where.startswith("x.yaml") for problem in document.problems)


def test_the_largest_file_is_read_in_bounded_time() -> None:
    """Pure Python reads about 0.3 MB/s; the cap keeps the worst file to a few seconds."""
    line = b"  - {type: file, path: a.csv}\n"
    raw = b"a:\n" + line * (LARGEST_BYTES // 4 // len(line))
    started = time.perf_counter()

    assert not parse(raw, "x.yaml").problems
    assert time.perf_counter() - started < 20
