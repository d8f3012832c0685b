"""What the Metadata API is told of objects and fields of ours; the Tooling API takes the same words as JSON. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.errors import SchemaDrift

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.values import Field

#: The permission set that shows our fields; admins give it to whoever shall see or edit them.
PERMISSION_SET = "NPSync"
_CUSTOM = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")
#: Characters of a plain text field; longer ones are long text areas.
_SHORT = 255
_LONGEST = 131_072
#: Digits of a number in all, and after the point where nobody says.
_DIGITS, _DECIMALS = 18, 2
#: Characters of a relationship's name, beside the `__r` that Salesforce adds.
_LONGEST_RELATION = 37
_LINES = 4
#: Tasks and events share their custom fields, which are defined on neither; rights to them go by the object's name.
_ACTIVITY, _ACTIVITIES = "Activity", frozenset({"Task", "Event"})
_ENDINGS = ("s", "x", "ch", "sh")


def check_names(object_: str, names: Iterable[str], where: str) -> None:
    """Raise `SchemaDrift` for all of *names* that no custom field can have."""
    standard = [name for name in names if not is_custom(name)]
    if standard:
        listed = ", ".join(f"`{name[:80]}`" for name in standard)
        raise SchemaDrift(
            f"{where}: {listed} of `{object_[:80]}` cannot be made",
            next_step="Custom fields end in `__c`; their names have letters, digits and single underscores.",
        )


def is_custom(name: str) -> bool:
    """Tell whether an object or a field of this name could be made.

    >>> is_custom("NPS_Score__c"), is_custom("Score"), is_custom("NPS__Score__c")
    (True, False, False)
    """
    return _CUSTOM.fullmatch(name) is not None


def home_of(object_: str) -> str:
    """Return the object on which the custom fields of *object_* are defined.

    >>> home_of("Contact"), home_of("Task")
    ('Contact', 'Activity')
    """
    return _ACTIVITY if object_ in _ACTIVITIES else object_


def label_of(name: str) -> str:
    """Return what people call a custom object or field.

    >>> label_of("NPS_Score__c")
    'NPS Score'
    """
    return name.removesuffix("__c").replace("_", " ")


def plural_of(label: str) -> str:
    """Return a label for several.

    >>> plural_of("NPS Response"), plural_of("Survey Reply"), plural_of("NPS")
    ('NPS Responses', 'Survey Replies', 'NPSes')
    """
    if label.endswith("y") and label[-2:-1] not in "aeiou":
        return f"{label[:-1]}ies"
    return f"{label}es" if label.endswith(_ENDINGS) or label.isupper() else f"{label}s"


def metadata(field: Field, *, is_key: bool, object_: str = "") -> dict[str, Any]:
    """Return what the Metadata API is told of a field.

    >>> from connectors.values import Field
    >>> metadata(Field(name="NPS_Score__c", type="number", decimals=0), is_key=False)
    {'label': 'NPS Score', 'type': 'Number', 'precision': 18, 'scale': 0}
    >>> metadata(Field(name="NPS_Comment__c", type="text", length=32000), is_key=False)
    {'label': 'NPS Comment', 'type': 'LongTextArea', 'length': 32000, 'visibleLines': 4}
    """
    label = {"label": label_of(field.name)}
    if field.refers_to:
        return label | _lookup(field, object_)
    if (is_key or field.unique) and object_ not in _ACTIVITIES:
        return label | {"type": "Text", "length": _SHORT, "externalId": True, "unique": True, "caseSensitive": True}
    if field.values or field.several:
        return label | _picklist(field)
    return label | _plain(field)


def _plain(field: Field) -> dict[str, Any]:
    scale = _DECIMALS if field.decimals is None else field.decimals
    plain: dict[str, dict[str, Any]] = {
        "number": {"type": "Number", "precision": _DIGITS, "scale": scale},
        "datetime": {"type": "DateTime"},
        "date": {"type": "Date"},
        "boolean": {"type": "Checkbox", "defaultValue": False},
    }
    if field.type in plain:
        return plain[field.type]
    if (field.length or _SHORT) > _SHORT:
        length = min(field.length or 0, _LONGEST)
        return {"type": "LongTextArea", "length": max(length, _SHORT + 1), "visibleLines": _LINES}
    return {"type": "Text", "length": _SHORT}


def words_for(told: dict[str, Any]) -> str:
    """Say in a line what `metadata` describes.

    >>> words_for({"type": "Number", "precision": 18, "scale": 0})
    'Number(18, 0)'
    >>> words_for({"type": "Text", "length": 255, "externalId": True, "unique": True})
    'Text(255), external id, unique'
    """
    size = {
        "Number": f"({told.get('precision')}, {told.get('scale')})",
        "Text": f"({told.get('length')})",
        "LongTextArea": f"({told.get('length')})",
        "Lookup": f"({told.get('referenceTo')})",
    }.get(told["type"], "")
    values = told.get("valueSet", {}).get("valueSetDefinition", {}).get("value", ())
    listed = f" of {', '.join(each['valueName'] for each in values)}" if values else ""
    flags = [word for key, word in (("externalId", "external id"), ("unique", "unique")) if told.get(key)]
    return ", ".join([f"{told['type']}{size}{listed}", *flags])


def _lookup(field: Field, object_: str) -> dict[str, Any]:
    """Return a reference that goes blank when its record is deleted."""
    [target, *_] = field.refers_to
    own, base = object_.removesuffix("__c"), field.name.removesuffix("__c")
    plural = plural_of(own.replace("_", " ")).replace(" ", "_")
    relation = plural if base == target.removesuffix("__c") else f"{plural}_{base}"
    return {
        "type": "Lookup",
        "referenceTo": target,
        "relationshipName": relation[:_LONGEST_RELATION].rstrip("_"),
        "relationshipLabel": plural_of(label_of(object_)),
        "deleteConstraint": "SetNull",
    }


def _picklist(field: Field) -> dict[str, Any]:
    """Return a choice: a closed one where it holds one of our words, an open one where the user names the values."""
    values = [{"valueName": value, "label": value, "default": False} for value in field.values]
    lines = {"visibleLines": _LINES} if field.several else {}
    return {
        "type": "MultiselectPicklist" if field.several else "Picklist",
        **lines,
        "valueSet": {
            "restricted": field.restricted,
            "valueSetDefinition": {"sorted": False, "value": values},
        },
    }
