"""The throw-away site: one Asterisk, three groups of phones of the same kind, three ways to serve them.

ivrd's number goes straight to a queue of ivrd; each of app_queue's numbers to a queue of its own over
the second group; the third is the bare controller's. Everything of ivrd is on as shipped: journal, recordings, CDRs, MQTT, metrics.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivrd.settings import yamltext
from rig.site import SitePaths, make_site, merged
from rig.tools import REPOSITORY

IVRD_NUMBER = "700"
_FLOW = """\
start: queue
nodes:
  queue: {queue: {to: bench, overflow: bye}}
  bye: {hangup: {}}
"""


@dataclass(frozen=True)
class Target:
    """Something that answers calls and gives them to agents."""

    name: str
    number: str  #: what callers dial
    phones: str  #: first digit of its agents' extensions

    def extensions(self, agents: int) -> list[str]:
        """Its agents' phones."""
        return [f"{self.phones}{n:03d}" for n in range(1, agents + 1)]


IVRD = Target("ivrd", IVRD_NUMBER, "1")
#: the first is what ratios of times refer to
PEERS = (Target("app_queue rrmemory", "701", "2"), Target("app_queue leastrecent", "702", "2"))
#: and this one those of a controller's CPU (bare.py)
BARE = Target("bare ARI", "703", "3")
BARE_APP = "bench-bare"
TARGETS = (*PEERS, BARE, IVRD)


def make(directory: Path, agents: int, own: Mapping[str, Any] | None = None) -> SitePaths:
    """Write the site for so many agents a target; ``own`` is laid over its ivrd.yaml."""
    flows = directory.resolve() / "dialplans"
    flows.mkdir(parents=True, exist_ok=True)
    (flows / "bench.yaml").write_text(_FLOW)
    site = make_site(directory, agents=_phones(agents), overrides=_overrides(flows, own or {}))
    _append(site.etc / "extensions.conf", _dialplan())
    _append(site.etc / "queues.conf", "".join(_queue(peer, agents) for peer in PEERS))
    return site


def _phones(agents: int) -> dict[str, Any]:
    """ivrd's agents have the skills of the shipped ones too: their walls cost what they cost there.
    The others' phones are the same to Asterisk; nobody ever logs in at them."""
    shipped = yamltext.load(REPOSITORY / "config" / "agents.yaml").data["agents"].values()
    mixes = itertools.cycle([tuple(agent["skills"]) for agent in shipped if not agent.get("leads")])
    ours = {
        extension: {"name": f"Agent {extension}", "skills": ["bench", *mix]}
        for extension, mix in zip(IVRD.extensions(agents), mixes, strict=False)
    }
    others = (*PEERS[0].extensions(agents), *BARE.extensions(agents))
    theirs = {e: {"name": f"Agent {e}", "skills": ["bench"]} for e in others}
    return ours | theirs


def _overrides(flows: Path, over: Mapping[str, Any]) -> dict[str, Any]:
    queue = {"title": "Bench", "skills": ["bench"], "wrap_up_s": 0, "max_waiting": 500}
    own = {"asterisk": {"trunk": {"channels": 1000}}, "dids": {"169": None, IVRD_NUMBER: "bench"}, "paths": {"dialplans": str(flows)}}
    return {"ivrd.yaml": merged(own, over), "queues.yaml": {"queues": {"bench": queue}}}


def _dialplan() -> str:
    lines = ["[from-trunk](+)"]
    for peer in PEERS:
        lines += [f"exten => {peer.number},1,Answer(0,i)", f" same => n,Queue({_name(peer)})", " same => n,Hangup()"]
    lines += [f"exten => {BARE.number},1,Stasis({BARE_APP},caller)", " same => n,Hangup()"]
    return "\n".join(lines) + "\n"


def _queue(peer: Target, agents: int) -> str:
    """As quick as app_queue can be made: no announcements, its shortest retry, all callers at once."""
    lines = [f"[{_name(peer)}]", f"strategy = {_name(peer)}", "autofill = yes", "ringinuse = no"]
    lines += ["retry = 1", "timeout = 15", "wrapuptime = 0", "timeoutrestart = no"]
    lines += ["joinempty = yes", "leavewhenempty = no", "musicclass = default"]
    lines += ["announce-frequency = 0", "periodic-announce-frequency = 0", "reportholdtime = no"]
    return "\n".join([*lines, *(f"member => PJSIP/{e}" for e in peer.extensions(agents))]) + "\n\n"


def _name(peer: Target) -> str:
    return peer.name.partition(" ")[2]


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + "\n; --- for the benchmark\n" + text)
