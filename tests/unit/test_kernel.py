"""The runner of kernels: tables kept, dropped, spilled, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from sync.kernel import Kernel
from sync.segments import Predicate
from sync.segments_sql import segments_sql

if TYPE_CHECKING:
    from pathlib import Path

ONE = pa.table({"n": [1, 2]})


def test_keeping_twice_appends_and_dropping_forgets() -> None:
    with Kernel() as kernel:
        kernel.keep("numbers", ONE)
        kernel.keep("numbers", ONE.to_reader())
        assert [6] == kernel.query("SELECT sum(n)::BIGINT AS total FROM numbers")["total"].to_pylist()

        kernel.drop("numbers")
        kernel.drop("numbers")
        kernel.keep("numbers", ONE)
        assert [3] == kernel.query("SELECT sum(n)::BIGINT AS total FROM numbers")["total"].to_pylist()


def test_a_relation_is_there_for_one_query_only() -> None:
    with Kernel() as kernel:
        kernel.query("SELECT n FROM numbers", {"numbers": ONE})
        kernel.keep("numbers", pa.table({"n": [9]}))

        assert [9] == kernel.query("SELECT n FROM numbers")["n"].to_pylist()


def test_what_does_not_fit_is_spilled(tmp_path: Path) -> None:
    batch = pa.record_batch({"n": pa.array(range(100_000)), "text": [f"{n:060d}" for n in range(100_000)]})
    with Kernel(memory_limit="32MB", spill_to=str(tmp_path)) as kernel:
        kernel.keep("many", pa.RecordBatchReader.from_batches(batch.schema, [batch] * 10))

        assert [1_000_000] == kernel.query("SELECT count(text) AS n FROM many")["n"].to_pylist()


def test_segments_run_as_a_kernel_of_their_own() -> None:
    profiles = pa.table(
        {
            "subject": ["p1", "p2"],
            "responded_at": pa.array([0, 50], pa.int64()),
            "category": ["detractor", "promoter"],
            "due_at": pa.array([None, 500], pa.int64()),
        }
    )
    rule = Predicate.model_validate({"category": "detractor", "age": {"max": "1s"}})
    with Kernel() as kernel:
        given = {"profiles": profiles, "settings": pa.table({"now_ms": [100]})}
        found = kernel.query(segments_sql({"fresh": rule}), given).sort_by("subject")

    assert {"subject": ["p1", "p2"], "segments": [["fresh"], []], "due_at": [1001, 500]} == found.to_pydict()
