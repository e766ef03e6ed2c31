"""The order of the files when several processes share them (first those that take long and mostly wait for a phone), and how properties are tried."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

#: the same examples on every machine, however slow: a busy one is no failure. IVRD_HYPOTHESIS=deep searches anew each time
settings.register_profile("ivrd", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("ivrd")

_HERE = Path(__file__).parent
_LONGEST = (
    "live/test_transfers.py", "live/test_verbs.py", "live/test_waiting.py", "live/test_killed.py", "live/test_rescue.py",
    "live/test_storm.py", "live/test_outside.py", "live/test_link.py", "live/test_standby.py", "daemon/test_start.py",
    "live/test_floor.py", "live/test_soak.py", "live/test_overload.py", "simulation/test_callbacks.py", "simulation/test_exchange.py", "settings/test_fuzz.py",
    "simulate/test_agreement.py", "core/acd/test_agreement.py", "simulation/test_consulting.py", "rehearsal/test_try.py",
)  # fmt: skip
_LIVE = ("live", "contract", "rig", "daemon")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Else one process would still be busy with the longest file when the others have nothing left to do."""
    items.sort(key=lambda item: _turn(item.path.relative_to(_HERE)))


def _turn(file: Path) -> int:
    if str(file) in _LONGEST:
        return _LONGEST.index(str(file))
    return len(_LONGEST) + (file.parts[0] not in _LIVE)
