"""Blocks of writes as inputs of batches: values as text, and what no batch can carry told at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.errors import SchemaDrift
from connectors.hubspot.batches import Input
from connectors.hubspot.links import PREFIX
from connectors.hubspot.properties import ID, as_text
from connectors.values import Block, OutcomeKind
from connectors.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.hubspot.properties import Properties
    from connectors.values import Write


def key_of(object_: str, key: Sequence[str], where: str) -> str:
    """Return the one property by which records of *object_* are told apart.

    Raises:
        SchemaDrift: There are several.
    """
    if len(key) == 1:
        return key[0]
    names = ", ".join(f"`{name}`" for name in key)
    raise SchemaDrift(
        f"{where}: `{object_}` cannot have a key of several properties ({names})",
        next_step=f"Take `{ID}: record.id`, or one property with unique values.",
    )


def together(blocks: Iterable[Block]) -> list[list[Block]]:
    """Part blocks, in their order, into those whose rows can share batches.

    One batch takes writes to one object by one key, whatever their fields; deletions, associations and memberships go
    ways of their own.
    """
    parts: list[list[Block]] = []
    for block in blocks:
        before = parts[-1][-1] if parts else None
        alone = block.delete or len(block.key) > 1 or any(name.startswith(PREFIX) for name in block.fields)
        if before is not None and not alone and _form(before) == _form(block):
            parts[-1].append(block)
        else:
            parts.append([block])
    return parts


def _form(block: Block) -> tuple[object, ...]:
    linked = tuple(name for name in block.fields if name.startswith(PREFIX))
    return (block.object, block.key, block.delete, linked)


def inputs_of(block: Block, known: Properties, where: str, *, looked_up: bool = False) -> list[Input]:
    """Return one input for each row of *block*, in its order; *looked_up*: any property may be the key.

    Raises:
        SchemaDrift: The object lacks a property, HubSpot fills it itself, or the key does not tell records apart.
    """
    key = key_of(block.object, block.key, where)
    if not looked_up:
        known.check_key(key)
    if block.delete:
        return [Input(as_text(row[0])) for row in block.rows]
    known.check_writable(block.fields if key == ID else (key, *block.fields))
    names = block.fields
    sent = [known.by_name[name].sent() for name in names]
    made = []
    for row in block.rows:
        texts = [turn(value) for turn, value in zip(sent, row[1:], strict=True)]
        id_ = as_text(row[0])
        unfit = None if id_ and is_sendable("".join((id_, *texts))) else _unfit((key, *names), (id_, *texts))
        # The key among the properties too: else a reply to an upsert may leave out the value its row is known by.
        own = {} if key == ID else {key: id_}
        made.append(Input(id_, own | dict(zip(names, texts, strict=True)), unfit))
    return made


def _unfit(names: Sequence[str], texts: Sequence[str]) -> Verdict:
    bad = [name for name, text in zip(names, texts, strict=True) if not is_sendable(text)]
    return Verdict(OutcomeKind.REJECTED, "INVALID_CHARACTERS", tuple(bad or names[:1]))


def is_sendable(text: str) -> bool:
    r"""Tell whether *text* arrives as it is.

    >>> is_sendable("玉兰 👩‍🔬"), is_sendable("a\0b"), is_sendable("\ud83d")
    (True, False, False)
    """
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def blocks_of(batch: Sequence[Write]) -> list[Block]:
    """Gather writes by form; of several to one record the later values win, for a batch may hold a record only once.

    A delete undoes what was written before it; what is written after it makes the record anew.
    """
    gone: dict[tuple[str, str], Write] = {}
    last: dict[tuple[str, str], Write] = {}
    for write in batch:
        at = (write.object, write.id)
        before = last.pop(at, None)
        if write.delete:
            gone[at] = write
            continue
        values = write.values if before is None else {**before.values, **write.values}
        last[at] = replace(write, values=values)
    forms: dict[tuple[str, tuple[str, ...], tuple[str, ...], bool], list[Write]] = {}
    for write in (*gone.values(), *last.values()):
        forms.setdefault((write.object, tuple(write.key), tuple(write.values), write.delete), []).append(write)
    return [
        Block(
            object=object_,
            key=key,
            fields=fields,
            rows=[(*each.key.values(), *each.values.values()) for each in writes],
            delete=delete,
        )
        for (object_, key, fields, delete), writes in forms.items()
    ]
