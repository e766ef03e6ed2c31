"""A SIP user agent on one socket: the carrier's side of the trunk, or a floor of desk phones."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from bench import sip
from bench.media import Flow, Heard, Media
from bench.wire import LOOPBACK, Address, Wire
from ivrd.adapters.asterisk_config.sip import REGISTRATION_S

_ANSWER_TIMEOUT_S = 20.0
_ids = itertools.count(1)
_run = f"{random.getrandbits(32):08x}"


class BenchError(Exception):
    """The measurement itself did not work; the text says what to look at."""


@dataclass(eq=False)
class Leg:
    """One call at this station; times in ns since the epoch, 0 = never."""

    call_id: str
    number: str  #: the caller's number, which both sides of a call have in common
    phone: str  #: who was dialled
    incoming: bool
    flow: Flow
    local: str = ""  #: our side of the dialog, as in From or To
    far: str = ""  #: theirs
    target: str = ""  #: where requests within the dialog go
    cseq: int = 1
    offers: int = 1  #: of audio, in this call
    password: str = ""  #: for a phone that is asked for one
    invite: sip.Message | None = None  #: the request that we answer
    remote_audio: Address | None = None
    status: int = 0
    invite_ns: int = 0
    ok_ns: int = 0
    over_ns: int = 0
    hung_up: bool = False  #: by us
    audio: Heard = field(default_factory=lambda: Heard(None, 0, 0))
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Station:
    """``on_call`` is told of each INVITE, and decides what to do with it (``ring``, ``accept``)."""

    def __init__(self, registrar: Address, media: Media, own: int, other: int) -> None:
        """``own`` and ``other`` mark the audio that is sent and that is to be heard."""
        self._to, self.media, self._own, self._other = registrar, media, own, other
        self._wire = Wire()
        self._legs: dict[str, Leg] = {}
        self._answers: dict[tuple[str, str], asyncio.Future[sip.Message]] = {}
        self._sent: dict[str, bytes] = {}  # by transaction: said again when the request comes again
        self.legs: list[Leg] = []  #: all since ``forget``
        self.on_call: Callable[[Leg], None] = self.accept

    def __enter__(self) -> Station:
        asyncio.get_running_loop().add_reader(self._wire.socket, self._read)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._wire.socket)
        self._wire.close()

    def forget(self) -> None:
        """Begin a new run."""
        self.legs = []
        self._sent.clear()

    @property
    def busy(self) -> list[Leg]:
        """Legs that are not over."""
        return list(self._legs.values())

    # --- what a caller does

    async def register(self, user: str, password: str) -> None:
        """Register a phone, again before ``REGISTRATION_S`` have passed. BenchError when it is refused."""
        uri = f"sip:{self._to[0]}:{self._to[1]}"
        address = f"<sip:{user}@{self._to[0]}>"
        extra = [("Contact", f"<{self._contact(user)}>"), ("Expires", str(REGISTRATION_S))]
        base = (uri, address, address, self._new_id())
        answer = await self._ask("REGISTER", *base, 1, extra)
        if answer.status == 401:
            challenge = answer.get("www-authenticate")
            proof = sip.credentials(challenge, "REGISTER", uri, user, password)
            answer = await self._ask("REGISTER", *base, 2, [*extra, ("Authorization", proof)])
        if answer.status != 200:
            raise BenchError(f"phone {user} could not register: {answer.start}")

    def call(self, number: str, dialled: str) -> Leg:
        """Call from ``number``; does not wait for anything."""
        flow = self.media.open(self._own, self._other)
        leg = Leg(self._new_id(), number, dialled, False, flow)
        leg.target = f"sip:{dialled}@{self._to[0]}:{self._to[1]}"
        leg.local = f"<{self._contact(number)}>;tag={self._new_id()}"
        leg.far = f"<{leg.target}>"
        self._add(leg)
        leg.invite_ns = self._invite(leg, [])
        return leg

    async def dial(self, user: str, password: str, dialled: str) -> None:
        """Call from a registered phone, and stay until the other side hangs up. BenchError if refused."""
        leg = self.call(user, dialled)
        leg.password = password
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                await leg.over.wait()
        except TimeoutError:
            raise BenchError(f"phone {user}: the call to {dialled} does not end") from None
        if not leg.ok_ns:
            raise BenchError(f"phone {user}: {dialled} was refused, {leg.status}")

    def hang_up(self, leg: Leg) -> None:
        """End an answered call; a call that rings is cancelled. Harmless when it is over."""
        if leg.call_id not in self._legs:
            return
        leg.hung_up = True
        if leg.ok_ns:
            leg.cseq += 1
            leg.over_ns = self._request(leg, "BYE", leg.cseq)
            self._over(leg)
        elif not leg.incoming:
            self._request(leg, "CANCEL", leg.cseq)

    # --- what a phone does

    async def hold(self, leg: Leg, on: bool) -> None:
        """What its hold key does: put the other side on hold, or take it back. Harmless when the call is over."""
        if leg.call_id not in self._legs or not leg.ok_ns:
            return
        if on:
            self.media.silence(leg.flow)
        elif leg.remote_audio:
            self.media.start(leg.flow, leg.remote_audio)
        leg.cseq += 1
        leg.offers += 1
        body = sip.sdp(LOOPBACK, leg.flow.wire.port, "sendonly" if on else "sendrecv", leg.offers)
        contact = ("Contact", f"<{self._contact(leg.phone if leg.incoming else leg.number)}>")
        self._request(leg, "INVITE", leg.cseq, [contact], body)
        answer = await self._response(leg.call_id, f"{leg.cseq} INVITE")
        self._acknowledge(leg, answer, leg.target)

    def ring(self, leg: Leg) -> None:
        """180."""
        assert leg.invite is not None
        self._say(leg.invite, "180 Ringing", [("Contact", f"<{self._contact(leg.phone)}>")])

    def accept(self, leg: Leg) -> None:
        """200, and audio from then on. Harmless when the caller is gone."""
        if leg.call_id not in self._legs or leg.invite is None:
            return
        body = sip.sdp(LOOPBACK, leg.flow.wire.port)
        contact = [("Contact", f"<{self._contact(leg.phone)}>")]
        leg.ok_ns = self._say(leg.invite, "200 OK", contact, body)
        leg.status = 200
        if leg.remote_audio:
            self.media.start(leg.flow, leg.remote_audio)
        leg.answered.set()

    # --- the wire

    def _read(self) -> None:
        for data, at_ns in self._wire.receive():
            message = sip.parse(data)
            if message is None:
                continue
            if message.status:
                self._on_response(message, at_ns)
            else:
                self._on_request(message, at_ns)

    def _on_response(self, message: sip.Message, at_ns: int) -> None:
        call_id, cseq = message.get("call-id"), message.get("cseq")
        if message.status < 200:
            return
        waiting = self._answers.pop((call_id, cseq), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)
        leg = self._legs.get(call_id)
        if message.method != "INVITE" or leg is None or leg.incoming:
            return
        if message.status >= 300:
            self._acknowledge(leg, message, leg.target)
            if message.status == 401 and leg.password and leg.cseq == 1:
                self._prove(leg, message.get("www-authenticate"))
                return
            leg.status, leg.over_ns = message.status, at_ns
            self._over(leg)
        else:
            self._answered(leg, message, at_ns)

    def _answered(self, leg: Leg, message: sip.Message, at_ns: int) -> None:
        if not leg.ok_ns:
            leg.ok_ns, leg.status = at_ns, message.status
            leg.far, leg.target = message.get("to"), sip.uri_of(message.get("contact"))
            leg.remote_audio = sip.audio_of(message.body)
            if leg.remote_audio:
                self.media.start(leg.flow, leg.remote_audio)
            leg.answered.set()
        self._acknowledge(leg, message, leg.target)

    def _on_request(self, message: sip.Message, at_ns: int) -> None:
        transaction = message.get("via") + message.method
        if transaction in self._sent and message.method != "ACK":
            self._wire.send(self._sent[transaction], self._to)
            return
        leg = self._legs.get(message.get("call-id"))
        match message.method:
            case "ACK":
                pass
            case "INVITE" if leg is None:
                self._invited(message, at_ns)
            case "INVITE" if leg is not None:  # within the call: the same audio as before
                contact = [("Contact", f"<{self._contact(leg.phone)}>")]
                self._say(message, "200 OK", contact, sip.sdp(LOOPBACK, leg.flow.wire.port))
            case "BYE" | "CANCEL":
                self._say(message, "200 OK")
                if leg is not None:
                    leg.over_ns = at_ns
                    if message.method == "CANCEL" and leg.invite and not leg.ok_ns:
                        self._say(leg.invite, "487 Request Terminated")
                    self._over(leg)
            case _:  # OPTIONS: Asterisk asks whether the phone is there
                self._say(message, "200 OK")

    def _invited(self, message: sip.Message, at_ns: int) -> None:
        flow = self.media.open(self._own, self._other)
        number, phone = sip.user_of(message.get("from")), sip.user_of(message.target)
        leg = Leg(message.get("call-id"), number, phone, True, flow)
        leg.invite, leg.invite_ns = message, at_ns
        leg.local, leg.far = f"{message.get('to')};tag={self._tag(leg.call_id)}", message.get("from")
        leg.target = sip.uri_of(message.get("contact"))
        leg.remote_audio = sip.audio_of(message.body)
        self._add(leg)
        self.on_call(leg)

    def _add(self, leg: Leg) -> None:
        self._legs[leg.call_id] = leg
        self.legs.append(leg)

    def _over(self, leg: Leg) -> None:
        if self._legs.pop(leg.call_id, None) is not None:
            leg.audio = self.media.close(leg.flow)
            leg.over.set()

    def _invite(self, leg: Leg, extra: list[tuple[str, str]]) -> int:
        body = sip.sdp(LOOPBACK, leg.flow.wire.port)
        contact = ("Contact", f"<{self._contact(leg.number)}>")
        return self._request(leg, "INVITE", leg.cseq, [contact, *extra], body)

    def _prove(self, leg: Leg, challenge: str) -> None:
        leg.cseq += 1
        proof = sip.credentials(challenge, "INVITE", leg.target, leg.number, leg.password)
        self._invite(leg, [("Authorization", proof)])

    def _request(
        self, leg: Leg, method: str, cseq: int, extra: list[tuple[str, str]] | None = None, body: str = ""
    ) -> int:
        # A CANCEL and the ACK of a refusal belong to the INVITE's transaction: same branch.
        own = f"{leg.call_id}{cseq}" if method in ("INVITE", "CANCEL") else self._new_id()
        head = self._head(leg.local, leg.far, leg.call_id, cseq, method, own)
        return self._send(f"{method} {leg.target} SIP/2.0", [*head, *(extra or [])], body)

    def _acknowledge(self, leg: Leg, answer: sip.Message, target: str) -> None:
        cseq = int(answer.get("cseq").partition(" ")[0])
        own = self._new_id() if answer.status < 300 else f"{leg.call_id}{cseq}"
        head = self._head(leg.local, answer.get("to"), leg.call_id, cseq, "ACK", own)
        self._send(f"ACK {target} SIP/2.0", head)

    async def _ask(
        self, method: str, uri: str, sender: str, to: str, call_id: str, cseq: int, extra: list[tuple[str, str]]
    ) -> sip.Message:
        head = self._head(f"{sender};tag={self._tag(call_id)}", to, call_id, cseq, method, self._new_id())
        self._send(f"{method} {uri} SIP/2.0", [*head, *extra])
        return await self._response(call_id, f"{cseq} {method}")

    async def _response(self, call_id: str, cseq: str) -> sip.Message:
        future: asyncio.Future[sip.Message] = asyncio.get_running_loop().create_future()
        self._answers[call_id, cseq] = future
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                return await future
        except TimeoutError:
            raise BenchError(f"Asterisk did not answer {cseq} in {_ANSWER_TIMEOUT_S:g} s") from None

    def _head(
        self, sender: str, to: str, call_id: str, cseq: int, method: str, branch: str
    ) -> list[tuple[str, str]]:
        via = f"SIP/2.0/UDP {LOOPBACK}:{self._wire.port};branch=z9hG4bK{branch};rport"
        head = [("Via", via), ("Max-Forwards", "70"), ("From", sender), ("To", to)]
        return [*head, ("Call-ID", call_id), ("CSeq", f"{cseq} {method}")]

    def _send(self, start: str, headers: list[tuple[str, str]], body: str = "") -> int:
        return self._wire.send(sip.render(start, headers, body), self._to)

    def _say(
        self, request: sip.Message, status: str, extra: list[tuple[str, str]] | None = None, body: str = ""
    ) -> int:
        packet = sip.response(request, status, self._tag(request.get("call-id")), extra or (), body)
        self._sent[request.get("via") + request.method] = packet
        return self._wire.send(packet, self._to)

    def _contact(self, user: str) -> str:
        return f"sip:{user}@{LOOPBACK}:{self._wire.port}"

    def _tag(self, call_id: str) -> str:
        return f"b{abs(hash(call_id)):x}"

    def _new_id(self) -> str:
        return f"{_run}-{next(_ids)}"
