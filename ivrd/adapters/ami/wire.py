"""PURE: what goes into an AMI action, and what comes back, in our words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ivrd.errors import SwitchError

READ_BYTES = 1024  #: at once, by Asterisk's manager
#: Ends a line or a field for Asterisk: with one of these a value could bring an action of its own.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

#: Asterisk joins MixMonitor's file, options and *shell command* with commas and reads that string
#: as dialplan arguments: these would let a path add a command, or be read as something else.
_NOT_IN_PATH = re.compile(r"[\x00-\x1f\x7f,;\"'\\`|&$^{}()<>*?]")

_REACHABLE = frozenset({"Reachable", "NonQualified", "Created"})

#: What a phone's device state says that cannot be offered a call; unavailable ones are told by contacts.
_IN_USE = frozenset({"INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"})
_PHONE = "PJSIP/"
_LAMP = re.compile(r"[A-Za-z0-9_.-]+")

#: Somebody tried a password, an account or an address that is not theirs.
ATTACKS = frozenset(
    {
        "ChallengeResponseFailed",
        "InvalidPassword",
        "InvalidAccountID",
        "FailedACL",
        "UnexpectedAddress",
    }
)

#: all that we want to be told of
EVENTS = frozenset({*ATTACKS, "ContactStatus", "DeviceStateChange"})


def check_fields(action: str, fields: Mapping[str, str]) -> None:
    """SwitchError when a field could break out of its line. Nothing is sent then."""
    for name, value in fields.items():
        if _CONTROL.search(name) or _CONTROL.search(value):
            raise SwitchError(
                f"{action}: {_CONTROL.sub('?', name)}", 0, "(control character refused, not sent)"
            )


def records(actions: Iterable[bytes]) -> Iterator[bytes]:
    """What may go into one write by TLS: an action, of a longer one a line.

    Asterisk reads READ_BYTES and then waits for the socket: what is left of a record is in OpenSSL by then, and would stay there
    until more comes.
    """
    for action in actions:
        if len(action) <= READ_BYTES:
            yield action
        else:
            yield from action.splitlines(keepends=True)


def recording_file(path: Path) -> str:
    """``path`` as MixMonitor's File. SwitchError when it is not a plain absolute path."""
    text = str(path)
    if not path.is_absolute() or _NOT_IN_PATH.search(text):
        raise SwitchError(
            f"MixMonitor: {_CONTROL.sub('?', text)}", 0,
            "(a recording's path must be absolute, without , ; quotes, brackets or $)",
        )  # fmt: skip
    return text


def is_reachable(contact_status: str) -> bool:
    """Whether a contact in this state can be rung. NonQualified: registered, and never asked."""
    return contact_status in _REACHABLE


def phone_of(device: str) -> str:
    """``PJSIP/101`` -> ``101``; "" for what is no phone."""
    return device.removeprefix(_PHONE) if device.startswith(_PHONE) else ""


def is_in_use(state: str) -> bool:
    """Whether a phone in this device state rings, talks or holds."""
    return state in _IN_USE


def lamp(name: str) -> str:
    """The device behind a lamp, as a variable. SwitchError (400: for good) when the name could be more than a name."""
    if not _LAMP.fullmatch(name):
        raise SwitchError(f"lamp {name!r}", 400, "(letters, digits and _ . - only, not sent)")
    return f"DEVICE_STATE(Custom:{name})"


def attacker(remote_address: str) -> str:
    """``IPV4/UDP/203.0.113.7/5060`` -> ``203.0.113.7``."""
    words = remote_address.split("/")
    return words[2] if len(words) == 4 else remote_address
