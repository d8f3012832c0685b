"""A score is the one whole number from 0 to 10 that a text states, or a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.scores import ScoreProblem, other_scale, read_score, scale_in_title


@given(
    st.integers(0, 10),
    st.sampled_from(
        [
            *("{}", " {} ", "{}.0", "{},0", "{}/10", "{} / 10", "{} out of 10", "{} von 10", "{} - wahrscheinlich"),
            *("{} (very)", "Not at all likely - {}", "Äußerst wahrscheinlich: {}", "likely ({})", "'{}", "+{}"),
        ]
    ),
)
def test_every_spelling_of_a_score_is_that_score(score, form):
    assert score == read_score(form.format(score))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ScoreProblem.NONE),
        ("N/A", ScoreProblem.NONE),
        ("nan", ScoreProblem.NONE),
        ("ten", ScoreProblem.NOT_A_NUMBER),
        ("8-9", ScoreProblem.NOT_A_NUMBER),
        ("1 or 2 - likely", ScoreProblem.NOT_A_NUMBER),
        ("[9]", ScoreProblem.NOT_A_NUMBER),
        ("{'score': 9}", ScoreProblem.NOT_A_NUMBER),
        ("90%", ScoreProblem.NOT_A_NUMBER),
        ("1e1", ScoreProblem.NOT_A_NUMBER),
        ("true", ScoreProblem.NOT_A_NUMBER),
        ("9.5", ScoreProblem.NOT_WHOLE),
        ("11", ScoreProblem.OUT_OF_RANGE),
        ("-1", ScoreProblem.OUT_OF_RANGE),
        ("9" * 5000, ScoreProblem.OUT_OF_RANGE),
        ("3/5", ScoreProblem.WRONG_SCALE),
        ("80/100", ScoreProblem.WRONG_SCALE),
    ],
)
def test_anything_else_is_a_reason(text, problem):
    assert problem is read_score(text)


@given(st.text(max_size=20))
def test_no_text_breaks_it(text):
    score = read_score(text)

    assert isinstance(score, ScoreProblem) or 0 <= score <= 10


@pytest.mark.parametrize(
    ("counts", "scale"),
    [
        ({"-100": 4, "0": 3, "100": 9}, "-100 to 100"),
        ({"100": 4, "0": 3}, "-100 to 100"),
        ({"-40": 1, "30": 1, "55": 1}, "-100 to 100"),
        ({"87": 5, "40": 5, "9": 2}, "0 to 100"),
        ({str(n): 10 for n in range(1, 6)}, "1 to 5"),
        ({str(n): 10 for n in range(1, 8)}, "1 to 7"),
        ({str(n): 10 for n in range(11)}, None),
        ({"0": 40}, None),
        ({"1": 3, "5": 9}, None),
        ({"0": 10, "3": 10, "5": 10}, None),
        ({"9": 500, "100": 1}, None),
        ({"text": 3}, None),
    ],
)
def test_another_scale_shows_in_the_whole_column(counts, scale):
    assert scale == other_scale(counts)


@pytest.mark.parametrize(
    ("title", "scale"),
    [
        ("Rate us (1-5)", "1 to 5"),
        ("1 to 10", "1 to 10"),
        ("CSAT score", "csat"),
        ("customer_effort", "customer effort"),
        ("NPS (-100 to 100)", "-100 to 100"),
        ("How likely, 0-10?", None),
        ("score", None),
        ("Survey 2024-2025", None),
        ("processes", None),
    ],
)
def test_another_scale_shows_in_the_header(title, scale):
    assert scale == scale_in_title(title)
