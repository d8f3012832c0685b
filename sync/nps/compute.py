"""Profiles and rollups as sets: Arrow in, Arrow out, through the kernels. No ledger, no file, no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from connectors.values import SurveyKind
from sync.kernel import sql
from sync.nps.interval import Counts
from sync.nps.relations import PROFILES, ROLLUPS, SIZES, epoch_ms
from sync.nps.rollup import coverage, published, response_rate
from sync.nps.settings import RiskReason
from sync.segments import milliseconds
from sync.segments_sql import due_sql, names_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sync.kernel import Kernel
    from sync.nps.settings import NpsSettings
    from sync.segments import Predicate

#: Responses computed at a time: about 100 MB of a kernel's memory, whatever the size of the whole.
PART = 200_000
#: One subject in so many stands for its neighbours when the parts are cut; a power of two.
_SAMPLED = 64


def compute_profiles(  # noqa: PLR0913 - what a profile is computed from
    kernel: Kernel,
    responses: pa.Table | pa.RecordBatchReader,
    *,
    now: datetime,
    settings: NpsSettings,
    segments: Mapping[str, Predicate],
    sends: pa.Table | None = None,
) -> pa.Table:
    """Return the profile of every subject in *responses*, and of those in *sends* who never responded.

    Args:
        kernel: Where it runs; nothing is left in it.
        responses: All responses of the subjects (`relations.RESPONSES`), in any order; a reader is spilled, not held.
        now: Aware. A profile stays what it is from now until its `due_at`.
        settings: The config's `nps`.
        segments: The config's `segments`, by name.
        sends: What was sent to the subjects (`relations.SENDS`); None where that is not known.

    Returns:
        `relations.PROFILES`, ordered by subject.
    """
    if sends is not None and sends.num_rows:
        assert isinstance(responses, pa.Table)
        given = {"responses": responses, "sends": sends}
        return _profiles(kernel, given, now=now, settings=settings, segments=segments)
    if isinstance(responses, pa.Table) and responses.num_rows <= PART:
        return _profiles(kernel, {"responses": responses}, now=now, settings=settings, segments=segments)
    parts = profiles_in_parts(kernel, responses, now=now, settings=settings, segments=segments)
    return pa.concat_tables(parts, promote_options="none")


def profiles_in_parts(  # noqa: PLR0913 - those of compute_profiles, and the size of a part
    kernel: Kernel,
    responses: pa.Table | pa.RecordBatchReader,
    *,
    now: datetime,
    settings: NpsSettings,
    segments: Mapping[str, Predicate],
    part: int = PART,
) -> Iterator[pa.Table]:
    """Yield the table of `compute_profiles` in consecutive parts, so that it need never be held whole.

    A person depends on no other, so the parts are ranges of subjects; where they are cut changes nothing.
    """
    kernel.keep("nps_responses", responses)
    try:
        for range_ in _ranges(kernel, part):
            kernel.drop("responses")
            kernel.query(f"CREATE TEMP TABLE responses AS SELECT * FROM nps_responses WHERE {range_}")  # noqa: S608 - quoted
            yield _profiles(kernel, {}, now=now, settings=settings, segments=segments)
    finally:
        kernel.drop("responses")
        kernel.drop("nps_responses")


def compute_rollups(
    kernel: Kernel, profiles: pa.Table, sizes: pa.Table | None, *, now: datetime, settings: NpsSettings
) -> pa.Table:
    """Return the NPS of every account in *profiles*.

    Args:
        kernel: Where it runs; nothing is left in it.
        profiles: Of all contacts of the accounts (`relations.PROFILES`), computed before and not due since.
        sizes: `relations.SIZES`, for the coverage; None where no account's size is known.
        now: Aware.
        settings: The config's `nps`.

    Returns:
        `relations.ROLLUPS`, ordered by account.

    Raises:
        ValueError: A profile is due: its counts are of another time than *now*.
    """
    soonest = pc.min(profiles["due_at"]).as_py()
    if soonest is not None and soonest <= epoch_ms(now):
        raise ValueError("a profile is due: compute it again before the rollup of its account")
    given = {
        "profiles": profiles,
        "sizes": SIZES.empty_table() if sizes is None else sizes,
        "settings": pa.table(
            {
                "method": pa.array([settings.account.method.value], pa.string()),
                "account_kind": pa.array([settings.account.survey_kind], pa.string()),
            }
        ),
    }
    return _with_limits(kernel.run("rollups", given), settings)


def count_persons(profiles: pa.Table) -> dict[SurveyKind, Counts]:
    """Count persons by the category of their latest unexpired response, per survey kind; for `rollup.summary`."""
    return {kind: _count(profiles[f"{kind}_score"]) for kind in SurveyKind}


def profiles_sql(segments: Mapping[str, Predicate], *, asked: bool = False) -> str:
    """Return the kernel `profiles` with the segments as one text; with `silence`, where it is known who was asked."""
    known = f"profiles AS ({sql('profiles')})"
    if asked:
        known = f"answered AS ({sql('profiles')}), profiles AS ({sql('silence')})"
    return (
        f"WITH {known} "  # noqa: S608 - composed of our own texts and quoted literals
        f"SELECT p.* EXCLUDE (due_at), {names_sql(segments)} AS segments, {due_sql(segments)} AS due_at "
        "FROM profiles AS p CROSS JOIN settings AS s"
    )


def _profiles(
    kernel: Kernel,
    relations: Mapping[str, pa.Table],
    *,
    now: datetime,
    settings: NpsSettings,
    segments: Mapping[str, Predicate],
) -> pa.Table:
    given = {"settings": _settings(now, settings), **relations}
    # Arrow sorts these wide rows in a third of DuckDB's time.
    return kernel.query(profiles_sql(segments, asked="sends" in relations), given).cast(PROFILES).sort_by("subject")


def _ranges(kernel: Kernel, part: int) -> list[str]:
    """Cut the kept responses into ranges of subjects of about *part* responses, as conditions in ascending order."""
    text = f"""
        SELECT subject, count(*) AS responses FROM nps_responses
        WHERE hash(subject) % {_SAMPLED} = 0 GROUP BY subject ORDER BY subject
    """  # noqa: S608 - our own number
    cuts, gathered = [], 0
    for subject, responses in zip(*kernel.query(text).to_pydict().values(), strict=True):
        gathered += responses
        if gathered * _SAMPLED >= part:
            cuts.append(f"'{subject.replace(chr(39), chr(39) * 2)}'")
            gathered = 0
    lows = ["true", *(f"subject >= {cut}" for cut in cuts)]
    highs = [*(f"subject < {cut}" for cut in cuts), "true"]
    return [f"{low} AND {high}" for low, high in zip(lows, highs, strict=True)]


def _settings(now: datetime, settings: NpsSettings) -> pa.Table:
    numbers = {
        "now_ms": epoch_ms(now),
        "expires_ms": milliseconds(settings.expires_after),
        "fresh_relational_ms": milliseconds(settings.fresh_for.relational),
        "fresh_transactional_ms": milliseconds(settings.fresh_for.transactional),
        "trend_drop": settings.trend.drop,
        "trend_within_ms": milliseconds(settings.trend.within),
    }
    signals = {f"risk_{reason}": reason in settings.risk for reason in RiskReason}
    return pa.table({name: [value] for name, value in (numbers | signals).items()})


def _count(scores: pa.ChunkedArray) -> Counts:
    promoters = pc.sum(pc.greater_equal(scores, 9)).as_py() or 0
    opinions = pc.sum(pc.greater_equal(scores, 7)).as_py() or 0
    return Counts(promoters, opinions - promoters, len(scores) - scores.null_count - opinions)


def _with_limits(counted: pa.Table, settings: NpsSettings) -> pa.Table:
    by_category = zip(*(counted[name].to_pylist() for name in Counts._fields), strict=True)
    estimates = [published(Counts(*counts), settings) for counts in by_category]
    sizes = zip(counted["contacts"].to_pylist(), counted["contacts_known"].to_pylist(), strict=True)
    asked = zip(counted["sends"].to_pylist(), counted["answered"].to_pylist(), strict=True)
    added = {
        "nps": [found and found.nps for found in estimates],
        "nps_low": [found and found.low for found in estimates],
        "nps_high": [found and found.high for found in estimates],
        "coverage": [coverage(contacts, known) for contacts, known in sizes],
        "response_rate": [response_rate(*each) for each in asked],
    }
    columns = {name: counted[name] for name in counted.column_names} | added
    return pa.table({name: columns[name] for name in ROLLUPS.names}, schema=ROLLUPS)
