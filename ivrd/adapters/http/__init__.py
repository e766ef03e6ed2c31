"""Health, readiness, metrics and agents over HTTP, on the loopback. The contract is docs/http.openapi.yaml."""

from ivrd.adapters.http.metrics import Metrics
from ivrd.adapters.http.server import HttpServer

__all__ = ["HttpServer", "Metrics"]
