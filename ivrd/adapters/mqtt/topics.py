"""Names of topics. Pure.

<base>/<site>/v1/status               online, draining or offline (also as last will)
<base>/<site>/v1/queue/<id>/state     retained
<base>/<site>/v1/agent/<id>/state     retained
<base>/<site>/v1/trunk/state          retained
<base>/<site>/v1/alert/<name>         retained; says whether it is raised
<base>/<site>/v1/event/<kind>         not retained
"""

from __future__ import annotations

VERSION = "v1"  #: of the contract; a breaking change gets v2 beside it

#: What a level of a topic must not hold, and % itself, so that two ids never share a topic.
_ESCAPES = {ord(c): f"%{ord(c):02X}" for c in ("%", "/", "+", "#", "\0")}


def prefix(base: str, site: str) -> str:
    """What all topics of a site begin with, without a slash at the end."""
    return f"{base.strip('/')}/{_level(site)}/{VERSION}"


def status() -> str:
    """The daemon's own state."""
    return "status"


def queue_state(queue: str) -> str:
    """State of a queue."""
    return f"queue/{_level(queue)}/state"


def agent_state(agent: str) -> str:
    """State of an agent."""
    return f"agent/{_level(agent)}/state"


def trunk_state() -> str:
    """State of the carrier's trunk."""
    return "trunk/state"


def alert(name: str) -> str:
    """Something that a person must mend."""
    return f"alert/{_level(name)}"


def event(kind: str) -> str:
    """Something that happened."""
    return f"event/{_level(kind)}"


def all_states() -> str:
    """Filter that matches every queue's and agent's state."""
    return "+/+/state"


def _level(name: str) -> str:
    return name.translate(_ESCAPES)
