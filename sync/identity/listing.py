"""Records in the form in which keys are compared, and all records of a directory kept so, for many slices of claims.

Reading a directory and taking its values apart costs more than joining claims to it; where all of it is read anyway,
once is enough.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

import pyarrow as pa

from connectors.records import RECORD_FIELDS
from sync import spills
from sync.identity.normalise import email_key
from sync.kernel import Kernel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType

    from sync.identity.settings import IdentitySettings, Rule

#: Records looked through at once, at some 300 bytes each.
RECORDS_AT_ONCE = 60_000
#: What is kept of a record beside its keys.
SLIM = """
SELECT object, id, first_name, last_name, full_name, account, created_at,
       nullif(trim(merged_into), '') AS merged_into, coalesce(deleted, false) AS deleted,
       coalesce(suppressed, false) AS suppressed, emails
FROM records
"""
_KINDS = pa.schema([("kind", pa.string()), ("form", pa.string()), ("prefixes", pa.list_(pa.string()))])
_ALIASES = pa.schema([("domain", pa.string()), ("target", pa.string())])
_ODD = pa.schema([("raw", pa.string()), ("key", pa.string())])
_COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4")


class Forms:
    """How values of each kind are compared, as the kernels take it."""

    def __init__(self, rules: Sequence[Rule], settings: IdentitySettings) -> None:
        aliases = [{"domain": domain, "target": target} for domain, target in sorted(settings.alias_of.items())]
        self.relations = {
            "kinds": _kinds(rules, settings),
            "aliases": pa.Table.from_pylist(aliases, _ALIASES),
        }

    def of(self, records: pa.Table, kernel: Kernel) -> dict[str, pa.Table]:
        """Return what `identity_held` takes for *records*."""
        raw = kernel.run("identity_odd", {"records": records}).column("raw").to_pylist()
        odd = pa.table({"raw": raw, "key": [email_key(text) for text in raw]}, schema=_ODD)
        return {"records": records, "odd": odd} | self.relations


class Listing:
    """All records of a directory in a folder of its own, which goes when the `with` block ends.

    Args:
        chunks: Tables of `RECORD_FIELDS`; repeats are fine.
        rules: The mapping's `match`.
        settings: The config's `identity`.
    """

    def __init__(self, chunks: Iterable[pa.Table], rules: Sequence[Rule], settings: IdentitySettings) -> None:
        self._folder = TemporaryDirectory(prefix=spills.prefix())
        self._held, self._slim = (Path(self._folder.name) / name for name in ("held.arrow", "slim.arrow"))
        forms = Forms(rules, settings)
        with Kernel() as kernel:
            kernel.run("identity_macros")
            empty = RECORD_FIELDS.empty_table()
            held_as = kernel.run("identity_held", forms.of(empty, kernel)).schema
            slim_as = kernel.query(SLIM, {"records": empty}).schema
            with (
                pa.ipc.new_stream(self._held, held_as, options=_COMPRESSED) as held,
                pa.ipc.new_stream(self._slim, slim_as, options=_COMPRESSED) as slim,
            ):
                for records in joined(chunks):
                    held.write_table(kernel.run("identity_held", forms.of(records, kernel)))
                    slim.write_table(kernel.query(SLIM, {"records": records}))

    def held(self) -> pa.RecordBatchReader:
        """Return every key that a record holds, as `identity_held` gives them."""
        return pa.ipc.open_stream(self._held)

    def slim(self) -> pa.RecordBatchReader:
        """Return what is kept of each record."""
        return pa.ipc.open_stream(self._slim)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()


def joined(chunks: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Join small chunks: each search through one builds the wanted keys anew."""
    waiting: list[pa.Table] = []
    for chunk in chunks:
        waiting.append(chunk)
        if sum(part.num_rows for part in waiting) >= RECORDS_AT_ONCE:
            yield pa.concat_tables(waiting)
            waiting.clear()
    if waiting:
        yield pa.concat_tables(waiting)


def _kinds(rules: Sequence[Rule], settings: IdentitySettings) -> pa.Table:
    rows = []
    for kind in sorted({rule.kind for rule in rules}):
        form = settings.id_form(kind)
        prefixes = sorted(form.strip_prefix, key=lambda prefix: (-len(prefix), prefix))
        how = "salesforce" if kind == "salesforce_id" else "numeric" if form.numeric else "exact"
        rows.append({"kind": kind, "form": how, "prefixes": prefixes or None})
    return pa.Table.from_pylist(rows, _KINDS)
