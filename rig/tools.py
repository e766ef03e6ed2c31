"""Where the tools are: the machine's own, or those that rig/setup.sh unpacked below var/."""

from __future__ import annotations

import atexit
import errno
import itertools
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
_BROUGHT = REPOSITORY / "var" / "bin"
_ROOT = REPOSITORY / "var" / "root"
_OLDEST_ASTERISK = 20
TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM


class RigError(Exception):
    """A part of the rig did not do what it must; the text says what, and where its log is."""


@dataclass(frozen=True, kw_only=True)
class AsteriskProgram:
    """An Asterisk that can be run, and where its modules are (None: where it was built to look)."""

    program: Path
    modules_dir: Path | None
    data_dir: Path | None


def find_tool(name: str) -> Path:
    """The program ``name``; RigError when it is nowhere."""
    # An ordinary user's PATH often lacks the sbin directories, where daemons live.
    places = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin"
    found = shutil.which(name, path=places)
    if found:
        return Path(found)
    if (_BROUGHT / name).exists():
        return _BROUGHT / name
    raise RigError(f"{name} is not on this machine: run `make setup`")


@cache
def find_asterisk() -> AsteriskProgram:
    """The machine's Asterisk if it is recent enough, else the one below var/."""
    try:
        program = find_tool("asterisk")
    except RigError:
        program = _BROUGHT / "asterisk"
    if program.parent != _BROUGHT and asterisk_version(program) >= _OLDEST_ASTERISK:
        return AsteriskProgram(program=program, modules_dir=None, data_dir=None)
    brought = _BROUGHT / "asterisk"
    modules = next(_ROOT.glob("usr/lib/*/asterisk/modules"), None)
    if not brought.exists() or modules is None:
        raise RigError(f"no Asterisk {_OLDEST_ASTERISK} or later: run `make setup`")
    data = _ROOT / "usr" / "share" / "asterisk"
    return AsteriskProgram(program=brought, modules_dir=modules, data_dir=data)


def asterisk_version(program: Path) -> int:
    """Main version (22); 0 when it cannot be told."""
    result = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=10, check=False)
    match = re.search(r"Asterisk (?:certified/)?(\d+)", result.stdout)
    return int(match[1]) if match else 0


#: below the ports that a kernel gives to whoever connects, so that nobody else comes by one of ours by chance
_FIRST_BLOCK, _LAST_BLOCK, _BLOCK = 10_000, 30_000, 2_000
_SINGLE = 600  #: of a block, handed out one by one; the rest are ranges for audio
RTP_PORTS = 400  #: of one Asterisk


@cache
def _block() -> tuple[socket.socket, Iterator[int], Iterator[int]]:
    """What belongs to this process as long as it lives: a claim, its single ports, its ranges, in turn."""
    for first in range(_FIRST_BLOCK, _LAST_BLOCK + 1, _BLOCK):
        claim = socket.socket()
        try:
            claim.bind(("127.0.0.1", first))
            claim.listen(1)
        except OSError:
            claim.close()
            continue
        atexit.register(claim.close)
        singles, ranges = range(first + 1, first + _SINGLE), range(first + _SINGLE, first + _BLOCK, RTP_PORTS)
        return claim, itertools.cycle(singles), itertools.cycle(r for r in ranges if r + RTP_PORTS <= first + _BLOCK)
    raise RigError("all blocks of ports are taken: too many test runs on this machine at once")


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody has now, for TCP and UDP, and that no other run on this machine will ask for."""
    _, singles, _ = _block()
    free = (port for port in itertools.islice(singles, 2 * _SINGLE) if not is_taken(port))
    found = list(itertools.islice(free, count))
    if len(found) < count:
        raise RigError("no free port is left on 127.0.0.1")
    return found


def free_rtp_range() -> int:
    """The first of RTP_PORTS ports for the audio of one Asterisk; up to three at a time in a process."""
    return next(_block()[2])


def is_taken(port: int, host: str = "127.0.0.1", kinds: Iterable[socket.SocketKind] = (TCP, UDP)) -> bool:
    """Whether another program listens there now. Connections that have just ended do not matter, as to every server here."""
    return any(_is_taken(port, host, kind) for kind in kinds)


def _is_taken(port: int, host: str, kind: socket.SocketKind) -> bool:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=kind)[0]
        with socket.socket(family, kind) as probe:
            # else a port counts as taken for a minute after its last server; of UDP it would share a taken one
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == TCP)
            probe.bind(address)
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False
