"""A mapping as a person would have written it, from what was proposed: text with comments. Pure.

No value of a response stands in it: the file is kept, shown and sent around.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sync.suggest.choosing import Proposal, Suggested
    from sync.suggest.preview import Preview

#: Word -> what its field is called where npsync makes it; what a first mapping writes, in this order.
READY = {
    "score": "NPS Score",
    "points": "NPS Points",
    "category": "NPS Category",
    "comment": "NPS Comment",
    "responded_at": "NPS Responded At",
    "previous_score": "NPS Previous Score",
    "trend": "NPS Trend",
    "status": "NPS Status",
}
_ABOUT = {
    "points": "100, 0 or -100: its average in any report is the NPS",
    "trend": "improving, steady, declining; blank with nothing to compare",
    "status": "current, stale, expired",
}
_CATEGORY = {"promoter": "Promoter", "passive": "Passive", "detractor": "Detractor"}
#: Where the comments at the ends of lines begin.
_COLUMN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a kind of system is written to."""

    #: Objects that hold persons, the usual one first.
    objects: tuple[str, ...]
    #: Field → word, and what the line means.
    match: Sequence[tuple[str, str, str]]
    #: Further rules that many want, as comments.
    further: Sequence[str] = ()
    custom: str = ""
    longest: int = 32_000

    def name(self, label: str) -> str:
        """Return how a new field is called.

        >>> STYLES["salesforce"].name("NPS Score"), STYLES["hubspot"].name("NPS Score")
        ('NPS_Score__c', 'nps_score')
        """
        joined = label.replace(" ", "_")
        return f"{joined}{self.custom}" if self.custom else joined.lower()


STYLES: Mapping[str, Style] = {
    "salesforce": Style(
        objects=("Contact", "Lead"),
        match=(
            ("Id", "person.salesforce_id", "the id that the survey link carried"),
            ("Email", "person.email", "the address of the person"),
        ),
        further=(
            "- {Customer_Number__c: person.customer_id}  # an external id of yours",
            "- {object: Lead, where: not_converted, Email: person.email}  # its fields must be there, too",
        ),
        custom="__c",
    ),
    "hubspot": Style(
        objects=("contacts",),
        match=(
            ("hs_object_id", "person.hubspot_id", "the id that the survey link carried"),
            ("email", "person.email", "any address of the contact, the further ones too"),
        ),
        further=("- {customer_number: person.customer_id}  # a property of yours; best with unique values",),
        longest=65_000,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything that a mapping's text is made of."""

    source: str
    destination: str
    #: The destination's type, such as `salesforce`.
    system: str
    suggested: Suggested
    #: Field → what a sample of real responses showed.
    previews: Mapping[str, Preview] = field(default_factory=dict)
    #: Words whose fields are to be made under our own names.
    make: Collection[str] = ()
    #: The match rules, in order; the system's usual ones when left out.
    match: Sequence[tuple[str, str, str]] = ()
    #: What was chosen for those that nobody, or several, match.
    on_none: str = "hold"
    on_many: str = "hold"

    @property
    def style(self) -> Style:
        return STYLES[self.system]

    def missing(self) -> list[str]:
        """Return the words of a first mapping that no field was found for."""
        return [word for word in READY if self.suggested.of(word) is None]

    def text(self) -> str:
        """Return the mapping."""
        return "\n".join([*self._head(), "", *self._match(), "", *self._fields(), *self._passed()]) + "\n"

    def _head(self) -> Iterator[str]:
        object_ = self.suggested.object
        yield f"# From {self.source} to {object_} in {self.destination}: drafted by npsync from what is there."
        yield "# Left of each colon stands a field of the CRM, right of it our word. Next: `npsync sync -n`."
        yield "version: 1"
        yield _line(f"from: {self.source}", "a connection of the config: where responses come from")
        yield _line(f"to: {self.destination}", "a connection of the config: what is written to")
        yield f"object: {object_}"

    def _match(self) -> Iterator[str]:
        yield _line("match:", "the first rule that finds exactly one record wins")
        for name, word, about in self.match or self.style.match:
            yield _line(f"  - {{{name}: {word}}}", about)
        yield from (f"  # {each}" for each in self.style.further if self.suggested.object == self.style.objects[0])
        yield _line(f"on_none: {self.on_none}", "nobody found: hold (a person decides) | skip | create")
        yield _line(f"on_many: {self.on_many}", "several found: hold | skip")

    def _fields(self) -> Iterator[str]:
        yield "fields:"
        make = set(self.make) or (set(self.missing()) if not self.suggested.proposals else set())
        further = [each.word for each in self.suggested.proposals if each.word not in READY]
        for word in [*READY, *further]:
            found = self.suggested.of(word)
            if found is not None:
                yield _line(f"  {found.field.name}: {_rule(found)}", self._told(found))
            elif word in make:
                yield _line(f"  {self.style.name(READY[word])}: {self._new(word)}", _new_about(word))
        passed = {each.field.name for each in self.suggested.passed}
        for word in self.missing():
            if word not in make:
                name = self.style.name(READY[word])
                about = "no field was found; with this line, `npsync fields create` makes one"
                if name in passed:
                    about = "left alone, see below; take the `#` away if it is for this"
                yield _line(f"  # {name}: {self._new(word)}", about)

    def _told(self, found: Proposal) -> str:
        shown = self.previews.get(found.field.name)
        cut = f"; {shown.cut:,} of {shown.of:,} tried are longer and are cut" if shown is not None and shown.cut else ""
        day = "; the time of day is dropped" if found.field.type == "date" else ""
        return f"{found.why}{cut}{day}"

    def _new(self, word: str) -> str:
        if word == "category":
            return f"{{from: category, values: {_flow(_CATEGORY)}}}"
        return f"{{from: comment, truncate: {self.style.longest}}}" if word == "comment" else word

    def _passed(self) -> Iterator[str]:
        if self.suggested.passed:
            yield ""
            yield "# Left alone, though they speak of NPS or of a survey:"
        for each in self.suggested.passed:
            yield f"#   {each.field.name}: {each.why}"


def _rule(found: Proposal) -> str:
    parts = [f"from: {found.word}"]
    if found.values and any(ours != theirs for ours, theirs in found.values.items()):
        parts.append(f"values: {_flow(found.values)}")
    if found.truncate is not None:
        parts.append(f"truncate: {found.truncate}")
    return found.word if len(parts) == 1 else f"{{{', '.join(parts)}}}"


def _flow(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{ours}: {_quoted(theirs)}" for ours, theirs in values.items()) + "}"


def _quoted(text: str) -> str:
    """Write a text as YAML reads it: quoted, unless it is a plain word."""
    if text.replace(" ", "").isalpha() and text == text.strip() and text.casefold() not in ("null", "true", "false"):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _new_about(word: str) -> str:
    about = _ABOUT.get(word)
    return f"npsync's own{': ' + about if about else ''}"


def _line(text: str, about: str) -> str:
    return f"{text.ljust(_COLUMN - 1)} # {' '.join(about.split())}"
