"""The played org's store: its indexes never differ from a look at every row, whatever was written or taken back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce.ids import Numbers
from sandbox.salesforce.objects import kind_from
from sandbox.salesforce.records import Records

KEYS = ["a", "A", "b", None]
IDS = [Numbers().new("a00")] + [f"a00{letter}0000000000{letter}" for letter in "xYz"]
writes = st.tuples(st.just("put"), st.sampled_from(IDS), st.sampled_from(KEYS), st.booleans())
purges = st.tuples(st.just("purge"), st.sampled_from(IDS), st.none(), st.just(value=False))
#: Steps of one call, and whether it is taken back.
calls = st.lists(st.tuples(st.lists(writes | purges, max_size=6), st.booleans()), max_size=6)


def shown(store, kind):
    """Return every row, and what each key finds, with and without the recycle bin."""
    field = kind.fields["key__c"]
    rows = {row["Id"]: dict(row) for row in store.all(kind, deleted=True)}
    for key in ("a", "b"):
        for deleted in (True, False):
            found = sorted(row["Id"] for row in store.lookup(kind, field, [key.upper()], deleted=deleted))
            assert found == sorted(
                each["Id"]
                for each in rows.values()
                if (each.get("Key__c") or "").lower() == key and (deleted or not each["IsDeleted"])
            )
    return rows


@given(calls)
def test_an_index_finds_what_a_look_at_every_row_finds(calls):
    kind = kind_from("Thing__c", "a00", "Id id\nIsDeleted boolean\nKey__c string(9) idlookup")
    store = Records()
    shown(store, kind)

    for steps, taken_back in calls:
        before = shown(store, kind)
        with store.undoable() as undo:
            for what, record_id, key, deleted in steps:
                if what == "put":
                    store.put(kind, {"Id": record_id, "Key__c": key, "IsDeleted": deleted})
                else:
                    store.purge(kind, record_id)
            shown(store, kind)
            if taken_back:
                undo()
        after = shown(store, kind)
        assert not taken_back or before == after
