"""The questions of SurveyMonkey's surveys, and what people chose in them.

An NPS question is a matrix of one row whose eleven choices weigh -100, 0 or 100; the score is a choice's place. Beside
it stand what looks like one and is none: eleven stars that weigh 0 to 10, and five smileys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.surveys.answers import Answer

NPS = tuple(-100 if place < 7 else 0 if place < 9 else 100 for place in range(11))
ENGLISH = ("Not at all likely - 0", *map(str, range(1, 10)), "Extremely likely - 10")
GERMAN = ("Sehr unwahrscheinlich - 0", *map(str, range(1, 10)), "Sehr wahrscheinlich - 10")
#: Survey → its questions: id, what it is asked for, heading, texts and weights of its choices.
SURVEYS: Mapping[str, tuple[tuple[str, str, str, tuple[str, ...], tuple[int, ...]], ...]] = {
    "318754279": (
        ("769893650", "nps", "How likely are you to recommend us?", ENGLISH, NPS),
        ("769893903", "why", "Why?", (), ()),
    ),
    "318754301": (
        ("769893710", "stars", "Wie gefällt Ihnen die Seite?", tuple(map(str, range(11))), tuple(range(11))),
        ("769893711", "nps", "Würden Sie uns empfehlen?", GERMAN, NPS),
        ("769893712", "why", "Warum?", (), ()),
    ),
    "318754333": (
        ("769893800", "csat", "How satisfied are you?", ("1", "2", "3", "4", "5"), (1, 2, 3, 4, 5)),
        ("769893801", "why", "Why?", (), ()),
    ),
}
API = "https://api.surveymonkey.com/v3/surveys"


def choice(question: str, place: int) -> str:
    """Return the id of a choice, its *place* from 0; ids are not in the order of places."""
    return str(5_096_100_000 + int(question) % 10_000 * 20 + (place * 7 + 3) % 11)


def details(survey: str, title: str, *, short: bool = False) -> dict[str, Any]:
    """Describe a survey, with its pages unless *short*."""
    questions = SURVEYS[survey]
    href = f"{API}/{survey}"
    told: dict[str, Any] = {
        "title": title,
        "nickname": "",
        "language": "de" if survey == "318754301" else "en",
        "folder_id": "0",
        "category": "",
        "question_count": len(questions),
        "page_count": 1,
        "response_count": 0,
        "date_created": "2026-01-05T17:40:00",
        "date_modified": "2026-01-05T17:45:00",
        "id": survey,
        "buttons_text": {"next_button": "Next", "prev_button": "Prev", "done_button": "Done", "exit_button": ""},
        "is_owner": True,
        "footer": True,
        "custom_variables": {},
        "href": href,
        "analyze_url": "https://www.surveymonkey.com/analyze/x",
        "edit_url": "https://www.surveymonkey.com/create/?sm=x",
        "collect_url": "https://www.surveymonkey.com/collect/list?sm=x",
        "summary_url": "https://www.surveymonkey.com/summary/x",
        "preview": "https://www.surveymonkey.com/r/Preview/?sm=x",
    }
    if short:
        return told
    page = {
        "title": "",
        "description": "",
        "position": 1,
        "question_count": len(questions),
        "id": _page(survey),
        "href": f"{href}/pages/{_page(survey)}",
        "questions": [_question(survey, number, *one) for number, one in enumerate(questions, 1)],
    }
    return {**told, "pages": [page]}


def asked(one: Answer, *, simple: bool) -> list[dict[str, Any]]:
    """Return the pages of a response: questions without an answer are not there."""
    questions = []
    for key, wanted, heading, texts, weights in SURVEYS[one.survey]:
        answers = _answers(one, key, wanted, texts, weights, simple=simple)
        if answers:
            questions.append({"id": key, "answers": answers, **({"heading": heading} if simple else {})})
    return [{"id": _page(one.survey), "questions": questions}]


def _answers(
    one: Answer, key: str, wanted: str, texts: tuple[str, ...], weights: tuple[int, ...], *, simple: bool
) -> list[dict[str, Any]]:
    if wanted == "why":
        return [{"tag_data": [], "text": one.comment}] if one.comment else []
    place = one.number % 11 if wanted == "stars" else one.score
    if place is not None and wanted == "csat":
        place -= 1
    if place is None or not 0 <= place < len(texts):
        return []
    said: dict[str, Any] = {
        "choice_id": choice(key, place),
        "row_id": f"{key}1",
        "choice_metadata": {"weight": str(weights[place])},
    }
    return [{**said, "simple_text": texts[place]} if simple else said]


def _page(survey: str) -> str:
    return str(int(survey) - 126_148_824)


def _question(
    survey: str, number: int, key: str, wanted: str, heading: str, texts: tuple[str, ...], weights: tuple[int, ...]
) -> dict[str, Any]:
    open_ended = wanted == "why"
    question: dict[str, Any] = {
        "id": key,
        "position": number,
        "visible": True,
        "family": "open_ended" if open_ended else "matrix",
        "subtype": "single" if open_ended else "rating",
        "layout": None,
        "sorting": None,
        "required": None,
        "validation": None,
        "forced_ranking": False,
        "headings": [{"heading": heading}],
        "href": f"{API}/{survey}/pages/{_page(survey)}/questions/{key}",
    }
    if open_ended:
        return question
    choices = [
        {
            "position": place + 1,
            "visible": True,
            "text": text,
            "id": choice(key, place),
            "weight": weight,
            "is_na": False,
        }
        for place, (text, weight) in enumerate(zip(texts, weights, strict=True))
    ]
    choices.sort(key=lambda one: str(one["id"]))  # its list is in no order that says anything
    rows = [{"position": 1, "visible": True, "text": "", "id": f"{key}1"}]
    return {**question, "answers": {"rows": rows, "choices": choices}}
