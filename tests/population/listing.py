"""A directory over a list in memory, in chunks of any size; it yields everything, as one over files does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


class Listing:
    """See `connectors.contract.Directory`; every record is yielded, whatever is asked."""

    def __init__(self, records: pa.Table, *, chunk: int = 100_000) -> None:
        self._records = records
        self._chunk = chunk

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:  # noqa: ARG002 - everything is yielded
        for start in range(0, self._records.num_rows, self._chunk):
            yield self._records.slice(start, self._chunk)

    def version(self) -> str:
        return str(self._records.num_rows)
