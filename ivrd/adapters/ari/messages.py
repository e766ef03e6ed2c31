"""Messages that callers leave: recorded, fetched and forgotten over ARI (ports.MessageRecorder)."""

from __future__ import annotations

from ivrd.adapters.ari.rest import Rest, quoted


class Messages:
    """Recordings are named after their call (core/ids.py); Asterisk keeps them until they are dropped."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def record_message(self, channel: str, message: str, max_s: int, silence_s: int) -> None:
        """Record the caller, until #, silence or ``max_s``. SwitchError when refused.

        A repeated order is harmless (409: it is there already).
        """
        query = {
            "name": message,
            "format": "wav",
            "maxDurationSeconds": str(max_s),
            "maxSilenceSeconds": str(silence_s),
            "ifExists": "fail",
            "beep": "false",  # Asterisk has one only where its sounds are installed; ours is a prompt
            "terminateOn": "#",
        }
        await self._rest.order("POST", f"channels/{quoted(channel)}/record", query)

    async def fetch_message(self, message: str) -> bytes:
        """The WAV file. SwitchError: there is none (yet)."""
        return await self._rest.get_bytes(f"recordings/stored/{quoted(message)}/file")

    async def drop_message(self, message: str) -> None:
        """Forget it, recorded or still being so; harmless when it is gone."""
        await self._rest.order("DELETE", f"recordings/live/{quoted(message)}")
        await self._rest.order("DELETE", f"recordings/stored/{quoted(message)}")
