"""A site as it was at a revision: its YAML files, taken out of git into a directory of their own."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from ivrd.errors import IvrdError

_LONGEST_S = 30


def split(word: str) -> tuple[str, str] | None:
    """ "HEAD~1:dialplans/169.yaml" as revision and path; None for a file that is there as it is."""
    revision, colon, path = word.partition(":")
    return (revision, path) if colon and revision and path and not Path(word).exists() else None


def top(near: Path) -> Path:
    """The directory of the repository in which ``near`` lies. IvrdError when there is none."""
    return Path(_git(near, "rev-parse", "--show-toplevel").decode().strip())


def take_out(repository: Path, revision: str, into: Path) -> None:
    """All YAML files of ``revision``. IvrdError with git's words when there is no such revision."""
    # a revision is never taken for an option
    packed = _git(repository, "archive", "--format=tar", "--end-of-options", revision, ":(glob)**/*.yaml")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(into, filter="data")


def _git(where: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(where), *words], capture_output=True, check=False, timeout=_LONGEST_S)
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise IvrdError(f"git cannot be asked: {exc}") from exc
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise IvrdError(f"git: {said[0] if said else done.returncode}")
    return done.stdout
