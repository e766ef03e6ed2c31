"""Numbers that pydantic takes for whole, and that make no sense all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_PORT = (1, 65535)

#: path of a setting -> least and greatest value (None: no limit)
SITE: dict[tuple[str, ...], tuple[float, float | None]] = {
    ("asterisk", "ari", "port"): _PORT,
    ("asterisk", "ari", "request_timeout_s"): (0.1, None),
    ("asterisk", "ari", "heartbeat_s"): (0.5, None),
    ("asterisk", "ami", "port"): _PORT,
    ("asterisk", "ami", "action_timeout_s"): (0.1, None),
    ("asterisk", "ami", "heartbeat_s"): (0.5, None),
    ("asterisk", "ami", "survey_s"): (1, 3600),
    ("asterisk", "sip", "port"): _PORT,
    ("asterisk", "sip", "tls", "port"): (0, 65535),
    ("asterisk", "sip", "rtp_first"): _PORT,
    ("asterisk", "sip", "rtp_last"): _PORT,
    ("asterisk", "sip", "rtp_timeout_s"): (0, None),
    ("asterisk", "sip", "rtp_timeout_hold_s"): (0, None),
    ("asterisk", "trunk", "channels"): (1, None),
    ("asterisk", "trunk", "reserve"): (0, None),
    ("asterisk", "fallback", "retry_s"): (0, None),
    ("asterisk", "fallback", "max_wait_s"): (0, None),
    ("asterisk", "fallback", "rescue_after_s"): (1, None),
    ("mqtt", "port"): _PORT,
    ("mqtt", "keepalive_s"): (1, 65535),  # two bytes of CONNECT
    ("http", "port"): _PORT,
    ("http", "per_s"): (0, None),
    ("http", "connections"): (0, 500),
    ("recordings", "retention_days"): (0, None),
    ("recordings", "min_free_mb"): (0, None),
    ("watch_every_s",): (0, 3600),
    ("acd", "reoffer_after_s"): (0, None),
    ("acd", "points_per_priority"): (0, None),
    ("acd", "vip_points"): (0, None),
    ("acd", "first_after_s"): (0, None),
    ("recording", "pause_max_s"): (1, 3600),
    ("callbacks", "attempts"): (1, 20),
    ("callbacks", "retry_after_s"): (30, None),
    ("callbacks", "ring_timeout_s"): (5, 120),
    ("guards", "calls"): (0, 1000),
    ("guards", "hang_ups"): (0, 1000),
    ("guards", "silent"): (0, 1000),
    ("guards", "hang_up_s"): (0, None),
    ("guards", "window_s"): (1, 86_400),
    ("acd", "pause_after_misses"): (0, None),
    ("acd", "short_abandon_s"): (0, None),
    ("acd", "return_after_misses_s"): (0, None),
    ("acd", "unreachable_retry_s"): (1, None),
    ("acd", "pin_tries"): (1, 10),
    ("acd", "pin_lock_s"): (1, 86_400),
    ("acd", "occupancy", "cap_percent"): (0, 100),
    ("acd", "occupancy", "window_s"): (60, 86_400),
    ("acd", "occupancy", "rest_s"): (1, 3600),
}
QUEUE: dict[tuple[str, ...], tuple[float, float | None]] = {
    ("ring_timeout_s",): (1, None),
    ("language_level",): (1, 10),
    ("weight",): (0.01, 100),
    ("wrap_up_s",): (0, None),
    ("wrap_up_extend_s",): (1, None),
    ("wrap_up_max_s",): (0, None),
    ("max_paused",): (0, None),
    ("service_level_s",): (0, None),
    ("max_wait_s",): (1, None),
    ("max_waiting",): (0, None),
    ("max_expected_wait_s",): (0, None),
    ("closing_grace_s",): (0, None),
    ("announce_every_s",): (0, None),
    ("comfort_every_s",): (10, None),
    ("handling_time_s",): (1, None),
}


def out_of_bounds(
    settings: Any, bounds: dict[tuple[str, ...], tuple[float, float | None]]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Path and message of every number outside its bounds."""
    for path, (least, greatest) in bounds.items():
        value = settings
        for name in path:
            value = getattr(value, name)
        name = ".".join(path)
        if value is None:
            continue  # it may be left out
        if greatest is not None and not least <= value <= greatest:
            yield path, f"{name} must be between {least} and {greatest}, not {value}"
        elif value < least:
            yield path, f"{name} must be at least {least}, not {value}"
