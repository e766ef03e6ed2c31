"""What a verb can have done outside while its caller waits: one frozen dataclass an order.

The shell turns an order into I/O and answers with ``AskAnswered``: an outcome in one word, and values.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Order:
    """Work for the shell. Each kind's docstring lists its outcomes; ``timeout`` may come of any."""
