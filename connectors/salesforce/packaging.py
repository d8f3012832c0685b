"""Objects, fields and rights as a folder that the Salesforce command line deploys (source format).

An administrator reads it, deploys it to a sandbox, then to production. The files are the same for the same wishes, so
that they can be kept under version control. Pure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from connectors.salesforce.metadata import (
    PERMISSION_SET,
    check_names,
    home_of,
    is_custom,
    label_of,
    metadata,
    plural_of,
)
from connectors.shaping import Package

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from connectors.salesforce.schema import Kind
    from connectors.shaping import Wanted
    from connectors.values import Field

_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
SOURCE = "force-app"
_HOME = f"{SOURCE}/main/default"
#: Their rights are those of other objects, or of the user: a permission set cannot name them.
_NO_OBJECT_RIGHTS = frozenset({"Task", "Event", "CampaignMember", "User"})
#: Object → the ones that must be readable for it to be.
_DEPENDS = {"Contact": ("Account",)}
_NAME = "Name"
_WHY = "What npsync reads and writes. Assign it to the integration user."
_DEPLOY = "sf project deploy start --source-dir force-app --target-org ORG"
_STEPS = (
    f"Look through {{folder}}, then try it out: cd {{folder}} && {_DEPLOY} --dry-run",
    f"Deploy it: cd {{folder}} && {_DEPLOY}",
    f"Give the rights: sf org assign permset --name {PERMISSION_SET} --target-org ORG --on-behalf-of USERNAME",
)


@dataclass(slots=True)
class _Folder:
    """Files as they come about, and what the manifest lists."""

    version: str
    files: dict[str, str] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)

    def add(self, path: str, kind: str, member: str, content: Element) -> None:
        self.files[f"{_HOME}/{path}-meta.xml"] = _text(content)
        self.members.setdefault(kind, set()).add(member)

    def finished(self) -> dict[str, str]:
        """Return all files, with the project's own."""
        project = {
            "packageDirectories": [{"path": SOURCE, "default": True}],
            "namespace": "",
            "sourceApiVersion": self.version,
        }
        manifest = Element("Package", xmlns=_NAMESPACE)
        for kind in sorted(self.members):
            types = SubElement(manifest, "types")
            for member in sorted(self.members[kind]):
                SubElement(types, "members").text = member
            SubElement(types, "name").text = kind
        SubElement(manifest, "version").text = self.version
        own = {
            "sfdx-project.json": json.dumps(project, indent=2) + "\n",
            "manifest/package.xml": _text(manifest),
        }
        return dict(sorted((self.files | own).items()))


def package(
    wanted: Sequence[Wanted],
    find: Callable[[str], Kind | None],
    *,
    version: str,
    where: str,
    everything: bool,
) -> Package:
    """Return the folder for *wanted*; see `connectors.shaping.Deployable`.

    Args:
        wanted: What is to be there.
        find: Tells what the org has of an object.
        version: Of the API, such as `67.0`.
        where: Which connection this is, for messages.
        everything: Also describe what is there already.
    """
    folder = _Folder(version)
    for one in wanted:
        kind = find(one.object)
        missing = [each for each in one.fields if kind is None or not kind.has(each.name)]
        if kind is None:
            check_names("the org", [one.object], where)
            _add_object(folder, one)
            missing = [each for each in missing if each.name != _NAME]
        check_names(one.object, [each.name for each in missing], where)
        made = [each for each in one.fields if is_custom(each.name)] if everything else missing
        for each in made:
            _add_field(folder, one, each)
    if folder.files:
        rights = _rights(wanted, find)
        folder.add(f"permissionsets/{PERMISSION_SET}.permissionset", "PermissionSet", PERMISSION_SET, rights)
    return Package(files=folder.finished() if folder.files else {}, next_steps=_STEPS)


def _add_object(folder: _Folder, wanted: Wanted) -> None:
    label = label_of(wanted.object)
    named = any(each.name == _NAME for each in wanted.fields)
    number = {"displayFormat": f"{label.split()[0]}-{{00000000}}", "label": f"{label} Number", "type": "AutoNumber"}
    told = {
        "deploymentStatus": "Deployed",
        "enableReports": True,
        "enableSearch": True,
        "label": label,
        "nameField": {"label": f"{label} Name", "type": "Text"} if named else number,
        "pluralLabel": plural_of(label),
        # Everybody may read; only who owns a record, which is the integration user, changes it.
        "sharingModel": "Read",
    }
    content = _element("CustomObject", told)
    folder.add(f"objects/{wanted.object}/{wanted.object}.object", "CustomObject", wanted.object, content)


def _add_field(folder: _Folder, wanted: Wanted, made: Field) -> None:
    told = metadata(made, is_key=made.name in wanted.key, object_=wanted.object)
    content = _element("CustomField", told, first={"fullName": made.name})
    home = home_of(wanted.object)
    folder.add(f"objects/{home}/fields/{made.name}.field", "CustomField", f"{home}.{made.name}", content)


def _rights(wanted: Sequence[Wanted], find: Callable[[str], Kind | None]) -> Element:
    content = Element("PermissionSet", xmlns=_NAMESPACE)
    SubElement(content, "description").text = _WHY
    grants = {
        f"{one.object}.{each.name}" for one in wanted for each in one.fields if _is_grantable(each.name, find, one)
    }
    for name in sorted(grants):
        _fill(SubElement(content, "fieldPermissions"), {"editable": True, "field": name, "readable": True})
    SubElement(content, "hasActivationRequired").text = "false"
    SubElement(content, "label").text = PERMISSION_SET
    by_object = {one.object: one for one in wanted}
    readable = {name for one in by_object for name in _DEPENDS.get(one, ())}
    for name in sorted({*by_object, *readable} - _NO_OBJECT_RIGHTS):
        _fill(SubElement(content, "objectPermissions"), _object_rights(name, by_object.get(name)))
    return content


def _object_rights(name: str, wanted: Wanted | None) -> dict[str, Any]:
    return {
        "allowCreate": wanted is not None and wanted.creates,
        "allowDelete": wanted is not None and wanted.deletes,
        "allowEdit": wanted is not None,
        "allowRead": True,
        "modifyAllRecords": False,
        "object": name,
        "viewAllRecords": False,
    }


def _is_grantable(name: str, find: Callable[[str], Kind | None], wanted: Wanted) -> bool:
    """Tell whether a permission set may name a custom field: one that is required is everybody's."""
    kind = find(wanted.object)
    column = None if kind is None else kind.column(name)
    return is_custom(name) and not (column is not None and column.required)


def _element(tag: str, told: Mapping[str, Any], first: Mapping[str, Any] | None = None) -> Element:
    content = Element(tag, xmlns=_NAMESPACE)
    _fill(content, first or {})
    _fill(content, dict(sorted(told.items())))
    return content


def _fill(parent: Element, told: Mapping[str, Any]) -> None:
    """Write values as elements, lists as repeated ones; what is `valueName` in JSON is `fullName` here."""
    for name, value in told.items():
        for each in value if isinstance(value, list) else [value]:
            child = SubElement(parent, "fullName" if name == "valueName" else name)
            if isinstance(each, dict):
                _fill(child, each)
            else:
                child.text = str(each).lower() if isinstance(each, bool) else str(each)


def _text(content: Element) -> str:
    indent(content, "    ")
    body: str = tostring(content, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'
