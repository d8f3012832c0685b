"""A run leaves the interpreter as it found it."""

from __future__ import annotations

import gc

import pytest

from sync.garbage import seldom_searched

BEFORE = gc.get_threshold()


def interrupted() -> None:
    with seldom_searched():
        assert BEFORE[0] < gc.get_threshold()[0]
        raise KeyboardInterrupt


def test_the_search_is_as_frequent_afterwards_as_before_whatever_happens():
    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert BEFORE == gc.get_threshold()
