"""``make demo``: real calls to 169, served before your eyes; exits 0 only if every promise was kept.

The shipped configuration, on free ports and in a directory of its own, with the lines open at any hour
and a short wrap-up. Asterisk, broker, phones and audio are real.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from contextlib import nullcontext

from rich.console import Console
from rich.live import Live
from rich.markup import escape

from ivrd.daemon.clock import SystemClock
from ivrd.errors import IvrdError, first
from rig import board
from rig.phone import Phones
from rig.promises import Promises, read_rows, recording_is_right, show_recordings, show_rows
from rig.site import SitePaths, make_site
from rig.stack import Stack
from rig.story import AGENTS, CALLERS, Story
from rig.tools import REPOSITORY, RigError
from rig.wall import Wall

_PLACE = REPOSITORY / "var" / "demo"
_LIMIT_S = 110
_REDRAW_S = 0.25
_OUTCOMES = {"A": "answered", "B": "answered", "C": "answered", "D": "answered", "E": "answered", "F": "abandoned_queue"}
_SHORT = {"wrap_up_s": 2}
_QUEUES = ["kbli", "lkpm", "isi-data"]


async def demo(console: Console, promises: Promises) -> None:
    """Play the story on a fresh site, noting which promises were kept."""
    shutil.rmtree(_PLACE, ignore_errors=True)
    short = {"queues": dict.fromkeys(_QUEUES, _SHORT)}
    site = make_site(_PLACE, overrides={"queues.yaml": short})
    console.print(f"Starting Asterisk, the broker and ivrd in {_PLACE} ...")
    async with Stack(site) as stack:
        broker = site.loaded.site.mqtt.port
        async with Wall(broker, stack.wallboard_password) as wall, Phones(site.registrar) as phones:
            story = await _play(console, Story(site, phones, wall, promises, console.print), wall)
        await _settle(stack, site)
        promises.check("no channel or bridge is left behind in Asterisk", not await stack.leaks())
        await _retained(console, broker, stack.wallboard_password, promises)
    _records(console, site, story, promises)


async def _play(console: Console, story: Story, wall: Wall) -> Story:
    """With a table that changes, or a line an event where the terminal cannot redraw."""
    with Live(console=console, auto_refresh=False) if console.is_terminal else nullcontext() as live:
        try:
            async with asyncio.TaskGroup() as group:
                showing = group.create_task(_show(console, wall, live), name="show")
                try:
                    await story.play()
                finally:
                    showing.cancel()
        except BaseExceptionGroup as errors:
            raise first(errors) from None
    return story


async def _show(console: Console, wall: Wall, live: Live | None) -> None:
    seen = wall.mark
    while True:
        await asyncio.sleep(_REDRAW_S)
        if live is not None:
            live.update(board.draw(wall, _QUEUES, list(AGENTS), SystemClock().now), refresh=True)
            continue
        for heard in wall.heard[seen:]:
            if heard.topic.startswith("event/"):
                console.print(board.line(heard), highlight=False)
        seen = wall.mark


async def _settle(stack: Stack, site: SitePaths) -> None:
    """Until every call has its last row."""
    store = site.loaded.path(site.loaded.site.paths.state) / "cdr.db"
    async with asyncio.timeout(15):
        while True:
            rows = read_rows(store)
            wrapped = all(r["wrap_up_ms"] for r in rows if r["agent"])
            if len(rows) == len(CALLERS) and wrapped and not await stack.leaks():
                return
            await asyncio.sleep(0.2)


async def _retained(console: Console, port: int, password: str, promises: Promises) -> None:
    """What a wall that is switched on now is told."""
    async with Wall(port, password) as late:
        for queue in _QUEUES:
            await late.queue_is(queue, waiting=0)
        await late.status_is("online")
        console.print(board.queue_table(late, _QUEUES, SystemClock().now(), "Last state of the queues, as the broker retains it"))
        retained = [h for h in late.heard if h.retained]
        promises.check("a wall switched on later is told the last state (retained)", bool(retained))
        numbers = [number for number, _ in CALLERS.values()]
        told = b" ".join(h.payload for h in late.heard)
        promises.check("no wall topic names a caller's number", not any(n.encode() in told for n in numbers))


def _records(console: Console, site: SitePaths, story: Story, promises: Promises) -> None:
    """CDRs and recordings."""
    settings = site.loaded.site
    rows = read_rows(site.loaded.path(settings.paths.state) / "cdr.db")
    recordings = site.loaded.path(settings.paths.recordings)
    show_rows(console, rows)
    show_recordings(console, recordings, rows)
    by_number = {row["caller_number"]: row for row in rows}
    promises.check("one record a call", len(rows) == len(by_number) == len(CALLERS))
    for name, (number, _) in CALLERS.items():
        row = by_number.get(number, {})
        promises.check("each record says how the call ended", row.get("disposition") == _OUTCOMES[name])
        if name in story.talks:
            caller_hz, agent, agent_hz = story.talks[name]
            promises.check("each record names the agent who took the call", row.get("agent") == agent)
            whole = bool(row) and recording_is_right(recordings, row, caller_hz, agent_hz)
            promises.check("each talk has its recording: caller left, agent right, checksum in the record", whole)
    promises.check("English callers get an agent who speaks English", by_number.get(CALLERS["B"][0], {}).get("language") == "en")
    console.print(f"Listen: play {recordings}/*/*/*/*.wav   Logs: {_PLACE}/var/log", highlight=False)


async def _main(console: Console) -> int:
    began = time.monotonic()
    promises = Promises()
    try:
        async with asyncio.timeout(_LIMIT_S):
            await demo(console, promises)
    except (RigError, IvrdError, TimeoutError, AssertionError) as error:
        promises.show(console)  # what went well until then
        text = escape(str(error) or type(error).__name__)
        console.print(f"[bold red]The demo broke off after {time.monotonic() - began:.0f} s:[/] {text}. Logs: {_PLACE}/var/log")
        return 1
    promises.show(console)
    console.print(f"{time.monotonic() - began:.0f} s")
    return 0 if promises.all_kept else 1


if __name__ == "__main__":
    # where the terminal's width is not known (a log), wide enough for the tables
    sys.exit(asyncio.run(_main(Console() if sys.stdout.isatty() else Console(width=150))))
