"""What an admin decides about recordings (pausing.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class RecordingRules:
    """``recording:`` of config/ivrd.yaml. Keys are pressed by the agent during the conversation."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    pause_keys: str = "*5"  #: nothing is recorded from here on (a PIN, a card); "" = no pausing
    resume_keys: str = "*6"  #: recorded again
    pause_max_s: int = 300  #: a pause that was forgotten ends by itself
