"""A preset: the columns of a known export as one small YAML file, shipped here or written by the user."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from unicodedata import normalize

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from connectors.errors import Refused

_FOLDER = Path(__file__).parent / "presets"
_MAX_BYTES = 1 << 16
#: A preset needs 4 levels.
_DEEPEST = 20
# The one in C reads all presets in 10 ms, at each start; the one in Python takes 130. Every plain value is text to it,
# as it is to the reader: YAML 1.1 would turn `no` into false, and a date into something that has no text.
_BaseLoader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NOT_WORD = re.compile(r"[\W_]+")


class _Loader(_BaseLoader):  # type: ignore[misc] # PyYAML has no types
    """Refuses what two readers would read differently."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - PyYAML's own
        found = super().construct_mapping(node, deep)
        if len(found) != len(node.value):
            raise yaml.MarkedYAMLError(problem="a key is here twice", problem_mark=node.start_mark)
        return found


def key_of(header: str) -> str:
    """Reduce a header to what stays the same however a tool or a person spells it.

    >>> key_of("Response ID"), key_of("response_id"), key_of("E-Mail*"), key_of("#")
    ('responseid', 'responseid', 'email', '#')
    """
    plain = normalize("NFKC", header).casefold().strip()
    return _NOT_WORD.sub("", plain) or plain


Keys = Annotated[tuple[str, ...], BeforeValidator(lambda names: tuple(key_of(str(name)) for name in _listed(names)))]
Texts = Annotated[
    tuple[str, ...], BeforeValidator(lambda texts: tuple(str(text).casefold() for text in _listed(texts)))
]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Recognise(_Part):
    """What a file must have to be taken for this export. Names are compared as `key_of` does."""

    #: All of these columns.
    all: Keys = ()
    #: And at least one of these.
    any: Keys = ()
    #: And none of these.
    none: Keys = ()
    #: And the first column is one of these.
    first: Keys = ()
    #: And a question that asks how likely a recommendation is.
    question: bool = False


class ScoreRule(_Part):
    """Where the score stands."""

    #: Columns that are the score by name.
    names: Keys = ()
    #: Whether a question that asks how likely a recommendation is holds the score.
    questions: bool = False
    #: A column is the score when another one is called the same plus this ending (`_NPS_GROUP`).
    sibling: str | None = None
    #: Columns that look like the score and never are it (a quiz score, a weight).
    never: Keys = ()


class SkipRule(_Part):
    """Rows that are rightly left out."""

    reason: str
    #: The first of these columns that the file has.
    column: Keys
    #: The row is left out when the cell is one of these texts, whatever the case.
    values: Texts = ()
    #: Or when the cell is a number below this.
    below: float | None = None
    #: Or when the cell is none of these texts.
    unless: Texts = ()


class Preset(_Part):
    """The columns of one kind of export."""

    name: str
    title: str
    #: `single`: one row of names. `import_ids`: names, questions, and Qualtrics' ImportId row. `second_row`: codes,
    #: then names. `spanning`: questions over blanks, then options.
    header: Literal["single", "import_ids", "second_row", "spanning"] = "single"
    recognise: Recognise = Recognise()
    #: Our field → the headers that hold it, the best first.
    columns: dict[str, Keys] = {}
    score: ScoreRule = ScoreRule()
    #: Columns of which one must say that a row is NPS; without any, the `scale` option must declare it.
    declared_by: Keys = ()
    skip: tuple[SkipRule, ...] = ()
    #: Whether a question that asks for the reason of the score holds the comment.
    comment_questions: bool = False
    #: Whether fields that this preset leaves open are looked for under their plain names.
    plain_names: bool = True
    #: Zone of the dates, where the export states it; the `time_zone` option otherwise.
    zone: str | None = None
    #: Order of day and month, where the export always uses one.
    date_order: Literal["dmy", "mdy", "ymd"] | None = None


@cache
def shipped() -> dict[str, Preset]:
    """Return the presets that come with npsync, by name."""
    presets = (load(path, name=path.name) for path in sorted(_FOLDER.glob("*.yaml")))
    return {preset.name: preset for preset in presets}


def named(name: str, root: Path) -> Preset:
    """Return a shipped preset by name, or a user's by path.

    Raises:
        Refused: There is none, or the file is not a preset.
    """
    if name in shipped():
        return shipped()[name]
    if name.endswith((".yaml", ".yml")):
        path = root / name
        if path.is_file():
            return load(path, name=name)
        raise Refused(f"preset `{name}`: no such file", code="E110", next_step=f"It was looked for at {path}.")
    known = ", ".join(sorted(shipped()))
    raise Refused(
        f"no preset `{name}`",
        code="E103",
        next_step=f"Use `auto`, the path of a preset of your own (.yaml), or one of: {known}.",
    )


def _is_flat(text: str) -> bool:
    """Tell whether *text* uses no aliases and is not nested deeply: some ten thousand levels end libyaml's process."""
    depth = 0
    for token in yaml.scan(text, Loader=_Loader):
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if isinstance(token, yaml.AliasToken) or depth > _DEEPEST:
            return False
    return True


_OPENING = (
    *(yaml.BlockSequenceStartToken, yaml.BlockMappingStartToken),
    *(yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken),
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)


def load(path: Path, *, name: str) -> Preset:
    """Read one preset.

    Raises:
        Refused: The file cannot be read as a preset.
    """
    try:
        text = path.read_bytes()[: _MAX_BYTES + 1].decode("utf-8")
        if len(text) > _MAX_BYTES or not _is_flat(text):
            what = "too long, nested too deeply, or uses aliases"
            raise Refused(f"preset `{name}`: {what}", code="E103", next_step="Write it out in full.")
        return Preset.model_validate(yaml.load(text, Loader=_Loader))  # noqa: S506 - a safe one
    except OSError as error:
        raise Refused(f"preset `{name}` cannot be read ({error.strerror})", code="E111") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        raise Refused(f"preset {place}: is not YAML", code="E102", next_step="Compare it with a shipped one.") from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        raise Refused(f"preset `{name}`: {problems}", code="E103", next_step="Compare it with a shipped one.") from None
