"""The figures of one writer in words: ours against the bars, the others against ours."""

from __future__ import annotations

import math
from typing import Any

#: Calls beside those that write: sign-in, describing the object.
FURTHER = 6
WINDOW_S = 10


def show(found: dict[str, Any], beside: dict[str, Any] | None = None) -> None:
    """Print one writer's figures; *beside* are ours, to which the others are compared."""
    if "missing" in found:
        print(f"{found['writer']}: {found['missing']}")
        return
    limit = f" at {found['calls_per_10s']} calls per 10 s" if found["calls_per_10s"] else ""
    what = f"{found['written']:,.0f} contacts in {found['seconds']} s, {found['calls']} calls"
    print(f"{found['vendor']}{limit}, {found['writer']}: {what}")
    if beside is None:
        _bars(found)
    else:
        _ratios(found, beside)


def _bars(found: dict[str, Any]) -> None:
    if found["calls_per_10s"]:
        bound = WINDOW_S * (math.ceil(found["contacts"] / 100 / found["calls_per_10s"]) - 1)
        if bound:
            ratio = found["seconds"] / bound
            print(f"  time / bound      {ratio:.2f}  {_verdict(ratio <= 1.15, 'at most 1.15')}")
        most = found["most_in_10s"]
        print(f"  most calls in 10 s  {most}  {_verdict(most <= found['calls_per_10s'], 'never above the limit')}")
        print(f"  refused with 429  {found['refused']}  {_verdict(not found['refused'], 'none')}")
    else:
        bulk = 6 + 12
        most = min(math.ceil(found["contacts"] / 200), bulk * math.ceil(found["contacts"] / 100_000)) + FURTHER
        print(f"  calls             {found['calls']}  {_verdict(found['calls'] <= most, f'at most {most}')}")
    used = found["cpu_us_per_record"]
    print(f"  CPU of the writer {used} us a record  {_verdict(used <= 40, 'at most 40')}")
    print(f"  peak over base    {found['mb_over_base']} MB  {_verdict(found['mb_over_base'] <= 64, 'at most 64 MB')}")


def _ratios(found: dict[str, Any], ours: dict[str, Any]) -> None:
    """A peer that wrote a sample is carried to as many contacts as ours wrote, where that can be done."""
    share = ours["contacts"] / found["contacts"]
    sampled = f" (a sample of {found['contacts']:,}, carried to {ours['contacts']:,})" if share > 1 else ""
    seconds, calls = found["seconds"] * share, found["calls"] * share
    print(f"  time / ours       {seconds / ours['seconds']:.1f}{sampled}")
    print(f"  calls / ours      {calls / ours['calls']:.1f}")
    print(f"  CPU / ours        {found['cpu_us_per_record'] / ours['cpu_us_per_record']:.1f}")
    print(f"  peak over base    {found['mb_over_base']} MB")
    if found["calls_per_10s"]:
        print(f"  most calls in 10 s  {found['most_in_10s']}; refused with 429: {found['refused']}")


def _verdict(held: bool, bar: str) -> str:  # noqa: FBT001 - a verdict is a yes or a no
    return f"{'ok' if held else 'MISSED'}: {bar}"
