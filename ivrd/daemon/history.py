"""The past, at start: the state as it was, and the flow versions that calls in progress began with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import structlog
from pydantic import BeforeValidator, TypeAdapter, ValidationError

from ivrd.adapters.journal import FileJournal
from ivrd.core.exchange import Exchange
from ivrd.core.ivr.flow import Flow
from ivrd.core.plan import Plan
from ivrd.core.state import State
from ivrd.errors import ConfigError, OutsideError, StartError

_log = structlog.get_logger(__name__)


def _present(state: Any) -> Any:
    """A snapshot of a version that rang one phone at a time, in the words of this one."""
    calls = state.get("calls") if isinstance(state, dict) else None
    for call in calls.values() if isinstance(calls, dict) else ():
        if isinstance(call, dict) and (offer := call.pop("offer", None)) is not None:
            call["ringing"] = [offer]
    return state


_STATE: TypeAdapter[State] = TypeAdapter(Annotated[State, BeforeValidator(_present)])


def encode_state(state: State) -> bytes:
    """A snapshot's content."""
    return _STATE.dump_json(state)


def restore(plan: Plan, journal: FileJournal) -> Exchange:
    """The exchange as it was when the last process ended: newest snapshot, then the events since."""
    snapshot, events = journal.load()
    for note in journal.notes:
        _log.warning("journal", note=note)
    try:
        state = _STATE.validate_json(snapshot) if snapshot else State()
    except ValidationError as exc:
        raise StartError(
            f"the snapshot in the state directory cannot be read by this version: {exc.error_count()} "
            "fields do not fit. Start the version that wrote it, or move the state directory away "
            "(callers who wait lose their place)"
        ) from exc
    exchange = Exchange(plan, state)
    for event in events:
        try:
            exchange.handle(event)
        except Exception:
            # It failed then, too, and the daemon went on; so it does here.
            _log.exception("core failed at replay", call=getattr(event, "call", ""), fact=repr(event))
    state.connected = False  # until the switch has been seen
    state.draining = False  # that was the last process; this one serves
    if state.calls or events:
        _log.info("restored", calls=len(state.calls), events=len(events))
    return exchange


def begin(journal: FileJournal, exchange: Exchange) -> None:
    """A new process goes on: its journal begins with the state as it found it. OutsideError as ``journal.open``.

    What is replayed must be handled as it was. A journal that went on across two processes would not be: between
    the second one's start and its first word from Asterisk nobody is offered a call, and no event says so.
    """
    journal.open()
    try:
        journal.write_snapshot_now(encode_state(exchange.state))
    except OutsideError as exc:
        _log.error("snapshot not written", error=str(exc))  # the journal goes on; calls come first


class FlowShelf:
    """Texts of flows by version, so that a call ends on the version it began with, even after a restart."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, flow: Flow) -> None:
        """Remember the text of the flow's present version, and of the sub-flows it runs."""
        target = self._file(flow.version)
        target.parent.mkdir(parents=True, exist_ok=True)
        for name, part in {**flow.parts, flow.name: flow}.items():  # the flow last: it is there, all are
            self._keep(target.with_name(f"{name}.yaml"), part.text)

    def _keep(self, target: Path, text: str) -> None:
        if not target.exists():
            partial = target.with_suffix(".part")
            partial.write_text(text, encoding="utf-8", newline="")
            partial.replace(target)

    def keep_current(self, plan: Plan) -> None:
        """Remember the text of every flow that new calls walk. OutsideError when the disk does not take it."""
        try:
            for version in plan.current.values():
                self.keep(plan.flows[version])
        except OSError as exc:
            raise OutsideError(f"cannot keep the dialplans in {self._directory}: {exc}") from exc

    def recall(self, version: str, read: Callable[[Path], Flow]) -> Flow | None:
        """The flow of an old version; None when its text is gone or no longer fits this site."""
        path = self._file(version)
        try:
            return read(path) if path.exists() else None
        except ConfigError as exc:
            _log.warning("old dialplan no longer fits", version=version, error=str(exc))
            return None

    def _file(self, version: str) -> Path:
        name, _, digest = version.partition("@")
        return self._directory / digest / f"{name}.yaml"


def recall_flows(plan: Plan, exchange: Exchange, shelf: FlowShelf, read: Callable[[Path], Flow]) -> None:
    """Bring back each flow version that a call in progress walks."""
    for call in exchange.state.calls.values():
        if call.walk.version not in plan.flows:
            flow = shelf.recall(call.walk.version, read)
            if flow is not None:
                plan.flows[flow.version] = flow
