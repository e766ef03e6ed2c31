"""Errors of the start are told with the place of the setting that leads there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ivrd.errors import OutsideError, StartError


@contextmanager
def told_with(place: str) -> Iterator[None]:
    """``place``: file:line:column of the setting, put before what a person must mend."""
    try:
        yield
    except (StartError, OutsideError) as exc:
        raise StartError(f"{place}: {exc}") from exc
