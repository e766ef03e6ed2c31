"""RTP that can be followed: each frame carries who sent it and its number.

A-law goes through Asterisk unchanged, so that a frame's payload tells where it came from: loss, and
audio that goes one way only, are seen on the packets themselves. Frames hold 20 ms of audio; while a
path is being timed they are sent every 2 ms, or the measure would be as coarse as the frames.
"""

from __future__ import annotations

import random
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from bench.wire import Address, Wire

FRAME_S = 0.020
FINE_S = 0.002
#: payload: 160 samples, of which the first three are the frame's number
CALLER, AGENT = 0xC1, 0xA6
_SAMPLES = 160
_HEADER = struct.Struct(">BBHII")
_PCMA = 8
_TICK_S = 0.002
_READ_EVERY_S = 0.010


def frame(marker: int, number: int) -> bytes:
    """Payload of frame ``number`` (below 2**24)."""
    return number.to_bytes(3, "big") + bytes([marker]) * (_SAMPLES - 3)


def number_in(payload: bytes, marker: int) -> int | None:
    """Number of a frame of ``marker``; None when it is music, speech or somebody else's."""
    if payload[3:] != bytes([marker]) * (_SAMPLES - 3):
        return None
    return int.from_bytes(payload[:3], "big")


@dataclass(frozen=True)
class Heard:
    """What of the other side came through."""

    first_ns: int | None  #: when the first frame came
    frames: int
    lost: int  #: missing between the first and the last that came
    last_ns: int = 0  #: when the last frame came; 0: none did
    longest_gap_s: float = 0.0  #: between two that came one after the other


def heard(arrivals: Iterable[tuple[int, int]]) -> Heard:
    """Sum up (when, number)."""
    pairs = list(arrivals)
    if not pairs:
        return Heard(None, 0, 0)
    numbers = {number for _, number in pairs}
    lost = max(numbers) - min(numbers) + 1 - len(numbers)
    times = sorted(at for at, _ in pairs)
    gaps_ns = (later - sooner for sooner, later in pairwise(times))
    return Heard(times[0], len(numbers), lost, times[-1], max(gaps_ns, default=0) / 1e9)


@dataclass(eq=False)
class Flow:
    """One call leg's audio. Made by ``Media.open``."""

    wire: Wire
    own: int  #: marker of what is sent
    other: int  #: marker of what should be heard
    arrivals: list[tuple[int, int]] = field(default_factory=list)  #: (when ns, number)
    step_s: float = FRAME_S
    remote: Address | None = None
    due: float = 0.0  #: monotonic seconds
    number: int = 0
    ssrc: int = field(default_factory=lambda: random.getrandbits(32))

    def send_next(self) -> None:
        """Send one frame now."""
        if self.remote is None:
            return
        n = self.number
        head = _HEADER.pack(0x80, _PCMA, n & 0xFFFF, n * _SAMPLES & 0xFFFFFFFF, self.ssrc)
        self.number += 1
        self.wire.send(head + frame(self.own, n), self.remote)

    def read(self) -> None:
        """Take in what came."""
        for packet, at_ns in self.wire.receive():
            if len(packet) == _HEADER.size + _SAMPLES and packet[1] & 0x7F == _PCMA:
                number = number_in(packet[_HEADER.size :], self.other)
                if number is not None:
                    self.arrivals.append((at_ns, number))


class Media:
    """Two threads that move all audio: one sends on time, one reads at leisure."""

    def __init__(self) -> None:
        self._flows: set[Flow] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._every, args=(_TICK_S, self._send), name="rtp out", daemon=True),
            threading.Thread(
                target=self._every, args=(_READ_EVERY_S, self._read), name="rtp in", daemon=True
            ),
        ]

    def __enter__(self) -> Media:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        for flow in self._flows:
            flow.wire.close()

    def open(self, own: int, other: int) -> Flow:
        """A port for one leg; nothing is sent before ``start``."""
        flow = Flow(Wire(), own, other)
        with self._lock:
            self._flows.add(flow)
        return flow

    def start(self, flow: Flow, remote: Address, step_s: float = FRAME_S) -> None:
        """Send from now on, the first frame at once."""
        flow.step_s = step_s
        if flow.remote is None:
            flow.remote = remote
            flow.send_next()
            flow.due = time.monotonic() + step_s

    def silence(self, flow: Flow) -> None:
        """Send nothing until ``start``."""
        with self._lock:
            flow.remote = None

    def pace(self, flow: Flow, step_s: float) -> None:
        """Send a frame so often from now on."""
        flow.step_s, flow.due = step_s, time.monotonic()

    def close(self, flow: Flow) -> Heard:
        """End it, and tell what was heard."""
        with self._lock:
            self._flows.discard(flow)
            flow.remote = None
            flow.read()
            flow.wire.close()
        return heard(flow.arrivals)

    def _send(self) -> None:
        now = time.monotonic()
        with self._lock:
            for flow in self._flows:
                if flow.remote is not None and flow.due <= now:
                    flow.send_next()
                    # Never in a burst: after a hiccup of this machine the pace starts anew.
                    flow.due = max(flow.due + flow.step_s, now)

    def _read(self) -> None:
        with self._lock:
            for flow in self._flows:
                flow.read()

    def _every(self, step_s: float, work: object) -> None:
        assert callable(work)
        due = time.monotonic()
        while not self._over.is_set():
            work()
            due = max(due + step_s, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
