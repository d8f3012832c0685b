"""What the account's objects look like, asked once for each object, and made where a mapping's owner asks for it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from connectors.errors import Conflict, ConnectorError, Gone, Refused, Rejected, SchemaDrift
from connectors.hubspot.batches import AT_ONCE, results
from connectors.hubspot.properties import Properties
from connectors.shaping import Object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.hubspot.paths import Paths
    from connectors.hubspot.session import Session
    from connectors.values import Field

#: The group that holds the properties we make, so that a person finds and removes them together.
GROUP = "npsync"
#: Objects that every account has; custom ones are told by HubSpot only to those with one more scope.
STANDARD = ("contacts", "companies", "deals", "tickets", "products", "line_items", "notes", "tasks")
#: Our type → HubSpot's type and the form in which a person edits it.
_MADE = {
    "text": ("string", "textarea"),
    "number": ("number", "number"),
    "datetime": ("datetime", "date"),
    "date": ("date", "date"),
    "boolean": ("bool", "booleancheckbox"),
    "other": ("string", "textarea"),
}
_YES_NO = {"true": "Yes", "false": "No"}
#: Characters; what may be longer gets a form with several lines.
_ONE_LINE = 255
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
#: Form → what HubSpot's pages call it.
_FORMS = {
    "text": "single-line text",
    "textarea": "multi-line text",
    "number": "number",
    "date": "date picker",
    "booleancheckbox": "single checkbox",
    "select": "dropdown select",
    "checkbox": "multiple checkboxes",
}


@dataclass(slots=True)
class Catalogue:
    """The properties of one account's objects."""

    session: Session
    paths: Paths
    _known: dict[str, Properties] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, object_: str) -> Properties:
        """Return an object's properties, as they were when first asked for.

        Raises:
            SchemaDrift: There is no such object.
        """
        found = self.look(object_)
        if found is not None:
            return found
        known = [each.name for each in self.objects()]
        close = difflib.get_close_matches(object_, known, n=1)
        meant = f"Did you mean `{close[0]}`? " if close else ""
        step = f"{meant}Objects: {', '.join(known)}; custom ones are shown to keys with `crm.schemas.custom.read`."
        raise SchemaDrift(f"{self.session.name}: HubSpot has no object `{object_}`", next_step=step)

    def look(self, object_: str) -> Properties | None:
        """Return an object's properties; None when there is no such object."""
        with self._lock:
            found = self._known.get(object_)
            if found is None:
                found = self._ask(object_)
                if found is not None:
                    self._known[object_] = found
            return found

    def forget(self, object_: str) -> None:
        """Ask again next time."""
        with self._lock:
            self._known.pop(object_, None)

    def make(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        """Make the properties that are missing, in a group of their own; those that exist are left as they are.

        Raises:
            SchemaDrift: There is no such object; HubSpot's objects are not ours to make.
        """
        known = self.of(object_)
        missing = [each for each in fields if each.name not in known.by_name]
        if not missing:
            return
        self._make_group(object_)
        for start in range(0, len(missing), AT_ONCE):
            made = [_declared(each, unique=each.name in key) for each in missing[start : start + AT_ONCE]]
            self._post(self.paths.new_properties(object_), {"inputs": made}, f"make properties of {object_}")
        self.forget(object_)
        self.of(object_).check(each.name for each in missing)

    def objects(self) -> list[Object]:
        """Return HubSpot's own objects that we write to, and the account's as far as we may see them."""
        own = [Object(name=name, label=name.replace("_", " ").capitalize()) for name in STANDARD]
        try:
            told = self.session.read(self.paths.custom_objects(), what="list the custom objects")
        except ConnectorError:
            return own
        made = [each for each in results(told) if isinstance(each.get("name"), str)]
        return [*own, *sorted((_object(each) for each in made), key=lambda one: one.name)]

    def is_custom(self, object_: str) -> bool:
        """Tell whether the account made *object_* itself; of one that it does not show to us, it did not."""
        if object_ in STANDARD:
            return False
        try:
            told = self.session.read(self.paths.custom_objects(), what="list the custom objects")
        except (Refused, Rejected, Gone):
            return False
        names = ("name", "fullyQualifiedName", "objectTypeId")
        return any(object_ == each.get(name) for each in results(told) for name in names)

    def _ask(self, object_: str) -> Properties | None:
        try:
            told = self.session.read(self.paths.properties(object_), what=f"list the properties of {object_}")
        except SchemaDrift:
            return None
        listed = [each for each in results(told) if isinstance(each.get("name"), str) and not each.get("archived")]
        return Properties.of(object_, listed, self.session.name) if listed else None

    def _make_group(self, object_: str) -> None:
        path, what = self.paths.property_groups(object_), f"list the property groups of {object_}"
        if any(each.get("name") == GROUP for each in results(self.session.read(path, what=what))):
            return
        self._post(path, {"name": GROUP, "label": "NPS", "displayOrder": -1}, f"make a property group of {object_}")

    def _post(self, path: str, body: dict[str, Any], what: str) -> None:
        """Make something; lost answers are no harm, for what is there already is looked at again."""
        self.session.ready()
        try:
            self.session.caller.call(lambda: self.session.once(path, body, what=what, writes=False))
        except Conflict:
            return
        except Rejected as error:
            raise Refused(
                f"{self.session.name}: HubSpot refused to {what}",
                next_step=f"Make them by hand in HubSpot (reason: {error.code}).",
            ) from None


def made_as(wanted: Field, *, unique: bool) -> str | None:
    """Say what property `Catalogue.make` makes; None for a name that HubSpot does not take.

    >>> from connectors.values import Field
    >>> made_as(Field(name="nps_key", type="text"), unique=True)
    'single-line text, unique values'
    >>> made_as(Field(name="NPS__c", type="text"), unique=False) is None
    True
    """
    if not _NAME.fullmatch(wanted.name):
        return None
    made = _declared(wanted, unique=unique)
    options = f" of {', '.join(each['value'] for each in made['options'])}" if wanted.values else ""
    form = "date and time picker" if made["type"] == "datetime" else _FORMS[made["fieldType"]]
    return f"{form}{options}{', unique values' if made['hasUniqueValue'] else ''}"


def _declared(wanted: Field, *, unique: bool) -> dict[str, Any]:
    type_, form = _form_of(wanted)
    if unique and type_ == "string":
        form = "text"
    options = dict.fromkeys(wanted.values) if type_ == "enumeration" else _YES_NO if type_ == "bool" else {}
    return {
        "name": wanted.name,
        "label": _label(wanted.name),
        "type": type_,
        "fieldType": form,
        "groupName": GROUP,
        "hasUniqueValue": unique or wanted.unique,
        "options": [
            {
                "label": label or (_label(value) if value.islower() else value),
                "value": value,
                "displayOrder": place,
                "hidden": False,
            }
            for place, (value, label) in enumerate(options.items())
        ],
    }


def _form_of(wanted: Field) -> tuple[str, str]:
    """Return a property's type, and the form in which a person edits it."""
    if wanted.values:
        return "enumeration", "checkbox" if wanted.several else "select"
    if wanted.type == "text" and wanted.length is not None and wanted.length <= _ONE_LINE:
        return "string", "text"
    return _MADE.get(wanted.type, _MADE["other"])


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize().replace("Nps", "NPS")


def _object(told: Mapping[str, Any]) -> Object:
    labels = told.get("labels")
    label = labels.get("singular") if isinstance(labels, dict) else None
    return Object(name=str(told["name"]), label=str(label or told["name"]))
