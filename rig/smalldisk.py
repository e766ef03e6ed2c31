"""A real file system of a few hundred kilobytes, to be filled: a tmpfs, which only root may mount."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rig.tools import RigError


@contextmanager
def small_disk(directory: Path, size_kb: int) -> Iterator[Path]:
    """``directory`` is a disk of its own meanwhile. RigError when this user may not mount one."""
    directory.mkdir(parents=True, exist_ok=True)
    argv = ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(directory)]
    if os.geteuid() != 0 or subprocess.run(argv, check=False, capture_output=True).returncode != 0:
        raise RigError("only root can mount a small disk")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def fill(directory: Path, leave_kb: int = 0) -> Path:
    """Fill the disk to the last block (but ``leave_kb``); the file to remove again."""
    filler = directory / "filler"
    seen = os.statvfs(directory)
    left = seen.f_bavail * seen.f_frsize - leave_kb * 1024
    with filler.open("wb") as out:
        out.write(b"x" * max(0, left))
    return filler
