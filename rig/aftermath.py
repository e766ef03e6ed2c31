"""What is to hold after a storm: nobody lost, one row a call and its times right, talks heard and recorded, wrap-up kept."""

from __future__ import annotations

import hashlib
import math
import statistics
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.station import Leg
from rig.stalls import Stalls
from rig.tones import RATE_HZ

WRAP_UP_S = 1
#: ivrd has so long to take a talk in
NEEDS_S = 1.0
#: a busy machine is late with the recorder, at its beginning or its end; what a kill would cost of a recording is a second and more
RECORDER_LATE_S = 0.6
#: a row's times and ours, and how soon before its wrap-up is over an agent may be rung
_NEAR_S, _EARLY_S = 1.0, 0.1
#: one moment in two columns of a row
_SAME_S = 0.1
#: nothing heard for so long, within a talk or before its end, is a gap
_GAP_S = 1.0
#: what a phone said so shortly before a kill may not have come to ivrd
_READ_S = 0.25
#: a talk that is longer the rescuer has seen: it looks twice a second, after it has noticed and connected
_SEEN_S = 1.5
#: before the samples, in a WAV file of PCM
_HEADER_BYTES = 44


def as_long(recording_s: float, talk_s: float, late_s: float = 0.0) -> bool:
    """Whether a recording is as long as its talk, as far as a busy machine can tell: the recorder begins a little late, and a phone
    whose frames come in bursts makes Asterisk's file longer. What an outage would cost of it is more. ``late_s``: ivrd heard of things so late."""
    return abs(recording_s - talk_s) < max(RECORDER_LATE_S, talk_s / 10) + late_s


@dataclass
class Report:
    """What was seen."""

    calls: int = 0
    talks: int = 0
    unseen_talks: int = 0  #: begun and over while ivrd was away, between two looks of the rescuer: their row says that the caller waited
    surveyed: int = 0  #: their agent hung up, and they heard the survey to its end
    holds: int = 0
    recordings: int = 0  #: opened, and whole
    kills: int = 0
    kills_at_start: int = 0  #: of these
    handovers: int = 0
    frames: int = 0
    lost_frames: int = 0
    start_s: list[float] = field(default_factory=list)
    stalls: str = ""  #: what the machine did by itself

    def line(self) -> str:
        """For a person."""
        return (
            f"{self.kills} kills ({self.kills_at_start} while starting), {self.handovers} handovers, {self.calls} calls, {self.talks} talks "
            f"({self.holds} with a hold, {self.surveyed} with a survey; {self.recordings} recordings), {self.unseen_talks} unseen, {self.lost_frames} of {self.frames} frames lost; "
            f"start to ready: median {self.start_median_s:.1f} s, longest {self.start_longest_s:.1f} s; {self.stalls}"
        )

    @property
    def start_longest_s(self) -> float:
        """The same, of the slowest."""
        return max(self.start_s or [0.0])

    @property
    def start_median_s(self) -> float:
        """From a start to ready; 0 when there was none."""
        return statistics.median(self.start_s or [0.0])


def recording_faults(file: Path, row: Mapping[str, Any]) -> list[str]:
    """In what it is not a whole WAV file, and the one that its row tells of."""
    content = file.read_bytes()
    try:
        with wave.open(str(file), "rb") as opened:
            form = (opened.getframerate(), opened.getsampwidth(), opened.getnchannels())
            frames = opened.getnframes()
    except (wave.Error, EOFError) as exc:
        return [f"{row['recording']} is no WAV file: {exc}"]
    found = []
    if form != (RATE_HZ, 2, 2):
        found.append(f"{row['recording']}: (rate, width, channels) are {form}")
    says, there = int.from_bytes(content[4:8], "little") + 8, _HEADER_BYTES + frames * form[1] * form[2]
    if not len(content) == says == there:
        found.append(f"{row['recording']} has {len(content)} bytes, its header says {says}, of which {there} with all samples")
    if abs(frames * 1000 / form[0] - row["recording_ms"]) > 1:
        found.append(f"{row['recording']} lasts {frames * 1000 / form[0]:.0f} ms, its row says {row['recording_ms']}")
    if hashlib.sha256(content).hexdigest() != row["recording_sha256"]:
        found.append(f"{row['recording']} is not the file of which its row has the checksum")
    return found


def _seconds(utc: str) -> float:
    return datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()


class Aftermath:
    """Callers' and phones' legs, laid beside the rows. ``away_ns``: when ivrd was away; ``held_s``: phone's call id -> length of its hold, inf: to the end;
    ``stalls``: when the machine stood still, and everybody on it was late."""

    def __init__(
        self, recordings: Path, callers: Sequence[Leg], phones: Sequence[Leg], away_ns: Sequence[tuple[int, int]],
        held_s: Mapping[str, float], report: Report, stalls: Stalls | None = None,
    ) -> None:  # fmt: skip
        self._recordings, self._callers, self._phones = recordings, callers, phones
        self._away_ns, self._held, self.report, self._stalls = away_ns, held_s, report, stalls or Stalls()
        self._heard: dict[str, list[Leg]] = {}  # caller -> the phones at which they were heard: an hour has thirty thousand calls
        for phone in phones:
            if phone.audio.frames:
                self._heard.setdefault(phone.number, []).append(phone)

    def faults(self, rows: list[dict[str, Any]]) -> list[str]:
        """Each broken promise in words; ``rows``: all of the CDR table. Fills the report in."""
        by_number: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            by_number.setdefault(row["caller_number"], []).append(row)
        found: list[str] = []
        self.report.stalls = self._stalls.line()
        for leg in self._callers:
            self.report.calls += 1
            found += self._caller_faults(leg, by_number.pop(leg.number, []))
        found += [f"row of nobody: {number}" for number in by_number if number.startswith("88")]
        return found + self._wrap_up_faults()

    def _wrap_up_faults(self) -> list[str]:
        """Nobody is rung before the wrap-up of the talk before is over, whoever was killed meanwhile."""
        found = []
        for extension in {p.phone for p in self._phones}:
            legs = sorted((p for p in self._phones if p.phone == extension), key=lambda p: p.invite_ns)
            for one, after in pairwise(legs):
                rest_s = (after.invite_ns - one.over_ns) / 1e9
                if one.audio.frames and not self._within_an_outage(one) and rest_s < WRAP_UP_S - _EARLY_S:
                    found.append(f"{extension} was rung {rest_s:.2f} s after a talk with {one.number}")
        return found

    def _caller_faults(self, leg: Leg, rows: list[dict[str, Any]]) -> list[str]:
        found = []
        phone = self._answering(leg)
        if leg.status and leg.status != 200 and not leg.hung_up:
            found.append(f"{leg.number} was refused: {leg.status}")
        if leg.ok_ns and not leg.hung_up and phone is None:
            found.append(f"{leg.number} was hung up on without having been served")
        if len(rows) != 1:
            return [*found, f"{leg.number} has {len(rows)} rows"]
        found += self._row_faults(leg, rows[0])
        if phone is None:
            gave_up_unseen = rows[0]["disposition"] == "fallback" and not leg.ok_ns
            if rows[0]["disposition"] not in ("abandoned_ivr", "abandoned_queue") and not gave_up_unseen:
                found.append(f"{leg.number} talked to nobody: {rows[0]['disposition']}")
            return found
        if self._unseen(phone) and rows[0]["disposition"] != "answered":
            self.report.unseen_talks += 1  # Asterisk connected the two (ADR 51), and they were done before anybody looked
            return found
        self.report.talks += 1
        return found + self._talk_faults(leg, phone, rows[0])

    def _within_an_outage(self, phone: Leg) -> bool:
        """Begun and over while ivrd was away, or was killed before it read that the talk had begun."""
        return any(killed - _READ_S * 1e9 < phone.ok_ns and phone.over_ns < back for killed, back in self._away_ns)

    def _unseen(self, phone: Leg) -> bool:
        """Too short for the rescuer (ADR 116)."""
        return self._within_an_outage(phone) and (phone.over_ns - phone.ok_ns) / 1e9 < _SEEN_S

    def _around(self, phone: Leg) -> str:
        """When it talked, and when ivrd was away: for whoever has to find out."""
        near = [(killed, back) for killed, back in self._away_ns if killed < phone.over_ns + 3e9 and phone.ok_ns - 3e9 < back]
        away = ", ".join(f"{(killed - phone.ok_ns) / 1e9:+.2f} to {(back - phone.ok_ns) / 1e9:+.2f}" for killed, back in near)
        rang_s, over_s = (phone.invite_ns - phone.ok_ns) / 1e9, (phone.over_ns - phone.ok_ns) / 1e9
        return f"rang at {rang_s:+.2f} s, answered at 0, over at {over_s:+.2f}; away: {away or 'never'}"

    def _unheard_s(self, answered_ns: int) -> float:
        """How much of a talk nobody could order the recording of: answered while ivrd was away, or killed at once."""
        for killed, back in self._away_ns:
            if killed - NEEDS_S * 1e9 < answered_ns < back:
                return (back - answered_ns) / 1e9
        return 0.0

    def _away_s(self, at_ns: int) -> float:
        """How long ivrd was away around that moment; 0 when it was there."""
        return sum((back - killed) / 1e9 for killed, back in self._away_ns if killed - 1e9 * RECORDER_LATE_S < at_ns < back + 1e9 * RECORDER_LATE_S)

    def _away_within(self, began_ns: int, ended_ns: int) -> bool:
        return any(killed < ended_ns and began_ns < back for killed, back in self._away_ns)

    def _row_faults(self, leg: Leg, row: dict[str, Any]) -> list[str]:
        found = []
        ended_s = _seconds(row["ended_utc"])
        arrived_s = _seconds(row["arrived_utc"]) - leg.invite_ns / 1e9
        if not -_NEAR_S < arrived_s < _NEAR_S + self._away_s(leg.invite_ns) + self._stalls.within_s(leg.invite_ns, leg.invite_ns):
            found.append(f"{leg.number} came {arrived_s:+.1f} s before its row says so")
        if abs(ended_s - leg.over_ns / 1e9) > _NEAR_S + self._away_s(leg.over_ns) + self._stalls.within_s(leg.over_ns, leg.over_ns):
            found.append(f"{leg.number} was over {ended_s - leg.over_ns / 1e9:+.1f} s before its row says so")
        if "lost" in row["tags"]:
            found.append(f"{leg.number} has lost its variables")
        self.report.surveyed += "kept" in row["tags"]
        return found

    def _audio_faults(self, leg: Leg, phone: Leg, ended_ns: int) -> list[str]:
        """Both heard each other to the end; a hold is silence, after which they hear each other again."""
        found = []
        held_s = self._held.get(phone.call_id)
        self.report.holds += held_s is not None
        if held_s == math.inf:  # it ended on hold
            return found
        # Whom an agent left while ivrd was away waits again, and is heard by another: between the two is no gap of this talk.
        once = len(self._heard.get(leg.number, ())) == 1
        gap_s = _GAP_S + self._stalls.within_s(phone.ok_ns, ended_ns)
        for side in (leg, phone):
            silent_s = (ended_ns - side.audio.last_ns) / 1e9
            if silent_s > gap_s:
                found.append(f"{side.phone}, talk of {leg.number}: nothing heard in the last {silent_s:.1f} s")
            if held_s is not None:
                continue
            self.report.frames += side.audio.frames
            self.report.lost_frames += side.audio.lost
            if side.audio.longest_gap_s > gap_s and (once or side is phone):
                found.append(f"{side.phone}, talk of {leg.number}: nothing heard for {side.audio.longest_gap_s:.1f} s")
        return found

    def _wait_faults(self, leg: Leg, phone: Leg, row: dict[str, Any]) -> list[str]:
        """The wait began when the caller came to the queue, and ended when the phone was picked up, whoever was killed in between."""
        found = []
        answered_s = _seconds(row["agent_answered_utc"])
        late_s = self._away_s(phone.ok_ns) + self._stalls.within_s(phone.ok_ns, phone.ok_ns)
        if abs(answered_s - phone.ok_ns / 1e9) > _NEAR_S + late_s:
            found.append(f"{leg.number} was answered {phone.ok_ns / 1e9 - answered_s:+.1f} s after its row says so")
        if abs(row["wait_ms"] / 1000 - (answered_s - _seconds(row["queued_utc"]))) > _SAME_S:
            found.append(f"{leg.number} waited {row['wait_ms']} ms, from {row['queued_utc']} to {row['agent_answered_utc']}")
        return found

    def _talk_faults(self, leg: Leg, phone: Leg, row: dict[str, Any]) -> list[str]:
        found = []
        if row["disposition"] != "answered":
            return [f"{leg.number} talked to {phone.phone}: {row['disposition']} ({self._around(phone)})"]
        ended_ns = min(leg.over_ns, phone.over_ns)
        if len(self._heard.get(leg.number, ())) == 1:
            found += self._wait_faults(leg, phone, row)
        talk_s = (ended_ns - phone.ok_ns) / 1e9
        found += self._audio_faults(leg, phone, ended_ns)
        stalled_s = self._stalls.within_s(phone.ok_ns, ended_ns)
        away_s = self._away_s(phone.ok_ns) + self._away_s(ended_ns) + stalled_s
        if abs(row["talk_ms"] / 1000 - talk_s) > _NEAR_S + away_s:
            found.append(f"{leg.number} talked for {talk_s:.1f} s, its row says {row['talk_ms']} ms (and ivrd was away for {away_s:.1f} s)")
        held_s = self._held.get(phone.call_id, 0.0)
        if held_s != math.inf and not self._away_within(phone.ok_ns, ended_ns) and abs(row["hold_ms"] / 1000 - held_s) > _NEAR_S:
            found.append(f"{leg.number} was on hold for {held_s:.1f} s, its row says {row['hold_ms']} ms")
        owed_s = talk_s - self._unheard_s(phone.ok_ns) - RECORDER_LATE_S - stalled_s
        recording = self._recordings / row["recording"] if row["recording"] else None
        if owed_s > 0 and (recording is None or not recording.exists()):
            found.append(f"{leg.number} talked for {talk_s:.1f} s and has no recording: {row['recording_note']}")
        elif recording is not None and row["recording_ms"] / 1000 < owed_s:
            found.append(f"{leg.number} talked for {talk_s:.1f} s, recorded are {row['recording_ms']} ms")
        if recording is not None and recording.exists():
            self.report.recordings += 1
            found += [f"{leg.number}: {fault}" for fault in recording_faults(recording, row)]
        return found

    def _answering(self, leg: Leg) -> Leg | None:
        """The phone at which this caller was heard; one that was answered while ivrd was dead is dropped at once."""
        return max(self._heard.get(leg.number, ()), key=lambda p: p.ok_ns, default=None)
