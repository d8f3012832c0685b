"""A receipt as text: what was erased, what stays and whose it is, and what a byte search found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.cli.render_run import counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.traces import Scrubbed
    from sync.receipt import Receipt


def text(receipt: Receipt) -> str:
    """Say what was done, or would be."""
    return "\n".join(_lines(receipt))


def _lines(receipt: Receipt) -> Iterator[str]:
    if receipt.dry_run:
        yield "This would be erased for good:" if receipt.known else "Nothing is held of this person."
    elif receipt.known:
        yield f"Forgotten. Receipt {receipt.receipt}; it says what was done, and not to whom."
    else:
        yield f"Nothing was held; no import will bring the person in. Receipt {receipt.receipt}."
    total = sum(receipt.erased.values())
    yield f"  {'ledger':<12} {total:,} row{'' if total == 1 else 's'}" + (
        f": {counts(receipt.erased)}" if total else ""
    )
    for mapping, objects in receipt.cleared.items():
        yield f"  {'cleared':<12} {mapping}: {counts(objects)}"
    for mapping, objects in receipt.stays.items():
        yield f"  {'stays':<12} {mapping}: {counts(objects)}, which the destination holds; see --also-clear"
    if receipt.accounts:
        number = f"{receipt.accounts:,} account{'' if receipt.accounts == 1 else 's'}"
        yield f"  {'next':<12} `npsync sync` writes the NPS of {number} without the person"
    for name, found in receipt.searched.items():
        yield from _searched(name, found)


def _searched(name: str, found: Scrubbed) -> Iterator[str]:
    left = sum(found.left.values())
    if found.sealed:
        yield f"  {'encrypted':<12} {name}: {', '.join(found.sealed)}; written anew, and its tables were searched"
    if found.files:
        where = f": {counts(found.left)}" if left else f" in {', '.join(found.files)}"
        yield f"  {'byte search':<12} {name}: {left or 'nothing'} left{where}"
    elif not found.trouble and not found.sealed:
        yield f"  {'vacuumed':<12} {name}: the rows are gone; the server's files, logs and backups are its own"
    if found.rows:
        yield f"  {'also in':<12} {name}: {counts(found.rows)}, rows of others or of tables that are yours"
    if found.trouble:
        yield f"  {'not done':<12} {name}: {found.trouble}"
