"""Describe answers: what an org tells of its objects and fields, in the keys and types of recorded orgs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.salesforce.objects import Field, Kind
    from sandbox.salesforce.org import Org

SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}
INT_DIGITS = 8
#: Kinds of setup: no pages, no triggers, not in searches.
SETUP = frozenset(
    (
        "Organization Profile PermissionSet PermissionSetAssignment FieldPermissions ObjectPermissions RecordType"
        " UserPermissionAccess"
    ).split()
)
UNSEARCHED = SETUP | {"CampaignMember"}
PLACES = {
    "compactLayouts": "/describe/compactLayouts",
    "rowTemplate": "/{ID}",
    "approvalLayouts": "/describe/approvalLayouts",
    "listviews": "/listviews",
    "describe": "/describe",
    "quickActions": "/quickActions",
    "layouts": "/describe/layouts",
    "namedLayouts": "/describe/namedLayouts",
    "passwordUtilities": "/{ID}/password",
    "sobject": "",
}
SCOPES = ("everything", "mine", "scopingRule", "team")


def describe_field(kind: Kind, field: Field) -> dict[str, Any]:
    """Return the describe answer's entry for one field."""
    return {
        "aggregatable": field.sortable and field.type != "boolean",
        "aiPredictionField": False,
        "autoNumber": False,
        "byteLength": field.length if field.type in {"id", "reference"} else field.length * 3,
        "calculated": False,
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound,
        "controllerName": None,
        "createable": field.createable,
        "custom": field.custom,
        "defaultValue": field.default,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.defaulted,
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": INT_DIGITS if field.type == "int" else 0,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external_id,
        "extraTypeInfo": _extra(field),
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": field.groupable,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": field.id_lookup,
        "inlineHelpText": field.help,
        "label": field.label if field.type != "id" else f"{kind.label} ID",
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name == "Name",
        "namePointing": field.name in {"WhoId", "WhatId"},
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "picklistValues": [
            {"active": True, "defaultValue": value == field.default, "label": value, "validFor": None, "value": value}
            for value in field.values
        ],
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "precision": field.precision,
        "queryByDistance": field.type == "address",
        "referenceTargetField": None,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "searchPrefilterable": field.type == "reference" and field.createable and field.nillable,
        "soapType": SOAP.get(field.type, "xsd:string"),
        "sortable": field.sortable,
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable,
        "writeRequiresMasterRead": False,
    }


def _extra(field: Field) -> str | None:
    if field.compound == "Name" or field.name == "Name":
        return "personname"
    if field.type == "textarea":
        return "plaintextarea"
    return "imageurl" if field.name == "PhotoUrl" else None


def describe_brief(kind: Kind, version: str) -> dict[str, Any]:
    """Return what the list of all objects tells of one."""
    base = f"/services/data/{version}/sobjects/{kind.name}"
    searched = kind.name not in UNSEARCHED
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": kind.writable and "create" in kind.allowed,
        "custom": kind.custom,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": kind.writable and "delete" in kind.allowed,
        "deprecatedAndHidden": False,
        "feedEnabled": kind.mergeable,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": kind.prefix,
        "label": kind.label,
        "labelPlural": kind.plural,
        "layoutable": kind.name not in SETUP,
        "mergeable": kind.mergeable,
        "mruEnabled": searched,
        "name": kind.name,
        "queryable": True,
        "replicateable": "isdeleted" in kind.fields,
        "retrieveable": True,
        "searchable": searched,
        "triggerable": kind.name not in SETUP,
        "undeletable": "isdeleted" in kind.fields,
        "updateable": kind.writable and "edit" in kind.allowed,
        "urls": {place: f"{base}{PLACES[place]}" for place in _places(kind)},
    }


def _places(kind: Kind) -> tuple[str, ...]:
    """Return the names of the addresses that lead on from an object."""
    if kind.name in SETUP:
        return ("rowTemplate", "describe", "sobject")
    if kind.name == "User":
        return tuple(place for place in PLACES if place not in {"approvalLayouts", "listviews"})
    plain = ("compactLayouts", "rowTemplate", "describe", "layouts", "sobject")
    if kind.name in UNSEARCHED:
        return plain
    return tuple(place for place in PLACES if place not in {"namedLayouts", "passwordUtilities"})


def describe_kind(org: Org, kind: Kind, version: str, home: str) -> dict[str, Any]:
    """Return the whole describe answer of one object, which has its pages under *home*."""
    brief = describe_brief(kind, version)
    brief["urls"] |= {
        "uiDetailTemplate": f"{home}/{{ID}}",
        "uiEditTemplate": f"{home}/{{ID}}/e",
        "uiNewRecord": f"{home}/{kind.prefix}/e",
    }
    if "recordtypeid" in kind.fields:
        brief["urls"]["defaultValues"] = f"{brief['urls']['sobject']}/defaultValues?recordTypeId&fields"
    return brief | {
        "actionOverrides": [],
        "childRelationships": _children(org, kind),
        "compactLayoutable": True,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [describe_field(kind, field) for field in kind.fields.values()],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [_master_type(kind, version)],
        "searchLayoutable": True,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"{name}: {kind.plural}", "name": name} for name in SCOPES],
    }


def _children(org: Org, kind: Kind) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": False,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": field.children,
            "restrictedDelete": False,
        }
        for child in org.kinds.values()
        for field in child.fields.values()
        if kind.name in field.reference_to
    ]


def _master_type(kind: Kind, version: str) -> dict[str, Any]:
    type_id = "012000000000000AAA"
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": type_id,
        "urls": {"layout": f"/services/data/{version}/sobjects/{kind.name}/describe/layouts/{type_id}"},
    }
