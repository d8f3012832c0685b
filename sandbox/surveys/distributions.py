"""Qualtrics' distributions: what was mailed for each survey in a month, to whom, and who its mailing lists hold.

Shapes from qualtRics and the vendor's pages. Not verified: the list of directories, the words of `status` but for a
few, and whether a distribution is modified by answers; here it is not. Whoever answered without a score is told as not
having answered, and only rows that count are mailed: odd ones came by a link.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.surveys.answers import Answer

#: The directories; the lists are in the second.
POOLS = ("POOL_0aEmployees00001", "POOL_0bCustomers00002")
#: How long before an answer its invitation is sent.
AHEAD = timedelta(hours=1)
#: Rows on a page: of distributions, of a history, of contacts.
DISTRIBUTIONS, HISTORY, CONTACTS = 2, 3, 4


def list_of(survey: str) -> str:
    """Return the mailing list to which a survey is sent."""
    return f"CG_{survey[3:]}"


def mailing_of(one: Answer) -> str:
    """Return the distribution by which somebody was asked."""
    return f"EMD_{one.survey[3:]}{one.at - AHEAD:%Y%m}"


def contact_of(one: Answer) -> str:
    """Return the contact who was asked."""
    return f"CID_{one.id[2:]}"


def distributions(asked: Iterable[Answer], survey: str) -> list[dict[str, Any]]:
    """Return what was mailed for a survey, the latest first, and for each a reminder to the same people."""
    found: dict[str, list[Answer]] = {}
    for one in asked:
        if one.survey == survey:
            found.setdefault(mailing_of(one), []).append(one)
    told = []
    for id_, people in sorted(found.items(), reverse=True):
        told.append(_distribution(id_, survey, people))
        reminder = {"id": id_.replace("EMD_", "EMD_r"), "parentDistributionId": id_, "requestType": "Reminder"}
        told.append(told[-1] | reminder)
    return told


def history(asked: Iterable[Answer], mailing: str) -> list[dict[str, Any]]:
    """Return what became of each person of a distribution."""
    return [_history(one) for one in asked if mailing_of(one) == mailing.replace("EMD_r", "EMD_")]


def contacts(asked: Iterable[Answer], list_: str) -> list[dict[str, Any]]:
    """Return who is on a mailing list; somebody may be on it twice."""
    return [_contact(one) for one in asked if list_of(one.survey) == list_]


def _distribution(id_: str, survey: str, people: list[Answer]) -> dict[str, Any]:
    sent = [one.at - AHEAD for one in people]
    return {
        "id": id_,
        "parentDistributionId": None,
        "ownerId": "UR_1",
        "organizationId": "sandbox",
        "requestStatus": "Done",
        "requestType": "Invite",
        "sendDate": _stamp(min(sent)),
        "createdDate": _stamp(min(sent)),
        "modifiedDate": _stamp(max(sent)),
        "headers": {"fromEmail": "ask@example.com", "replyToEmail": "ask@example.com", "fromName": "Ask"},
        "recipients": {"mailingListId": list_of(survey), "contactId": None, "libraryId": "UR_1", "sampleId": None},
        "message": {"libraryId": "UR_1", "messageId": "MS_1", "messageType": "Library"},
        "surveyLink": {"surveyId": survey, "expirationDate": None, "linkType": "Individual"},
        "stats": {
            "sent": len(people),
            "bounced": sum(one.state == "bounced" for one in people),
            "finished": sum(one.score is not None for one in people),
        },
    }


def _history(one: Answer) -> dict[str, Any]:
    answered = one.score is not None
    return {
        "contactId": contact_of(one),
        "contactLookupId": f"CGC_{one.id[2:]}",
        "distributionId": mailing_of(one),
        "status": "SurveyFinished" if answered else "HardBounce" if one.state == "bounced" else "Success",
        "surveyLink": f"https://fra1.qualtrics.com/jfe/form/{one.survey}?Q_DL={one.id}",
        "contactFrequencyRuleId": None,
        "responseId": one.id if answered else None,
        "responseStartedAt": _stamp(one.at - timedelta(seconds=38)) if answered else None,
        "responseCompletedAt": _stamp(one.at) if answered else None,
        "sentAt": _stamp(one.at - AHEAD),
        "openedAt": _stamp(one.at - timedelta(minutes=3)) if answered else None,
        "surveySessionId": f"FS_{one.id[2:]}" if answered else None,
    }


def _contact(one: Answer) -> dict[str, Any]:
    first, _, last = (one.name or "").partition(" ")
    return {
        "contactId": contact_of(one),
        "firstName": first or None,
        "lastName": last or None,
        "email": one.email,
        "phone": None,
        "extRef": f"C-{(one.email or '').lower()}",
        "language": None,
        "unsubscribed": False,
    }


def _stamp(at: Any) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
