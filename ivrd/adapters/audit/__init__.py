"""Who did what: one JSON object a line in the state directory, each with the hash of the line before.

A line that was changed or taken out breaks the chain from there on; ``verify`` says where. No line carries a
caller's number, a password or a token.
"""

from ivrd.adapters.audit.log import FILE_NAME, AuditLog, Broken, Line

__all__ = ["FILE_NAME", "AuditLog", "Broken", "Line"]
