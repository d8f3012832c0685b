"""A mapping: what goes from which source to which fields of which object. One YAML file, one mapping.

The comment above a field is its description in the JSON Schema, in `docs/reference/mapping.md` and in editors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from connectors.contract import RecordColumns
from sync.config.connections import FileConnection, WarehouseConnection
from sync.config.findings import choices, finding
from sync.config.services import HubSpotConnection, SalesforceConnection
from sync.config.singer import SingerConnection
from sync.config.survey import SurveyConnection
from sync.mapping.blocks import PERSON_OR_RECORD, Responses, Rollup, Segments
from sync.mapping.fields import ProfileSpec, ProfileWord, check_block
from sync.mapping.follow_up import FollowUp
from sync.mapping.matching import PERSON_KIND, MatchRule, MatchSpec, Records

if TYPE_CHECKING:
    from sync.config.schema import Settings

_SOURCES = (FileConnection, SingerConnection, SurveyConnection)
_NO_SOURCES = (HubSpotConnection, SalesforceConnection, WarehouseConnection)


class Mapping(BaseModel):
    """What goes from one source to one object of a destination."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # The file's name without its ending; not a key of the file.
    name: SkipJsonSchema[str] = ""
    # The field by which new records are made, where the destination gives the ids; not a key of the file either.
    creates_by: SkipJsonSchema[str] = ""
    #: Version of this format; this npsync knows 1.
    version: Literal[1]
    #: The connection that responses come from.
    from_: Annotated[str, Field(alias="from")]
    #: The connection that is written to.
    to: str
    #: The object (table) that holds a person's NPS.
    object: Annotated[str, Field(min_length=1)]
    #: Column that tells one person's row from another: `{customer_id: record.id}`; the record's own id when left out.
    key: dict[str, ProfileWord] = Field(default_factory=dict)
    #: Where responses find their customer, when that is another table than `object`.
    records: Records | None = None
    #: How a record is found; the first rule that finds exactly one wins.
    match: Annotated[tuple[MatchSpec, ...], Field(min_length=1)]
    #: What happens when no record is found.
    on_none: Literal["hold", "skip", "create"] = "hold"
    #: What happens when several records are found.
    on_many: Literal["hold", "skip"] = "hold"
    #: Field of the record: word for a person.
    fields: Annotated[dict[str, ProfileSpec], Field(min_length=1)]
    #: One record for each response.
    responses: Responses | None = None
    #: The NPS of each account.
    rollup: Rollup | None = None
    #: One row for each person in each segment.
    segments: Segments | None = None
    #: A task for each new response that calls for one.
    follow_up: FollowUp | None = None

    @field_validator("from_", "to")
    @classmethod
    def _connected(cls, name: str, info: ValidationInfo) -> str:
        settings: Settings | None = (info.context or {}).get("settings")
        if settings is None:
            return name
        if name not in settings.connections:
            hint = choices(name, settings.connections, "Connections in the config")
            raise finding(f"there is no connection `{name[:60]}`", hint, unknown="name")
        connection = settings.connections[name]
        if isinstance(connection, _NO_SOURCES if info.field_name == "from_" else _SOURCES):
            verb = "gives no responses" if info.field_name == "from_" else "cannot be written to"
            raise finding(f"`{name}` is a {connection.type} and {verb}", "Name another connection of the config.")
        return name

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        check_block(self.key, self.fields, (PERSON_OR_RECORD,))
        self._check_rules()
        self._check_objects()
        self._check_rollup()
        objects = (self.home, *self.others)
        if self.follow_up:
            self.follow_up.check_objects(objects)
        settings: Settings | None = (info.context or {}).get("settings")
        destination = settings.connections.get(self.to) if settings is not None else None
        if isinstance(destination, WarehouseConnection):
            self._check_tables()
        if destination is not None and destination.own_id is not None:
            self._check_ids(destination.type, destination.own_id)
        self._check_once(own_ids=None if destination is None else destination.own_id is not None)
        if self.segments:
            own_ids = destination is not None and destination.own_id is not None
            self.segments.check_objects(objects, own_ids=own_ids)
            self.segments.check_names(None if settings is None else settings.segments)
        return self

    def _check_rules(self) -> None:
        seen: set[tuple[str, str, str]] = set()
        for index, rule in enumerate(self.match):
            place = (rule.object or self.home, rule.field.casefold(), rule.kind)
            if place in seen:
                raise finding(f"`{rule.field}: {rule.word}` is here twice", "Keep one of the two.", at=("match", index))
            seen.add(place)

    def _check_objects(self) -> None:
        seen = {self.object: "object"}
        for name in ("responses", "rollup", "segments", "follow_up"):
            block = getattr(self, name)
            if block is not None and block.object in seen:
                what = f"`{block.object}` is written by `{seen[block.object]}` too"
                raise finding(what, "Give each its own object.", at=(name, "object"))
            if block is not None:
                seen[block.object] = name

    def _check_rollup(self) -> None:
        if self.rollup and not self.rollup.by and not (self.records and self.records.account):
            raise finding(
                "nothing says which account a person belongs to",
                "Add `account: COLUMN` to `records`, or `by: COLUMN` to `rollup`.",
                at=("rollup",),
            )

    def _check_ids(self, kind: str, own_id: str) -> None:
        """Records of a system that gives the ids are written by these, or a record not linked yet would get a twin."""
        if self.on_none == "create":
            self._check_creates(kind)
        if self.key and self.key != {own_id: "record.id"}:
            what = f"records of a {kind} are written by `{own_id}`: by another key a record not linked yet gets a twin"
            raise finding(
                what, f"Leave `key` out; keep the other id with `{next(iter(self.key))}` in `fields`.", at=("key",)
            )

    def _check_creates(self, kind: str) -> None:
        """Without an id of ours in it, a record that was made and not yet confirmed would be made again."""
        lines = self.person_lines
        if len(lines) != 1:
            what = f"records of a {kind} are made by one field with our id of the person, and `fields` has {len(lines)}"
            hint = "Map one unique field (an external id) from `person.id`, or take `on_none: hold`."
            raise finding(what, hint, at=("on_none",), at_key=False)
        for index, rule in enumerate(self.match):
            if rule.kind == PERSON_KIND and rule.object in (None, self.home) and rule.field != lines[0]:
                what = f"persons are found by `{rule.field}` and made by `{lines[0]}`"
                raise finding(what, "Take one field for both.", at=("match", index))

    def _check_once(self, *, own_ids: bool | None) -> None:
        """A field for new records only is of use where records are made, by a system that gives them ids."""
        for column, rule in self.fields.items():
            if rule.write != "on_create":
                continue
            if self.on_none != "create" or own_ids is False:
                what = f"`{column}` is written when a record is made, and this mapping makes none"
                hint = "Take `on_none: create` (Salesforce and HubSpot), or another `write`."
                raise finding(what, hint, at=("fields", column, "write"))
            if rule.from_ == "person.id":
                what = f"`{column}` is how a new record is found again, and stays"
                raise finding(what, "Take `write: if_blank`.", at=("fields", column, "write"))

    @property
    def person_lines(self) -> tuple[str, ...]:
        """The fields that hold our id of the person as it is."""
        lines = self.fields.items()
        return tuple(name for name, rule in lines if rule.from_ == "person.id" and not rule.truncate)

    @property
    def person_fields(self) -> tuple[str, ...]:
        """The fields by which records are found by our id of the person."""
        named = [rule.field for rule in self.match if rule.kind == PERSON_KIND]
        return tuple(dict.fromkeys([*named, *([self.creates_by] if self.creates_by else [])]))

    @property
    def home(self) -> str:
        """The object whose records responses are matched against first."""
        return self.records.object if self.records else self.object

    @property
    def others(self) -> tuple[str, ...]:
        """Further objects that rules look in, in the order of the rules; their records get the same fields."""
        return tuple(dict.fromkeys(rule.object for rule in self.match if rule.object not in (None, self.home)))

    def _check_tables(self) -> None:
        """A table has no id of its own: the mapping must say which column it is."""
        for index, rule in enumerate(self.match):
            if rule.object not in (None, self.home):
                what = f"a second table (`{rule.object}`) cannot be matched against: nothing says what its columns mean"
                raise finding(what, f"Delete the rule, or look in `{self.home}`.", at=("match", index))
        if self.records is None:
            hint = "Add the table of customers: `records: {object: customers, id: customer_id, email: email}`."
            raise finding("`records` is missing", hint, at=("object",))
        if self.rollup and not self.rollup.key:
            raise finding("`key` is missing in `rollup`", "Add `key: {account_id: account}`.", at=("rollup", "object"))


def rules(mapping: Mapping) -> tuple[MatchRule, ...]:
    """Return the ways to find a record, in the mapping's order; where there are several objects each names its own.

    Our own id of a person is none of them: it is looked for last, where nothing else leads to a record.
    """
    found = tuple(rule for rule in mapping.match if rule.kind != PERSON_KIND)
    if not mapping.others:
        return found
    return tuple(rule.model_copy(update={"object": rule.object or mapping.home}) for rule in found)


def record_columns(mapping: Mapping) -> tuple[RecordColumns, ...]:
    """Return what the columns mean that responses are matched against: the mapping's own object first, then others.

    A column that a rule matches by e-mail or phone holds one, whether or not `records` lists it too.
    """
    id_ = _own_id(mapping)
    home = mapping.records or Records(object=mapping.object, id=id_)
    account = home.account or (mapping.rollup.by if mapping.rollup else None)
    others = [Records(object=name, id=id_) for name in mapping.others]
    return (_columns(mapping, home, account), *(_columns(mapping, other, None) for other in others))


def _columns(mapping: Mapping, records: Records, account: str | None) -> RecordColumns:
    ids: dict[str, tuple[str, ...]] = {}
    listed = {"email": records.email, "phone": records.phone}
    for rule in mapping.match:
        if (rule.object or mapping.home) != records.object:
            continue
        group = listed if rule.kind in listed else ids
        columns = group.get(rule.kind, ())
        group[rule.kind] = columns if rule.field in columns else (*columns, rule.field)
    if mapping.creates_by and records.object == mapping.home:
        ids[PERSON_KIND] = (mapping.creates_by,)
    rest = records.model_dump(exclude={"object", "id", "email", "phone", "account"})
    return RecordColumns(
        object=records.object,
        id=records.id,
        emails=listed["email"],
        phones=listed["phone"],
        ids=ids,
        account=account,
        written=tuple(mapping.fields),
        **rest,
    )


def _own_id(mapping: Mapping) -> str:
    return next((column for column, word in mapping.key.items() if word == "record.id"), "id")
