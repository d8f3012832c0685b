"""From mapping files to mappings, with everything that is wrong told at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sync.config.load import read, validate
from sync.errors import Problem, UserError
from sync.mapping.schema import Mapping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sync.config.document import Document
    from sync.config.schema import Settings

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_ENDINGS = (".yaml", ".yml")

#: Blocks that the design knows and this version does not carry out; silence would look like success.
LATER = ("two_way", "back")


def load_mapping(path: Path, settings: Settings) -> Mapping:
    """Read one mapping; its name is the file's.

    Raises:
        UserError: E110 no such file, E111 it cannot be read, E102 it is not the YAML we take, E105 only a connection's
            name is unknown, E103 anything else that is wrong with it.
    """
    document = read(path, missing="E110")
    if not _NAME.fullmatch(path.stem):
        hint = "Take letters, digits, `_` and `-`, a letter first."
        raise UserError("E103", Problem(where=str(path), what="this file's name cannot name a mapping", hint=hint))
    return mapping_of(document, path.stem, settings)


def mapping_of(document: Document, name: str, settings: Settings) -> Mapping:
    """Return what is in a mapping's text; see `load_mapping`."""
    data = document.data | {"name": name} if isinstance(document.data, dict) else None
    mapping = validate(document, Mapping, context={"settings": settings}, extra=list(_not_ours(document)), data=data)
    return _keyed(mapping, settings.connections[mapping.to].own_id)


def _keyed(mapping: Mapping, own_id: str | None) -> Mapping:
    """Fill in the keys that the file leaves out: the records' own id."""
    id_ = mapping.records.id if mapping.records else own_id
    if not mapping.key and id_ is not None:
        mapping = mapping.model_copy(update={"key": {id_: "record.id"}})
    if mapping.on_none == "create" and own_id is not None:
        mapping = mapping.model_copy(update={"creates_by": mapping.person_lines[0]})
    if mapping.rollup and not mapping.rollup.key and own_id is not None:
        rollup = mapping.rollup.model_copy(update={"key": {own_id: "account"}})
        mapping = mapping.model_copy(update={"rollup": rollup})
    return mapping


def mapping_files(config: Path, settings: Settings) -> tuple[Path, ...]:
    """Return the mapping files of a config, by name.

    Raises:
        UserError: E110, there are none.
    """
    folder = config.parent / settings.mappings
    found = tuple(sorted(path for path in folder.glob("*") if path.suffix in _ENDINGS and path.is_file()))
    if not found:
        hint = "Put a mapping there, or set `mappings` in the config to the folder that holds them."
        raise UserError("E110", Problem(where=str(folder), what="no mapping (*.yaml) in this folder", hint=hint))
    return found


def load_mappings(config: Path, settings: Settings) -> tuple[Mapping, ...]:
    """Read every mapping of a config.

    Raises:
        UserError: With the problems of all files; see `load_mapping`.
    """
    mappings: list[Mapping] = []
    failed: list[UserError] = []
    for path in mapping_files(config, settings):
        try:
            mappings.append(load_mapping(path, settings))
        except UserError as error:
            failed.append(error)
    if failed:
        codes = {error.code for error in failed}
        raise UserError(
            codes.pop() if len(codes) == 1 else "E103", tuple(p for error in failed for p in error.problems)
        )
    return tuple(mappings)


def _not_ours(document: Document) -> Iterator[tuple[tuple[str], str, str]]:
    for key in document.data if isinstance(document.data, dict) else ():
        if key == "name":
            yield (key,), "unknown key `name`", "A mapping is named by its file."
        elif key == "creates_by":
            yield (key,), "unknown key `creates_by`", "Records are made by the field that is mapped from `person.id`."
        elif key in LATER:
            yield (
                (key,),
                f"`{key}` is not supported yet by this version of npsync",
                "Delete the block, or make it a comment.",
            )
