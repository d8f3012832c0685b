"""A project's daily life at the command line: check, look, write, decide, explain."""

from __future__ import annotations

import csv

import pytest

STATES = ("written", "unchanged", "skipped", "held", "rejected", "pending")


def test_validate_says_what_goes_where(desk):
    said = desk.npsync("validate")

    assert 0 == said.status
    assert "crm: valid, survey -> store people" in said.out


def test_a_dry_run_shows_old_and_new_with_the_reason_and_writes_nothing(desk):
    said = desk.npsync("sync", "-n")

    assert 0 == said.status
    assert "  nps_score: (empty) -> 9   (response survey:r1)" in said.out.splitlines()
    assert [] == desk.stored("SELECT name FROM sqlite_master WHERE name IN ('people', 'responses')")


def test_a_sync_writes_the_certain_and_says_where_the_rest_waits(desk):
    said = desk.npsync("sync")

    assert 1 == said.status, "a rejected row is a failure that a person should see"
    assert [("C-1", 9), ("C-2", 3)] == desk.stored("SELECT customer_id, nps_score FROM people ORDER BY 1")
    assert "-> npsync held crm" in said.out


def test_the_report_as_json_has_its_promised_shape(desk):
    told = desk.npsync("sync", "--output", "json").object

    assert {"run", "status", "rows", "calls", "seconds", "nps"} <= set(told)
    assert ["pull", "match", "compute", "plan", "deliver"] == list(told["seconds_by_phase"])
    assert {"skipped_by_reason", "held_by_reason", "rejected_by_reason"} <= set(told)
    assert {"in", *STATES} == set(told["rows"])
    assert 5 == told["rows"]["in"] == sum(told["rows"][state] for state in STATES)


def test_categories_of_the_tool_that_its_scores_do_not_give_are_told_once(desk):
    rows = "r1,9,2026-10-01 10:00,Detractors\nr2,9,2026-10-02 10:00,NPS promoter\nr3,9,2026-10-03 10:00,happy\n"
    desk.write("responses.csv", "Response ID,Score,Date,NPS Category,Customer\n" + rows.replace("\n", ",C-1\n"))

    said = desk.npsync("sync")

    assert ["1 rows carry a category that their score does not give; ours is computed"] == [
        line.removeprefix("  note       ") for line in said.out.splitlines() if "category" in line
    ]


def test_the_run_is_named_when_it_begins_so_that_an_interrupted_one_can_be_looked_at(desk):
    (desk.folder / "responses.csv").unlink()  # no report is printed

    said = desk.npsync("sync")
    (run,) = desk.npsync("runs", "--output", "json").object["runs"]

    assert f"npsync runs {run['run']}" in said.err
    assert "begins" not in desk.npsync("sync", "-q").err
    assert "begins" not in desk.npsync("sync", "-n").err


def test_a_second_sync_writes_nothing(desk):
    desk.npsync("sync")

    assert {} == desk.npsync("sync", "--output", "json").object["writes"]


def test_json_of_several_mappings_is_still_one_object(desk):
    mapping = (desk.folder / "mappings/crm.yaml").read_text(encoding="utf-8")
    mapping = mapping.replace("object: people", "object: others").replace("object: responses", "object: asked")
    desk.write("mappings/other.yaml", mapping)

    told = desk.npsync("--output", "json", "sync").object

    assert ["crm", "other"] == [run["mapping"] for run in told["runs"]]


def test_held_shows_candidates_rules_and_evidence(desk):
    desk.npsync("sync")

    by_response = {one["responses"][0]: one for one in desk.npsync("held", "--output", "json").object["held"]}

    assert {"survey:r3", "survey:r4"} == set(by_response)
    assert ["C-3", "C-4"] == by_response["survey:r3"]["candidates"]
    assert "email" == by_response["survey:r3"]["evidence"][0]["rule"]


def test_a_person_decides_and_the_next_sync_acts(desk):
    desk.npsync("sync")

    assert 0 == desk.npsync("held", "--link", "survey:r3", "C-3").status
    assert 0 == desk.npsync("held", "--drop", "survey:r4").status
    desk.npsync("sync")

    assert [(8,)] == desk.stored("SELECT nps_score FROM people WHERE customer_id = 'C-3'")
    assert "Nothing is held." in desk.npsync("held").out
    assert {"pin", "drop"} == {one["verb"] for one in desk.npsync("state", "export").object["decisions"]}


def test_a_link_to_a_record_that_is_not_there_is_refused_and_keeps_the_response_held(desk):
    desk.npsync("sync")

    said = desk.npsync("held", "--link", "survey:r3", "C-33")

    assert 2 == said.status
    assert "no record `C-33` among the customers of `store`; nothing was linked" in said.err
    assert "npsync held crm" in said.err
    assert [] == desk.npsync("state", "export").object["decisions"]


def test_a_link_is_refused_where_the_records_cannot_be_reached(desk):
    desk.npsync("sync")
    (desk.folder / "store.db").rename(desk.folder / "away.db")

    said = desk.npsync("held", "--link", "survey:r3", "C-3")

    assert 2 == said.status
    assert "Nothing was linked" in said.err
    assert "[E110] npsync help E110" == said.err.splitlines()[-1]
    assert [] == desk.npsync("state", "export").object["decisions"]


def test_explain_goes_from_the_row_to_the_written_field(desk):
    desk.npsync("sync")

    said = desk.npsync("explain", "r1")

    assert 0 == said.status
    for part in ("responses.csv, row 2", "matched customers C-1 by rule customer_id", "nps_score = 9"):
        assert part in said.out


def test_explain_knows_a_rejected_row_by_its_place(desk):
    desk.npsync("sync")

    assert "score_not_a_number" in desk.npsync("explain", "responses.csv:6").out


def test_explain_as_json_carries_the_record_and_the_rule(desk):
    desk.npsync("sync")

    decision = desk.npsync("explain", "survey:r2", "--output", "json").object["mappings"][0]["decision"]

    assert ("email", "customers", "C-2") == (decision["rule"], decision["object"], decision["record"])


def test_runs_lists_them_and_one_shows_its_rejected_rows_with_the_next_step(desk):
    run = desk.npsync("sync", "--output", "json").object["run"]

    assert [run] == [one["run"] for one in desk.npsync("runs", "--output", "json").object["runs"]]
    assert "responses.csv:6 [Score]: score_not_a_number" in desk.npsync("runs", run).out


@pytest.mark.parametrize("command", ["status", "report", "runs", "held"])
def test_looking_before_the_first_run_says_how_to_start_one(desk, command):
    said = desk.npsync(command)

    assert 0 == said.status
    assert said.out.strip()


def test_status_counts_what_waits(desk):
    desk.npsync("sync")

    (told,) = desk.npsync("status", "--output", "json").object["mappings"]

    assert (4, 2, 0, 1) == (told["responses"], told["held"], told["pending"], told["rejected"])


def test_resolve_needs_no_config_and_decides_every_row(desk):
    customers = "C-1,ada@acme.example\nC-3,pair@twin.example\nC-4,pair@twin.example\n"
    desk.write("customers.csv", f"customer_id,email\n{customers}")
    desk.write("asked.csv", "response_id,email\na,ADA@acme.example\nb,pair@twin.example\nc,zoe@else.example\nd,\n")
    (desk.folder / "config.yaml").unlink()

    said = desk.npsync("resolve", "--records", "customers.csv", "--responses", "asked.csv", "--output", "decisions.csv")

    assert 0 == said.status
    with (desk.folder / "decisions.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["response_id"]: (row["outcome"], row["record"]) for row in csv.DictReader(file)}
    assert {"a": ("matched", "C-1"), "b": ("held", ""), "c": ("held", ""), "d": ("excluded", "")} == rows
