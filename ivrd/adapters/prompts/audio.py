"""Any WAV to telephone audio: 8 kHz, mono, 16 bit, even loudness, no clipping.

sox reads and resamples (band-limited); levels.py does the rest.
"""

from __future__ import annotations

import array
import os
import shutil
import subprocess
import sys
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ivrd.adapters.prompts import levels
from ivrd.errors import OutsideError

_RUMBLE_HZ = 100  #: below a telephone's band: hum, steps, the microphone's DC
_TIMEOUT_S = 60


@dataclass(frozen=True, kw_only=True)
class Margins:
    """Silence left before and after what is said."""

    lead_ms: int
    tail_ms: int


SENTENCE = Margins(lead_ms=50, tail_ms=50)
PART = Margins(lead_ms=10, tail_ms=30)  #: parts of speech stand in a row: words, not a list


def find_program(name: str, bin_dir: Path | None = None) -> str | None:
    """A program on PATH, or one that the set-up has put into ``bin_dir``."""
    return shutil.which(name) or (shutil.which(name, path=str(bin_dir)) if bin_dir else None)


def find_sox(bin_dir: Path | None = None) -> str:
    """sox: IVRD_SOX, else PATH, else ``bin_dir``. OutsideError when there is none."""
    sox = os.environ.get("IVRD_SOX") or find_program("sox", bin_dir)
    if sox is None:
        raise OutsideError("sox is not installed: install it (`apt install sox`), or set IVRD_SOX")
    return sox


def run(argv: Sequence[str], what: str) -> bytes:
    """Run a program without a shell; its output. OutsideError says ``what`` failed and why."""
    try:
        done = subprocess.run(argv, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise OutsideError(f"{what}: {argv[0]} did not end within {_TIMEOUT_S} s") from None
    except OSError as exc:
        raise OutsideError(f"{what}: cannot run {argv[0]}: {exc.strerror}") from exc
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1] if said else "it said nothing"
        raise OutsideError(f"{what}: {argv[0]} failed with status {done.returncode}: {reason}")
    return done.stdout


def convert(
    source: Path, target: Path, *, sox: str, loudness_dbfs: float, margins: Margins, what: str
) -> int:
    """Write ``source`` as telephone audio to ``target``; its length in ms.

    ``what`` names the prompt in errors. OutsideError when the source is no audio, or silent.
    """
    raw = run(_sox_argv(sox, source), what)
    samples = levels.trim(_from_bytes(raw), margins.lead_ms, margins.tail_ms)
    if not samples:
        raise OutsideError(f"{what}: {source} holds only silence")
    write(target, levels.level(samples, loudness_dbfs))
    return len(samples) * 1000 // levels.RATE_HZ


def write(target: Path, samples: Sequence[int]) -> None:
    """Write samples as a WAV, whole or not at all."""
    partial = target.with_suffix(".partial")
    with wave.open(str(partial), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(levels.RATE_HZ)
        out.writeframes(_to_bytes(samples))
    partial.replace(target)


def read(path: Path) -> list[int]:
    """Samples of a built file. OutsideError when it is not what the build makes."""
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            raw = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as exc:
        raise OutsideError(f"{path} is no WAV: {exc}") from exc
    if form != (1, 2, levels.RATE_HZ):
        raise OutsideError(f"{path} is not 8 kHz, mono, 16 bit")
    return _from_bytes(raw)


def _sox_argv(sox: str, source: Path) -> list[str]:
    # -D: no dither, so that the same source gives the same bytes. `norm` first guards the
    # resampler from clipping, and keeps a quiet recording's resolution.
    out = ["-t", "raw", "-r", str(levels.RATE_HZ), "-e", "signed-integer", "-b", "16", "-L", "-"]
    effects = [
        "remix",
        "-",
        "highpass",
        str(_RUMBLE_HZ),
        "norm",
        "-3",
        "rate",
        "-h",
        str(levels.RATE_HZ),
    ]
    return [sox, "-D", "-V1", str(source), *out, *effects]


def _from_bytes(raw: bytes) -> list[int]:
    samples = array.array("h", raw[: len(raw) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tolist()


def _to_bytes(samples: Sequence[int]) -> bytes:
    out = array.array("h", samples)
    if sys.byteorder == "big":
        out.byteswap()
    return out.tobytes()
