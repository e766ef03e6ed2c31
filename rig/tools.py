"""Where the tools are: the machine's own, or those that rig/setup.sh unpacked below var/."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
_BROUGHT = REPOSITORY / "var" / "bin"
_ROOT = REPOSITORY / "var" / "root"
_OLDEST_ASTERISK = 20


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


def free_ports(count: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[int]:
    """Ports of 127.0.0.1 that nobody has now."""
    sockets = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()
