# mypy: disable-error-code=no-untyped-call
# (panoramisk has no annotations; this file and messages.py are the only ones that call it)
"""One AMI connection through panoramisk, with what panoramisk lacks put around it.

A ``Connection`` lives as long as its TCP connection and is then thrown away, queue and all: that is
what keeps panoramisk from sending an old action again after an outage. The supervision, and with it
each reconnect, is the client's. Each guard is named in docs/adr/0003-ami-panoramisk.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

import structlog
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message

from ivrd.adapters.ami import wire
from ivrd.adapters.ami.messages import Order, read
from ivrd.errors import SwitchError
from ivrd.settings.site import Ami
from ivrd.settings.trust import NO_TLS, Trust

#: system: contacts. security: break-in attempts. call: phones in use, and many events a call that we do not read
EVENTS = "system,security"
ALL_EVENTS = "system,security,call"
#: devices whose state changes with each call and is of no interest: lamps that we set ourselves, and the trunk
UNWANTED = "Device: (Custom:|PJSIP/trunk)"
BOOT_S = 10.0  #: for Asterisk to say that it is there entirely; it takes one or two
MESSAGE_LIMIT = 2**20  #: bytes without an end of message: the peer is not Asterisk
_END = b"\r\n\r\n"
_NEVER_S = 10**9

_log = structlog.get_logger(__name__)
_quiet = logging.getLogger("ivrd.ami.panoramisk")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False  # it logs whole actions; what matters is logged by the client


class _WholeMessages(AMIProtocol):
    """Hands on whole messages only, so that a character split over two packets stays one."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._waiting = b""
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        data = self._waiting + data
        end = data.rfind(_END)
        whole, self._waiting = data[: end + len(_END)], data[end + len(_END) :]
        if end < 0:
            whole, self._waiting = b"", data
        if len(self._waiting) > MESSAGE_LIMIT:
            self._waiting = b""
            self.connection_lost(None)
        elif whole:
            for block in whole.decode("utf8", "ignore").split("\r\n\r\n"):
                message = read(block.strip())
                if message is not None:
                    self.handle_message(message)

    def handle_message(self, message: Message) -> None:
        """One strange message (a header twice is a list to panoramisk) must not cost the connection."""
        try:
            super().handle_message(message)
        except (TypeError, AttributeError, ValueError, LookupError) as exc:
            _log.warning("message not understood", interface="ami", error=repr(exc), message=str(message)[:500])


class _OneConnection(Manager):
    """A manager that never connects, pings, queues or replays by itself."""

    on_lost: Callable[[], None]
    on_event: Callable[[Message], None]
    pinger: asyncio.TimerHandle | None

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connected = False
        self.forget()
        self.on_lost()

    def dispatch(self, event: Message) -> None:
        """To us alone: panoramisk's own reader sends what waited, and its patterns cost more than the event."""
        self.on_event(event)

    def forget(self) -> None:
        if self.pinger is not None:
            self.pinger.cancel()
            self.pinger = None
        self.awaiting_actions.clear()


class Connection:
    """``await open()``, then ``action``s, until ``lost`` is set; then ``close`` and forget it."""

    def __init__(self, settings: Ami, secret: str, on_event: Callable[[Message], None]) -> None:
        self._settings, self._secret, self._on_event = settings, secret, on_event
        self.lost = asyncio.Event()
        self._booted = asyncio.Event()
        self._under_way: set[asyncio.Future[object]] = set()
        self._manager = self._make_manager()

    def _make_manager(self) -> _OneConnection:
        manager = _OneConnection(
            loop=asyncio.get_running_loop(), log=_quiet, ping_delay=_NEVER_S, ping_interval=_NEVER_S
        )
        manager.config.pop("username", None)  # the login is ours: it needs a time-out, too
        manager.on_lost = self._on_lost
        manager.on_event = self._heard
        return manager

    def _heard(self, event: Message) -> None:
        if event.event == "FullyBooted":
            self._booted.set()
        self._on_event(event)

    async def open(self) -> None:
        """Connect and log in. SwitchError (status 401: wrong user or secret; TrustError: not our Asterisk)."""
        where = f"{self._settings.host}:{self._settings.port}"
        loop = asyncio.get_running_loop()
        trust = Trust("ami", self._settings) if self._settings.tls else None
        try:
            async with asyncio.timeout(self._settings.action_timeout_s):
                pair = await loop.create_connection(
                    _WholeMessages, self._settings.host, self._settings.port, ssl=trust.renewed() if trust else None
                )
        except ssl.SSLCertVerificationError as exc:
            assert trust is not None
            raise trust.doubts(exc) from exc
        except ssl.SSLError as exc:
            raise SwitchError(f"AMI at {where}", 0, f"({exc}): {NO_TLS}") from exc
        except (OSError, TimeoutError) as exc:
            raise SwitchError(f"AMI at {where}", 0, f"({exc or 'no connection in time'})") from exc
        ready = loop.create_future()
        ready.set_result(pair)
        self._manager.connection_made(ready)
        if pair[0].is_closing():
            self.lost.set()
        await self._log_in(where)

    async def _log_in(self, where: str) -> None:
        fields = {"Username": self._settings.user, "Secret": self._secret, "Events": EVENTS}
        try:
            await self.action("Login", fields)
        except SwitchError as exc:
            if exc.status != 400:
                raise
            text = (
                f"user {self._settings.user!r} refused by the manager interface at {where} "
                f"({exc.reason}): asterisk.ami.user or its secret `ami` is not what manager.conf "
                f"says. Run `ivrd asterisk-config`, install its files, reload Asterisk."
            )
            raise SwitchError("AMI login", 401, text) from exc

    async def wait_booted(self) -> None:
        """Until Asterisk says that all its modules are there (at once, if they are): the manager is among the first of them.

        It says so to whoever may read `system`; from one that does not within BOOT_S, what works is taken.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BOOT_S):
                await self._booted.wait()

    async def listen(self, events: Iterable[str]) -> None:
        """Have ``events``, and no others, also of kinds that would be too many. SwitchError."""
        pattern = f"^Event: ({'|'.join(sorted(events))})"
        for wanted in (pattern, f"!{UNWANTED}"):
            await self.action("Filter", {"Operation": "Add", "Filter": wanted})
        await self.action("Events", {"EventMask": ALL_EVENTS})

    async def action(self, name: str, fields: dict[str, str] | None = None, timeout_s: float | None = None) -> list[Message]:
        """Send one action: its response, then the events of its list if it has one.

        SwitchError, always within ``timeout_s`` (None: ``action_timeout_s``): status 400 when Asterisk says Error, 0 when
        there is no connection, it is lost meanwhile, or no answer comes.
        """
        (answer,) = await self.actions([(name, fields or {})], timeout_s)
        if isinstance(answer, SwitchError):
            raise answer
        return answer

    async def actions(
        self, wanted: Sequence[tuple[str, Mapping[str, str]]], timeout_s: float | None = None
    ) -> list[list[Message] | SwitchError]:
        """Send actions in one write (by TLS in one each), to be carried out one after the other; what came of each, as of ``action``.

        SwitchError when one has a field that could break out of its line, or there is no connection: none is sent.
        """
        within_s = timeout_s or self._settings.action_timeout_s
        for name, fields in wanted:
            wire.check_fields(name, fields)
        protocol = self._manager.protocol
        if self.lost.is_set() or protocol is None or protocol.closed:
            raise SwitchError(wanted[0][0], 0, "(not connected to the manager interface, not sent)")
        orders = [Order(name, fields) for name, fields in wanted]
        protocol.responses.update((order.id, order) for order in orders)
        self._under_way.update(order.future for order in orders)
        if self._settings.tls:
            for piece in wire.records(order.text for order in orders):
                protocol.transport.write(piece)
        else:
            protocol.transport.write(b"".join(order.text for order in orders))
        try:
            async with asyncio.timeout(within_s):
                for order in orders:
                    with contextlib.suppress(SwitchError):  # looked at below
                        await order.future
        except TimeoutError:
            pass  # looked at below
        finally:
            for order in orders:
                protocol.responses.pop(order.id, None)
                self._under_way.discard(order.future)
                if not order.future.cancel() and not order.future.cancelled():  # answered, or lost
                    order.future.exception()  # seen: who is cancelled looks at none
        late = f"within {within_s:g} s"
        return [_outcome(name, order.future, late) for (name, _), order in zip(wanted, orders, strict=True)]

    def close(self) -> None:
        """Close at once; actions under way fail."""
        if self._manager.protocol is not None and not self._manager.protocol.closed:
            self._manager.protocol.transport.abort()  # a frozen peer never lets its buffer drain
            self._manager.protocol.closed = True
        self._manager.forget()
        self._on_lost()

    def _on_lost(self) -> None:
        self.lost.set()
        self._booted.set()  # there is nothing to wait for any more
        for future in self._under_way:
            if not future.done():
                future.set_exception(SwitchError("AMI", 0, "(connection lost)"))


def _outcome(name: str, future: asyncio.Future[object], late: str) -> list[Message] | SwitchError:
    if future.cancelled():
        return SwitchError(name, 0, late)
    if (lost := future.exception()) is not None:
        return cast(SwitchError, lost)
    answer = future.result()
    messages = cast(list[Message], answer if isinstance(answer, list) else [answer])
    first = messages[0]
    return messages if first.success else SwitchError(name, 400, str(first.message).strip())
