"""From a config file to settings, with everything that is wrong told at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from sync.config.problems import in_order, problems_of, unknown_things
from sync.config.schema import Settings
from sync.config.secrets import secrets_in
from sync.config.yaml import LARGEST_BYTES, parse
from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sync.config.document import Document
    from sync.config.document import Path as KeyPath

_Model = TypeVar("_Model", bound=BaseModel)

#: When one thing alone is wrong, its own runbook page is named.
_CODES = {"type": "E104", "name": "E105"}

#: What a config is called, looked for in a folder and the ones above it.
CONFIG_NAME = "config.yaml"
#: Names the config when no option does.
CONFIG_VARIABLE = "NPSYNC_CONFIG"


def find_config(start: Path, env: Mapping[str, str]) -> Path:
    """Return the config that NPSYNC_CONFIG names, else the nearest `config.yaml` in *start* or above it.

    Raises:
        UserError: E101, there is none.
    """
    if named := env.get(CONFIG_VARIABLE):
        return Path(named)
    for folder in (start, *start.absolute().parents):
        if (folder / CONFIG_NAME).is_file():
            return folder / CONFIG_NAME
    hint = f"Copy config.example.yaml to {CONFIG_NAME}, or name a file with -C or {CONFIG_VARIABLE}."
    raise UserError("E101", Problem(where=str(start), what=f"no {CONFIG_NAME} here or in a folder above", hint=hint))


def load_settings(path: Path, kinds: Collection[str]) -> Settings:
    """Read a config; relative database addresses count from its folder.

    Args:
        path: The file.
        kinds: Every type of connection that is installed (`connectors.registry.kinds`).

    Raises:
        UserError: E101 no such file, E104 only the type of a connection is unknown, E111 it cannot be read,
            E102 it is not the YAML we take, E103 anything else that is wrong with it.
    """
    return settings_of(read(path, missing="E101"), path.absolute().parent, kinds)


def settings_of(document: Document, folder: Path, kinds: Collection[str]) -> Settings:
    """Return what is in a config's text, for a config in *folder*; see `load_settings`."""
    settings = validate(document, Settings, context={"kinds": tuple(kinds)}, extra=list(secrets_in(document.data)))
    from sync.config import specs

    settings = settings.within(folder)
    specs.check(document, settings)
    return settings


def read(path: Path, *, missing: str) -> Document:
    """Read a YAML file; what is wrong with the YAML is in its `problems`.

    Raises:
        UserError: *missing* when there is no such file, E111 when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        hint = f"Check the path, or copy config.example.yaml to {CONFIG_NAME}."
        raise UserError(missing, Problem(where=str(path), what="there is no such file", hint=hint)) from None
    except IsADirectoryError:
        raise UserError(
            missing, Problem(where=str(path), what="this is a folder", hint="Name the file in it.")
        ) from None
    except (OSError, ValueError) as error:
        what = f"the file cannot be read: {getattr(error, 'strerror', None) or 'its name is not valid'}"
        raise UserError("E111", Problem(where=str(path), what=what, hint="Check who may read it.")) from None
    return parse(raw, str(path))


def validate(
    document: Document,
    model: type[_Model],
    *,
    context: Mapping[str, Any],
    extra: Sequence[tuple[KeyPath, str, str]] = (),
    data: Any = None,  # noqa: ANN401 - whatever YAML holds
) -> _Model:
    """Return the document as a *model*.

    Args:
        document: The file.
        model: A pydantic model.
        context: What validators may ask for.
        extra: Path, problem and hint of what was found wrong already; the model's errors at those paths are dropped.
        data: What to validate in place of the document's own data.

    Raises:
        UserError: With every problem, in the order of the file.
    """
    found = [document.problem(path, what, hint, at_key=True) for path, what, hint in extra]
    if () in document.broken or document.data is None:
        raise UserError("E102", document.problems or (_empty(document),))
    unknown: set[str] = set()
    try:
        valid = model.model_validate(document.data if data is None else data, context=dict(context))
    except ValidationError as error:
        told = {path for path, _, _ in extra}
        found += problems_of(document, error, model, told)
        unknown = unknown_things(error)
    else:
        if not found and not document.problems:
            return valid
    raise UserError(_code(document, unknown, extra), in_order((*document.problems, *found)))


def _code(document: Document, unknown: set[str], extra: Sequence[Any]) -> str:
    if document.problems:
        return "E102"
    return _CODES.get(unknown.pop(), "E103") if len(unknown) == 1 and not extra else "E103"


def _empty(document: Document) -> Problem:
    return Problem(where=document.file, what="this file is empty", hint="Start with `version: 1`.")
