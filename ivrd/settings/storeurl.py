"""The store's password: never in config/, but in a file of its own or a credential of systemd."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from ivrd.errors import StartError

CREDENTIAL = "ivrd-store-password"
_USER = re.compile(r"^([a-z][a-z0-9+]*://)([^:@/]*)(:[^@/]*)?@")


def has_password(url: str) -> bool:
    """Whether a password stands in the URL."""
    match = _USER.match(url)
    return bool(match and match[3])


def with_password(url: str, file: Path | None, environ: Mapping[str, str] = os.environ) -> str:
    """The URL with the password of ``file``, or of systemd's credential; as it is when there is neither.

    StartError when the file cannot be read, may be read by everybody, or the URL has no user.
    """
    credential = Path(environ.get("CREDENTIALS_DIRECTORY", "")) / CREDENTIAL
    if file is None and environ.get("CREDENTIALS_DIRECTORY") and credential.exists():
        file = credential
    if file is None:
        return url
    match = _USER.match(url)
    if match is None or not match[2]:
        raise StartError(f"store_url names no user, so {file} is of no use: postgresql://ivrd@host/ivrd")
    return f"{match[1]}{match[2]}:{quote(_first_line(file), safe='')}@{url[match.end() :]}"


def _first_line(file: Path) -> str:
    try:
        if stat.S_IMODE(file.stat().st_mode) & stat.S_IRWXO:
            raise StartError(f"{file}: everybody on this machine may read the store's password. Run: chmod o-rwx {file}")
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as exc:
        raise StartError(f"{file}: the store's password cannot be read: {exc}") from exc
