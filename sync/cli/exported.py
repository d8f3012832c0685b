"""Exported files as identity takes them, for `resolve`: responses with their claims, accounts with their aliases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.values import Place, SurveyResponse
from sync.identity.normalise import phone_keys
from sync.identity.standalone import ResponseDecision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.files.records import FileDirectory
    from connectors.files.response_claims import ClaimsFile
    from sync.identity.settings import IdentitySettings

_IDS = ("customer_id", "salesforce_id", "hubspot_id", "external_ref")
_TEXTS = ("email", "recipient_email", "first_name", "last_name", "full_name", "company", "link")
#: Identity looks at neither the moment nor the place of an answer.
_SOME_TIME = datetime.fromtimestamp(0, UTC)
_SOMEWHERE = Place(file="")


def answers(file: ClaimsFile, directory: FileDirectory) -> Iterator[SurveyResponse | ResponseDecision]:
    """Yield the rows of *file* in their order; one that is no answer comes decided."""
    for table in file.tables():
        for row in table.to_pylist():
            if row["left_out"]:
                yield ResponseDecision(row["response_id"], "excluded", "", "", "", row["left_out"], "", "")
                continue
            account = row["account_ref"]
            yield SurveyResponse(
                response_id=row["response_id"],
                survey="",
                score=0,
                responded_at=_SOME_TIME,
                place=_SOMEWHERE,
                ids={kind: row[kind] for kind in _IDS if row[kind]},
                phone=_phone(row["phone"], row["country"]),
                account_ref=directory.account_id(account) if account else None,
                **{field: row[field] for field in _TEXTS},
            )


def _phone(text: str | None, country: str | None) -> str | None:
    """Read a national number with the country that its own response names; without one it stays as it is."""
    return (phone_keys(text, country).certain or text) if text and country else text


def with_aliases(settings: IdentitySettings, groups: Sequence[tuple[str, ...]]) -> IdentitySettings:
    """Add the alias domains that accounts list; what the config says of a domain stands."""
    said = {domain for group in settings.alias_domains for domain in group}
    more = [group for group in groups if not said & set(group)]
    return settings.model_validate(settings.model_dump() | {"alias_domains": (*settings.alias_domains, *more)})
