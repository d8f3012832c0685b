"""The failures that cross the connector contract, sorted by what the engine does next.

ConnectorError
  + Deferred        stop this stream or destination, keep the checkpoint, try next run
    - Throttled       ... after `retry_after_s`
    - QuotaSpent      ... not before `resume_at`
    - Paused          ... because we left it alone after too many failures
  + Refused         a person must act: sign-in, rights, a missing or unreadable file
    - SignedOut       ... unless a new token, asked for once, helps
      - NoToken         ... one must be asked for before anything can be sent
  + SchemaDrift     stop this mapping: a field or table is not what the mapping says
  + Rejected        set this one record aside until the data, the mapping or the schema changes
  + Conflict        match the record again
  + Gone            follow the merge, else remember that the record is gone
  + Unknown         the write may have been applied: read it back

A message says where, what, and what to do. It never holds an e-mail, a name, a comment, a token or a reply body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class ConnectorError(Exception):
    """Something outside did not go as asked.

    Args:
        message: Where and what, in one sentence.
        code: The runbook page, such as `E301`.
        next_step: What the reader can do.
    """

    code = "E500"
    #: False: the other side said nothing; the way there or back failed.
    was_told = True

    def __init__(self, message: str, *, code: str | None = None, next_step: str = "") -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.next_step = next_step


class Deferred(ConnectorError):
    """The other side is down or busy; nothing is lost by waiting."""

    code = "E501"


class Throttled(Deferred):
    """The other side asked us to wait."""

    def __init__(self, message: str, *, retry_after_s: float, code: str | None = None, next_step: str = "") -> None:
        super().__init__(message, code=code, next_step=next_step)
        self.retry_after_s = retry_after_s


class QuotaSpent(Deferred):
    """The calls we may make are used up until `resume_at`, a time in UTC."""

    def __init__(self, message: str, *, resume_at: datetime, code: str | None = None, next_step: str = "") -> None:
        later = f"Nothing to do: a run after {resume_at:%Y-%m-%d %H:%M} UTC goes on from here."
        share = "`quota_share` in the config says how many of the day's calls are ours."
        super().__init__(message, code=code, next_step=next_step or f"{later} {share}")
        self.resume_at = resume_at


class Paused(Deferred):
    """It failed so often that we do not call it for a while."""


class Refused(ConnectorError):
    """A person must act before this can work."""

    code = "E301"


class SignedOut(Refused):
    """The token is not taken any longer; nothing was applied."""


class NoToken(SignedOut):
    """There is no token yet, or it is about to end: nothing was sent."""


class SchemaDrift(ConnectorError):
    """A table, object or field is not what the mapping says."""

    code = "E120"


class Rejected(ConnectorError):
    """One record cannot be written as it is."""

    code = "E502"

    def __init__(self, message: str, *, fields: tuple[str, ...] = (), code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.fields = fields


class Conflict(ConnectorError):
    """The record is not the one we matched any longer."""


class Gone(ConnectorError):
    """The record does not exist any longer."""


class Unknown(ConnectorError):
    """The write may have been applied."""
