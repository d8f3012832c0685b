"""The demo's second part: the same responses into Salesforce and HubSpot, both played on this machine."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sync.cli.session import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sandbox import Service
    from sync.cli.screen import Screen
    from sync.report import RunReport

#: Vendor → the object that holds persons, and how the vendor calls a record's id.
PEOPLE = {"salesforce": ("Contact", "Id"), "hubspot": ("contacts", "hs_object_id")}
#: What npsync writes is called so; anything else of a record must stay as it was.
OURS = "nps_"
#: What the vendors note by themselves when a record changes.
STAMPS = ("lastmodified", "systemmodstamp", "hs_lastmodified", "hs_updated", "hs_object_source")
#: Values of one record that are shown.
SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What became of one vendor's records."""

    vendor: str
    first: RunReport
    again: RunReport
    #: One record that was written: its id, and its values before and after.
    record: str
    before: dict[str, Any]
    after: dict[str, Any]
    #: How many records had anything changed that is not ours.
    touched: int

    def changes(self) -> list[tuple[str, Any, Any]]:
        """Return our fields of the record that is shown: name, before, after."""
        names = sorted(name for name in self.after if name.lower().startswith(OURS))
        found = [(name, self.before.get(name), self.after[name]) for name in names]
        return [(name, old, new) for name, old, new in found if new not in (None, "") and old != new]

    def as_json(self) -> dict[str, Any]:
        return {
            "first": self.first.as_json(),
            "second": self.again.as_json(),
            "record": self.record,
            "changes": [{"field": name, "old": old, "new": new} for name, old, new in self.changes()],
            "touched_otherwise": self.touched,
        }


def play(screen: Screen, folder: Path, vendor: str, clock: Callable[[], datetime]) -> Shown:
    """Sync the responses of the demo in *folder* into *vendor*, twice; its own files go into a folder beneath."""
    import mappings
    from connectors.secrets import SecretStore, variable
    from sync.cli.sandbox_fields import MAKE
    from sync.cli.sandbox_people import FILL, customers
    from sync.config.load import read

    played: Any = import_module(f"sandbox.{vendor}")
    home = folder / vendor
    (home / "mappings").mkdir(parents=True, exist_ok=True)
    for ledger in (home / ".npsync").glob("*.db*"):
        ledger.unlink()
    file = home / "mappings" / f"{vendor}.yaml"
    shutil.copyfile(Path(mappings.__file__).with_name(file.name), file)
    mapping: Any = read(file, missing="E110").data
    with played.serve(seed=1) as service:
        MAKE[vendor](service.world, mapping)
        FILL[vendor](service.world, customers((folder / "customers.csv").read_text(encoding="utf-8")))
        _configure(home, folder / "config.yaml", mapping["to"], played.connection(service))
        given = {variable(mapping["to"], field): value for field, value in played.secrets(service).items()}
        before = _people(service, vendor)
        with opened(home / "config.yaml", screen, clock=clock) as project:
            project.secrets = SecretStore(environment=given, order=("environment",))
            first = project.engine(vendor).sync()
            again = project.engine(vendor).sync()
        after = _people(service, vendor)
    return _shown(vendor, first, again, before, after)


def _configure(home: Path, demo: Path, name: str, connection: Mapping[str, str]) -> None:
    """Write the demo's own config with another destination."""
    from sync.config.load import read

    config: Any = read(demo, missing="E110").data
    survey = config["connections"]["survey"] | {"path": "../responses.csv"}
    told = {**config, "connections": {"survey": survey, name: dict(connection)}}
    (home / "config.yaml").write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")


def _people(service: Service, vendor: str) -> dict[str, dict[str, Any]]:
    object_, id_ = PEOPLE[vendor]
    world: Any = service.world
    return {row[id_]: row for row in world.records(object_)}


def _shown(
    vendor: str,
    first: RunReport,
    again: RunReport,
    before: dict[str, dict[str, Any]],
    after: dict[str, dict[str, Any]],
) -> Shown:
    """Choose the record with the most to see, and look for changes that are not ours in all."""
    record = max(after, key=lambda id_: (len(_ours(after[id_])), id_))
    touched = sum(_others(before.get(id_, {})) != _others(row) for id_, row in after.items())
    return Shown(
        vendor=vendor,
        first=first,
        again=again,
        record=record,
        before=before[record],
        after=after[record],
        touched=touched,
    )


def _ours(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name.lower().startswith(OURS) and value not in (None, "")}


def _others(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is neither ours nor the vendor's own note of who changed the record when."""
    return {name: value for name, value in row.items() if not name.lower().startswith((OURS, *STAMPS))}


def tell(screen: Screen, shown: Shown) -> None:
    """Show what was written, and one record before and after."""
    from sync.cli.render_run import summary

    title = {"salesforce": "Salesforce", "hubspot": "HubSpot"}[shown.vendor]
    screen.data(f"{title}, played on this machine\n{summary(shown.first.as_json())}")
    screen.data(f"  {PEOPLE[shown.vendor][0]} {shown.record}, before → after:")
    for name, old, new in shown.changes()[:SHOWN]:
        screen.data(f"    {name}: {'(blank)' if old in (None, '') else old} → {new}")
    written = sum(shown.again.writes.values())
    again = "The second sync wrote nothing" if not written else f"The second sync wrote {written:,} records again!"
    screen.data(f"  {again}; {shown.touched:,} records were touched in any field but these.\n")
