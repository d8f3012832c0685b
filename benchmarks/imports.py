"""Measure the import of a whole history, and of what is new, beside dlt.

Run it as `python -m benchmarks.imports`; README.md beside this says what each figure means.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.ours import Project
from benchmarks.peer import Dlt, PeerMissing
from benchmarks.population import Company

if TYPE_CHECKING:
    from benchmarks.measured import Cost


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="npsync-bench-") as made:
        folder = Path(asked.folder or made)
        project = Project(folder / "ours", Company(customers=asked.customers, seed=asked.seed))
        project.prepare()
        results = _measure(project, folder, asked)
    _show(results)
    print(json.dumps(results))


def _measure(project: Project, folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    results: dict[str, Any] = {"responses": asked.responses, "customers": asked.customers, "increment": asked.increment}
    project.add(asked.responses)
    peer = None if asked.without_dlt else _peer(folder, asked, results)
    if peer is not None:
        results["dlt_first_s"], results["dlt_first_cpu_s"], results["dlt_first_mb"] = _cost(peer.load(project.exports))
    cost, report = project.sync()
    results["first_s"], results["first_cpu_s"], results["first_mb"] = _cost(cost)
    results["first_rows"], results["first_phases_s"] = report["rows"], report["seconds_by_phase"]
    results["increments_s"] = {}
    history = asked.responses
    _increments(project, asked, results, history)
    if peer is not None:
        results["dlt_increment_s"], results["dlt_increment_cpu_s"], _ = _cost(peer.load(project.exports))
    for history in asked.history:
        project.add(history - project.responses)
        project.sync()
        _increments(project, asked, results, history)
    return results


def _increments(project: Project, asked: argparse.Namespace, results: dict[str, Any], history: int) -> None:
    seconds, cpu, written, peak = [], [], [], 0.0
    for _ in range(asked.repeats):
        project.add(asked.increment)
        cost, report = project.sync()
        assert report["rows"]["in"] == asked.increment, report["rows"]
        seconds.append(round(cost.seconds, 2))
        cpu.append(round(cost.cpu_s, 2))
        written.append(report["writes"]["people"])
        peak = max(peak, cost.peak_mb)
    results["increments_s"][str(history)] = {
        "runs": seconds,
        "median": round(statistics.median(seconds), 2),
        "cpu": round(statistics.median(cpu), 2),
        "people_written": written,
        "mb": round(peak),
    }


def _cost(cost: Cost) -> tuple[float, float, int]:
    return round(cost.seconds, 1), round(cost.cpu_s, 1), round(cost.peak_mb)


def _peer(folder: Path, asked: argparse.Namespace, results: dict[str, Any]) -> Dlt | None:
    peer = Dlt(Path(asked.peer or folder / "dlt"), folder / "dlt-target")
    try:
        peer.install()
    except PeerMissing as missing:
        results["dlt"] = str(missing)
        return None
    return peer


def _show(results: dict[str, Any]) -> None:
    medians = {int(history): each["median"] for history, each in results["increments_s"].items()}
    base = medians[results["responses"]]
    lines = [
        ("first sync", f"{results['first_s']} s ({results['first_cpu_s']} s CPU)", ""),
        ("peak memory of it", f"{results['first_mb']} MB", _verdict(results["first_mb"] < 700, "under 700 MB")),
    ]
    phases = ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in results["first_phases_s"].items())
    lines.append(("seconds of it by phase", phases, ""))
    if "dlt_first_s" in results:
        ratio = results["first_s"] / results["dlt_first_s"]
        loading = results["first_phases_s"]["pull"] / results["dlt_first_s"]
        used = f"{results['dlt_first_s']} s ({results['dlt_first_cpu_s']} s CPU), {results['dlt_first_mb']} MB"
        lines.append(("dlt, same files", used, ""))
        lines.append(("pull alone / dlt", f"{loading:.2f}", "what both do: read, and store each response once"))
        lines.append(("first sync / dlt", f"{ratio:.2f}", _verdict(ratio < 1, "faster than dlt")))
        used = f"{results['dlt_increment_s']} s ({results['dlt_increment_cpu_s']} s CPU)"
        lines.append((f"dlt, {results['increment']:,} new x runs", used, ""))
    else:
        lines.append(("dlt", results.get("dlt", "not asked for"), ""))
    share = base / results["first_s"]
    cpu = {int(history): each["cpu"] for history, each in results["increments_s"].items()}
    lines.append((f"sync of {results['increment']:,} new", f"{base} s ({cpu[results['responses']]} s CPU)", ""))
    lines.append(("... / first sync", f"1/{1 / share:.0f}", _verdict(share <= 0.01, "at most 1/100")))
    for history, median in medians.items():
        if history != results["responses"]:
            change = median / base - 1
            lines.append(
                (
                    f"... on {history:,} responses",
                    f"{median} s ({change:+.0%}; {cpu[history]} s CPU)",
                    _verdict(abs(change) <= 0.2, "within 20 %"),
                )
            )
    width = max(len(line[0]) for line in lines)
    for what, figure, verdict in lines:
        print(f"{what:<{width}}  {figure:<34}  {verdict}".rstrip())


def _verdict(held: bool, bar: str) -> str:  # noqa: FBT001 - a verdict is a yes or a no
    return f"{'ok' if held else 'MISSED'}: {bar}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--responses", type=int, default=1_000_000, help="of the first sync")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--increment", type=int, default=1_000, help="new responses per later sync")
    parser.add_argument("--repeats", type=int, default=3, help="later syncs per history; the median counts")
    parser.add_argument("--history", type=int, nargs="*", default=[3_000_000], help="further histories, ascending")
    parser.add_argument("--full", action="store_true", help="the last history is 10 million")
    parser.add_argument("--without-dlt", action="store_true")
    parser.add_argument("--peer", help="keep dlt's environment in this folder; what it loaded is not kept")
    parser.add_argument("--folder", help="work here and keep everything")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    asked.history = [10_000_000] if asked.full else [size for size in asked.history if size > asked.responses]
    return asked


if __name__ == "__main__":
    main()
