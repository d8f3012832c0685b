"""What a response says about who answered, and the respondent that stands for it.

Responses with equal claims share a respondent, so identity decides once for all of them.
Nothing here depends on settings: changing them must not change who a respondent is.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from sync.identity.normalise import email_key, phone_keys, salesforce_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.sends import Send
    from connectors.values import SurveyResponse

CLAIM_COLUMNS = (
    "email",
    "recipient_email",
    "phone",
    "salesforce_id",
    "hubspot_id",
    "customer_id",
    "external_ref",
    "first_name",
    "last_name",
    "full_name",
    "company",
    "account_ref",
    "link",
)
CLAIMS_SCHEMA = pa.schema([(name, pa.string()) for name in ("respondent", *CLAIM_COLUMNS)])

#: Salesforce key prefixes of the two objects that are people; any other id in a reference is not a person's.
_PEOPLE = ("003", "00Q")


class Claims(NamedTuple):
    """A respondent's claims, normalised. A tuple, because one is made for every response."""

    #: Hash of all the others: 32 hexadecimal digits.
    respondent: str
    email: str | None = None
    recipient_email: str | None = None
    #: `+` and digits where the number had a country code, else as it was typed.
    phone: str | None = None
    #: The 18-character form where it could be read.
    salesforce_id: str | None = None
    hubspot_id: str | None = None
    customer_id: str | None = None
    external_ref: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    company: str | None = None
    account_ref: str | None = None
    link: str | None = None


def respondent_of(response: SurveyResponse | Send) -> Claims:
    """Return the claims of *response*, or of a send; equal claims have equal respondents.

    Raises:
        ValueError: A text holds what cannot be kept; see `sync.clean.kept`.
    """
    ids = response.ids
    reference = ids.get("external_ref")
    values = (
        email_key(response.email),
        email_key(response.recipient_email),
        _phone(response.phone) if response.phone else None,
        _salesforce(ids.get("salesforce_id"), reference) if ids else None,
        ids.get("hubspot_id"),
        ids.get("customer_id"),
        reference,
        response.first_name,
        response.last_name,
        response.full_name,
        response.company,
        response.account_ref,
        response.link,
    )
    text = "\x1f".join([value or "" for value in values])
    if "\0" in text:
        raise ValueError("NUL")
    return Claims(blake2b(text.encode(), digest_size=16).hexdigest(), *values)


def _phone(text: str) -> str:
    return phone_keys(text).certain or " ".join(text.split())


def _salesforce(given: str | None, reference: str | None) -> str | None:
    if given:
        return salesforce_id(given) or given
    shaped = salesforce_id(reference) if reference and len(reference) in {15, 18} else None
    return shaped if shaped and shaped.startswith(_PEOPLE) else None


def claims_table(claims: Iterable[Claims]) -> pa.Table:
    """Return *claims* as one Arrow table of `CLAIMS_SCHEMA`; a respondent that comes twice stays once."""
    rows = {claim.respondent: claim for claim in claims}
    names = CLAIMS_SCHEMA.names
    return pa.table(
        [pa.array([getattr(claim, name) for claim in rows.values()], pa.string()) for name in names],
        schema=CLAIMS_SCHEMA,
    )


assert Claims._fields == ("respondent", *CLAIM_COLUMNS)
