"""Records known by a property without unique values: looked up, for no upsert finds them.

Search lags behind by seconds, so what we made a moment ago is found through the record that it hangs on; what hangs
elsewhere since then is searched for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.batching import Sent
from connectors.hubspot.batches import held_by
from connectors.hubspot.properties import ID
from connectors.hubspot.searching import Search, value_groups
from connectors.values import OutcomeKind
from connectors.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.hubspot.batches import Batches, Input
    from connectors.hubspot.links import Links
    from connectors.hubspot.properties import Properties

#: Several records hold the value that should tell one from another; which of them is meant, nobody knows.
_SEVERAL = Verdict(OutcomeKind.CONFLICT, "DUPLICATE_KEY")


@dataclass(frozen=True, slots=True)
class Finding:
    """Finds records of one object by their value of one property.

    Args:
        batches: Its reads.
        links: Its associations.
        known: The object's properties.
        key: The property.
    """

    batches: Batches
    links: Links
    known: Properties
    key: str

    def own_ids(self, values: Iterable[str], targets: Mapping[str, Iterable[str]]) -> Mapping[str, Sequence[str]]:
        """Return the records' own ids by value, several where several hold it; a value without records is absent.

        Args:
            values: To be found.
            targets: Object → the records of it on which ours may hang.

        Raises:
            ConnectorError: It could not be read.
        """
        wanted = dict.fromkeys(value for value in values if value)
        found: dict[str, set[str]] = {}
        for to, ids in targets.items():
            held = self.links.of(to, self.known.object, (id_ for id_ in ids if id_))
            ours = sorted({id_ for listed in held.values() for id_ in listed})
            self._keep(found, self.batches.read(self.known.object, ours, [self.key]) if ours else ())
        missing = [value for value in wanted if value not in found]
        search = Search(self.batches.session, self.batches.paths, self.known.object, [self.key])
        for groups in value_groups(self.known.by_name[self.key], missing, search.room()) if missing else ():
            for page in search.all(groups):
                self._keep(found, page)
        return {value: sorted(found[value], key=int) for value in wanted if value in found}

    def write(self, inputs: Sequence[Input], targets: Mapping[str, Sequence[str]], own: dict[str, str]) -> Sent:
        """Update the records there are, and make the others where they hang from the start, so that they are found.

        Args:
            inputs: The rows, by their value of the key.
            targets: Object → for each row the record of it that ours should hang on; may be blank.
            own: Takes in the record's own id of each row that was written, by the row's.
        """
        found = self.own_ids([each.id for each in inputs], targets)
        total = Sent([each.unfit or _SEVERAL for each in inputs])
        there = {n: found[each.id][0] for n, each in enumerate(inputs) if len(found.get(each.id, ())) == 1}
        new = [n for n, each in enumerate(inputs) if each.id not in found]
        object_ = self.known.object
        updates = [replace(inputs[n], id=id_) for n, id_ in there.items()]
        _take(total, list(there), self.batches.write(object_, ID, updates))
        own.update({inputs[n].id: id_ for n, id_ in there.items()})
        if total.stopped is not None:
            _take(total, new, Sent([Verdict(OutcomeKind.DEFERRED)] * len(new)))
            return total
        hung = [self._hung({to: ids[n] for to, ids in targets.items()}) for n in new]
        made = [replace(inputs[n], associations=wish) for n, wish in zip(new, hung, strict=True)]
        _take(total, new, self.batches.create(object_, self.key, made, own))
        return total

    def _hung(self, targets: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return what a new record hangs on, as HubSpot writes it."""
        object_ = self.known.object
        return [{"to": {"id": id_}, "types": [self.links.type(object_, to)]} for to, id_ in targets.items() if id_]

    def _keep(self, found: dict[str, set[str]], records: Iterable[Mapping[str, object]]) -> None:
        for record in records:
            value = str(held_by(record).get(self.key) or "")
            found.setdefault(value, set()).add(str(record.get("id")))


def _take(total: Sent, places: Sequence[int], sent: Sent) -> None:
    for place, verdict in zip(places, sent.verdicts, strict=True):
        total.verdicts[place] = verdict
    total.stopped, total.calls = total.stopped or sent.stopped, total.calls + sent.calls
