"""HubSpot's bad days in the sandbox: every fault that the vendor's package plays itself."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.hubspot import serve
from tests.contract.hubspot_wire import Wire, clock, found, portal, row, service, surveyed, wire

__all__ = ["clock", "portal", "service", "wire"]


def new(number: int, trace: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"properties": {"email": f"c{number}@example.com"}}
    return made | ({"objectWriteTraceId": trace} if trace else {})


def test_a_search_runs_behind_the_writes(portal, service, wire, clock):
    service.faults.set("search_lag", 1.0)
    id_ = portal.create("contacts", {"email": "ann@example.com"})
    new_ = wire.search().body["total"]
    clock.advance(portal.lag_s)
    portal.update("contacts", id_, {"firstname": "Ann"})

    lagging = wire.search(properties=["firstname"]).body["results"]
    clock.advance(portal.lag_s)
    settled = wire.search(properties=["firstname"]).body["results"]

    assert (0, [None], ["Ann"]) == (
        new_,
        [one["properties"].get("firstname") for one in lagging],
        [one["properties"].get("firstname") for one in settled],
    )


def test_a_locked_record_locks_the_whole_batch(service, wire):
    service.faults.set("row_lock", 1)

    statuses = [wire.batch("create", [new(1), new(2)]).status for _ in range(2)]

    assert [423, 201] == statuses


def test_a_batch_is_locked_as_often_as_its_rate_says_whatever_its_size(service, wire):
    service.faults.set("row_lock", 0.1)

    statuses = [wire.batch("create", [new(100 * call + row) for row in range(40)]).status for call in range(40)]

    assert 0 < statuses.count(423) < 12


def test_a_silent_failure_says_success_and_does_nothing(portal, service, wire):
    service.faults.set("silent_failure", 1)

    answer = wire.batch("create", [new(1), new(2)])

    assert (201, [], False) == (answer.status, answer.body["results"], "errors" in answer.body)
    assert [] == portal.records("contacts")


def test_a_silent_batch_leaves_out_rows_that_it_wrote(portal, service, wire):
    service.faults.set("silent_batch", 0.5)

    answer = wire.batch("create", [new(number) for number in range(40)])

    assert 0 < len(answer.body["results"]) < 40
    assert 40 == len(portal.records("contacts"))


def test_a_partial_batch_refuses_rows_with_which_nothing_is_wrong(portal, service, wire):
    service.faults.set("partial_batch", 0.3)

    answer = wire.batch("create", [new(number, str(number)) for number in range(40)])

    refused = {one["context"]["objectWriteTraceId"][0] for one in answer.body["errors"]}
    assert (207, len(refused)) == (answer.status, answer.body["numErrors"])
    assert 40 == len(refused) + len(portal.records("contacts"))
    assert 0 < len(refused) < 40
    assert {"INTERNAL_ERROR"} == {one["category"] for one in answer.body["errors"]}


def test_drifting_schema_hides_our_properties_and_leaves_hubspots(portal, service, wire):
    id_ = portal.create("contacts", {"nps_score": "9"})
    service.faults.set("schema_drift", 1.0)

    assert 200 == wire.batch("update", [row(id_, firstname="Ann")]).status
    answer = wire.batch("update", [row(id_, nps_score="3")])

    assert (400, "PROPERTY_DOESNT_EXIST") == (answer.status, answer.body["errors"][0]["code"])
    assert "9" == portal.get("contacts", id_)["nps_score"]


def test_a_stale_read_shows_the_value_before(portal, service, wire, clock):
    id_ = portal.create("contacts", {"nps_score": "9"})
    clock.advance(1)
    portal.update("contacts", id_, {"nps_score": "3"})
    service.faults.set("stale_read", 1)

    values = [wire("GET", f"contacts/{id_}", properties="nps_score").body["properties"]["nps_score"] for _ in range(2)]

    assert ["9", "3"] == values


def test_every_field_of_an_error_can_be_missing(portal, service, wire):
    service.faults.set("bare_errors", 1)

    assert {"message"} == set(wire("GET", "contacts/12").body)
    portal.omit = frozenset({"category", "correlationId"})
    assert {"status", "message"} == set(wire("GET", "contacts/12").body)


def test_trace_ids_are_echoed_in_results_only_by_a_switch(service, wire):
    service.faults.set("trace_echo", 1)

    answers = [wire.batch("create", [new(number, "t")]).body["results"][0] for number in (1, 2)]

    assert ["t", None] == [one.get("objectWriteTraceId") for one in answers]


@pytest.mark.parametrize(("fault", "header"), [("status_477", "3600"), ("status_500", None), ("status_423", None)])
def test_a_server_in_trouble_speaks_as_hubspot_does(portal, service, wire, fault, header):
    service.faults.set(fault, 1)

    answer = wire("POST", "contacts", {"properties": {"email": "a@example.com"}})

    assert (int(fault[-3:]), header) == (answer.status, answer.headers.get("retry-after"))
    assert "error" == answer.body["status"]
    assert [] == portal.records("contacts")


def test_the_same_seed_gives_the_same_portal(clock):
    def story() -> list[str]:
        portal = surveyed(clock)
        with serve(portal, clock=clock) as service, Wire(service) as wire:
            answer = wire.batch("create", [new(number) for number in range(30)])
        return [portal.doors.client_id, *(one["id"] for one in answer.body["results"])]

    assert story() == story()


def test_a_batch_of_a_hundred_is_answered_in_milliseconds(wire):
    """CPU of this process, client and server together: the sandbox must not be what a benchmark measures."""
    made = wire.batch("create", [new(number) for number in range(100)])
    rows = [row(id_, nps_score="9", nps_category="promoter", nps_at="1769851800000") for id_ in found(made)]
    before = time.process_time()

    for _ in range(10):
        assert 200 == wire.batch("update", rows).status

    assert (time.process_time() - before) / 10 < 0.1
