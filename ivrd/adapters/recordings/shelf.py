"""Published recordings, for people: read, held, erased one by one, and all of them at the end of their time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ivrd.adapters.recordings import holding, sealing
from ivrd.adapters.recordings.keyring import Hold, KeyRing, sync_directory
from ivrd.errors import OutsideError

_NAME = re.compile(r"(\d{4})/(\d{2})/(\d{2})/([A-Za-z0-9_][A-Za-z0-9._@+-]*?)\.wav(\.sealed)?")


@dataclass(kw_only=True)
class Purged:
    """What the end of retention took."""

    files: list[str] = field(default_factory=list)  #: below the recordings directory
    keys: list[str] = field(default_factory=list)  #: days whose key was destroyed
    held: list[str] = field(default_factory=list)  #: files that legal hold kept


class Shelf:
    """The recordings directory and its keys. Blocks as long as the disk does."""

    def __init__(self, recordings: Path, keys: KeyRing) -> None:
        self._recordings, self._keys = recordings, keys

    def read(self, path: str) -> Iterator[bytes]:
        """The WAV file's bytes, whether it is sealed or not. OutsideError: it is gone, or its key is."""
        file = self._file(path)
        try:
            with file.open("rb") as source:
                if not path.endswith(sealing.SUFFIX):
                    while chunk := source.read(sealing.CHUNK_BYTES):
                        yield chunk
                    return
                yield from sealing.unsealed(source, self._key(path, sealing.salt_of(source)))
        except FileNotFoundError:
            raise OutsideError(f"{file}: is not there (any more)") from None
        except OSError as exc:
            raise OutsideError(f"{file}: {exc.strerror}") from exc
        except OutsideError as exc:
            raise OutsideError(f"{file}: {exc}") from exc

    def export(self, path: str, target: Path) -> None:
        """Write the plain WAV file ``target``, whole or not at all."""
        part = target.with_name(f".{target.name}.part")
        try:
            with part.open("wb") as out:
                part.chmod(0o600)
                for chunk in self.read(path):
                    out.write(chunk)
            part.replace(target)
        except OSError as exc:
            raise OutsideError(f"{target}: {exc.strerror}") from exc
        finally:
            part.unlink(missing_ok=True)

    def hold(self, path: str, reason: str, since: str) -> Hold:
        """Keep this recording, whatever retention and deletion say."""
        wanted = Hold(call=call_of(path), path=path, reason=reason, since=since)
        return holding.hold(self._keys, self._file(path), day_of(path), wanted)

    def erase(self, path: str) -> None:
        """Delete one recording for good; OutsideError when it is held. Harmless when it is gone."""
        holding.erase(self._keys, self._file(path), call_of(path))

    def purge(self, before: str, *, only_tell: bool = False) -> Purged:
        """Erase every recording and destroy every key of a day before ``before`` (2026-11-24), but what is held."""
        done = Purged(keys=[day for day in self._keys.days() if day < before])
        if not only_tell:
            for day in done.keys:  # first: should the rest fail, all of it is unreadable already
                self._keys.destroy(day)
        for path in self._paths():
            if day_of(path) >= before:
                continue
            if self._keys.held(call_of(path)):
                done.held.append(path)
                continue
            done.files.append(path)
            if not only_tell:
                self.erase(path)
        if not only_tell:
            self._remove_empty()
        return done

    def _paths(self) -> Iterator[str]:
        for file in sorted(self._recordings.glob("[0-9]*/[0-9]*/[0-9]*/*")):
            path = file.relative_to(self._recordings).as_posix()
            if _NAME.fullmatch(path):
                yield path

    def _remove_empty(self) -> None:
        for directory in sorted(self._recordings.glob("[0-9]*/[0-9]*/[0-9]*"), reverse=True):
            for each in (directory, directory.parent, directory.parent.parent):
                if not each.is_dir() or any(each.iterdir()):
                    break
                each.rmdir()
        if self._recordings.is_dir():
            sync_directory(self._recordings)

    def _key(self, path: str, salt: bytes) -> bytes:
        return holding.key_of(self._keys, call_of(path), day_of(path), salt)

    def _file(self, path: str) -> Path:
        _parts(path)
        return self._recordings / path


def day_of(path: str) -> str:
    """2026-11-24."""
    return "-".join(_parts(path)[:3])


def call_of(path: str) -> str:
    """The call's id."""
    return _parts(path)[3]


def _parts(path: str) -> tuple[str, ...]:
    match = _NAME.fullmatch(path)
    if match is None:
        raise OutsideError(f"{path!r} is not a recording's path")
    return match.groups()
