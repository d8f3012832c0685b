"""What a reply or a failed call means, from a table that a vendor's module gives as data.

The phase counts as much as the status (reference/reliability.md, section 3): a call that never left is repeated
without fear; one whose answer was lost may have been applied, and is `Unknown` where it writes. Bodies, addresses and
tokens never enter a message; of a vendor's words only its code and the names of fields do.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from connectors.errors import (
    Conflict,
    ConnectorError,
    Deferred,
    Gone,
    QuotaSpent,
    Refused,
    Rejected,
    SchemaDrift,
    SignedOut,
    Throttled,
    Unknown,
)
from connectors.phases import before_sending, is_of_transport, untrusted
from connectors.reply import Reply
from connectors.values import OutcomeKind
from connectors.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

__all__ = ["Complaint", "Meaning", "Reply", "Rule", "Table", "by_status", "word", "words"]


#: A vendor's code or a field's name; anything else is not repeated, for it could hold what a person wrote.
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}")


class Meaning(Enum):
    """What the caller does next."""

    #: Try again within this run.
    BUSY = auto()
    #: Stop until the quota is filled up.
    QUOTA = auto()
    #: Ask for a new token, once.
    SIGNED_OUT = auto()
    #: A person must act.
    REFUSED = auto()
    #: A field, object or option is not what the mapping says.
    DRIFT = auto()
    #: One record cannot be written; in a batch, look for it.
    REJECTED = auto()
    #: Somebody holds this row: try again, with fewer rows beside it.
    LOCKED = auto()
    CONFLICT = auto()
    GONE = auto()
    #: It may have been applied. For a read: try again.
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error as the vendor words it."""

    code: str = ""
    #: Its message: looked through by rules, never shown.
    text: str = field(default="", repr=False)
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of a vendor's error table; what is empty fits everything."""

    meaning: Meaning
    statuses: tuple[int, ...] = ()
    code: str = ""
    #: A regular expression, looked for in the vendor's message.
    text: str = ""
    #: Seconds to wait where the reply names none.
    wait_s: float = 0.0
    #: Our own code, where the usual one of this meaning does not say enough.
    page: str = ""
    #: What the reader can do about it.
    advice: str = ""

    def fits(self, status: int, complaint: Complaint) -> bool:
        return (
            (not self.statuses or status in self.statuses)
            and (not self.code or self.code == complaint.code)
            and (not self.text or re.search(self.text, complaint.text) is not None)
        )


def tomorrow(_reply: Reply, now: datetime) -> datetime:
    """Return when a daily quota is full again at the latest, where the vendor does not say."""
    return now + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How one vendor's replies are read."""

    #: The vendor's name, as messages say it.
    system: str
    #: The first one that fits counts; what none fits is read by its status.
    rules: Sequence[Rule]
    #: Decoded body of an error → its complaints, most telling first.
    complaints: Callable[[Any], Sequence[Complaint]]
    #: When a spent quota is full again.
    resume_at: Callable[[Reply, datetime], datetime] = tomorrow

    def decoded(self, reply: Reply, *, what: str, writes: bool, now: datetime) -> Any:  # noqa: ANN401 - JSON
        """Return the body of a reply that says yes.

        Raises:
            ConnectorError: It says no, or something else than JSON: then nobody knows what became of a write.
        """
        if not 200 <= reply.status < 300:
            raise self.error(reply, what=what, writes=writes, now=now)
        try:
            return reply.json()
        except ValueError:
            raise self._lost(what, "a reply that cannot be read", writes=writes) from None

    def error(self, reply: Reply, *, what: str, writes: bool, now: datetime) -> ConnectorError:
        """Return what a reply means that is not of the 200s.

        Args:
            reply: The reply.
            what: What was asked, for the message: `writing 100 contacts`. Nothing from outside.
            writes: Whether it could have changed something.
            now: The time, aware.
        """
        try:
            said = self.complaints(reply.json())
        except (ValueError, TypeError, LookupError, AttributeError):
            said = ()  # an error page of something between us and the vendor
        first = said[0] if said else Complaint()
        complaint, rule = next(
            ((each, rule) for rule in self.rules for each in (said or (first,)) if rule.fits(reply.status, each)),
            (first, Rule(meaning=by_status(reply.status))),
        )
        return self._as_error(reply, complaint, rule, what=what, writes=writes, now=now)

    def row(self, complaint: Complaint, *, status: int = 0) -> Verdict:
        """Return what a complaint about one row of a batch means; what no rule fits is a rejection."""
        rule = next((each for each in self.rules if each.fits(status, complaint)), Rule(meaning=Meaning.REJECTED))
        kind = _KINDS.get(rule.meaning, OutcomeKind.REJECTED)
        systemic = rule.meaning in {Meaning.DRIFT, Meaning.REFUSED}
        return Verdict(kind, word(complaint.code) or None, words(complaint.fields), systemic)

    def failure(self, error: BaseException, *, what: str, writes: bool, now: datetime) -> ConnectorError:
        """Return what an exception of a client means: of requests, urllib3, simple-salesforce or hubspot-api-client.

        Raises:
            BaseException: *error* itself, where it is none of theirs.
        """
        if isinstance(error, ConnectorError):
            return error
        status = getattr(error, "status", None)
        if isinstance(status, int) and status >= 100:
            return self.error(Reply.of(error), what=what, writes=writes, now=now)
        if untrusted(error):
            return Refused(
                f"{self.system}: its certificate is not trusted here",
                next_step="Set SSL_CERT_FILE to a file with your company's certificates, and check the address.",
            )
        if before_sending(error):
            return _untold(Deferred(f"{self.system} cannot be reached", next_step=_WAIT))
        if is_of_transport(error) or isinstance(error, json.JSONDecodeError) or hasattr(error, "status"):
            return _untold(self._lost(what, "no whole reply", writes=writes))
        raise error

    def _lost(self, what: str, got: str, *, writes: bool) -> ConnectorError:
        message = f"{self.system} gave {got} to {what}"
        return Unknown(message, code="E501", next_step=_WAIT) if writes else Deferred(message, next_step=_WAIT)

    def _as_error(  # noqa: PLR0911, PLR0913 - one branch for each meaning
        self, reply: Reply, complaint: Complaint, rule: Rule, *, what: str, writes: bool, now: datetime
    ) -> ConnectorError:
        code = word(complaint.code)
        said = f"{reply.status}{f' {code}' if code else ''}"
        message = f"{self.system} replied {said} to {what}"
        named = ", ".join(words(complaint.fields))
        about = f"{message}: {named}" if named else message
        page, advice = rule.page or None, rule.advice
        match rule.meaning:
            case Meaning.BUSY | Meaning.LOCKED | Meaning.QUOTA:
                return self._later(reply, rule, message, now)
            case Meaning.SIGNED_OUT:
                return SignedOut(message, code=page, next_step=advice or _SIGN_IN)
            case Meaning.REFUSED:
                return Refused(about, code=page, next_step=advice or _RIGHTS)
            case Meaning.DRIFT:
                return SchemaDrift(about, code=page, next_step=advice or _DRIFT)
            case Meaning.REJECTED:
                return Rejected(message, fields=words(complaint.fields), code=code or page)
            case Meaning.CONFLICT | Meaning.GONE:
                return (Gone if rule.meaning is Meaning.GONE else Conflict)(message, code=code or page)
            case Meaning.UNKNOWN:
                return self._lost(what, said, writes=writes)

    def _later(self, reply: Reply, rule: Rule, message: str, now: datetime) -> Deferred:
        page, asked = rule.page or None, reply.asked_to_wait_s(now)
        if rule.meaning is Meaning.QUOTA:
            at = self.resume_at(reply, now) if asked is None else now + timedelta(seconds=asked)
            return QuotaSpent(message, resume_at=at, code=page, next_step=rule.advice)
        wait_s = rule.wait_s if asked is None else asked
        if not wait_s and reply.status == 500:
            return Deferred(message, code=page, next_step=rule.advice or _WAIT)
        return Throttled(message, retry_after_s=wait_s, code=page, next_step=rule.advice or _WAIT)


_KINDS = {
    Meaning.BUSY: OutcomeKind.DEFERRED,
    Meaning.LOCKED: OutcomeKind.DEFERRED,
    Meaning.QUOTA: OutcomeKind.DEFERRED,
    Meaning.CONFLICT: OutcomeKind.CONFLICT,
    Meaning.GONE: OutcomeKind.GONE,
    Meaning.UNKNOWN: OutcomeKind.UNKNOWN,
}
_WAIT = "Nothing to do: the next run goes on from here. If it lasts for hours, look at the system's own status page."
_SIGN_IN = "Sign in again: `npsync auth set CONNECTION`, then `npsync auth test CONNECTION`."
_RIGHTS = "Look at its rights with `npsync auth test CONNECTION`."
_DRIFT = "Correct the mapping, or create what it names there."


def _untold(error: ConnectorError) -> ConnectorError:
    error.was_told = False
    return error


def by_status(status: int) -> Meaning:  # noqa: PLR0911 - a table
    """Return what a status means where the vendor's own table is silent.

    >>> by_status(429), by_status(504), by_status(404)
    (<Meaning.BUSY: 1>, <Meaning.UNKNOWN: 10>, <Meaning.GONE: 9>)
    """
    match status:
        case 408 | 420 | 423 | 425 | 429 | 503:
            return Meaning.BUSY
        case 401:
            return Meaning.SIGNED_OUT
        case 402 | 403 | 405 | 406 | 407 | 415 | 525 | 526:
            return Meaning.REFUSED
        case 404 | 410:
            return Meaning.GONE
        case 409 | 412:
            return Meaning.CONFLICT
        case _ if 300 <= status < 400:
            return Meaning.REFUSED
        case _ if 400 <= status < 500:
            return Meaning.REJECTED
        case _:
            # 500 too: whether it came before or after the write was applied, it does not say.
            return Meaning.UNKNOWN


def word(text: object) -> str:
    """Return *text* if it is a code or a name, else nothing."""
    return text if isinstance(text, str) and _WORD.fullmatch(text) else ""


def words(texts: Sequence[object]) -> tuple[str, ...]:
    """Return those of *texts* that are codes or names."""
    return tuple(found for each in texts if (found := word(each)))
