"""Tells systemd how we are; silent where there is none."""

from ivrd.adapters.systemd.notify import Notifier

__all__ = ["Notifier"]
