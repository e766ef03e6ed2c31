"""The header of a WAV file: s16le, 8 kHz, stereo. Pure."""

from __future__ import annotations

import struct

RATE_HZ = 8000
CHANNELS = 2  #: left the caller, right the agent
SAMPLE_BYTES = 2
FRAME_BYTES = CHANNELS * SAMPLE_BYTES
BYTES_PER_S = RATE_HZ * FRAME_BYTES
HEADER_BYTES = 44


def header(data_bytes: int) -> bytes:
    """The 44 bytes before ``data_bytes`` of samples."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        HEADER_BYTES - 8 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,  # PCM
        CHANNELS,
        RATE_HZ,
        BYTES_PER_S,
        FRAME_BYTES,
        SAMPLE_BYTES * 8,
        b"data",
        data_bytes,
    )


def duration_ms(data_bytes: int) -> int:
    """How long ``data_bytes`` of samples play."""
    return data_bytes * 1000 // BYTES_PER_S
