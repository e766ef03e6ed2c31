"""New passwords for old ones: all at once or some, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ivrd.errors import StartError
from ivrd.settings import secrets
from ivrd.settings.secrets import Secrets

#: what may be rotated, and what has to follow; others' secrets (trunk, services) are theirs to change
STEPS: Mapping[str, tuple[str, ...]] = {
    "ari": ("asterisk", "ivrd"),
    "ami": ("asterisk", "ivrd", "rescue"),
    "mqtt": ("broker", "ivrd"),
    "walls": ("broker", "walls"),
    "phones": ("asterisk", "phones"),
    "pins": ("ivrd", "agents"),
    "api": ("ivrd", "programs"),
}
WORDS: Mapping[str, str] = {
    "asterisk": "ivrd asterisk-config --out /etc/asterisk && asterisk -rx 'core reload'",
    "broker": "ivrd broker-config --out /etc/mosquitto/conf.d && systemctl restart mosquitto",
    "ivrd": "ivrd drain --handover, or without a standby: systemctl kill -s KILL ivrd    (talks go on; the running daemon still has the old ones, "
    "and `systemctl restart` would have it serve all calls to their end with them)",
    "rescue": "systemctl restart ivrd-rescue",
    "phones": "enter the new password at each phone; it is refused until then",
    "walls": "give each wall its new password",
    "agents": "tell each agent the new PIN",
    "programs": "give each program its new token",
}


@dataclass(kw_only=True)
class Rotated:
    """What got a new value."""

    names: list[str] = field(default_factory=list)  #: "ari", "phones.101"
    steps: list[str] = field(default_factory=list)  #: keys of WORDS, in the order to do them


def rotate(state: Path, wanted: Iterable[str], environ: Mapping[str, str] = os.environ) -> Rotated:
    """New values for ``wanted``: "ari", "phones", "phones.101" ...; "all" is everything that is ours.

    StartError when the file is given from outside, or there is nothing by that name.
    """
    path = secrets.path(state, environ)
    if path.parent != state:
        raise StartError(f"{path} is given from outside: change it where it comes from, then restart ivrd")
    tree = secrets.read(path)
    if not tree:
        raise StartError(f"{path} is not there yet: it is made by `ivrd asterisk-config`, or at the first start")
    done = Rotated()
    for name in wanted:
        for part in STEPS if name == "all" else (name,):
            done.names += _renew(tree, part, path, must=name != "all")
    done.names = list(dict.fromkeys(done.names))
    kinds = {name.partition(".")[0] for name in done.names}
    done.steps = [step for step in WORDS if any(step in STEPS[kind] for kind in kinds)]
    secrets.write(path, tree)
    return done


def _renew(tree: dict[str, object], name: str, path: Path, *, must: bool) -> list[str]:
    kind, _, one = name.partition(".")
    if kind not in STEPS:
        known = ", ".join((*STEPS, "all"))
        raise StartError(f"{name!r} is not ours to rotate: {known}, or one of several as phones.101")
    if kind in secrets.SERVICES:
        tree[kind] = secrets.make(kind)
        return [kind]
    part = tree.get(kind)
    names: Collection[str] = dict(part) if isinstance(part, dict) else {}
    if one and one not in names:
        raise StartError(f"{path} has no {name}: {', '.join(names) or 'none at all'}")
    if must and not names:
        raise StartError(f"{path} has no {kind}: nothing to rotate")
    tree[kind] = {n: secrets.make(kind) if one in ("", n) else part[n] for n in names} if isinstance(part, dict) else {}
    return [f"{kind}.{n}" for n in names if one in ("", n)]


def differing(used: Secrets, now: Secrets) -> list[str]:
    """What a daemon that uses ``used`` would use after a restart: names only."""
    names = [name for name in ("ari", "ami", "mqtt") if getattr(used, name) != getattr(now, name)]
    return names + [part for part in ("pins", "api", "services") if getattr(used, part) != getattr(now, part)]
