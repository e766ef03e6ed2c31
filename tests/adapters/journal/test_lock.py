"""One process leads: as long as it lives, and not a moment longer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivrd.adapters.journal.lock import FILE, StateLock, holder

OTHER = """
import sys
from pathlib import Path
from ivrd.adapters.journal import StateLock
lock = StateLock(Path(sys.argv[1]))
print(lock.take(), flush=True)
for line in sys.stdin:
    lock.beat()
    print("beaten", flush=True)
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock, and beats with each line that it is given."""
    argv = [sys.executable, "-c", OTHER, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def test_another_process_has_it_until_it_is_killed(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    lock = StateLock(tmp_path)
    assert not lock.take()
    assert not lock.held
    assert holder(tmp_path) == other.pid
    other.kill()
    other.wait()
    assert lock.take()
    assert holder(tmp_path) == os.getpid()
    lock.release()
    lock.release()
    assert holder(tmp_path) is None


def test_who_comes_next_knows_the_last_sign_of_life(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    other.kill()
    other.wait()
    os.utime(tmp_path / FILE, (1_764_000_000.25, 1_764_000_000.25))
    lock = StateLock(tmp_path)
    assert lock.left_at == 0.0
    assert lock.take()
    assert lock.left_at == 1_764_000_000.25


def test_its_beats_are_seen(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    lock = StateLock(tmp_path)
    before = lock.seen()
    assert before is not None
    assert before.pid == other.pid
    assert lock.seen() == before
    assert other.stdin is not None
    assert other.stdout is not None
    other.stdin.write("\n")
    other.stdin.flush()
    other.stdout.readline()
    assert lock.seen() not in (before, None)


def test_the_kernel_names_who_has_it(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    """Not the file: what stands there may have been written in another container."""
    lock = StateLock(tmp_path)
    (tmp_path / FILE).write_text("1\n")
    assert lock.proven() == other.pid
    other.kill()
    other.wait()
    assert lock.proven() == 0


def test_nothing_is_seen_where_nobody_was(tmp_path: Path) -> None:
    assert StateLock(tmp_path).seen() is None
    (tmp_path / FILE).write_text("")
    assert StateLock(tmp_path).seen() is None


@pytest.mark.parametrize("replaced", [False, True])
def test_a_lock_whose_file_is_gone_is_lost(tmp_path: Path, replaced: bool) -> None:
    lock = StateLock(tmp_path)
    lock.take()
    assert not lock.is_lost()
    (tmp_path / FILE).unlink()
    if replaced:
        assert StateLock(tmp_path).take()
    assert lock.is_lost()
    lock.release()


def test_a_disk_that_fails_says_nothing_of_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = StateLock(tmp_path)
    assert lock.take()

    def fail(path: Path) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("os.stat", fail)
        assert not lock.is_lost()
    lock.release()
