"""mosquitto's files on disk, readable by owner and group only."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ivrd.errors import OutsideError


def write(files: Mapping[str, str], out: Path) -> None:
    """Replace each file as a whole; mode 0640 and the directory's group, which should be mosquitto's. OutsideError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            handle, part = tempfile.mkstemp(dir=out, prefix=f".{name}-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                os.fchmod(file.fileno(), 0o640)
                with suppress(PermissionError):  # not ours to give: the admin's groups decide
                    os.fchown(file.fileno(), -1, out.stat().st_gid)
            os.replace(part, out / name)
    except OSError as exc:
        raise OutsideError(f"{exc.filename or out}: {exc.strerror}") from exc
