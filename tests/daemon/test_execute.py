"""Commands become orders to the outside, one for one; what the outside refuses becomes an event."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest
from playbook import TUESDAY_10

from ivrd.adapters.recordings.wav import header
from ivrd.core.acd.decision import Decision
from ivrd.core.cdr import Cdr, Disposition
from ivrd.core.commands import (
    AnswerCall,
    AskOutside,
    CloseBridge,
    CloseCallback,
    Command,
    ConnectCall,
    DeliverMessage,
    FinishRecording,
    HandOver,
    HangUp,
    OfferCall,
    OpenBridge,
    PlayPrompt,
    StartMusic,
    StartRecording,
    StopMusic,
    StopPrompt,
    StoreCallback,
    WriteCdr,
)
from ivrd.core.events import (
    AgentRinging,
    AskAnswered,
    CallbackClosed,
    CallbackStored,
    CallerAnswered,
    CdrWritten,
    Event,
    MessageDelivered,
    MessageFailed,
    OfferRefused,
    OrderRefused,
    PromptFinished,
    RecordingFailed,
    RecordingPublished,
    RecordingStarted,
)
from ivrd.core.ivr.orders import FetchHttp, RecordMessage
from ivrd.core.ivr.walk import Answer
from ivrd.core.speech import Beep, Message, Prompt, Speech
from ivrd.core.state import Callback
from ivrd.daemon import execute, letters
from ivrd.daemon.execute import Executor, Outside
from ivrd.daemon.lanes import Lanes
from ivrd.errors import OutsideError, PromptMissing, StoreError, SwitchError
from ivrd.ports import Published
from tests.fakes.callbacks import FakeCallbacks
from tests.fakes.dip import FakeDip
from tests.fakes.letters import FakeLetters, FakeMailboxes, FakeMessages
from tests.fakes.switch import FakeSwitch

WHY = (Decision(at=TUESDAY_10, what="joined", queue="umum"),)
WELCOME = (Prompt(key="welcome"),)


@dataclass
class Scene:
    """An executor, a fake switch with one answered caller, and all else that it works on."""

    told: list[Event] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    rows: list[Cdr] = field(default_factory=list)
    store_fails: int = 0
    published: Published | None = None

    messages: FakeMessages = field(default_factory=FakeMessages)
    mailboxes: FakeMailboxes = field(default_factory=lambda: FakeMailboxes("umum"))
    letters: FakeLetters = field(default_factory=FakeLetters)
    no_room: str = ""
    callbacks: FakeCallbacks = field(default_factory=FakeCallbacks)
    dip: FakeDip = field(default_factory=lambda: FakeDip({}))

    def __post_init__(self) -> None:
        self.switch = FakeSwitch(self.told.append, self)
        self.switch.phones["101"] = "ring"
        self.call = self.switch.dial_in("169", "0812345678", answered=True)
        self.told.clear()
        self.run = Executor(
            Outside(
                telephony=self.switch, recorder=self.switch, ear=self.switch, archive=self, prompts=self, store=self, dip=self.dip, callbacks=self.callbacks,
                messages=self.messages, mailboxes=self.mailboxes, letters=self.letters
            ),
            self.told.append,
            self,
            self.failed.append,
            no_room=lambda: self.no_room,
        )

    @property
    def leg(self) -> str:
        return f"{self.call}.agent-101.1"

    def now(self) -> float:
        return TUESDAY_10

    def beep(self) -> Path:
        return Path("/spool/beep")

    def raw_path(self, name: str) -> Path:
        return Path("/spool") / f"{name}.raw"

    async def publish(self, name: str, expected_ms: int) -> Published:
        if self.published is None:
            raise OutsideError("Asterisk wrote no recording")
        return self.published

    async def prepare(self, text: str, language: str) -> None:
        pass

    def render(self, speech: Sequence[Speech], language: str) -> list[Path]:
        keys = [s.key for s in speech if isinstance(s, Prompt)]
        if "missing" in keys:
            raise PromptMissing("missing", language)
        return [Path("/prompts") / language / key for key in keys]

    async def write(self, cdr: Cdr, why: object = ()) -> None:
        if self.store_fails:
            self.store_fails -= 1
            raise StoreError("the CDR store is locked")
        self.rows.append(cdr)

    def offer(self, leg: str, extension: str = "101") -> OfferCall:
        return OfferCall(
            call=self.call,
            leg=leg,
            extension=extension,
            caller_number="0812345678",
            caller_name="Umum (id)",
            ring_timeout_s=15,
        )


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_each_order_reaches_the_switch(scene: Scene) -> None:
    call, leg, bridge = scene.call, scene.leg, f"{scene.call}.bridge"
    prompt = f"{call}.prompt-1"
    orders: list[tuple[Command, tuple[str, ...]]] = [
        (AnswerCall(call=call), ("answer", call)),
        (PlayPrompt(call=call, prompt=prompt, speech=WELCOME, language="id"), ("play", call, prompt)),
        (StopPrompt(call=call, prompt=prompt), ("stop_prompt", prompt)),
        (StartMusic(call=call), ("start_music", call)),
        (OpenBridge(call=call), ("open_bridge", bridge)),
        (scene.offer(leg), ("offer", leg, "101")),
        (StopMusic(call=call), ("stop_music", call)),
        (ConnectCall(call=call, leg=leg), ("connect", bridge, leg, call)),
        (StartRecording(call=call, name="n"), ("start_recording", call, "/spool/n.raw")),
        (HangUp(call=call, channel=leg, cause=17), ("hang_up", leg, "17")),
        (CloseBridge(call=call), ("close_bridge", bridge)),
        (HandOver(call=call), ("hand_over", call)),
    ]
    for command, order in orders:
        await scene.run(command)
        assert scene.switch.orders[-1] == order, command
    assert scene.switch.media[prompt] == (Path("/prompts/id/welcome"),)
    assert scene.failed == []
    assert scene.switch.bridges == {}
    assert leg not in scene.switch.channels


async def test_an_order_s_outcome_comes_from_the_switch_itself(scene: Scene) -> None:
    arriving = scene.switch.dial_in("169", "0811111111")
    scene.told.clear()
    await scene.run(AnswerCall(call=arriving))
    await scene.run(scene.offer(scene.leg))
    assert [type(e) for e in scene.told] == [CallerAnswered, AgentRinging]


async def test_a_phone_that_cannot_be_dialled_is_a_refused_offer(scene: Scene) -> None:
    await scene.run(scene.offer(scene.leg, extension="999"))
    (refused,) = scene.told
    assert isinstance(refused, OfferRefused)
    assert (refused.call, refused.leg) == (scene.call, scene.leg)
    assert "Allocation failed" in refused.reason
    assert refused.at == TUESDAY_10
    assert scene.failed == ["OfferCall"]


async def test_a_prompt_without_audio_has_ended_at_once(scene: Scene) -> None:
    speech = (*WELCOME, Prompt(key="missing"))
    await scene.run(PlayPrompt(call=scene.call, prompt="p", speech=speech, language="en"))
    assert scene.told == [PromptFinished(at=TUESDAY_10, call=scene.call, prompt="p", failed=True)]
    assert scene.failed == ["PlayPrompt"]


async def test_what_a_call_cannot_do_without_is_told_to_the_core(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise SwitchError("POST", 500, "Allocation failed")

    orders = {
        "answer": AnswerCall(call=scene.call),
        "open_bridge": OpenBridge(call=scene.call),
        "connect": ConnectCall(call=scene.call, leg=scene.leg),
        "start_music": StartMusic(call=scene.call),
        "stop_music": StopMusic(call=scene.call),
    }
    for name, order in orders.items():
        monkeypatch.setattr(scene.switch, name, refuse)
        await scene.run(order)
        assert scene.told[-1] == OrderRefused(at=TUESDAY_10, call=scene.call, order=type(order).__name__)
    assert scene.failed == [type(o).__name__ for o in orders.values()]


@pytest.mark.parametrize("status", [0, 503])
async def test_a_phone_that_may_ring_although_asterisk_did_not_say_so_is_hung_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    async def refuse(*_: object) -> None:
        raise SwitchError("POST channels", status, "")

    again: asyncio.Queue[Command] = asyncio.Queue()
    scene.run.again.put = again.put_nowait
    monkeypatch.setattr("ivrd.daemon.again.AGAIN_S", (0.0,))
    monkeypatch.setattr(scene.switch, "offer", refuse)
    await scene.run(scene.offer(scene.leg))
    (refused,) = scene.told
    assert isinstance(refused, OfferRefused)
    assert not refused.asked
    assert await again.get() == HangUp(call=scene.call, channel=scene.leg)


async def test_what_ends_something_is_ordered_again_until_it_is_obeyed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = 2

    async def refuse(_bridge: str) -> None:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise SwitchError("DELETE bridges", 500, "")

    again: asyncio.Queue[Command] = asyncio.Queue()
    scene.run.again.put = again.put_nowait
    monkeypatch.setattr("ivrd.daemon.again.AGAIN_S", (0.0, 0.0, 0.0))
    monkeypatch.setattr(scene.switch, "close_bridge", refuse)
    order = CloseBridge(call=scene.call)
    await scene.run(order)
    await scene.run(WriteCdr(call=scene.call, revision=1, cdr=row(scene.call), why=WHY))  # meanwhile
    for _ in range(2):
        await scene.run(await again.get())
    assert [type(e) for e in scene.told] == [CdrWritten]
    refusals = 9
    for _ in range(3):  # the count began anew when it was obeyed
        await scene.run(order)
        assert await again.get() == order
    await scene.run(order)
    assert again.empty()  # given up; the next survey finds what is left


# --- recordings


async def test_a_recording_from_start_to_name(scene: Scene) -> None:
    scene.published = Published(path="n.wav", duration_ms=1200, sha256="ab", note="a little short")
    await scene.run(StartRecording(call=scene.call, name="n"))
    await scene.run(FinishRecording(call=scene.call, name="n", expected_ms=1300))
    assert scene.told == [
        RecordingStarted(at=TUESDAY_10, call=scene.call, name="n"),
        RecordingPublished(
            at=TUESDAY_10, call=scene.call, name="n", path="n.wav", duration_ms=1200, sha256="ab"
        ),
    ]
    assert ("stop_recording", scene.call) in scene.switch.orders
    assert scene.failed == []


async def test_a_recorder_that_ended_with_its_channel_is_not_stopped(scene: Scene) -> None:
    scene.published = Published(path="n.wav", duration_ms=1200, sha256="ab")
    await scene.run(FinishRecording(call=scene.call, name="n", expected_ms=1300, ended=True))
    assert isinstance(scene.told[-1], RecordingPublished)
    assert ("stop_recording", scene.call) not in scene.switch.orders


async def test_a_recording_that_cannot_be_stopped_is_published_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_channel: str) -> None:
        raise SwitchError("StopMixMonitor", 0, "not connected")

    monkeypatch.setattr(scene.switch, "stop_recording", refuse)
    scene.published = Published(path="n.wav", duration_ms=1200, sha256="ab")
    await scene.run(FinishRecording(call=scene.call, name="n", expected_ms=1300))
    assert isinstance(scene.told[-1], RecordingPublished)


async def test_a_recording_without_a_file_has_failed(scene: Scene) -> None:
    await scene.run(FinishRecording(call=scene.call, name="n", expected_ms=1300))
    (failed,) = scene.told
    assert failed == RecordingFailed(
        at=TUESDAY_10, call=scene.call, name="n", reason="Asterisk wrote no recording"
    )
    assert scene.failed == ["FinishRecording"]


async def test_a_recording_that_never_began_is_not_looked_for(scene: Scene) -> None:
    scene.switch.hang_up_from_outside(scene.call)
    scene.told.clear()
    await scene.run(StartRecording(call=scene.call, name="n"))
    await scene.run(FinishRecording(call=scene.call, name="n", expected_ms=5))
    assert [type(e) for e in scene.told] == [RecordingFailed]  # told once
    scene.published = Published(path="n.wav", duration_ms=1, sha256="ab")
    await scene.run(FinishRecording(call=scene.call, name="n", expected_ms=5))
    assert isinstance(scene.told[-1], RecordingPublished)  # nothing is remembered for ever


# --- rows


def row(call: str) -> Cdr:
    """A row of which only the id matters."""
    return Cdr(
        call=call, did="169", caller_number="", caller_name="", language="id", flow="169",
        flow_version="169@1", menu_path="", tags="", arrived_at=0, answered_at=None, queued_at=None,
        agent_answered_at=None, ended_at=1, queue="", skills="", agent="", offers=0, wait_ms=0,
        talk_ms=0, hold_ms=0, wrap_up_ms=0, hung_up_by="caller", disposition=Disposition.ANSWERED,
        cause=16, recording="", recording_ms=0, recording_sha256="", recording_note="",
    )  # fmt: skip


async def test_a_row_is_written_until_it_is_safe(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(execute.asyncio, "sleep", sleep)
    scene.store_fails = 7
    await scene.run(WriteCdr(call=scene.call, revision=2, cdr=row(scene.call)))
    assert scene.rows == [row(scene.call)]
    assert scene.told == [CdrWritten(at=TUESDAY_10, call=scene.call, revision=2)]
    assert scene.failed == ["WriteCdr"] * 7
    assert waits == [0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0]


async def test_while_rows_are_refused_one_of_them_asks_for_all(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    turn = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await turn(0)

    monkeypatch.setattr(execute.asyncio, "sleep", sleep)
    scene.store_fails = 3
    async with asyncio.TaskGroup() as group:
        for call in ("c1", "c2", "c3"):
            group.create_task(scene.run(WriteCdr(call=call, revision=1, cdr=row(call))))
    assert scene.rows == [row("c1"), row("c2"), row("c3")]
    assert scene.failed == ["WriteCdr"] * 3
    assert waits == [0.2, 0.5, 1.0]


async def test_one_that_asked_for_all_is_cancelled_and_the_next_asks(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "STORE_BACKOFF_S", (3600.0,))
    scene.store_fails = 1
    async with asyncio.TaskGroup() as group:
        first = group.create_task(scene.run(WriteCdr(call="c1", revision=1, cdr=row("c1"))))
        await asyncio.sleep(0)
        group.create_task(scene.run(WriteCdr(call="c2", revision=1, cdr=row("c2"))))
        await asyncio.sleep(0)
        assert scene.rows == []
        first.cancel()
    assert scene.rows == [row("c2")]


async def test_a_row_that_waits_for_its_store_can_be_cancelled(scene: Scene) -> None:
    scene.store_fails = 10**9
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await scene.run(WriteCdr(call=scene.call, revision=1, cdr=row(scene.call)))
    assert scene.told == []  # the next start writes it


async def test_a_service_s_answer_comes_back_to_who_asked() -> None:
    scene = Scene()
    scene.dip.answers["oss", "/x"] = Answer(outcome="ok", values={"status": "issued"})
    order = FetchHttp(
        service="oss", method="GET", path="/x", send={}, save={"status": "/s"}, timeout_s=1, tries=1, spacing_s=0
    )
    await scene.run(AskOutside(call=scene.call, ask_id=3, order=order))
    assert scene.told == [
        AskAnswered(at=scene.now(), call=scene.call, ask_id=3, outcome="ok", values={"status": "issued"})
    ]
    assert scene.dip.orders == [order]
    assert scene.dip.calls == [scene.call]


async def test_a_wish_to_be_called_back_is_kept_until_it_is_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "STORE_BACKOFF_S", (0.0,))
    scene = Scene()
    scene.callbacks.fails = 2
    wish = Callback(call="c1", queue="kbli", number="0812", language="id", at=1.0)
    await scene.run(StoreCallback(call="c1", wish=wish))
    assert scene.told == [CallbackStored(at=scene.now(), call="c1", queue="kbli", open=1)]
    assert scene.failed == ["StoreCallback"] * 2


async def test_a_callback_is_closed_in_the_store_until_it_is_closed() -> None:
    scene = Scene()
    scene.callbacks.fails = 2
    close = CloseCallback(call="c1", promise="c1/kbli", queue="kbli", number="0812", note="reached", at=2.0)
    await scene.run(close)
    assert scene.told == [CallbackClosed(at=scene.now(), promise="c1/kbli", queue="kbli", open=0)]
    assert scene.failed == ["CloseCallback"] * 2


def wav(data_bytes: int) -> bytes:
    return header(data_bytes, channels=1) + bytes(data_bytes)


async def test_a_message_that_is_still_being_written_is_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "FETCH_BACKOFF_S", (0.0, 0.0))
    scene = Scene()
    whole, fetch = wav(32_000), scene.messages.fetch_message
    scene.messages.said["m1"] = header(0, channels=1) + whole[44:9000]

    async def growing(message: str) -> bytes:
        found = await fetch(message)
        scene.messages.said["m1"] = whole
        return found

    monkeypatch.setattr(scene.messages, "fetch_message", growing)
    await scene.run(letter_of(scene))
    assert scene.mailboxes.letters["m1"] == whole


def letter_of(scene: Scene) -> DeliverMessage:
    return DeliverMessage(
        call=scene.call, message="m1", box="umum", number="0812", language="id", left_at=5.0
    )


async def test_a_message_is_fetched_written_kept_announced_and_forgotten_and_twice_is_once() -> None:
    scene = Scene()
    scene.messages.said["m1"] = wav(32_000)
    for _ in range(2):
        await scene.run(letter_of(scene))
        told = scene.told.pop()
        assert told == MessageDelivered(
            at=scene.now(), call=scene.call, message="m1", path="/umum/m1.wav", duration_ms=2000
        )
    assert scene.mailboxes.announced == ["/umum/m1.wav"]
    assert scene.letters.kept["m1"][0].duration_ms == 2000
    assert scene.messages.said == {}


async def test_a_message_is_safe_although_nobody_could_be_told() -> None:
    scene = Scene()
    scene.messages.said["m1"], scene.mailboxes.mail_fails = wav(16_000), True
    await scene.run(letter_of(scene))
    assert isinstance(scene.told[-1], MessageDelivered)


async def test_a_delivered_message_that_asterisk_keeps_is_dropped_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivrd.daemon.again.AGAIN_S", (0.0, 0.0))
    scene, again = Scene(), asyncio.Queue[Command]()
    scene.run.again.put = again.put_nowait
    scene.messages.said["m1"], scene.messages.keeps = wav(16_000), 2
    await scene.run(letter_of(scene))
    assert isinstance(scene.told[-1], MessageDelivered)
    for _ in range(2):
        assert scene.messages.said
        await scene.run(await again.get())
    assert scene.messages.said == {}


async def test_a_message_that_is_not_there_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "FETCH_BACKOFF_S", (0.0, 0.0))
    scene = Scene()
    await scene.run(letter_of(scene))
    assert isinstance(scene.told[-1], MessageFailed)
    assert scene.failed == ["DeliverMessage"]


async def test_a_refused_recording_answers_and_a_message_is_played_among_prompts() -> None:
    scene = Scene()
    order = RecordMessage(box="umum", max_s=9, silence_s=3, min_s=1)
    await scene.run(AskOutside(call=scene.call, ask_id=4, order=order))
    assert scene.messages.orders == [("record_message", scene.call, f"{scene.call}.message-4", "9", "3")]
    scene.messages.refuses = True
    await scene.run(AskOutside(call=scene.call, ask_id=5, order=order))
    assert scene.told.pop() == AskAnswered(at=scene.now(), call=scene.call, ask_id=5, outcome="failed")
    scene.messages.refuses, scene.no_room = False, "not recorded: less than 500 MB free"
    await scene.run(AskOutside(call=scene.call, ask_id=6, order=order))
    assert scene.told.pop() == AskAnswered(at=scene.now(), call=scene.call, ask_id=6, outcome="failed", values={"why": scene.no_room})
    assert len(scene.messages.orders) == 2
    speech = (*WELCOME, Message(name="m1"), *WELCOME)
    await scene.run(PlayPrompt(call=scene.call, prompt="p1", speech=speech, language="id"))
    assert scene.switch.media["p1"][1] == Message(name="m1")
    assert len(scene.switch.media["p1"]) == 3


# --- what nobody foresaw: a disk that fails, a defect of ours


def failing(trouble: Exception) -> Callable[..., NoReturn]:
    """In place of whatever is called."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise trouble

    return fail


async def in_lanes(scene: Scene, *orders: Command) -> None:
    """As the daemon does it: whatever an order raises would end the group, and the daemon with it."""
    async with asyncio.TaskGroup() as group:
        lanes = Lanes(group, scene.run)
        for order in orders:
            lanes.put(order)
        await lanes.wait_idle()


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (OutsideError("cannot write the recording /spool/n.raw: Read-only file system"), "Read-only file system"),
        (PermissionError(13, "Permission denied", "/spool/2026"), "Permission denied"),
        (RuntimeError("a defect"), "a defect"),
        (RuntimeError(), "RuntimeError"),
    ],
)
async def test_a_spool_that_takes_nothing_costs_the_recording_and_nothing_else(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, trouble: Exception, words: str
) -> None:
    monkeypatch.setattr(scene, "raw_path", failing(trouble))
    start, finish = StartRecording(call=scene.call, name="n"), FinishRecording(call=scene.call, name="n", expected_ms=5)
    await in_lanes(scene, start, finish, AnswerCall(call=scene.call), WriteCdr(call="other", revision=1, cdr=row("other")))
    (failed,) = [e for e in scene.told if isinstance(e, RecordingFailed)]  # once: no file is looked for
    assert (failed.call, failed.name) == (scene.call, "n")
    assert words in failed.reason
    assert scene.switch.orders == [("answer", scene.call)]
    assert scene.rows == [row("other")]
    assert scene.failed == ["StartRecording"]
    monkeypatch.undo()  # the core asks again
    scene.published = Published(path="n.wav", duration_ms=1200, sha256="ab")
    await in_lanes(scene, start, finish)
    assert [type(e) for e in scene.told[-2:]] == [RecordingStarted, RecordingPublished]


@pytest.mark.parametrize("trouble", [OutsideError("cannot write"), OSError(5, "Input/output error")])
async def test_without_the_beep_the_prompt_has_ended_at_once(scene: Scene, monkeypatch: pytest.MonkeyPatch, trouble: Exception) -> None:
    monkeypatch.setattr(scene, "beep", failing(trouble))
    order = PlayPrompt(call=scene.call, prompt="p", speech=(*WELCOME, Beep()), language="id")
    await in_lanes(scene, order, StartMusic(call=scene.call))
    assert scene.told == [PromptFinished(at=TUESDAY_10, call=scene.call, prompt="p", failed=True)]
    assert scene.switch.orders == [("start_music", scene.call)]


@pytest.mark.parametrize("trouble", [OutsideError("cannot look into the mailbox"), PermissionError(13, "Permission denied")])
async def test_a_mailbox_that_cannot_be_looked_into_costs_its_message_and_nothing_else(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    scene.messages.said["m1"] = wav(32_000)
    monkeypatch.setattr(scene.mailboxes, "find", failing(trouble))
    await in_lanes(scene, letter_of(scene), AnswerCall(call=scene.call))
    assert MessageFailed(at=TUESDAY_10, call=scene.call, message="m1", reason=str(trouble)) in scene.told
    assert scene.failed == ["DeliverMessage"]
    assert scene.switch.orders == [("answer", scene.call)]
    assert "m1" in scene.messages.said  # it stays with Asterisk


async def test_an_archive_with_a_defect_costs_the_recording_and_nothing_else(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "publish", failing(RuntimeError("a defect")))
    await in_lanes(scene, FinishRecording(call=scene.call, name="n", expected_ms=5))
    assert scene.told == [RecordingFailed(at=TUESDAY_10, call=scene.call, name="n", reason="a defect")]


async def test_a_phone_whose_offer_failed_as_nobody_foresaw_may_ring_and_is_hung_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[Command] = []
    monkeypatch.setattr(scene.run.again, "refused", again.append)
    monkeypatch.setattr(scene.switch, "offer", failing(RuntimeError("a defect")))
    await in_lanes(scene, scene.offer(scene.leg))
    assert scene.told == [OfferRefused(at=TUESDAY_10, call=scene.call, leg=scene.leg, reason="a defect", asked=False)]
    assert again == [HangUp(call=scene.call, channel=scene.leg)]


async def test_a_row_that_fails_as_nobody_foresaw_is_tried_until_it_is_safe_and_holds_up_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "STORE_BACKOFF_S", (0.0,))
    write, tries = scene.write, 0

    async def fail(cdr: Cdr, why: object = ()) -> None:
        nonlocal tries
        tries += cdr.call == "c1"
        if cdr.call == "c1" and tries < 9:
            raise OverflowError("timestamp out of range")
        await write(cdr)

    monkeypatch.setattr(scene, "write", fail)
    await in_lanes(scene, *(WriteCdr(call=call, revision=1, cdr=row(call)) for call in ("c1", "c2")))
    assert scene.rows == [row("c2"), row("c1")]
    assert scene.failed == ["WriteCdr"] * 8
    assert {e.call for e in scene.told if isinstance(e, CdrWritten)} == {"c1", "c2"}


async def test_a_wish_that_fails_as_nobody_foresaw_is_left_to_the_next_start_and_the_next_is_kept(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "STORE_BACKOFF_S", (0.0, 0.0))
    keep = scene.callbacks.keep_callback

    async def fail(wish: Callback) -> int:
        if wish.call == "c1":
            raise RuntimeError("a defect")
        return await keep(wish)

    monkeypatch.setattr(scene.callbacks, "keep_callback", fail)
    wishes = [Callback(call=call, queue="kbli", number="0812", language="id", at=1.0) for call in ("c1", "c2")]
    await in_lanes(scene, *(StoreCallback(call=wish.call, wish=wish) for wish in wishes))
    assert [e.call for e in scene.told if isinstance(e, CallbackStored)] == ["c2"]
    assert scene.failed == ["StoreCallback"] * 3
