"""Music on hold, made here: slow chords on plain sine tones, so that nobody owns the rights to it."""

from __future__ import annotations

import array
import io
import math
import wave

RATE_HZ = 8000
_BEAT_S = 0.75
_RING_S = 2.2  #: how long a note is heard
_LEVEL = 0.16  #: of full scale, one note; up to four sound at once
#: Semitones above C4 (261.6 Hz), one row a bar of four beats.
_BARS = (
    (0, 7, 12, 16), (-3, 4, 9, 12), (5, 9, 12, 17), (-5, 7, 11, 14),
    (0, 4, 7, 12), (-3, 0, 4, 9), (5, 12, 9, 5), (-5, 2, 7, 11),
)  # fmt: skip


def melody_wav() -> bytes:
    """24 s of music as a WAV file (8 kHz, 16 bit, mono) whose end flows into its beginning."""
    notes = [semitone for bar in _BARS for semitone in bar]
    samples = [0.0] * int(len(notes) * _BEAT_S * RATE_HZ)
    for beat, semitone in enumerate(notes):
        _add_note(samples, int(beat * _BEAT_S * RATE_HZ), 261.6 * 2 ** (semitone / 12))
    pcm = array.array("h", (int(32767 * max(-0.9, min(0.9, s))) for s in samples))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm.tobytes())
    return out.getvalue()


def _add_note(samples: list[float], start: int, pitch_hz: float) -> None:
    attack = 0.04 * RATE_HZ
    for i in range(int(_RING_S * RATE_HZ)):
        envelope = min(1.0, i / attack) * math.exp(-1.8 * i / RATE_HZ)
        angle = 2 * math.pi * pitch_hz * i / RATE_HZ
        tone = math.sin(angle) + 0.25 * math.sin(2 * angle)
        samples[(start + i) % len(samples)] += _LEVEL * envelope * tone
