"""The header of a WAV file: s16le, 8 kHz, stereo. Pure."""

from __future__ import annotations

import math
import struct

RATE_HZ = 8000
CHANNELS = 2  #: left the caller, right the agent
SAMPLE_BYTES = 2
FRAME_BYTES = CHANNELS * SAMPLE_BYTES
BYTES_PER_S = RATE_HZ * FRAME_BYTES
HEADER_BYTES = 44


def beep(hz: float = 1000.0, seconds: float = 0.3) -> bytes:
    """A whole WAV file, mono, of one tone at a quarter of full scale."""
    count = int(RATE_HZ * seconds)
    turn = 2 * math.pi * hz / RATE_HZ
    samples = struct.pack(f"<{count}h", *(round(8000 * math.sin(turn * n)) for n in range(count)))
    return header(len(samples), channels=1) + samples


def header(data_bytes: int, channels: int = CHANNELS) -> bytes:
    """The 44 bytes before ``data_bytes`` of samples."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        HEADER_BYTES - 8 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,  # PCM
        channels,
        RATE_HZ,
        RATE_HZ * channels * SAMPLE_BYTES,
        channels * SAMPLE_BYTES,
        SAMPLE_BYTES * 8,
        b"data",
        data_bytes,
    )


def duration_ms(data_bytes: int) -> int:
    """How long ``data_bytes`` of samples play."""
    return data_bytes * 1000 // BYTES_PER_S
