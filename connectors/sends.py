"""Who was asked: one survey that was sent to one person, and what came of it.

A send is no response: it says nothing of what anybody thinks, and no row of a run is made of it. It tells silence from
not having been asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class SendState(StrEnum):
    """What became of a survey that was sent."""

    SENT = "sent"
    OPENED = "opened"
    #: Put away without an answer.
    DECLINED = "declined"
    ANSWERED = "answered"
    #: It never arrived, so nobody was asked.
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One survey sent to one person. Who that is, is said as a response says it; see `SurveyResponse`."""

    #: Unique within the source; the key is `source:send_id`.
    send_id: str
    #: Name or id of the survey.
    survey: str
    state: SendState
    #: Aware, UTC.
    sent_at: datetime
    #: When it was opened first, where the source says so. Aware, UTC.
    opened_at: datetime | None = None
    email: str | None = None
    recipient_email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    company: str | None = None
    account_ref: str | None = None
    ids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    link: str | None = None
