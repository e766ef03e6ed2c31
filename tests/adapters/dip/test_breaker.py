"""The breaker's table: closed, open, half open."""

from __future__ import annotations

from ivrd.adapters.dip.breaker import Breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = Breaker(2, 10)
    breaker.tell(False, 0)
    breaker.tell(True, 1)
    breaker.tell(False, 2)
    assert breaker.passes(3)
    breaker.tell(False, 3)
    assert not breaker.passes(4)
    assert breaker.is_open


def test_half_open_lets_one_through_and_that_one_decides() -> None:
    breaker = Breaker(1, 10)
    breaker.tell(False, 0)
    assert not breaker.passes(9.9)
    assert breaker.passes(10)
    assert not breaker.passes(10), "one is enough"
    breaker.tell(False, 11)
    assert not breaker.passes(20)
    assert breaker.passes(21)
    breaker.tell(True, 22)
    assert breaker.passes(22)
    assert breaker.passes(22)
