"""The blocks `records` and `match`: where responses find their customer, and by what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from sync.config.findings import choices, finding
from sync.mapping.fields import check_word
from sync.mapping.vocabulary import MATCH

_PREFIX = "person."
_PERSON = "person.id"
#: The kind of key that is our own id of the person.
PERSON_KIND = "person_id"
_WHERE = "not_converted"


def _several(columns: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    return [columns] if isinstance(columns, str) else columns


Columns = Annotated[tuple[str, ...], BeforeValidator(_several, json_schema_input_type=str | list[str])]


class Records(BaseModel):
    """The table of customers that responses are matched against, in its own column names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: The table.
    object: Annotated[str, Field(min_length=1)]
    #: Column with the record's id, unique in the table.
    id: Annotated[str, Field(min_length=1)]
    #: Column or columns with e-mail addresses.
    email: Columns = ()
    #: Column or columns with phone numbers.
    phone: Columns = ()
    #: Column with the first name; names only confirm or contradict a match, they never make one.
    first_name: str | None = None
    #: Column with the last name.
    last_name: str | None = None
    #: Column with the whole name, where it is not split.
    full_name: str | None = None
    #: Column with the id of the customer's account.
    account: str | None = None
    #: Column with the name of the account.
    account_name: str | None = None
    #: Column with the two-letter country, with which phone numbers are read.
    country: str | None = None
    #: Column with the time the record was created; among duplicates the oldest is taken.
    created_at: str | None = None
    #: Column with the id of the record that this one was merged into.
    merged_into: str | None = None
    #: Column that is true for deleted records.
    deleted: str | None = None
    #: Column that is true for persons who must not be processed.
    suppressed: str | None = None


class MatchRule(BaseModel):
    """One way to find a person's record: the column that must hold the identifier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Column of the record.
    field: str
    #: Our word, such as `person.email`.
    word: str
    #: Object to look in; None is the mapping's own.
    object: str | None = None
    #: Which of its records count. A lead that was converted is followed to its contact either way.
    where: Literal["not_converted"] | None = None

    @property
    def kind(self) -> str:
        """The kind of identifier, as identity and directories name it.

        >>> MatchRule(field="E-mail", word="person.email").kind
        'email'
        """
        return PERSON_KIND if self.word == _PERSON else self.word.removeprefix(_PREFIX)


def _read(rule: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    """Read `{column: person.word}`, with `object:` beside it where a rule looks in another object."""
    if isinstance(rule, MatchRule) or not isinstance(rule, dict):
        return rule
    options = {key: value for key, value in rule.items() if key in ("object", "where") and not _is_word(value)}
    columns = {key: value for key, value in rule.items() if key not in options}
    if len(columns) != 1:
        raise finding("a rule names one column", "Write one line for each, such as `- {email: person.email}`.")
    [(column, word)] = columns.items()
    if options.get("where", _WHERE) != _WHERE:
        raise finding(f"`where` can only be `{_WHERE}`", "Correct it, or leave it out.", at=("where",), at_key=False)
    if not isinstance(word, str):
        raise finding(
            f"`{column[:60]}` should be a word", choices("", MATCH, "A record is found by"), at=(column,), at_key=False
        )
    check_word("match", word, at=(column,))
    return {"field": column, "word": word} | options


def _is_word(value: Any) -> bool:  # noqa: ANN401 - whatever YAML holds
    return isinstance(value, str) and value.startswith(_PREFIX)


MatchSpec = Annotated[
    MatchRule,
    BeforeValidator(_read),
    WithJsonSchema(
        {
            "type": "object",
            "description": "The column of the record, and what of the person it must hold: `{email: person.email}`.",
            "properties": {"object": {"type": "string"}, "where": {"const": "not_converted"}},
            "additionalProperties": {"enum": list(MATCH)},
            "minProperties": 1,
            "maxProperties": 3,
        }
    ),
]
