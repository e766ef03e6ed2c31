"""What an admin decides about guards (guards.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Guards:
    """``guards:`` of config/ivrd.yaml. Numbers are patterns (numbers.py). All is off unless set."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    vip: tuple[str, ...] = ()  #: `caller.vip` in dialplans; never refused for calling often
    block: tuple[str, ...] = ()  #: never let in
    calls: int = 0  #: from one number within ``window_s``; 0 = any number
    hang_ups: int = 0  #: of one number within ``window_s``, each within ``hang_up_s``; 0 = any number
    silent: int = 0  #: calls of one number within ``window_s`` without a key or a voice; 0 = nobody listens for voices
    hang_up_s: float = 5.0  #: who hangs up in the menus so soon after arriving did not want to be served
    window_s: float = 600.0
    heard: bool = True  #: told why while a channel is free, then hung up; false: not answered at all
