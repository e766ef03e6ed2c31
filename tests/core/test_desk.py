"""What one event leaves on the desk, the next must not find."""

from __future__ import annotations

from playbook import plan

from ivrd.core.exchange import Exchange


def test_notes_of_an_event_that_failed_are_not_written_by_the_next() -> None:
    desk = Exchange(plan()).desk
    written: list[str] = []
    desk.begin(1.0)
    desk.put_off(lambda: written.append("of the first"))
    desk.begin(2.0)  # the first raised before it caught up
    desk.put_off(lambda: written.append("of the second"))
    desk.catch_up()
    assert written == ["of the second"]
