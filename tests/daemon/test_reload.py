"""A reload: what is wrong changes nothing and is said, what is right is used by the next call."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playbook import TUESDAY_10

from ivrd.adapters.http import Metrics
from ivrd.adapters.prompts import catalogue
from ivrd.core.events import CallArrived, Event
from ivrd.core.exchange import Exchange
from ivrd.core.speech import Speech
from ivrd.daemon import outcome
from ivrd.daemon.history import FlowShelf
from ivrd.daemon.plan import make_plan
from ivrd.daemon.reload import Reloader, at_restart
from ivrd.daemon.saved import Saved, signature
from ivrd.settings.load import load
from rig.tools import REPOSITORY


def arrived(call: str) -> CallArrived:
    """A caller."""
    return CallArrived(at=TUESDAY_10, call=call, did="169", caller_number="0812345678")


class EveryPrompt:
    """Audio for everything."""

    async def prepare(self, text: str, language: str) -> None:
        pass

    def render(self, speech: Sequence[Speech], language: str) -> list[Path]:
        return []

    def missing(self, keys: Iterable[str], languages: Iterable[str]) -> list[tuple[str, str]]:
        return []

    def lengths_s(self, keys: Iterable[str], languages: Iterable[str]) -> dict[tuple[str, str], float]:
        return {}


class Broker:
    """What walls are told."""

    def __init__(self) -> None:
        self.states: dict[str, dict[str, Any]] = {}
        self.told = asyncio.Event()
        self.forgotten: list[str] = []

    def state(self, topic: str, payload: dict[str, Any]) -> None:
        self.states[topic] = payload
        self.told.set()

    def forget(self, topic: str) -> None:
        self.forgotten.append(topic)


class Running:
    """A site's files, and a daemon's parts that read them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("config", "dialplans"):
            shutil.copytree(REPOSITORY / name, root / name)
        (root / "prompts").mkdir()
        shutil.copy(REPOSITORY / "prompts" / "catalogue.yaml", root / "prompts")
        self.state = root / "var" / "state"
        self.state.mkdir(parents=True)
        loaded = load(root / "config")
        texts = catalogue.load(root / "prompts" / "catalogue.yaml", ("id", "en"))
        self.exchange = Exchange(make_plan(loaded, texts))
        self.broker, self.metrics, self.posted = Broker(), Metrics(), list[Event]()
        self.snapshots: list[tuple[bytes, str]] = []
        parts: Any = SimpleNamespace(
            loaded=loaded,
            prompts=EveryPrompt(),
            mqtt=self.broker,
            metrics=self.metrics,
            journal=SimpleNamespace(write_snapshot=self._snapshot),
            clock=SimpleNamespace(now=lambda: TUESDAY_10),
        )
        self.reloader = Reloader(parts, self.exchange, FlowShelf(self.state / "flows"), self.posted.append)

    async def _snapshot(self, state: bytes) -> None:
        self.snapshots.append((state, self.version))

    def edit(self, file: str, before: str, after: str) -> None:
        path = self.root / file
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after, 1))

    async def until(self, true: Callable[[], bool]) -> None:
        """Looked at whenever walls are told something."""
        async with asyncio.timeout(10):
            while not true():
                await self.broker.told.wait()
                self.broker.told.clear()

    @property
    def version(self) -> str:
        return self.exchange.plan.current["169"]

    @property
    def alert(self) -> dict[str, Any]:
        return self.broker.states["alert/config"]

    def metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path)


async def test_a_changed_dialplan_is_a_new_version_for_new_calls(running: Running) -> None:
    before = running.version
    running.edit("dialplans/169.yaml", "start: greeting", "start: greeting  # another thought")
    assert await running.reloader.reload()
    assert running.version != before
    assert [type(e).__name__ for e in running.posted] == ["TimerFired"]  # who waits is looked at again
    assert running.metric("ivrd_reloads_total", outcome="applied") == 1
    assert running.metric("ivrd_config_faulty") == 0
    assert outcome.last(running.state).flows == {"169": running.version}
    assert [version for _, version in running.snapshots] == [running.version]  # what was, is not replayed with it


async def test_the_new_text_is_kept_for_calls_that_outlive_a_restart(running: Running) -> None:
    running.edit("dialplans/169.yaml", "start: greeting", "start: greeting  # another thought")
    assert await running.reloader.reload()
    (kept,) = (running.state / "flows").glob("*/169.yaml")
    assert kept.parent.name == running.version.partition("@")[2]
    assert kept.read_bytes() == (running.root / "dialplans" / "169.yaml").read_bytes()


async def test_a_call_in_progress_ends_on_the_version_it_began_with(running: Running) -> None:
    old = running.version
    running.exchange.handle(arrived("c1"))
    running.edit("dialplans/169.yaml", "start: greeting", "start: main")
    await running.reloader.reload()
    running.exchange.handle(arrived("c2"))
    calls = running.exchange.state.calls
    assert (calls["c1"].walk.version, calls["c2"].walk.version) == (old, running.version)
    flow = running.exchange.desk.flow(calls["c1"])
    assert flow is not None
    assert flow.start == "greeting"


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("dialplans/169.yaml", "to: kbli", "to: kbly", "there is no queue 'kbly'"),
        ("config/agents.yaml", "name: Adi Nugroho", "nam: Adi", "nam"),
        ("config/queues.yaml", "title: LKPM", "title: [LKPM", "not valid YAML"),
        ("prompts/catalogue.yaml", "invalid-key:", "invalid-kee:", "there is no prompt 'invalid-key'"),
    ],
)
async def test_a_fault_changes_nothing_and_raises_the_alert(
    running: Running, file: str, before: str, after: str, message: str
) -> None:
    plan = running.exchange.plan
    running.edit(file, before, after)
    assert not await running.reloader.reload()
    assert running.exchange.plan is plan
    assert running.posted == []
    assert running.alert["raised"]
    faults = running.alert["faults"]
    assert any(message in fault["message"] for fault in faults)
    assert all(f["line"] > 0 for f in faults)
    assert running.metric("ivrd_reloads_total", outcome="faulty") == 1
    assert running.metric("ivrd_config_faulty") == 1
    done = outcome.last(running.state)
    assert done.outcome == outcome.FAULTY
    assert message in "".join(done.faults)


async def test_a_disk_that_does_not_take_the_new_text_changes_nothing_and_raises_the_alert(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    before = running.version
    running.edit("dialplans/169.yaml", "start: greeting", "start: greeting  # another thought")

    def full(path: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        assert not await running.reloader.reload()
    assert running.version == before
    assert "No space left" in running.alert["faults"][0]["message"]
    assert await running.reloader.reload()


async def test_mending_clears_the_alert(running: Running) -> None:
    running.edit("dialplans/169.yaml", "to: kbli", "to: kbly")
    await running.reloader.reload()
    running.edit("dialplans/169.yaml", "to: kbly", "to: kbli")
    assert await running.reloader.reload()
    assert (running.alert["raised"], running.alert["since"], running.alert["faults"]) == (False, None, [])


async def test_a_queue_that_is_gone_is_cleared_on_walls(running: Running) -> None:
    running.edit("dialplans/169.yaml", "queue-sync:         {queue: {to: sinkronisasi", "queue-sync:         {queue: {to: umum")
    gone = re.search(r"  sinkronisasi:\n(    .*\n)+", (running.root / "config/queues.yaml").read_text())[0]  # type: ignore[index]
    running.edit("config/queues.yaml", gone, "")
    assert await running.reloader.reload()
    assert running.broker.forgotten == ["queue/sinkronisasi/state"]


async def test_asked_twice_while_reading_it_is_read_once_more(running: Running) -> None:
    task = asyncio.get_running_loop().create_task(running.reloader.run(), name="run")
    for version in ("one", "two"):
        running.edit("dialplans/169.yaml", "nodes:", f"# {version}\nnodes:")
        running.reloader.ask()
        await asyncio.sleep(0)
    await running.until(lambda: running.exchange.plan.flows[running.version].text.count("# two") == 1)
    task.cancel()
    assert running.metric("ivrd_reloads_total", outcome="applied") in (1.0, 2.0)


def test_what_needs_a_restart_is_named(running: Running) -> None:
    before = load(running.root / "config")
    running.edit("config/ivrd.yaml", "port: 9169", "port: 9170")
    running.edit("config/ivrd.yaml", "short_abandon_s: 5", "short_abandon_s: 6")  # put to use at once
    running.edit("config/agents.yaml", 'agents:\n', 'agents:\n  "300": {name: New, skills: []}\n')
    assert at_restart(before, load(running.root / "config")) == [
        "http",
        "phones of new agents (`ivrd asterisk-config`)",
    ]


def test_a_saved_file_is_told_once_and_only_when_it_is_left_alone(running: Running) -> None:
    loaded = load(running.root / "config")
    saved = Saved(signature(loaded))
    assert not saved.look(signature(loaded))
    running.edit("dialplans/169.yaml", "start: greeting", "start:  greeting")
    assert not saved.look(signature(loaded))  # perhaps still being written
    running.edit("dialplans/169.yaml", "start:  greeting", "start:   greeting")
    assert not saved.look(signature(loaded))  # indeed
    now = signature(loaded)
    assert saved.look(now)
    saved.handled(now)
    assert not saved.look(signature(loaded))


@pytest.mark.parametrize("file", ["config/calendar.yaml", "dialplans/new.yaml", "prompts/catalogue.yaml", "prompts/build/manifest.json"])
def test_every_file_that_is_read_is_watched(running: Running, file: str) -> None:
    loaded = load(running.root / "config")
    before = signature(loaded)
    path = running.root / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("# changed\n")
    assert signature(loaded) != before
    path.unlink()
    assert str(path) not in signature(loaded)


async def test_the_alert_lists_no_more_than_a_wall_can_show_and_no_telephone_number(running: Running) -> None:
    many = "".join(f'  "3{n:02}": {{nam: "08123456789"}}\n' for n in range(30))
    running.edit("config/agents.yaml", "agents:\n", "agents:\n" + many)
    await running.reloader.reload()
    assert len(running.alert["faults"]) == 20
    assert running.alert["more"] > 0
    assert "08123456789" not in json.dumps(running.alert)
