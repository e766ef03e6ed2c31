"""Broker, Asterisk and ivrd of one site: all up, all down, and a look at what was left behind."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from types import TracebackType

from rig.asterisk import AsteriskProcess
from rig.broker import WALLBOARD_USER, BrokerProcess
from rig.daemon import IvrdProcess
from rig.site import SitePaths


class Stack:
    """``async with Stack(site) as stack``: real parts, ready; ended in reverse order."""

    def __init__(self, site: SitePaths, *, with_ivrd: bool = True, meddled: bool = False) -> None:
        """``with_ivrd=False``: started by hand (``stack.ivrd.start()``), still ended here.

        ``meddled``: a test has ways in (rig/meddled.py), and may be ivrd's systemd (``watchdog``).
        """
        settings = site.loaded.site
        self.site = site
        self.wallboard_password = secrets.token_hex(16)
        self.broker = BrokerProcess(
            site.root / "var" / "broker",
            settings.mqtt.port,
            writer=settings.mqtt.user,
            passwords={
                settings.mqtt.user: site.secrets.mqtt,
                WALLBOARD_USER: self.wallboard_password,
            },
            base_topic=settings.mqtt.base_topic,
        )
        self.asterisk = AsteriskProcess(site.etc, site.logs / "asterisk.log")
        self.watchdog = site.logs / "ivrd.notify"  #: to whom a meddled ivrd says that it lives, twice a second
        watched = {"NOTIFY_SOCKET": str(self.watchdog), "WATCHDOG_USEC": "5000000"} if meddled else None
        module = "rig.meddled" if meddled else "ivrd"
        self.ivrd = IvrdProcess(site.config, site.logs / "ivrd.log", settings.http.port, watched, module=module)
        self._with_ivrd = with_ivrd
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Stack:
        async with AsyncExitStack() as starting:
            await starting.enter_async_context(self.broker)
            await starting.enter_async_context(self.asterisk)
            starting.push_async_callback(self._stop_ivrd)
            if self._with_ivrd:
                await self.ivrd.start()
            self._exit = starting.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exit.__aexit__(kind, value, trace)

    async def _stop_ivrd(self) -> None:
        """The one that leads by now."""
        await self.ivrd.stop()

    async def leaks(self) -> list[str]:
        """What should be gone once all calls are over: channels and bridges, by name."""
        channels = [f"channel {name}" for name in await self.asterisk.channels()]
        return channels + [f"bridge {name}" for name in await self.asterisk.bridges()]
