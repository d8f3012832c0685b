"""The block `follow_up`: a task for each new response that calls for one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from connectors.durations import Duration  # noqa: TC001 - pydantic reads it
from sync.config.findings import choices, finding
from sync.mapping.blocks import Block
from sync.mapping.fields import TaskSpec, TaskWord, check_block
from sync.segments import Predicate  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Stands for every object that no other line names.
_ANY = ""


def _for_all(path: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    return {_ANY: path} if isinstance(path, str) else path


FieldPath = Annotated[str, Field(min_length=1)]


class FollowUp(Block):
    """A task for each new response that calls for one; made once, and never touched again."""

    #: Which responses call for one, as segments of the config say it: `{category: detractor}`.
    when: Predicate
    #: How old a response may be when it comes in; an older one gets no task.
    within: Duration = timedelta(days=14)
    #: When the task is due, counted from when the person answered.
    due: Duration = timedelta(hours=48)
    #: What the task says, for the word `subject`.
    subject: Annotated[str, Field(min_length=1)] | None = None
    #: Field of the matched record that holds the task's owner: `Account.OwnerId`, or one by object.
    owner: Annotated[
        dict[str, FieldPath], BeforeValidator(_for_all, json_schema_input_type=FieldPath | dict[str, FieldPath])
    ] = Field(default_factory=dict)
    #: Column or columns that tell one task from another: `{nps_response_key: key}`.
    key: Annotated[dict[str, TaskWord], Field(min_length=1)]
    #: Field of the task: word for a task.
    fields: Annotated[dict[str, TaskSpec], Field(min_length=1)]

    @field_validator("within")
    @classmethod
    def _some_time(cls, within: timedelta) -> timedelta:
        if not within:
            raise finding("no response is that young", "Give it days, such as `14d`.")
        return within

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_block(self.key, self.fields, (("key", "response_id"),))
        for column, word in self.key.items():
            if word in ("owner", "subject", "due_at"):
                hint = "Move it to `fields`: a key must not change."
                raise finding(f"`{word}` cannot tell tasks apart", hint, at=("key", column))
        written = {rule.from_: column for column, rule in self.fields.items()}
        for word, given in (("owner", self.owner), ("subject", self.subject)):
            if given and word not in written:
                hint = f"Add `FIELD: {word}` to `fields`, or delete the line."
                raise finding(f"`{word}` is written to no field", hint, at=(word,))
            if word in written and not given:
                hint = f"Add `{word}:` to `follow_up`, beside `fields`."
                raise finding(f"nothing says what `{word}` is", hint, at=("fields", written[word]), at_key=False)
        return self

    def check_objects(self, objects: Sequence[str]) -> None:
        """Raise a finding when an owner is named for an object that no rule looks in."""
        for name in self.owner:
            if name != _ANY and name not in objects:
                hint = choices(name, objects, "Rules look in")
                raise finding(f"no rule looks in `{name[:60]}`", hint, at=("follow_up", "owner", name))

    def owner_of(self, object_: str) -> str | None:
        """Return the field that holds the owner of a task for a record of *object_*; None: the system chooses."""
        return self.owner.get(object_, self.owner.get(_ANY))
