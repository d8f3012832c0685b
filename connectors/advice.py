"""What the codes of failed writes mean to the person who repairs them, and what to do: data, for every system.

Codes of Salesforce and HubSpot do not meet; ours begin with an E. A code that is not here is explained by its kind.
"""

from __future__ import annotations

from typing import NamedTuple


class Advice(NamedTuple):
    """One code, in words."""

    meaning: str
    remedy: str


_LONGER = "Make the field longer there, or cut the text in the mapping: `truncate: LENGTH`."
_OPTIONS = "Add the missing values to the field there, or translate them in the mapping: `values`."
_RULE = "Ask whoever administers the system which rule it is; let the integration user pass, or correct the record."
_TWINS = "Merge the records there, or correct the one that is wrong. Then: npsync replay."
_ADDRESS = "Correct the address in the survey tool or there; or leave the field out of the mapping."
_NEEDED = "Fill the field there, or map it; or make it optional there."
_RELATION = "Look whether the record it points to was deleted or merged there."
_NUMBERS = "Compare the field's type there with the mapping: `npsync fields plan`."

_CODES = {
    "STRING_TOO_LONG": Advice("A text is longer than the field.", _LONGER),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": Advice("The picklist does not have the value.", _OPTIONS),
    "INVALID_OPTION": Advice("The property does not have the option.", _OPTIONS),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Advice("A validation rule of the org refused the record.", _RULE),
    "FIELD_FILTER_VALIDATION_EXCEPTION": Advice("A lookup filter of the org refused the record.", _RULE),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Advice("An automation of the org (flow, trigger) failed.", _RULE),
    "REQUIRED_FIELD_MISSING": Advice("The record lacks a field that it must have.", _NEEDED),
    "REQUIRED_PROPERTY_MISSING": Advice("The record lacks a property that it must have.", _NEEDED),
    "INVALID_EMAIL_ADDRESS": Advice("The system does not take the e-mail address.", _ADDRESS),
    "INVALID_EMAIL": Advice("The system does not take the e-mail address.", _ADDRESS),
    "DUPLICATES_DETECTED": Advice("A duplicate rule says that the record exists twice.", _TWINS),
    "DUPLICATE_VALUE": Advice("Another record holds a value that must be unique.", _TWINS),
    "DUPLICATE_EXTERNAL_ID": Advice("Several records hold the same external id.", _TWINS),
    "CONFLICT": Advice("Another record holds a value that must be unique.", _TWINS),
    "OBJECT_ALREADY_EXISTS": Advice("Another record holds a value that must be unique.", _TWINS),
    "ENTITY_IS_DELETED": Advice("The record was deleted or merged.", "Nothing to do: the next sync looks for it anew."),
    "NOT_FOUND": Advice("There is no such record.", "Nothing to do: the next sync looks for it anew."),
    "OBJECT_NOT_FOUND": Advice("There is no such record.", "Nothing to do: the next sync looks for it anew."),
    "CANNOT_UPDATE_CONVERTED_LEAD": Advice(
        "The lead was converted to a contact.", "Nothing to do: the next sync writes to the contact."
    ),
    "MALFORMED_ID": Advice("A field that takes ids holds something else.", _RELATION),
    "INVALID_CROSS_REFERENCE_KEY": Advice("It points to a record that is not there.", _RELATION),
    "FIELD_INTEGRITY_EXCEPTION": Advice("A value does not fit the field, or another one beside it.", _NUMBERS),
    "INVALID_TYPE_ON_FIELD_IN_RECORD": Advice("A value has another type than the field.", _NUMBERS),
    "NUMBER_OUTSIDE_VALID_RANGE": Advice("A number is too large for the field.", _NUMBERS),
    "INVALID_INTEGER": Advice("The property takes whole numbers.", _NUMBERS),
    "INVALID_DATE": Advice("The property takes days without a time.", _NUMBERS),
    "ENTITY_IS_LOCKED": Advice("The record is locked, by an approval perhaps.", "Unlock it there; npsync replay."),
    "INSUFFICIENT_ACCESS_OR_READONLY": Advice(
        "The integration user may not write this record.", "Give it the right; see `npsync auth test`."
    ),
    "E501": Advice(
        "It was sent, and is not there; the system was busy or lost it.",
        "Nothing to do: it is tried again by itself, ever more rarely, for two weeks.",
    ),
    "E502": Advice(
        "The system refused the values.", "Look at the fields named here: `npsync fields plan` compares them."
    ),
    "E606": Advice(
        "npsync itself could not read these values: a fault of ours.", "Send us the run's id: npsync help E606."
    ),
}
_KINDS = {
    "data": Advice("The system refused the values.", "Correct the data, the mapping, or the field there."),
    "conflict": Advice("Another record is in the way.", _TWINS),
    "gone": Advice("The record is not there any more.", "Nothing to do: the next sync looks for it anew."),
    "transient": Advice("It was not confirmed.", "Nothing to do: it is tried again by itself."),
    "ours": _CODES["E606"],
}


def advice_on(code: str, kind: str) -> Advice:
    """Return what *code* means, or else what its *kind* does.

    >>> advice_on("STRING_TOO_LONG", "data").meaning, advice_on("NEW_CODE", "data").meaning
    ('A text is longer than the field.', 'The system refused the values.')
    """
    return _CODES.get(code) or _KINDS[kind]
