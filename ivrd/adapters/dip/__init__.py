"""Data dips: a flow asks a service of the ministry while the caller waits (ports.DataDip, ADR 14).

    breaker.py   PURE: a service that fails is left alone for a while
    answer.py    PURE: a body -> the variables that the flow wants of it
    client.py    HttpDip: requests with time-out, retries and a bound on everything
"""

from ivrd.adapters.dip.client import HttpDip

__all__ = ["HttpDip"]
