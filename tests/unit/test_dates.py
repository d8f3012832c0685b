"""Dates are read as they are written, one way per file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dates import DateEvidence, DateOrder, DateProblem, DateReader

LATEST = datetime(2030, 1, 1, tzinfo=UTC)
MOMENT = datetime(2026, 11, 2, 13, 5, 9, tzinfo=UTC)


def reader(order=DateOrder.DMY, **options) -> DateReader:
    return DateReader(order, zone=options.pop("zone", UTC), latest=LATEST, **options)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-02 13:05:09",
        "2026-11-02T13:05:09",
        "2026-11-02T13:05:09.000Z",
        "2026-11-02T14:05:09+01:00",
        "2026-11-02 08:05:09 -0500",
        "2026/11/02 1:05:09 PM",
        "2026/11/02 2:05:09 pm GMT+1",
        "02.11.2026 13:05:09",
        "2.11.2026, 13:05:09",
        "02/11/2026 01:05:09 PM",
        "2-Nov-2026 13:05:09",
        "Nov 2, 2026 1:05:09 p.m.",
        "2. November 2026 13:05:09",
        "2 novembre 2026 13:05:09",
        "20261102 13:05:09",
        "1793624709",
        "1793624709000",
        "1793624709000000",
        "46328.545243056",
    ],
)
def test_one_moment_in_many_spellings_is_one_moment(text):
    assert MOMENT == reader().read(text)


@pytest.mark.parametrize(
    "text",
    ["31/02/2026", "2026-13-01", "2026-11-02 25:00", "13:05", "yesterday", "12", "99999", "2026-W01-1T10:22:33", "١٢"],
)
def test_what_is_no_date_is_said_to_be_none(text):
    assert DateProblem.UNREADABLE == reader().read(text)


@pytest.mark.parametrize("text", ["", " ", "n/a", "-"])
def test_an_empty_cell_is_missing(text):
    assert DateProblem.MISSING == reader().read(text)


def test_without_an_order_only_certain_dates_are_read():
    unsure = reader(None)

    assert DateProblem.AMBIGUOUS == unsure.read("03/04/2026")
    assert datetime(2026, 4, 25, tzinfo=UTC) == unsure.read("25/04/2026")
    assert datetime(2026, 4, 4, tzinfo=UTC) == unsure.read("04/04/2026")


def test_days_of_1904_are_counted_from_1904():
    assert datetime(2026, 11, 2, tzinfo=UTC) == reader(epoch_1904=True).read(str(46328 - 1462))


def test_a_moment_of_summer_is_read_in_summer_time():
    assert datetime(2026, 7, 1, 8, tzinfo=UTC) == reader(zone=ZoneInfo("Europe/Berlin")).read("2026-07-01 10:00")


def test_the_future_is_told():
    assert DateProblem.IN_FUTURE == reader().read(f"{LATEST + timedelta(seconds=1):%Y-%m-%d %H:%M:%S}")


@given(st.datetimes(datetime(2000, 1, 1), datetime(2029, 1, 1)), st.sampled_from(DateOrder))  # noqa: DTZ001 - naive, as cells are
def test_a_date_written_by_an_order_is_read_by_it(moment, order):
    form = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "ymd": "%Y/%m/%d"}[order.value]
    text = moment.strftime(form + " %H:%M:%S")

    assert moment.replace(microsecond=0, tzinfo=UTC) == reader(order).read(text)


SPELLINGS = ["2026-11-02 13:05:09", "2026-11-02T13:05:09", "2026-11-02", "1712010510123456789", "2026-W01-1T10:22:33"]
SPELLINGS += ["2031-01-01 00:00:00", "2026-11-02x13:05:09", "2026-02-30 10:00:00", "2026-11-02 102233,10", "", "x"]


@given(st.lists(st.sampled_from(SPELLINGS), max_size=4))
def test_many_are_read_as_one_by_one(texts):
    one_by_one = [reader().read(text) for text in texts]

    assert [None if isinstance(one, DateProblem) else one for one in one_by_one] == reader().read_many(texts)


@given(
    st.datetimes(datetime(1995, 1, 1), datetime(2029, 1, 1)),  # noqa: DTZ001 - naive, as cells are
    st.sampled_from(["T", " "]),
    st.sampled_from(["auto", "milliseconds", "microseconds"]),
    st.sampled_from(["", "Z", "+00:00"]),
    st.sampled_from([UTC, ZoneInfo("Europe/Berlin")]),
)
def test_what_the_standard_library_reads_is_read_as_by_parts(moment, mark, precision, suffix, zone):
    text = moment.isoformat(mark, timespec=precision) + suffix
    one = reader(zone=zone)

    assert one._by_parts(text) == one.read(text)
    assert UTC is getattr(one.read(text), "tzinfo", None)


@pytest.mark.parametrize("text", ["2026-11-02T24:00:00Z", "2026-02-30T10:00:00Z", "2026-11-02T10:22:60Z"])
def test_a_moment_that_no_clock_shows_is_not_read(text):
    """The standard library takes 24:00 since Python 3.13."""
    assert DateProblem.UNREADABLE == reader().read(text)


@given(st.permutations(["25/04/2026", "03/04/2026", "01/02/2026", "2026-01-01", ""]))
def test_the_order_of_a_file_does_not_depend_on_the_order_of_its_rows(texts):
    evidence = DateEvidence()
    for text in texts:
        evidence.add([text])

    assert DateOrder.DMY is evidence.order()
