"""Whose group may read mosquitto's files."""

from __future__ import annotations

import grp
import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from ivrd.adapters.broker_config.write import MOSQUITTO, write


@pytest.mark.parametrize(("directory", "knows_mosquitto", "given"), [(0, True, 77), (0, False, 0), (55, True, 55)])
def test_the_directorys_group_or_mosquittos_where_that_is_roots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, directory: int, knows_mosquitto: bool, given: int
) -> None:
    groups = {MOSQUITTO: SimpleNamespace(gr_gid=77)} if knows_mosquitto else {}
    fchown: list[int] = []
    real, mode = Path.stat, stat.S_IFDIR | 0o755
    monkeypatch.setattr(grp, "getgrnam", lambda name: groups[name])
    monkeypatch.setattr(os, "fchown", lambda _file, user, group: fchown.append(group))
    monkeypatch.setattr(Path, "stat", lambda self, **kw: SimpleNamespace(st_gid=directory, st_mode=mode) if self == tmp_path else real(self, **kw))
    write({"ivrd.passwd": "x"}, tmp_path)
    monkeypatch.undo()
    assert fchown == [given]
    assert stat.S_IMODE((tmp_path / "ivrd.passwd").stat().st_mode) == 0o640
