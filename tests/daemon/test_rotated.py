"""A daemon whose passwords were rotated says so, and which restart is needed."""

from __future__ import annotations

from pathlib import Path

from ivrd.daemon import rotated
from ivrd.settings import rotation, secrets
from ivrd.settings.secrets import load_or_create

NO_ENV: dict[str, str] = {}


def test_what_is_rotated_is_told_without_the_value(tmp_path: Path) -> None:
    used = load_or_create(tmp_path, ["101"], NO_ENV)
    path = secrets.path(tmp_path, NO_ENV)
    assert rotated.look(path, used) == ()
    rotation.rotate(tmp_path, ["ari", "phones"], NO_ENV)
    [fault] = rotated.look(path, used)
    assert fault.message == "ari: rotated, and ivrd still uses the old value"
    assert "restart ivrd" in fault.hint
    assert used.ari not in str(fault)
    assert load_or_create(tmp_path, ["101"], NO_ENV).ari not in str(fault)


def test_a_file_that_the_next_start_would_refuse_is_told_now(tmp_path: Path) -> None:
    used = load_or_create(tmp_path, ["101"], NO_ENV)
    secrets.path(tmp_path, NO_ENV).chmod(0o644)
    [fault] = rotated.look(secrets.path(tmp_path, NO_ENV), used)
    assert "cannot be used at the next start" in fault.message
