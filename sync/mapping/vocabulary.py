"""The words that stand on the right-hand side of a mapping: what npsync can put into a field.

Each place of a mapping has its own words: `fields` and `key` describe a person's profile, `responses` one response,
`rollup` an account, `segments` a membership, `follow_up` a task, `match` what a record is found by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What a value is, so that a schema can be checked against it.
ValueType = Literal["text", "number", "datetime", "boolean", "list"]

_CATEGORIES = ("promoter", "passive", "detractor")
_KINDS = ("relational", "transactional")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One thing that npsync knows about a person, a response, an account or a membership."""

    type: ValueType
    #: One line for the reference, editors and error messages.
    meaning: str
    #: Every value it can have, where these are words of ours that a system may want to call otherwise.
    values: tuple[str, ...] = ()


def _text(meaning: str, *values: str) -> Word:
    return Word(type="text", meaning=meaning, values=values)


def _number(meaning: str) -> Word:
    return Word(type="number", meaning=meaning)


def _time(meaning: str) -> Word:
    return Word(type="datetime", meaning=meaning)


def _boolean(meaning: str) -> Word:
    return Word(type="boolean", meaning=meaning, values=("true", "false"))


def _list(meaning: str, *values: str) -> Word:
    return Word(type="list", meaning=meaning, values=values)


#: What identifies a person.
IDENTIFIERS = {
    "person.id": _text("our stable id of the person"),
    "person.email": _text("e-mail address, as given"),
    "person.phone": _text("phone number, as given"),
    "person.salesforce_id": _text("Salesforce id that the survey carried"),
    "person.hubspot_id": _text("HubSpot id that the survey carried"),
    "person.customer_id": _text("your own customer number that the survey carried"),
    "person.external_ref": _text("a reference that the survey carried, of unstated kind"),
}

_PERSON = IDENTIFIERS | {
    "person.first_name": _text("first name, as given"),
    "person.last_name": _text("last name, as given"),
    "person.full_name": _text("whole name, as given"),
    "person.company": _text("company, as given"),
    "person.account_ref": _text("id of the account that the survey carried"),
}

_RECORD = {
    "record.id": _text("id of the matched record"),
    "record.object": _text("object (table) of the matched record"),
    "record.account": _text("account of the matched record"),
}

_SCORE = {
    "score": _number("likelihood to recommend, 0 to 10"),
    "points": _number("100, 0 or -100; the average of points is the NPS"),
    "category": _text("promoter (9, 10), passive (7, 8) or detractor (0 to 6)", *_CATEGORIES),
    "comment": _text("what the person wrote"),
    "responded_at": _time("when the person answered"),
    "survey": _text("name or id of the survey"),
    "survey_kind": _text("relational or transactional", *_KINDS),
    "source": _text("name of the connection the response came from"),
}

#: A person's profile; `score` and its neighbours are of the latest response.
PROFILE = (
    _SCORE
    | {
        "response_key": _text("key of the latest response"),
        "previous_score": _number("score of the response before, of the same survey kind"),
        "previous_responded_at": _time("when the response before was given"),
        "first_responded_at": _time("when the person first answered"),
        "responses": _number("how many responses the person has given"),
        "trend": _text("direction since the response before", "improving", "steady", "declining"),
        "status": _text("how fresh the latest response is", "current", "stale", "expired", "never_responded"),
        "responded": _boolean("whether the person ever responded"),
        "sends": _number("surveys delivered to the person within `expires_after`; blank where nobody tells"),
        "answered": _number("how many of them were answered"),
        "last_sent_at": _time("when the latest of all that were delivered was sent"),
        "segments": _list("names of the segments the person is in"),
        "risk": _boolean("whether any risk reason holds; a signal, not a prediction"),
        "risk_reasons": _list("why the risk signal is raised", "detractor", "declining", "silent", "stale"),
    }
    | _PERSON
    | _RECORD
)

#: One response.
RESPONSE = (
    {
        "key": _text("our key of the response, unique everywhere: source and response id"),
        "response_id": _text("the source's id of the response, unique within the source"),
    }
    | _SCORE
    | {
        "updated_at": _time("when the source last changed the response"),
        "file": _text("file the response was read from"),
        "row": _number("line of the file"),
        "account": _text("account the response counts for"),
        "record.id": _RECORD["record.id"],
        "person.id": _PERSON["person.id"],
    }
)

#: An account's NPS.
ROLLUP = {
    "account": _text("id of the account"),
    "nps": _number("NPS of the account, -100 to 100; blank below `nps.min_responses`"),
    "nps_low": _number("lower end of the interval"),
    "nps_high": _number("upper end of the interval"),
    "responses": _number("responses that count"),
    "contacts": _number("persons behind them"),
    "promoters": _number("responses of 9 or 10"),
    "passives": _number("responses of 7 or 8"),
    "detractors": _number("responses of 0 to 6"),
    "coverage": _number("share of the account's records that have responded, 0 to 1"),
    "declining": _number("persons whose trend is declining"),
    "sends": _number("surveys delivered to the account within `expires_after`; blank where nobody tells"),
    "answered": _number("how many of them were answered"),
    "response_rate": _number("`answered` out of `sends`, 0 to 1; blank where nobody was asked, or nobody tells"),
    "as_of": _time("the newest response that counts"),
}

#: A person's membership of one segment.
SEGMENT = {
    "segment": _text("name of the segment"),
    "since": _time("when the person joined it"),
    "record.id": _RECORD["record.id"],
    "person.id": _PERSON["person.id"],
}

#: A task that follows up one response.
TASK = RESPONSE | {
    "owner": _text("whose task it is, read at the block's `owner`; blank leaves it to the system's own rules"),
    "subject": _text("what the block's `subject` says"),
    "due_at": _time("when it is due: the block's `due` after the person answered"),
}

#: What a record can be found by.
MATCH = IDENTIFIERS

#: The words of each place of a mapping.
PLACES = {
    "profile": PROFILE,
    "response": RESPONSE,
    "rollup": ROLLUP,
    "segment": SEGMENT,
    "task": TASK,
    "match": MATCH,
}
Place = Literal["profile", "response", "rollup", "segment", "task", "match"]

#: A further column that the source was asked to carry; only of a response, and of a task for it.
EXTRA = "extra."
WITH_EXTRA: tuple[Place, ...] = ("response", "task")


def lookup(place: Place, word: str) -> Word | None:
    """Return what *word* means at *place*; None when it means nothing there.

    >>> lookup("response", "extra.plan").type, lookup("profile", "extra.plan")
    ('text', None)
    """
    if place in WITH_EXTRA and word.startswith(EXTRA) and len(word) > len(EXTRA):
        return Word(type="text", meaning="a further column of the source")
    return PLACES[place].get(word)
