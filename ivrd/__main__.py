"""``python -m ivrd`` and the ``ivrd`` command."""

from __future__ import annotations

import sys

from ivrd.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
