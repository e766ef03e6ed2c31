"""A recording encrypted: AES-256-GCM in chunks, so that a long one needs no more memory than a short one.

    header   8 bytes magic, 10 bytes day (2026-11-24), 16 bytes salt; authenticated with every chunk
    chunks   64 KiB each (the last may be shorter) and 16 bytes tag

The key of a file is HKDF-SHA256 of its day's key and the salt. The nonce is the chunk's number (11 bytes) and
whether it is the last (1 byte): the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar: "Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015), so that chunks cannot be cut off,
swapped or repeated without notice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ivrd.errors import OutsideError

SUFFIX = ".sealed"
KEY_BYTES = 32
CHUNK_BYTES = 1 << 16
_MAGIC = b"IVRDSEA1"
_DAY_BYTES, _SALT_BYTES, _TAG_BYTES = 10, 16, 16
HEADER_BYTES = len(_MAGIC) + _DAY_BYTES + _SALT_BYTES
SALT_AT = HEADER_BYTES - _SALT_BYTES


class Out(Protocol):
    """Whatever takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Take them."""
        ...


class Sealing:
    """Writes plain bytes on, encrypted. ``close`` is needed: it writes the last chunk."""

    def __init__(self, out: Out, day: str, day_key: bytes) -> None:
        """``day``: 2026-11-24."""
        salt = os.urandom(_SALT_BYTES)
        self._header = _MAGIC + day.encode() + salt
        self._cipher = AESGCM(file_key(day_key, salt))
        self._out, self._held, self._number = out, bytearray(), 0
        out.write(self._header)

    def write(self, data: bytes) -> None:
        """The last chunk is held back: only ``close`` knows that it is the last."""
        self._held += data
        while len(self._held) > CHUNK_BYTES:
            self._chunk(bytes(self._held[:CHUNK_BYTES]), last=False)
            del self._held[:CHUNK_BYTES]

    def close(self) -> None:
        """No more comes."""
        self._chunk(bytes(self._held), last=True)
        self._held.clear()

    def _chunk(self, plain: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last=last), plain, self._header))
        self._number += 1


def unsealed(file: BinaryIO, key: bytes) -> Iterator[bytes]:
    """The plain bytes, chunk by chunk; ``key`` is the file's. OutsideError when they are not what was sealed."""
    header = file.read(HEADER_BYTES)
    cipher, number = AESGCM(key), 0
    chunk = file.read(CHUNK_BYTES + _TAG_BYTES)
    while True:
        after = file.read(CHUNK_BYTES + _TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, last=not after), chunk, header)
        except (InvalidTag, ValueError) as exc:
            raise OutsideError(f"chunk {number + 1} is not what was sealed: wrong key, or the file was changed") from exc
        if not after:
            return
        chunk, number = after, number + 1


def salt_of(file: BinaryIO) -> bytes:
    """What the file's key is made from, with its day's; leaves the file at its start. OutsideError: not sealed by us."""
    header = file.read(HEADER_BYTES)
    file.seek(0)
    if len(header) < HEADER_BYTES or not header.startswith(_MAGIC):
        raise OutsideError("it is not a sealed recording")
    return header[SALT_AT:]


def file_key(day_key: bytes, salt: bytes) -> bytes:
    """The key of one file."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=b"ivrd recording 1").derive(day_key)


def plain_bytes(sealed_bytes: int) -> int:
    """How many bytes a sealed file of this size holds."""
    body = sealed_bytes - HEADER_BYTES
    return max(0, body - -(-body // (CHUNK_BYTES + _TAG_BYTES)) * _TAG_BYTES)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
