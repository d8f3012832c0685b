"""The `Metadata` of a custom field, read and checked as the Metadata API does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.objects import Field
from sandbox.salesforce.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.salesforce.objects import Kind
    from sandbox.salesforce.org import Org

#: The Metadata API's word for a type → the describe call's, and what must be said of it.
TYPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "Text": ("string", ("length",)),
    "TextArea": ("textarea", ()),
    "LongTextArea": ("textarea", ("length", "visibleLines")),
    "Html": ("textarea", ("length", "visibleLines")),
    "Number": ("double", ("precision", "scale")),
    "Currency": ("currency", ("precision", "scale")),
    "Percent": ("percent", ("precision", "scale")),
    "Checkbox": ("boolean", ("defaultValue",)),
    "Date": ("date", ()),
    "DateTime": ("datetime", ()),
    "Email": ("email", ()),
    "Phone": ("phone", ()),
    "Url": ("url", ()),
    "Picklist": ("picklist", ("valueSet",)),
    "MultiselectPicklist": ("multipicklist", ("valueSet", "visibleLines")),
    "Lookup": ("reference", ("referenceTo", "relationshipName")),
}
#: Types that may be external ids, and those that may be unique.
_KEYS = frozenset({"Text", "Number", "Email"})
_LONGEST = {"Text": 255, "LongTextArea": 131_072, "Html": 131_072}
_DIGITS = 18
_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")


def field_of(org: Org, kind: Kind, name: str, metadata: object) -> Field:
    """Make the field that *metadata* describes.

    Raises:
        Refusal: FIELD_INTEGRITY_EXCEPTION and the like, what is missing or wrong.
    """
    if not _NAME.fullmatch(name):
        raise _wrong(
            f"The field name {name} is not valid: letters, digits and single underscores, then __c", "FullName"
        )
    if not isinstance(metadata, dict):
        raise Refusal(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]", ("Metadata",))
    word = str(metadata.get("type"))
    if word not in TYPES:
        raise _wrong(f"Unknown type of field: {word}")
    described, needed = TYPES[word]
    for part in ("label", *needed):
        if metadata.get(part) in (None, ""):
            raise _wrong(f"Must specify '{part}' for a CustomField of type {word}")
    _check(word, metadata)
    return Field(
        name=name,
        type=described,
        label=str(metadata["label"]),
        length=int(metadata.get("length") or 255) if described in {"string", "textarea"} else 0,
        precision=int(metadata.get("precision") or 0),
        scale=int(metadata.get("scale") or 0),
        nillable=not metadata.get("required"),
        external_id=bool(metadata.get("externalId")),
        unique=bool(metadata.get("unique")),
        case_sensitive=bool(metadata.get("caseSensitive")),
        values=_values(metadata),
        restricted=bool(_part(metadata, "valueSet").get("restricted")),
        default=str(metadata.get("defaultValue")).lower() == "true" if described == "boolean" else None,
        help=metadata.get("inlineHelpText"),
        **_reference(org, kind, metadata),
    )


def _check(word: str, metadata: Mapping[str, Any]) -> None:
    try:
        length, precision, scale = (int(metadata.get(part) or 0) for part in ("length", "precision", "scale"))
    except (TypeError, ValueError) as problem:
        raise _wrong(f"length, precision and scale are whole numbers: {problem}") from problem
    if word in _LONGEST and not 0 < length <= _LONGEST[word]:
        raise _wrong(f"Length must be from 1 to {_LONGEST[word]} for a CustomField of type {word}")
    if "precision" in TYPES[word][1] and not scale <= precision <= _DIGITS:
        raise _wrong(f"Precision must be at most {_DIGITS} and not less than scale for a CustomField of type {word}")
    for part in ("externalId", "unique"):
        if metadata.get(part) and word not in _KEYS:
            raise _wrong(f"Can not specify '{part}' for a CustomField of type {word}")


def _part(metadata: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = metadata.get(name)
    return part if isinstance(part, dict) else {}


def _values(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    listed = _part(_part(metadata, "valueSet"), "valueSetDefinition").get("value") or []
    names = [entry.get("fullName") or entry.get("valueName") for entry in listed if isinstance(entry, dict)]
    return tuple(str(name) for name in names if name)


def _reference(org: Org, kind: Kind, metadata: Mapping[str, Any]) -> dict[str, Any]:
    if metadata.get("type") != "Lookup":
        return {}
    target = org.find(str(metadata["referenceTo"]))
    if target is None:
        raise _wrong(f"referenceTo: there is no object {metadata['referenceTo']} that {kind.name} could refer to")
    return {"reference_to": (target.name,), "children": f"{metadata['relationshipName']}__r"}


def _wrong(message: str, field: str = "Metadata") -> Refusal:
    return Refusal(400, "FIELD_INTEGRITY_EXCEPTION", message, (field,))
