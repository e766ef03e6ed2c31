"""mosquitto's files on disk, readable by owner and group only."""

from __future__ import annotations

import grp
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ivrd.errors import OutsideError

MOSQUITTO = "mosquitto"  #: its user and its group, by mosquitto itself and by Debian


def write(files: Mapping[str, str], out: Path) -> None:
    """Replace each file as a whole; mode 0640, for mosquitto's group. OutsideError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        group = _group(out)
        for name, text in files.items():
            handle, part = tempfile.mkstemp(dir=out, prefix=f".{name}-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                os.fchmod(file.fileno(), 0o640)
                with suppress(PermissionError):  # not ours to give: the admin's groups decide
                    os.fchown(file.fileno(), -1, group)
            os.replace(part, out / name)
    except OSError as exc:
        raise OutsideError(f"{exc.filename or out}: {exc.strerror}") from exc


def _group(out: Path) -> int:
    """The directory's. Where that is root's, as Debian's package leaves it, the one of the user that mosquitto becomes: it reads passwords as that."""
    group = out.stat().st_gid
    if group == 0:
        with suppress(KeyError):
            return grp.getgrnam(MOSQUITTO).gr_gid
    return group
