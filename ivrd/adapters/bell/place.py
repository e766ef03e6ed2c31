"""A socket in the state directory: who may open the directory and write may ask there, and nobody else."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path


def bound(state: Path, name: str) -> socket.socket:
    """A socket under the name, put there in one step: the name never leads nowhere. OSError."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        with _short(state) as directory:
            half = f"{directory}/.{name}.{os.getpid()}"
            with contextlib.suppress(FileNotFoundError):
                os.unlink(half)
            listener.bind(half)
            os.chmod(half, os.stat(half).st_mode & 0o770)  # whatever the umask says
            os.replace(half, f"{directory}/{name}")
    except BaseException:
        listener.close()
        raise
    return listener


@contextlib.contextmanager
def reached(state: Path, name: str, within_s: float) -> Iterator[socket.socket]:
    """Connected to who listens under the name. OSError, which TimeoutError is."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(within_s)
        with _short(state) as directory:
            peer.connect(f"{directory}/{name}")
        yield peer


@contextlib.contextmanager
def _short(directory: Path) -> Iterator[str]:
    """Another name of ``directory``: the kernel takes 107 characters for a socket, and paths are longer at times."""
    held = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{held}"
    finally:
        os.close(held)
