"""What an org knows of its objects: kinds of records and their fields, as a describe call tells them.

Kinds are written as text, one field a line, and read by `kind_from`:

    Email email(80) idlookup
    Status picklist(255) required =New [New|Working|Closed]
    AccountId reference ->Account

Words after the type: `required`, `system` (set by the org, never null), `readonly`, `fixed` (only on creation),
`late` (only by an update), `defaulted`, `idlookup`, `restricted`, `always` or `granted` (field permissions do not or do
apply, against the rule), `=value` (default), `part=Name` (of a compound field), `->Kind|Kind` (reference), `as=Word`
(its relationship), `children=Word` (that of the other side).
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

LENGTHS = {"reference": 18, "id": 18, "phone": 40, "email": 80, "url": 255, "picklist": 255, "string": 255}
#: Longer text is a long text area: it cannot be filtered, sorted or grouped by.
LONGEST_FILTERED = 255
NUMBERS = frozenset({"double", "currency", "percent"})
LINE = re.compile(r"(?P<name>\w+) (?P<type>\w+)(?:\((?P<size>[\d,]+)\))?(?P<words>[^\[]*)(?:\[(?P<values>.*)\])?$")


@dataclass(slots=True, kw_only=True)
class Field:
    """One field of a kind of record; `type` is the describe call's word for it."""

    name: str
    type: str = "string"
    label: str = ""
    #: Characters; of text types only.
    length: int = 0
    #: Digits in all, and after the point; of numbers only.
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted: bool = False
    external_id: bool = False
    id_lookup: bool = False
    unique: bool = False
    case_sensitive: bool = False
    #: A picklist's values; only these may be written where it is *restricted*.
    values: tuple[str, ...] = ()
    restricted: bool = False
    default: str | float | bool | None = None
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    #: The relationship's name seen from the other side, for child subqueries.
    children: str | None = None
    #: The compound field this is a part of.
    compound: str | None = None
    permissionable: bool = True
    help: str | None = None

    def __post_init__(self) -> None:
        """Complete what follows from the name and the type."""
        self.label = self.label or _label(self.name)
        self.length = self.length or LENGTHS.get(self.type, 0)
        if self.type in NUMBERS and not self.precision:
            self.precision = 18
        if self.type == "reference" and self.relationship is None and self.reference_to:
            self.relationship = f"{self.name[:-3]}__r" if self.custom else self.name.removesuffix("Id")
        if self.type == "boolean":
            self.nillable, self.default = False, bool(self.default)
            self.defaulted = True
        if self.external_id:
            self.id_lookup = True

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def long(self) -> bool:
        return self.type == "textarea" and self.length > LONGEST_FILTERED

    @property
    def filterable(self) -> bool:
        return not self.long

    @property
    def sortable(self) -> bool:
        return not self.long and self.type not in {"address", "multipicklist"}

    @property
    def groupable(self) -> bool:
        return self.sortable and self.type not in {"datetime", *NUMBERS}

    @property
    def indexed(self) -> bool:
        """Whether records are found by this field without reading them all."""
        return self.id_lookup or self.unique or self.type == "reference"

    @property
    def required(self) -> bool:
        """Whether a new record must bring a value."""
        return not self.nillable and self.createable and not self.defaulted and self.default is None


def _label(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("__c").replace("_", " "))
    return words.removesuffix(" Id") + " ID" if words.endswith(" Id") else words


@dataclass(slots=True, kw_only=True)
class Kind:
    """One kind of record (an sObject) with its fields by lower-case name."""

    name: str
    prefix: str
    label: str = ""
    plural: str = ""
    fields: dict[str, Field] = dataclasses.field(default_factory=dict)
    #: Lower-case child relationship → (kind, field that points here).
    children: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    #: Whether records can be written; some kinds are read only.
    writable: bool = True
    #: What the API user may do with records, besides reading them; see `Org.allow`.
    allowed: frozenset[str] = frozenset({"create", "edit", "delete"})
    mergeable: bool = False
    #: Lower-case relationship → its field; derived.
    parents: dict[str, Field] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Complete the labels and look the relationships up."""
        self.label = self.label or _label(self.name)
        self.plural = self.plural or _plural(self.label)
        self.relate()

    def relate(self) -> None:
        """Read the relationships from the fields again."""
        self.parents = {each.relationship.lower(): each for each in self.fields.values() if each.relationship}

    def field(self, name: str) -> Field | None:
        return self.fields.get(name.lower())

    def parent(self, relationship: str) -> Field | None:
        return self.parents.get(relationship.lower())

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")


def _plural(label: str) -> str:
    return label[:-1] + "ies" if label.endswith("y") else label + "s"


def kind_from(name: str, prefix: str, text: str, *, writable: bool = True, mergeable: bool = False) -> Kind:
    """Read a kind from its lines."""
    fields = [field_from(line.strip()) for line in text.strip().splitlines() if line.strip()]
    return Kind(
        name=name,
        prefix=prefix,
        fields={each.name.lower(): each for each in fields},
        writable=writable,
        mergeable=mergeable,
    )


def field_from(line: str) -> Field:
    """Read one field from its line.

    >>> email = field_from("Email email(80) idlookup")
    >>> email.type, email.length, email.id_lookup, email.nillable
    ('email', 80, True, True)
    """
    found = LINE.match(line)
    if found is None:
        raise ValueError(f"cannot read the field `{line}`")
    words = (found["words"] or "").split()
    sizes = [int(size) for size in (found["size"] or "0").split(",")]
    number = len(sizes) > 1
    system = "system" in words
    readonly = system or "readonly" in words
    settings = {word[0]: word[1:] for word in words if word[0] == "="}
    named = dict(word.split("=", 1) for word in words if "=" in word[1:])
    return Field(
        name=found["name"],
        type=found["type"],
        length=0 if number else sizes[0],
        precision=sizes[0] if number else 0,
        scale=sizes[1] if number else 0,
        nillable=not (system or "required" in words),
        createable=not readonly and "late" not in words,
        updateable=not readonly and "fixed" not in words,
        defaulted=system or "defaulted" in words,
        id_lookup=found["type"] == "id" or "idlookup" in words,
        values=tuple(found["values"].split("|")) if found["values"] else (),
        restricted="restricted" in words,
        default=settings["="].replace("_", " ") if "=" in settings else None,
        reference_to=next((tuple(word[2:].split("|")) for word in words if word.startswith("->")), ()),
        relationship=named.get("as"),
        children=named.get("children"),
        compound=named.get("part"),
        permissionable="granted" in words or not (readonly or "required" in words or "always" in words),
    )
