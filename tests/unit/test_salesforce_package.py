"""What a deployable folder holds, read back as the Metadata API would read it.

What each type of field needs, and which elements there are, is taken from folders that others have deployed.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from connectors.errors import SchemaDrift
from connectors.salesforce.packaging import package
from connectors.salesforce.schema import Kind, kind_of
from connectors.shaping import Wanted
from connectors.values import Field
from sandbox.salesforce import Org
from sandbox.salesforce.field_metadata import field_of

if TYPE_CHECKING:
    from connectors.shaping import Package

SPACE = "{http://soap.sforce.com/2006/04/metadata}"
#: Type → the elements without which a deployment fails, besides `fullName`, `label` and `type`.
NEEDED = {
    "Text": {"length"},
    "Number": {"precision", "scale"},
    "LongTextArea": {"length", "visibleLines"},
    "DateTime": set(),
    "Checkbox": {"defaultValue"},
    "Picklist": {"valueSet"},
    "MultiselectPicklist": {"valueSet", "visibleLines"},
    "Lookup": {"referenceTo", "relationshipName", "deleteConstraint", "relationshipLabel"},
}
CATEGORIES = ("Promoter", "Passive & calm", "Detractor")
CONTACT = Wanted(
    object="Contact",
    key=("Id",),
    fields=[
        Field(name="Id", type="text"),
        Field(name="NPS_Score__c", type="number", decimals=0),
        Field(name="NPS_Category__c", type="text", values=CATEGORIES, restricted=True),
        Field(name="NPS_Segments__c", type="text", values=("at_risk", "silent"), several=True),
        Field(name="NPS_Comment__c", type="text", length=32_000),
        Field(name="NPS_Responded_At__c", type="datetime"),
        Field(name="NPS_Risk__c", type="boolean"),
    ],
)
RESPONSE = Wanted(
    object="NPS_Response__c",
    key=("External_Key__c",),
    creates=True,
    fields=[
        Field(name="External_Key__c", type="text"),
        Field(name="Contact__c", type="text", refers_to=("Contact",)),
        Field(name="Second_Contact__c", type="text", refers_to=("Contact",)),
        Field(name="Score__c", type="number", decimals=0),
    ],
)


def column(name: str, *, required: bool = False) -> dict[str, Any]:
    """Return what describe tells of a field."""
    return {"name": name, "type": "string", "length": 18, "createable": True, "updateable": True} | (
        {"nillable": False} if required else {}
    )


def kind(*columns: dict[str, Any]) -> Kind:
    return kind_of({"name": "Contact", "keyPrefix": "003", "fields": columns})


def packed(*wanted: Wanted, known: Kind | None = None, everything: bool = False) -> Package:
    contact = known or kind(column("Id"))
    return package(
        wanted,
        lambda name: contact if name == "Contact" else None,
        version="67.0",
        where="Salesforce `crm`",
        everything=everything,
    )


def tree(text: str) -> Any:
    """Read XML as its tags and texts; a tag that repeats is a list."""

    def read(element: ET.Element) -> Any:
        assert element.tag.startswith(SPACE), element.tag
        if not len(element):
            return element.text
        found: dict[str, Any] = {}
        for child in element:
            found.setdefault(child.tag.removeprefix(SPACE), []).append(read(child))
        return {name: values[0] if len(values) == 1 else values for name, values in found.items()}

    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    return read(ET.fromstring(text))


def fields(made: Package) -> dict[str, Any]:
    """Return the fields of a folder by object and name."""
    parts = {PurePosixPath(path): tree(text) for path, text in made.files.items() if ".field-meta" in path}
    found = {f"{path.parts[-3]}.{path.name.removesuffix('.field-meta.xml')}": each for path, each in parts.items()}
    assert all(name.endswith(f".{each['fullName']}") for name, each in found.items())
    return found


def test_each_field_has_what_its_type_needs() -> None:
    found = fields(packed(CONTACT, RESPONSE))

    assert {name: NEEDED[each["type"]] - set(each) for name, each in found.items()} == {name: set() for name in found}
    assert {"fullName", "label", "type"} <= set.intersection(*(set(each) for each in found.values()))
    types = {name: each["type"] for name, each in found.items()}
    assert types == {
        "Contact.NPS_Score__c": "Number",
        "Contact.NPS_Category__c": "Picklist",
        "Contact.NPS_Segments__c": "MultiselectPicklist",
        "Contact.NPS_Comment__c": "LongTextArea",
        "Contact.NPS_Responded_At__c": "DateTime",
        "Contact.NPS_Risk__c": "Checkbox",
        "NPS_Response__c.External_Key__c": "Text",
        "NPS_Response__c.Contact__c": "Lookup",
        "NPS_Response__c.Second_Contact__c": "Lookup",
        "NPS_Response__c.Score__c": "Number",
    }


def test_what_is_deployed_is_what_the_tooling_api_would_be_told() -> None:
    """The sandbox checks a field's metadata as the vendor does: lengths, digits, which types may be keys."""
    org = Org(None)
    org.add_object("NPS_Response__c")
    for name, told in fields(packed(CONTACT, RESPONSE)).items():
        object_, _, field = name.partition(".")
        made = field_of(org, org.whole(object_), field, told | {"externalId": told.get("externalId") == "true"})
        assert made.external_id == (name == "NPS_Response__c.External_Key__c")


def test_choices_keep_their_spelling_and_close_only_where_the_words_are_ours() -> None:
    found = fields(packed(CONTACT))

    category = found["Contact.NPS_Category__c"]["valueSet"]
    assert list(CATEGORIES) == [each["fullName"] for each in category["valueSetDefinition"]["value"]]
    assert {"false"} == {each["default"] for each in category["valueSetDefinition"]["value"]}
    assert ("true", "false") == (
        category["restricted"],
        found["Contact.NPS_Segments__c"]["valueSet"]["restricted"],
    )


def test_two_lookups_to_one_object_go_by_two_names() -> None:
    found = fields(packed(CONTACT, RESPONSE))

    names = [found[f"NPS_Response__c.{name}"]["relationshipName"] for name in ("Contact__c", "Second_Contact__c")]
    assert ["NPS_Responses", "NPS_Responses_Second_Contact"] == names


def test_fields_of_tasks_are_defined_on_activities_and_granted_on_tasks() -> None:
    """A field file under `Task` is refused; and no activity's field can be unique."""
    task = Wanted(object="Task", key=("NPS_Key__c",), creates=True, fields=[Field(name="NPS_Key__c", type="text")])
    made = package([task], lambda _: kind(column("Id")), version="67.0", where="Salesforce `crm`", everything=False)

    assert "unique" not in fields(made)["Activity.NPS_Key__c"]
    assert "<members>Activity.NPS_Key__c</members>" in made.files["manifest/package.xml"]
    granted = tree(made.files["force-app/main/default/permissionsets/NPSync.permissionset-meta.xml"])
    assert "Task.NPS_Key__c" == granted["fieldPermissions"]["field"]
    assert "objectPermissions" not in granted


def test_a_missing_object_is_made_with_a_number_as_its_name() -> None:
    path = "force-app/main/default/objects/NPS_Response__c/NPS_Response__c.object-meta.xml"
    made = tree(packed(CONTACT, RESPONSE).files[path])

    assert {"label": "NPS Response", "pluralLabel": "NPS Responses", "deploymentStatus": "Deployed"}.items() <= (
        made.items()
    )
    assert ("AutoNumber", "NPS-{00000000}") == (made["nameField"]["type"], made["nameField"]["displayFormat"])
    assert "Read" == made["sharingModel"]


def test_the_permission_set_gives_what_is_written_and_no_more() -> None:
    made = tree(packed(CONTACT, RESPONSE).files["force-app/main/default/permissionsets/NPSync.permissionset-meta.xml"])

    granted = [each["field"] for each in made["fieldPermissions"]]
    assert granted == sorted(fields(packed(CONTACT, RESPONSE)))
    assert {("true", "true")} == {(each["editable"], each["readable"]) for each in made["fieldPermissions"]}
    rights = {each["object"]: each for each in made["objectPermissions"]}
    assert ["Account", "Contact", "NPS_Response__c"] == list(rights)
    assert ("true", "false") == (rights["Account"]["allowRead"], rights["Account"]["allowEdit"])
    assert ("false", "true") == (rights["Contact"]["allowCreate"], rights["NPS_Response__c"]["allowCreate"])
    assert {"false"} == {each[name] for each in rights.values() for name in ("allowDelete", "modifyAllRecords")}


def test_the_manifest_lists_what_the_folder_holds() -> None:
    made = packed(CONTACT, RESPONSE)
    manifest = tree(made.files["manifest/package.xml"])

    listed = {each["name"]: each["members"] for each in manifest["types"]}
    assert listed["CustomField"] == sorted(fields(made))
    assert (listed["CustomObject"], listed["PermissionSet"]) == ("NPS_Response__c", "NPSync")
    assert manifest["version"] == json.loads(made.files["sfdx-project.json"])["sourceApiVersion"] == "67.0"


def test_what_is_there_is_left_out_unless_everything_is_asked_for() -> None:
    known = kind(column("Id"), column("NPS_Score__c"), column("NPS_Risk__c", required=True))

    missing, everything = packed(CONTACT, known=known), packed(CONTACT, known=known, everything=True)

    assert "Contact.NPS_Score__c" not in fields(missing)
    assert "Contact.NPS_Score__c" in fields(everything)
    path = "force-app/main/default/permissionsets/NPSync.permissionset-meta.xml"
    granted = [each["field"] for each in tree(missing.files[path])["fieldPermissions"]]
    assert "Contact.NPS_Score__c" in granted
    assert "Contact.NPS_Risk__c" not in granted  # required fields are everybody's; a deployment that names one fails


def test_nothing_missing_makes_no_file() -> None:
    every = kind(*(column(each.name) for each in CONTACT.fields))

    assert not packed(CONTACT, known=every).files


def test_the_same_wishes_make_the_same_files_in_any_order() -> None:
    turned = [
        Wanted(object=each.object, key=each.key, creates=each.creates, fields=list(reversed(each.fields)))
        for each in (RESPONSE, CONTACT)
    ]

    assert packed(CONTACT, RESPONSE) == packed(*turned)


@pytest.mark.parametrize("name", ["Score", "NPS Score__c", "NPS__Score__c", "../Score__c", "<x>__c"])
def test_what_no_custom_field_can_be_called_is_refused(name: str) -> None:
    """Names become paths and XML."""
    with pytest.raises(SchemaDrift, match="cannot be made"):
        packed(Wanted(object="Contact", key=("Id",), fields=[Field(name=name, type="text")]))
    with pytest.raises(SchemaDrift, match="cannot be made"):
        packed(Wanted(object=name, key=("Id",), fields=[]))


def test_the_next_steps_name_the_command() -> None:
    steps = packed(CONTACT).next_steps

    assert any("sf project deploy start --source-dir force-app" in step for step in steps)
    assert any("sf org assign permset --name NPSync" in step for step in steps)
