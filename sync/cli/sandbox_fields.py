"""Fields for the sandbox: those that a mapping writes, made as an administrator would have made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sync.mapping.vocabulary import PROFILE, RESPONSE, ROLLUP, SEGMENT, TASK, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.hubspot import Portal
    from sandbox.salesforce import Field, Org

#: Section of a mapping → the words that it may use; `fields` of the person's record stand at the top.
SECTIONS = {"responses": RESPONSE, "rollup": ROLLUP, "segments": SEGMENT, "follow_up": TASK}
#: What is written like an object and is none: it has no fields to make.
LISTS = "list_memberships"
#: Words whose texts may be long.
LONG = frozenset({"comment"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One field that a mapping writes."""

    object: str
    name: str
    #: Our word, and what we know of it.
    word: str
    meaning: Word
    #: What the mapping calls the word's values; empty where it leaves them as they are.
    values: tuple[str, ...]
    #: Records are found by it.
    key: bool


def wanted(mapping: Mapping[str, Any]) -> Iterator[Wanted]:
    """Yield the fields that *mapping*, as its file holds it, writes."""
    further = (rule["object"] for rule in mapping.get("match", ()) if "object" in rule)
    for object_ in dict.fromkeys((mapping["object"], *further)):
        yield from _section(object_, mapping.get("fields", {}), PROFILE, key=False)
    for name, words in SECTIONS.items():
        section = mapping.get(name)
        if section and section["object"] != LISTS:
            yield from _section(section["object"], section.get("key", {}), words, key=True)
            yield from _section(section["object"], section.get("fields", {}), words, key=False)


def _section(object_: str, fields: Mapping[str, Any], words: Mapping[str, Word], *, key: bool) -> Iterator[Wanted]:
    for name, told in fields.items():
        if "." in name:  # a path leads to another record
            continue
        word, values = (told, {}) if isinstance(told, str) else (told["from"], told.get("values", {}))
        meaning = words.get(word) or Word(type="text", meaning="")
        yield Wanted(object=object_, name=name, word=word, meaning=meaning, values=tuple(values.values()), key=key)


def into_salesforce(org: Org, mapping: Mapping[str, Any]) -> None:
    """Add to an org the custom objects and fields that *mapping* writes and that it lacks."""
    for one in wanted(mapping):
        kind = org.find(one.object) or org.add_object(one.object)
        if kind.field(one.name) is None:
            org.add_field(kind.name, _field(org, one))


def _field(org: Org, one: Wanted) -> Field:
    from sandbox.salesforce import Field

    referred = org.find(one.name.removesuffix("__c"))
    if one.word == "record.id" and referred is not None:
        return Field(name=one.name, type="reference", reference_to=(referred.name,))
    match one.meaning.type:
        case "number":
            return Field(name=one.name, type="double", precision=18, scale=4)
        case "datetime" | "boolean" as type_:
            return Field(name=one.name, type=type_)
    if one.values:
        return Field(name=one.name, type="picklist", values=one.values, restricted=True)
    if one.word in LONG:
        return Field(name=one.name, type="textarea", length=32_000)
    found_by = one.key and one.object != "Task"  # a task is looked up by a plain text
    return Field(name=one.name, length=255, external_id=found_by, unique=found_by)


def into_hubspot(portal: Portal, mapping: Mapping[str, Any]) -> None:
    """Add to a portal the custom objects and properties that *mapping* writes and that it lacks."""
    known = {name for kind in portal.kinds() for name in (kind.id, kind.name, *kind.aliases)}
    for one in wanted(mapping):
        kind = one.object.removeprefix("p_")
        if kind not in known:
            portal.add_type(kind)
            known.add(kind)
        if portal.catalogue(kind).get(one.name) is None:
            type_, form = _property(one)
            options = [{"label": value, "value": value} for value in one.values]
            more = {"hasUniqueValue": True} if one.key else {}
            portal.add_property(kind, one.name, type_, form, options=options, **more)


def _property(one: Wanted) -> tuple[str, str]:
    """Return a property's type and the form by which people fill it in."""
    match one.meaning.type:
        case "number":
            return "number", "number"
        case "datetime":
            return "datetime", "date"
        case "boolean":
            return "bool", "booleancheckbox"
    if one.values:
        return "enumeration", "select"
    return "string", "textarea" if one.word in LONG else "text"


#: Vendor → what makes fields in its world.
MAKE: dict[str, Callable[[Any, Mapping[str, Any]], None]] = {"salesforce": into_salesforce, "hubspot": into_hubspot}
