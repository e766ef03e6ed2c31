"""Every error ivrd raises on purpose.

    IvrdError                   base: its text is meant for the person at the terminal
    ├── ConfigError             the admin's files are wrong; carries all faults at once
    ├── PromptMissing           a prompt key has no audio in the language asked for
    ├── StartError              the daemon cannot start; nothing half-started is left running
    └── OutsideError            an outside thing failed
        ├── SwitchError         Asterisk refused or did not answer (carries the status)
        │   └── TrustError      what answers in Asterisk's place cannot be trusted: nothing was said to it
        ├── BrokerError         the MQTT broker refused or is away
        └── StoreError          the CDR store refused or is away
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

_Error = TypeVar("_Error", bound=BaseException)


class IvrdError(Exception):
    """Base of all errors meant for a person; printed without a traceback."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing wrong in a file, and what to do about it."""

    file: str
    line: int  #: 1-based; 0 when the fault is about the whole file
    column: int  #: 1-based; 0 when the fault is about the whole file
    message: str
    hint: str = ""
    rule: str = ""  #: names the kind of fault, for machines: "unknown-node"

    @property
    def place(self) -> str:
        """file:line:column, or only the file."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def __str__(self) -> str:
        before = f"{self.place}: " if self.file else ""
        return f"{before}{self.message}" + (f"\n    {self.hint}" if self.hint else "")


class ConfigError(IvrdError):
    """The admin's files are wrong; ``faults`` has every one of them, in file order."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults, key=lambda f: (f.file, f.line, f.column))
        super().__init__("\n".join(str(f) for f in self.faults))


class PromptMissing(IvrdError):
    """A prompt key has no audio in the language asked for. ``why``: of a text that was to be spoken now."""

    def __init__(self, key: str, language: str, why: str = "") -> None:
        self.key, self.language = key, language
        super().__init__(f"prompt {key!r} has no audio in {language!r}: {why or 'run `ivrd prompts build`'}")


class StartError(IvrdError):
    """The daemon cannot start; the text says what is missing and what to do."""


class OutsideError(IvrdError):
    """An outside thing (Asterisk, broker, store) failed."""


class SwitchError(OutsideError):
    """Asterisk refused a request or did not answer it in time."""

    def __init__(self, what: str, status: int, reason: str = "") -> None:
        self.what, self.status, self.reason = what, status, reason
        super().__init__(f"{what}: {status or 'no answer'} {reason}".rstrip())


class TrustError(SwitchError):
    """What answers in Asterisk's place cannot be trusted: its certificate, or our file of those that may sign it."""

    def __init__(self, text: str) -> None:
        super().__init__("TLS", 0, text)
        self.args = (text,)


class BrokerError(OutsideError):
    """The MQTT broker refused us or is away."""


class StoreError(OutsideError):
    """The CDR store refused a row or is away."""


class StoreDamagedError(StoreError):
    """The file of the CDR store cannot be read as one any more."""


def first(group: BaseExceptionGroup[_Error]) -> _Error:
    """The first error of a group, however deep: what a TaskGroup raises is always one."""
    error: BaseExceptionGroup[_Error] | _Error = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
