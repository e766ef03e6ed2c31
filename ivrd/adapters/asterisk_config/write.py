"""Asterisk's files on disk: each replaced as a whole, only when it changed, nothing of others lost."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivrd.adapters.asterisk_config.music import melody_wav
from ivrd.adapters.asterisk_config.text import HEADER
from ivrd.errors import OutsideError
from ivrd.settings.site import Loaded

#: Files with passwords. The others are nobody's secret, but nobody else's business either.
SECRET = frozenset({"ari.conf", "manager.conf", "pjsip.conf"})
BACKUP_SUFFIX = ".before-ivrd"


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a run changed, by file name (what it would change, when only checking)."""

    changed: tuple[str, ...] = ()
    backed_up: tuple[str, ...] = ()  #: files of somebody else's, kept with BACKUP_SUFFIX


def write(files: Mapping[str, str], out: Path, *, private: bool, check: bool = False) -> Written:
    """Bring the directory ``out`` up to date with ``files``.

    Files with passwords get mode 0600 for a private instance, else 0640 and the directory's group,
    so that Asterisk's user can read them. ``check``: change nothing, only tell. Raises
    OutsideError when the directory cannot be read or written.
    """
    try:
        changed = [name for name, text in files.items() if _current(out / name) != text]
        foreign = [name for name in changed if _is_foreign(out / name)]
        if not check:
            out.mkdir(parents=True, exist_ok=True)
            for name in foreign:
                os.replace(out / name, out / (name + BACKUP_SUFFIX))
            for name in changed:
                _replace(out / name, files[name].encode(), _mode(name, private))
    except OSError as error:
        raise OutsideError(f"{error.filename or out}: {error.strerror}") from error
    return Written(changed=tuple(changed), backed_up=tuple(foreign))


def ensure_music(loaded: Loaded) -> Path:
    """The directory to play on hold from: ``prompts/music`` if it holds WAV files, else our melody,
    in the spool, which Asterisk can read whoever it runs as."""
    own = loaded.path(loaded.site.paths.prompts) / "music"
    made = loaded.path(loaded.site.paths.spool) / "music"
    if own.is_dir() and any(own.glob("*.wav")):
        return own
    try:
        made.mkdir(parents=True, exist_ok=True)
        if not any(made.glob("*.wav")):
            _replace(made / "waiting.wav", melody_wav(), 0o644)
    except OSError as error:
        raise OutsideError(f"{error.filename or made}: {error.strerror}") from error
    return made


def _current(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _is_foreign(path: Path) -> bool:
    """Somebody else wrote it, and there is no copy of it yet."""
    text = _current(path)
    backup = path.with_name(path.name + BACKUP_SUFFIX)
    return text is not None and not text.startswith(HEADER) and not backup.exists()


def _mode(name: str, private: bool) -> int:
    if private:
        return 0o600
    return 0o640 if name in SECRET else 0o644


def _replace(path: Path, content: bytes, mode: int) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
        _give_group(file.fileno(), path.parent)
    os.replace(temporary, path)


def _give_group(descriptor: int, directory: Path) -> None:
    try:
        os.fchown(descriptor, -1, directory.stat().st_gid)
    except PermissionError:
        pass  # not ours to give: the admin's umask and groups decide
