"""The set work of identity: which records hold one of the claims' keys, and where merges lead.

Runs in a kernel with bounded memory: of a stream of records only those that hit a wanted key are kept whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.records import RECORD_FIELDS
from sync.identity.claims import CLAIMS_SCHEMA
from sync.identity.listing import SLIM, Forms
from sync.kernel import sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sync.identity.listing import Listing
    from sync.identity.settings import IdentitySettings, Rule
    from sync.kernel import Kernel

_HIT = pa.schema(
    [(name, pa.string()) for name in ("object", "id", "kind", "raw", "key", "canonical", "base", "country")]
)
REFS = pa.schema([("object", pa.string()), ("id", pa.string())])

_REPEATED = "CREATE OR REPLACE TEMP TABLE repeated AS "
_REPEATED += (
    "SELECT object, id FROM kept_record GROUP BY object, id HAVING count(*) > 1; SELECT * FROM repeated LIMIT 1"
)
#: One row per record; where a record came twice and differs, the greatest row counts.
_ONE_ROW_EACH = """
CREATE OR REPLACE TEMP TABLE record AS
SELECT k.* FROM kept_record k ANTI JOIN repeated USING (object, id)
UNION ALL
SELECT unnest(max(k)) FROM kept_record k SEMI JOIN repeated USING (object, id) GROUP BY k.object, k.id;
DROP TABLE kept_record;
SELECT 1 AS done
"""
_AS_IT_IS = "ALTER TABLE kept_record RENAME TO record; SELECT 1 AS done"
#: Of all the records only those that may be somebody are looked at again and again.
_MET = """
CREATE OR REPLACE TEMP TABLE met AS
SELECT r.* FROM record r
WHERE (r.object, r.id) IN (SELECT (object, id) FROM pair)
   OR (r.object, r.id) IN (SELECT (live_object, live_id) FROM live)
   OR r.id IN (SELECT id FROM named);
DROP TABLE record;
ALTER TABLE met RENAME TO record;
DROP TABLE hit;
SELECT 1 AS done
"""
_ALL = "SELECT * FROM records"
_ONLY = """ WHERE (object, id) IN (SELECT (object, id) FROM {hits}) OR id IN (SELECT id FROM named)"""
_WANTED = "SELECT h.* FROM {held} h SEMI JOIN wanted_bases w ON w.kind = h.kind AND w.base = h.base"
_LOST = """
SELECT DISTINCT 'record' AS kind, merged_into AS value FROM kept_record
WHERE merged_into IS NOT NULL AND merged_into <> id AND merged_into NOT IN (SELECT id FROM named) ORDER BY value
"""


class Gathering:
    """Claims' keys on one side, records on the other; settled once all records have been seen.

    Args:
        kernel: An empty one.
        claims: `CLAIMS_SCHEMA`.
        rules: The mapping's `match`.
        settings: The config's `identity`.
        named: Ids of records whose standing will be asked for.
        only_hits: Keep only records that hit or are named; records that others were merged into can be had later.
    """

    def __init__(  # noqa: PLR0913 - see the class
        self,
        kernel: Kernel,
        claims: pa.Table,
        rules: Sequence[Rule],
        settings: IdentitySettings,
        named: Sequence[str] = (),
        *,
        only_hits: bool = False,
    ) -> None:
        self._kernel = kernel
        self._named = set(named)
        self._only_hits = only_hits
        self._forms = Forms(rules, settings)
        kernel.keep("hit", _HIT.empty_table())
        kernel.keep("kept_record", kernel.query(SLIM, {"records": RECORD_FIELDS.empty_table()}))
        self._limits = pa.table({"per_key": [settings.protect.max_records_per_key]})
        kernel.run("identity_macros")
        relations = {"claims": claims.select(CLAIMS_SCHEMA.names)} | self._forms.relations
        kernel.keep("wanted", kernel.run("identity_wanted", relations))
        kernel.keep("wanted_bases", kernel.query("SELECT DISTINCT kind, base FROM wanted"))

    def wanted(self) -> pa.Table:
        """Return what a directory must be asked for: kind and value, in every form that exact comparison needs."""
        return self._kernel.run("identity_ask")

    def take(self, records: pa.Table) -> None:
        """Look through one chunk of records."""
        if not records.num_rows:
            return
        held = f"({sql('identity_held')})"
        hits = self._kernel.query(_WANTED.format(held=held), self._forms.of(records, self._kernel))
        self._kernel.keep("hit", hits)
        self._keep(records, hits)

    def take_listed(self, listing: Listing) -> None:
        """Look through all records at once, as a listing keeps them; for those that only hits are kept of."""
        assert self._only_hits
        self._kernel.fill("hit", _WANTED.format(held="listed"), {"listed": listing.held()})
        given = {"records": listing.slim(), "named": self._names()}
        self._kernel.fill("kept_record", _ALL + _ONLY.format(hits="hit"), given)

    def take_named(self, records: pa.Table) -> None:
        """Look through one chunk only for records that are named."""
        self._keep(records, _HIT.empty_table())

    def _keep(self, records: pa.Table, hits: pa.Table) -> None:
        """Keep slim copies, which may spill: of all, where any may be what another was merged into, else of some."""
        if self._only_hits:
            given = {"records": records, "hits": hits, "named": self._names()}
            slim = self._kernel.query(SLIM + _ONLY.format(hits="hits"), given)
        else:
            slim = self._kernel.query(SLIM, {"records": records})
        self._kernel.keep("kept_record", slim)

    def _names(self) -> pa.Table:
        return pa.table({"id": pa.array(sorted(self._named), pa.string())})

    def lost(self) -> pa.Table:
        """Return (kind, value) of the records that others were merged into and that were not looked for; they will be.

        That one of their id was kept is not enough: two objects may share an id, and which was kept depends on claims.
        """
        lost = self._kernel.query(_LOST, {"named": self._names()})
        self._named.update(lost.column("value").to_pylist())
        return lost

    def settle(self) -> None:
        """Follow merges and join claims to records; no more records can be taken."""
        repeated = self._kernel.query(_REPEATED)
        self._kernel.query(_ONE_ROW_EACH if repeated.num_rows else _AS_IT_IS)
        self._kernel.run("identity_follow")
        self._kernel.run("identity_pairs", {"limits": self._limits})
        self._kernel.query(_MET, {"named": self._names()})

    def run(self, name: str, relations: Mapping[str, pa.Table]) -> pa.Table:
        """Run another kernel over what was gathered."""
        return self._kernel.run(name, relations)

    def candidates(self, respondents: pa.Array) -> pa.Table:
        """Return the candidates of some respondents."""
        return self._kernel.run("identity_candidates", {"slice": pa.table({"respondent": respondents})})

    def standing(self, refs: pa.Table) -> pa.Table:
        """Return where the named records stand now."""
        return self._kernel.run("identity_refs", {"refs": refs})
