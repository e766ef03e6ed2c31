"""A UDP socket on 127.0.0.1 that tells when each packet came, by the kernel's own time stamp.

All times are nanoseconds since the epoch (CLOCK_REALTIME, which is what the kernel stamps with), so
that it does not matter how late this process gets round to reading a packet.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator

Address = tuple[str, int]

LOOPBACK = "127.0.0.1"
#: SO_TIMESTAMPNS of Linux, and the type of the ancillary message that carries it
_TIMESTAMP_NS = 35
_TIMESPEC = struct.Struct("@ll")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)
_BUFFER_BYTES = 4 * 2**20
_LARGEST_BYTES = 65535


class Wire:
    """One bound, non-blocking UDP socket."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMP_NS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self.socket.bind((LOOPBACK, 0))
        self.port: int = self.socket.getsockname()[1]

    def send(self, data: bytes, to: Address) -> int:
        """Send, and tell when: the moment just before the kernel was asked."""
        at_ns = time.time_ns()
        self.socket.sendto(data, to)
        return at_ns

    def receive(self) -> Iterator[tuple[bytes, int]]:
        """What came since the last time: (packet, when it came)."""
        while True:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(_LARGEST_BYTES, _ANCILLARY_BYTES)
            except BlockingIOError:
                return
            yield data, _stamp_ns(ancillary)

    def close(self) -> None:
        """Give the port back."""
        self.socket.close()


def _stamp_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _TIMESTAMP_NS:
            seconds, nanoseconds = _TIMESPEC.unpack(data[: _TIMESPEC.size])
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    raise RuntimeError("this kernel does not stamp packets (SO_TIMESTAMPNS): the benchmark needs it")
