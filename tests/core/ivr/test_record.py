"""record: the flow says whether the conversation to come is recorded."""

from __future__ import annotations

import pytest
from playbook import Playbook, plan

from ivrd.core.commands import StartRecording

FLOW = """start: a
nodes:
  a: {record: {on: false, then: b}}
  b: {record: {on: %s, then: q}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {}}
"""


@pytest.mark.parametrize(("last", "recorded"), [("false", False), ("true", True)])
def test_the_last_word_counts_and_the_row_says_who_was_not_recorded(last: str, recorded: bool) -> None:
    book = Playbook(plan(text=FLOW % last))
    book.log_in()
    book.arrive()
    book.agent_answers()
    assert book.asked_none(StartRecording) is not recorded
    book.caller_leaves()
    book.wind_up()
    assert ("switched off by the flow" in book.rows()[-1].recording_note) is not recorded
