"""What a user may choose about identity, and the rules that a mapping's `match:` becomes.

Frozen values; an empty block in the config gives the defaults, which are the careful ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sync.identity.mailboxes import is_free
from sync.identity.normalise import email_key

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The identifiers that a rule can compare, as `person.KIND` in a mapping.
KINDS = ("salesforce_id", "hubspot_id", "customer_id", "external_ref", "email", "phone")
#: Kinds whose values are ids of some system, compared exactly after their declared normalisation.
ID_KINDS = ("salesforce_id", "hubspot_id", "customer_id", "external_ref")

Kind = Literal["salesforce_id", "hubspot_id", "customer_id", "external_ref", "email", "phone"]
Identifier = Literal["salesforce_id", "hubspot_id", "customer_id", "external_ref", "email", "recipient_email", "phone"]
Text = Annotated[str, Field(min_length=1)]
#: What a veto does: hold the response for a person, or let the match pass.
Veto = Literal["hold", "ignore"]


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Exclude(_Block):
    """Who is never matched at all."""

    #: E-mail domains of our own staff; subdomains included.
    domains: tuple[Text, ...] = ()
    #: Whole addresses or ids that mean nobody, beside the built-in ones (`test@test.com`, `0000000000`).
    values: tuple[Text, ...] = ()

    @field_validator("domains")
    @classmethod
    def _lower(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.strip().lstrip("@").lower() for domain in domains)


class Protect(_Block):
    """Limits beyond which a key or a person is a mistake rather than a match."""

    #: A key held by more records than this identifies nobody.
    max_records_per_key: Annotated[int, Field(ge=1)] = 25
    #: A person with more duplicate records than this is not believed.
    max_records_per_person: Annotated[int, Field(ge=1)] = 5


class IdForm(_Block):
    """How ids of one kind are compared; nothing is guessed."""

    #: Compare as numbers: leading zeros mean nothing.
    numeric: bool = False
    #: Prefixes that some systems put before the id.
    strip_prefix: Annotated[tuple[Text, ...], Field(max_length=8)] = ()


class Vetoes(_Block):
    """What happens when the evidence has a doubt attached."""

    #: The names contradict each other.
    name_conflict: Veto = "hold"
    #: The address belongs to a role, such as info@.
    role_mailbox: Veto = "hold"
    #: Identifiers point to different persons.
    evidence_conflict: Veto = "hold"


class IdentitySettings(_Block):
    """The `identity:` block of the config."""

    #: Two-letter country with which phones without `+` are read; such keys never decide alone. Null: never guess.
    default_region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    exclude: Exclude = Exclude()
    protect: Protect = Protect()
    #: `require_name`: a phone decides only with the first name. `accept`: also without any name.
    phone_alone: Literal["require_name", "accept"] = "require_name"
    #: Id kind → how its values are compared.
    ids: dict[Literal["hubspot_id", "customer_id", "external_ref"], IdForm] = Field(default_factory=dict)
    #: Groups of mail domains that are one company's, mailbox by mailbox: `[[acme.com, acme.co.uk]]`.
    alias_domains: tuple[Annotated[tuple[Text, ...], Field(min_length=2)], ...] = ()
    veto: Vetoes = Vetoes()
    #: Objects of records of one person, best first.
    prefer: tuple[Text, ...] = ("Contact", "Lead")
    #: The identifier that names an unmatched person, first usable one.
    person_id: tuple[Identifier, ...] = (
        "salesforce_id",
        "hubspot_id",
        "customer_id",
        "external_ref",
        "email",
        "recipient_email",
        "phone",
    )

    @cached_property
    def alias_of(self) -> Mapping[str, str]:
        """Alias domain → the domain that stands for its group; a free provider is nobody's alias."""
        listed = [sorted(domain.strip().lower() for domain in group) for group in self.alias_domains]
        groups = [[domain for domain in group if not is_free(domain)] for group in listed]
        return MappingProxyType({domain: group[0] for group in groups for domain in group})

    @cached_property
    def blocked_values(self) -> frozenset[str]:
        """Excluded values as they are compared: addresses by their key, all else trimmed."""
        return frozenset(email_key(value) or value.strip() for value in self.exclude.values)

    def id_form(self, kind: str) -> IdForm:
        """Return how ids of *kind* are compared."""
        return next((form for name, form in self.ids.items() if name == kind), _AS_IS)


_AS_IS = IdForm()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of a mapping's `match:`. All rules are evaluated; their order only names one."""

    #: Only records of this object; None: any.
    object: str | None = None
    #: One of `KINDS`.
    kind: str
    #: `auto` decides; `review` only suggests.
    strength: Literal["auto", "review"] = "auto"
    #: `first_name`: the evidence counts only when the first name agrees as well.
    require: Literal["first_name"] | None = None
    #: Field → value that the directory filters by; `not_converted` needs no value.
    where: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.kind if self.object is None else f"{self.object}.{self.kind}"


#: What is compared when no mapping says otherwise.
DEFAULT_RULES = tuple(Rule(kind=kind) for kind in KINDS)
