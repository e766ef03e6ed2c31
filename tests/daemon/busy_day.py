"""A moment in which most that ivrd remembers is there: left behind by each release for those after it.

    python -m tests.daemon.busy_day DIRECTORY      writes it, as this version does (tests/adapters/journal/release/)

Half of it is in the snapshot, half in the journal after it.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "core"))

from playbook import Playbook, plan

from ivrd.adapters.journal import FileJournal
from ivrd.core.acd.model import Agent, Queue
from ivrd.core.events import (
    CallbackStored,
    ChannelGone,
    FeatureDialled,
    HoldStarted,
    PromptFinished,
    RecordingStarted,
)
from ivrd.core.plan import CallbackRules, Plan
from ivrd.daemon.history import begin, encode_state

TEXT = """start: main
nodes:
  main: {menu: {say: [b], keys: {1: help, 2: later}, otherwise: help}}
  help: {queue: {to: help, overflow: bye}}
  later: {callback: {queue: help, then: bye, otherwise: bye}}
  bye: {hangup: {}}
"""
HELP = Queue(id="help", title="Help", wrap_up_s=20, wrap_up_extend_s=30, wrap_up_max_s=70, announce_every_s=0)


def centre() -> Plan:
    """One queue, four agents, a callback for who does not want to wait."""
    made = plan(text=TEXT, queues=(HELP,), agents=tuple(Agent(id=e, name=e, extension=e) for e in ("101", "102", "103", "104")))
    made.callbacks = CallbackRules(dial="agent_first")
    return made


class Written(Playbook):
    """A playbook whose events a journal has, as the daemon's."""

    def __init__(self, journal: FileJournal) -> None:
        super().__init__(centre())
        begin(journal, self.exchange)
        self._journal = journal

    def tell(self, kind, *, after_s=0.01, **facts):  # type: ignore[no-untyped-def]
        """As a playbook's, journaled first."""
        if hasattr(self, "_journal"):
            self._journal.append(kind(at=self.at + after_s, **facts))
        return super().tell(kind, after_s=after_s, **facts)

    def dial(self, extension: str, feature: str) -> None:
        """A feature code from a phone, heard to its end."""
        session = f"{feature}-{extension}"
        self.tell(FeatureDialled, session=session, extension=extension, feature=feature)
        self.tell(PromptFinished, call=session, prompt=f"{session}.prompt-1")
        self.tell(ChannelGone, call=session, channel=session)


def leave(directory: Path) -> None:
    """101 has a caller on hold, 102 extended the wrap-up, 103 is paused, 104 rings for the first who waits; one more waits, one is in the menu, one is to be called back."""
    directory.mkdir(parents=True)
    journal = FileJournal(directory)
    book = Written(journal)
    try:
        book.log_in("101", "102", "103")
        book.dial("103", "pause")
        for call in ("held", "over"):
            book.arrive(call, number="0811")
            book.press("1", call)
            book.agent_answers(call)
            book.tell(RecordingStarted, call=call, name=book.call(call).recording.name)
        book.arrive("promised", number="0215550101")
        book.press("21", "promised")
        book.tell(CallbackStored, call="promised", queue="help", open=1)
        journal.write_snapshot_now(encode_state(book.exchange.state))
        (leg,) = book.call("held").legs
        book.tell(HoldStarted, call="held", channel=leg)
        book.caller_leaves("over", after_s=30)
        book.dial("102", "extend_wrap_up")
        book.caller_leaves("promised")
        book.pass_time(0)  # the promise takes its place in line
        for call, number in (("first", "0813"), ("second", "0814")):
            book.arrive(call, number=number)
            book.press("1", call)
        book.log_in("104")
        book.arrive("menu", number="0815")
    finally:
        journal.close()


if __name__ == "__main__":
    leave(Path(sys.argv[1]))
