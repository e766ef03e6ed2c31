"""What recordings and messages share: a legal hold by name, the key of one sealed file, and its end."""

from __future__ import annotations

from pathlib import Path

from ivrd.adapters.recordings import sealing
from ivrd.adapters.recordings.keyring import Hold, KeyRing, wipe
from ivrd.errors import OutsideError


def is_sealed(file: Path) -> bool:
    """By its name."""
    return file.name.endswith(sealing.SUFFIX)


def key_of(keys: KeyRing, name: str, day: str, salt: bytes) -> bytes:
    """Of one sealed file: put aside by a hold, or made from its day's (2026-11-24). OutsideError: it is destroyed."""
    hold = keys.held(name)
    if hold is not None and hold.key:
        return bytes.fromhex(hold.key)
    day_key = keys.find(day)
    if day_key is None:
        raise OutsideError(f"the key of {day} is not in {keys.directory}: destroyed at the end of retention?")
    return sealing.file_key(day_key, salt)


def hold(keys: KeyRing, file: Path, day: str, wanted: Hold) -> Hold:
    """Keep ``file``, whatever retention and deletion say; ``wanted`` with its key, as it is kept. OutsideError: it is gone."""
    key = ""
    try:
        with file.open("rb") as source:
            if is_sealed(file):
                key = key_of(keys, wanted.call, day, sealing.salt_of(source)).hex()
    except FileNotFoundError:
        raise OutsideError(f"{file}: is not there (any more)") from None
    except OSError as exc:
        raise OutsideError(f"{file}: {exc.strerror}") from exc
    made = Hold(call=wanted.call, path=wanted.path, reason=wanted.reason, since=wanted.since, key=key)
    keys.hold(made)
    return made


def erase(keys: KeyRing, file: Path, name: str) -> None:
    """Delete for good, of a sealed file first what its key is made from. OutsideError when it is held. Harmless when it is gone."""
    if kept := keys.held(name):
        raise OutsideError(f"{kept.path}: on legal hold since {kept.since} ({kept.reason})")
    sealed = is_sealed(file)
    wipe(file, sealing.SALT_AT if sealed else 0, sealing.HEADER_BYTES - sealing.SALT_AT if sealed else 0)
