"""What forgetting a person did, in numbers: who it was cannot be read from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.traces import Scrubbed


@dataclass(slots=True, kw_only=True)
class Receipt:
    """What was done, without a word of whom."""

    #: By which `npsync forget --lift` takes the person in again.
    receipt: str
    at: str
    dry_run: bool
    #: Whether the ledger held anything of the person.
    known: bool
    responses: int = 0
    #: Ledger table → rows erased.
    erased: dict[str, int] = field(default_factory=dict)
    #: Mapping → object → rows deleted or emptied at the destination.
    cleared: dict[str, dict[str, int]] = field(default_factory=dict)
    #: Mapping → object → records of which something of ours stays at the destination.
    stays: dict[str, dict[str, int]] = field(default_factory=dict)
    #: Accounts whose NPS was computed anew; the next sync writes it.
    accounts: int = 0
    #: Digests kept.
    digests: int = 0
    #: What the byte search found, in the ledger and in each store.
    searched: dict[str, Scrubbed] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing is left that could be erased."""
        return not any(each.left or each.trouble for each in self.searched.values())

    def as_json(self) -> dict[str, Any]:
        """The object that `--output json` prints."""
        told = asdict(self)
        told["searched"] = {name: asdict(each) | {"files": list(each.files)} for name, each in self.searched.items()}
        return told | {"left": sum(sum(each.left.values()) for each in self.searched.values())}
