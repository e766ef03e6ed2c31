"""Statements about many rows, in several."""

from __future__ import annotations

from collections.abc import Collection

_BATCH = 500  #: fewer than any database's limit of parameters


def batches(things: Collection[str]) -> list[list[str]]:
    """All of them, by and by."""
    every = list(things)
    return [every[at : at + _BATCH] for at in range(0, len(every), _BATCH)]
