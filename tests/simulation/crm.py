"""A CRM in memory, with a memory for what it was told and the quirks of the sandbox's switches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.values import OutcomeKind
from connectors.verdicts import WRITTEN, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.values import FieldValue
    from tests.simulation.passing import Time

CONTACT, ACCOUNT, RESPONSE, MEMBER, TASK = "Contact", "Account", "NpsResponse", "NpsMember", "Task"
GONE = Verdict(OutcomeKind.GONE, "ENTITY_IS_DELETED")
INVALID = Verdict(OutcomeKind.REJECTED, "FIELD_CUSTOM_VALIDATION_EXCEPTION", ("score",))

Ref = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Order:
    """One write as it arrives: an object, an id, and values; None: the record must not exist."""

    object: str
    id: str
    values: dict[str, FieldValue] | None


@dataclass(slots=True)
class Contact:
    """What the CRM's people know of a contact; NPS fields stand in `Crm.held`."""

    id: str
    mails: list[str]
    account: str
    merged_into: str | None = None
    deleted: bool = False
    #: A score that a rule of the admin's does not let in.
    forbidden: int | None = None

    @property
    def live(self) -> bool:
        return not self.deleted and self.merged_into is None


@dataclass(slots=True)
class Crm:
    """The server's side."""

    time: Time
    #: After a merge the loser's id leads to the winner (HubSpot); else it is gone (Salesforce).
    redirects: bool
    contacts: dict[str, Contact] = field(default_factory=dict)
    held: dict[Ref, dict[str, FieldValue]] = field(default_factory=dict)
    #: Everything that was ever applied to a record.
    ever: dict[Ref, set[tuple[str, FieldValue]]] = field(default_factory=dict)
    #: Fields that somebody deleted.
    missing: set[str] = field(default_factory=set)
    #: Writes on their way: due at so many seconds.
    late: list[tuple[float, list[Order]]] = field(default_factory=list)
    #: Moves with every change of a contact.
    version: int = 0
    #: Contacts that were merged into others, or deleted (None), in order.
    moved: list[tuple[str, str | None]] = field(default_factory=list)
    #: The records that were written, in order.
    written: list[Ref] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.time.woken.append(self.arrive)

    def arrive(self) -> None:
        """Apply what was on its way and is due, in the order in which it is due."""
        if not self.late:
            return
        due = sorted((each for each in self.late if each[0] <= self.time.passed_s), key=lambda each: each[0])
        self.late = [each for each in self.late if each[0] > self.time.passed_s]
        for _, orders in due:
            for order in orders:
                self.apply(order)

    def live(self, id_: str) -> Contact | None:
        """Return the contact that an id leads to now."""
        contact = self.contacts.get(id_)
        while contact is not None and contact.merged_into is not None:
            contact = self.contacts[contact.merged_into] if self.redirects else None
        return None if contact is None or contact.deleted else contact

    def last(self, contact: Contact) -> Contact:
        """Return what a contact was merged into, in the end."""
        while contact.merged_into is not None:
            contact = self.contacts[contact.merged_into]
        return contact

    def apply(self, order: Order) -> Verdict:
        """Do one write as the server does it."""
        ref = (order.object, order.id)
        if order.object == CONTACT:
            contact = self.live(order.id)
            if contact is None:
                return GONE
            score = None if order.values is None else order.values.get("score")
            if score is not None and score == contact.forbidden:
                return INVALID
            ref = (CONTACT, contact.id)
        if order.values is None:
            self.held.pop(ref, None)
            return WRITTEN
        if order.object == MEMBER and not self.contacts[order.id.split("\x1f")[0]].live:
            return GONE  # nobody can be made a member who is no more
        if gone := sorted(self.missing & order.values.keys()):
            return Verdict(OutcomeKind.REJECTED, "INVALID_FIELD", tuple(gone), systemic=True)
        self.held.setdefault(ref, {}).update(order.values)
        for known in {ref, (order.object, order.id)}:
            self.ever.setdefault(known, set()).update(order.values.items())
        self.written.append(ref)
        return WRITTEN

    def merge(self, loser: str, winner: str) -> None:
        """Make two contacts one, as a person does it there; the winner's fields stay, blanks are filled."""
        mine, theirs = self.contacts[winner], self.contacts[loser]
        theirs.merged_into = winner
        mine.mails += [each for each in theirs.mails if each not in mine.mails]
        lost = self.held.pop((CONTACT, loser), {})
        kept = self.held.setdefault((CONTACT, winner), {})
        for name, value in lost.items():
            if kept.get(name) is None:
                kept[name] = value
        self.ever.setdefault((CONTACT, winner), set()).update(self.ever.get((CONTACT, loser), ()))
        self._let_go(loser)
        self.moved.append((loser, winner))
        self.version += 1

    def delete(self, id_: str) -> None:
        self.contacts[id_].deleted = True
        self.held.pop((CONTACT, id_), None)
        self._let_go(id_)
        self.moved.append((id_, None))
        self.version += 1

    def _let_go(self, id_: str) -> None:
        """Take away what hangs on a contact that is no more; what only names it stays."""
        for ref in [ref for ref in self.held if ref[1].startswith(f"{id_}\x1f")]:
            del self.held[ref]

    def read(self, refs: Sequence[Ref], fields: Sequence[str]) -> dict[Ref, dict[str, FieldValue]]:
        """Return what records hold; those that are not there are absent."""
        found: dict[Ref, dict[str, FieldValue]] = {}
        for ref in refs:
            held = self.held.get(ref)
            if ref[0] == CONTACT:
                contact = self.live(ref[1])
                held = None if contact is None else self.held.get((CONTACT, contact.id), {})
            if held is not None:
                found[ref] = {name: held.get(name) for name in fields}
        return found
