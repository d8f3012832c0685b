"""The properties and property groups of one type of object, and the rules for making them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.hubspot.errors import Refusal, bad_json, not_found
from sandbox.hubspot.kinds import DEFINITIONS

if TYPE_CHECKING:
    from sandbox.hubspot.kinds import Kind

MOST_UNIQUE = 10  # unique-value properties per object; HubSpot's properties guide
FIELD_TYPES = {
    "string": {"text", "textarea", "html", "file", "phonenumber", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"},
    "bool": {"booleancheckbox", "calculation_equation"},
    "phone_number": {"phonenumber"},
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_YES_NO = ({"label": "True", "value": "true"}, {"label": "False", "value": "false"})


@dataclass(slots=True, kw_only=True)
class Property:
    """One property."""

    name: str
    type: str
    field_type: str
    label: str
    group: str
    description: str = ""
    options: list[dict[str, Any]] = field(default_factory=list)
    unique: bool = False
    #: HubSpot alone writes it.
    read_only: bool = False
    standard: bool = False
    #: Its options live elsewhere (owners).
    external: bool = False
    hidden: bool = False
    form_field: bool = False
    display_order: int = -1
    created: str = ""
    updated: str = ""
    archived_at: str | None = None
    #: Value → label of the options.
    choices: dict[str, str] = field(default_factory=dict)

    def set_options(self, options: Any) -> None:
        """Replace the options.

        Raises:
            Refusal: An option lacks its value or label, or comes twice.
        """
        if not isinstance(options, (list, tuple)):
            raise bad_json("options must be a list")
        made: list[dict[str, Any]] = []
        for order, option in enumerate(options):
            if not isinstance(option, dict) or not option.get("label") or option.get("value") in (None, ""):
                raise Refusal(400, f"Option {order} of property {self.name} needs a label and a value")
            made.append(
                {
                    "label": str(option["label"]),
                    "value": str(option["value"]),
                    "displayOrder": option.get("displayOrder", order),
                    "hidden": bool(option.get("hidden", False)),
                    "description": option.get("description") or "",
                }
            )
        choices = {option["value"]: option["label"] for option in made}
        if len(choices) < len(made) or len(set(choices.values())) < len(made):
            raise Refusal(400, f"Property option values and labels must be unique on property {self.name}")
        self.options, self.choices = made, choices

    def json(self) -> dict[str, Any]:
        """Return the property as HubSpot describes it."""
        found = {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": self.options,
            "displayOrder": self.display_order,
            "calculated": "_calculated_" in self.name,
            "externalOptions": self.external,
            "archived": self.archived_at is not None,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": self.standard,
            "formField": self.form_field,
            "dataSensitivity": "non_sensitive",
            "createdAt": self.created,
            "updatedAt": self.updated,
            "modificationMetadata": {
                "archivable": not self.standard,
                "readOnlyDefinition": self.standard,
                "readOnlyOptions": self.standard,
                "readOnlyValue": self.read_only,
            },
        }
        if self.external:
            found["referencedObjectType"] = "OWNER"
        if self.archived_at is not None:
            found["archivedAt"] = self.archived_at
        return found


class Catalogue:
    """All properties and groups of one type."""

    def __init__(self, kind: Kind, at: str) -> None:
        """Hold what HubSpot defines itself; *at* is the time of their making."""
        self.kind = kind
        self.group = f"{kind.singular}information" if not kind.custom else f"{kind.name}_information"
        self.groups = {self.group: {"name": self.group, "label": f"{kind.label or kind.name} information"}}
        #: The names of the properties made with unique values.
        self.unique: set[str] = set()
        self._held: dict[str, Property] = {}
        own = DEFINITIONS.get(kind.name, DEFINITIONS["custom"])
        for line in (DEFINITIONS["*"] + own).splitlines():
            if line.strip():
                name, type_, field_type, *options = line.split()
                self._define(name, type_, field_type, options, at)

    def _define(self, name: str, type_: str, field_type: str, options: list[str], at: str) -> None:
        made = Property(
            name=name,
            type=type_.rstrip("!"),
            field_type=field_type,
            label=name.removeprefix("hs_").replace("_", " ").capitalize(),
            group=self.group,
            read_only=type_.endswith("!"),
            standard=True,
            external=name == "hubspot_owner_id",
            created=at,
            updated=at,
        )
        made.set_options([{"label": option, "value": option} for option in options])
        self._held[name] = made

    def get(self, name: str) -> Property | None:
        """Return the property in use under *name*."""
        found = self._held.get(name)
        return found if found is not None and found.archived_at is None else None

    def need(self, name: str) -> Property:
        """Return the property in use under *name*.

        Raises:
            Refusal: There is none.
        """
        found = self.get(name)
        if found is None:
            raise not_found(f"Property {name} does not exist")
        return found

    def listed(self, *, archived: bool = False) -> list[Property]:
        """Return all properties in use, or all archived ones."""
        return [one for one in self._held.values() if (one.archived_at is not None) is archived]

    def create(self, body: Any, at: str) -> Property:
        """Make a property from a request's body.

        Raises:
            Refusal: It exists, or a rule is broken.
        """
        missing = [name for name in ("name", "label", "type", "fieldType", "groupName") if not _text(body, name)]
        if missing:
            raise bad_json(f"some required fields were not set: {missing}")
        name = body["name"].lower()
        if not _NAME.fullmatch(name) or name.startswith("hs_"):
            raise Refusal(400, f"{body['name']} is not a valid property name")
        if self.get(name) is not None:
            raise Refusal(409, f"A property named '{name}' already exists.", "OBJECT_ALREADY_EXISTS")
        made = Property(
            name=name,
            type=body["type"],
            field_type=body["fieldType"],
            label=body["label"],
            group=self._known_group(body["groupName"]),
            created=at,
            updated=at,
        )
        self._check_types(made.type, made.field_type)
        if body.get("hasUniqueValue"):
            self._make_unique(made)
        self._fill(made, body)
        self._held[name] = made
        if made.unique:
            self.unique.add(name)
        return made

    def update(self, name: str, body: Any, at: str) -> Property:
        """Change a property's definition.

        Raises:
            Refusal: It does not exist, is HubSpot's own, or a rule is broken.
        """
        if not isinstance(body, dict):
            raise bad_json("an object was expected")
        found = self.need(name)
        if found.standard and set(body) & {"type", "fieldType", "options"}:
            raise Refusal(400, f"Property {name} is read only: its definition belongs to HubSpot")
        if "hasUniqueValue" in body and bool(body["hasUniqueValue"]) != found.unique:
            raise Refusal(400, f"hasUniqueValue of property {name} can't be changed after the property was created")
        type_, field_type = body.get("type", found.type), body.get("fieldType", found.field_type)
        self._check_types(type_, field_type)
        if "groupName" in body:
            found.group = self._known_group(body["groupName"])
        found.type, found.field_type, found.updated = type_, field_type, at
        found.label = str(body.get("label", found.label))
        self._fill(found, body)
        return found

    def archive(self, name: str, at: str) -> None:
        """Take a property out of use.

        Raises:
            Refusal: It does not exist or is HubSpot's own.
        """
        found = self.need(name)
        if found.standard:
            raise Refusal(400, f"Property {name} can't be archived")
        found.archived_at = at
        self.unique.discard(name)

    def create_group(self, body: Any) -> dict[str, Any]:
        """Make a property group.

        Raises:
            Refusal: It exists, or has no name or label.
        """
        if not _text(body, "name") or not _text(body, "label"):
            raise bad_json("some required fields were not set: [name, label]")
        if body["name"] in self.groups:
            raise Refusal(409, f"A property group named '{body['name']}' already exists.", "OBJECT_ALREADY_EXISTS")
        self.groups[body["name"]] = {"name": body["name"], "label": body["label"]}
        return self.group_json(body["name"])

    def group_json(self, name: str) -> dict[str, Any]:
        """Return one group.

        Raises:
            Refusal: There is none of this name.
        """
        if name not in self.groups:
            raise not_found(f"Property group {name} does not exist")
        return {"archived": False, "displayOrder": -1, **self.groups[name]}

    def _known_group(self, name: Any) -> str:
        if not isinstance(name, str) or name not in self.groups:
            raise Refusal(400, f"Property group {name} does not exist for object type {self.kind.id}")
        return name

    def _make_unique(self, made: Property) -> None:
        if made.type not in {"string", "number"}:
            raise Refusal(400, f"A property of type {made.type} can't have unique values")
        if len(self.unique) >= MOST_UNIQUE:
            raise Refusal(400, f"An object may have at most {MOST_UNIQUE} unique value properties")
        made.unique = True

    @staticmethod
    def _check_types(type_: Any, field_type: Any) -> None:
        if not isinstance(type_, str) or type_ not in FIELD_TYPES:
            raise bad_json(f"{type_} is not one of {sorted(FIELD_TYPES)}")
        if not isinstance(field_type, str) or field_type not in FIELD_TYPES[type_]:
            raise Refusal(400, f"fieldType {field_type} does not go with type {type_}")

    @staticmethod
    def _fill(made: Property, body: dict[str, Any]) -> None:
        options = body.get("options")
        if made.type == "bool" and not options and not made.options:
            options = _YES_NO
        if options is not None:
            made.set_options(options)
        made.description = str(body.get("description") or made.description)
        made.hidden = bool(body.get("hidden", made.hidden))
        made.form_field = bool(body.get("formField", made.form_field))
        order = body.get("displayOrder")
        made.display_order = order if isinstance(order, int) else made.display_order


def _text(body: Any, name: str) -> bool:
    return isinstance(body, dict) and isinstance(body.get(name), str) and bool(body[name])
