"""A complete throw-away site: the shipped configuration with free ports, and Asterisk's files for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ivrd.adapters import asterisk_config
from ivrd.adapters.asterisk_config.write import ensure_music
from ivrd.settings import yamltext
from ivrd.settings.load import load
from ivrd.settings.secrets import Secrets, load_or_create
from ivrd.settings.site import Loaded
from rig.tools import REPOSITORY, RTP_PORTS, RigError, find_asterisk, free_ports, free_rtp_range

#: A path longer than this cannot be the address of a socket.
_LONGEST_SOCKET_PATH = 100
_ALWAYS_OPEN = {
    "timezone": "Asia/Jakarta",
    "week": {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    "public_holidays": "",
}
Tree = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class SitePaths:
    """Where a site is, and what is in it."""

    root: Path
    config: Path  #: for ``ivrd --config``
    etc: Path  #: Asterisk's files
    logs: Path
    loaded: Loaded
    secrets: Secrets
    private: asterisk_config.Private

    @property
    def registrar(self) -> str:
        """host:port for phones and callers."""
        return f"{self.loaded.site.asterisk.sip.host}:{self.loaded.site.asterisk.sip.port}"

    @property
    def asterisk_log(self) -> Path:
        """Asterisk's notices, warnings and errors."""
        return self.private.directories["astlogdir"] / "messages.log"


def make_site(
    directory: Path,
    *,
    agents: Tree | None = None,
    overrides: Mapping[str, Tree] | None = None,
    always_open: bool = True,
) -> SitePaths:
    """Write a site below ``directory`` (made, or left as it is where it stands from before).

    The shipped ``config/`` with free ports and all paths inside ``directory``; prompts and flows
    are the shipped ones. ``agents`` replaces agents.yaml's (who lists no skills has all); ``overrides`` are merged in, by file
    name: ``{"ivrd.yaml": {"acd": {"pause_after_misses": 0}}, "queues.yaml": {...}}``; None removes
    a key. ``always_open``: at any hour, on any day.
    """
    root = directory.resolve()
    config = root / "config"
    config.mkdir(parents=True, exist_ok=True)
    for shipped in sorted((REPOSITORY / "config").glob("*.yaml")):
        tree: Any = yamltext.load(shipped).data
        if shipped.name == "ivrd.yaml":
            tree = merged(tree, _own_places())
        elif shipped.name == "agents.yaml" and agents is not None:
            tree = {"agents": _with_skills(agents)}
        elif shipped.name == "queues.yaml" and agents is not None:
            tree = {"queues": {key: _unrelaxed(queue) for key, queue in tree["queues"].items()}}
        elif shipped.name == "calendar.yaml" and always_open:
            tree = _ALWAYS_OPEN
        tree = merged(tree, (overrides or {}).get(shipped.name, {}))
        text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
        (config / shipped.name).write_text(text, encoding="utf-8")
    return open_site(root)


def _with_skills(agents: Tree) -> dict[str, Any]:
    queues = yamltext.load(REPOSITORY / "config" / "queues.yaml").data["queues"].values()
    every = list(dict.fromkeys(skill for queue in queues for skill in queue.get("skills", ())))
    return {key: {"skills": every, **agent} for key, agent in agents.items()}


def _unrelaxed(queue: Tree) -> dict[str, Any]:
    """Without the help of groups that other agents than the shipped ones do not form."""
    return {key: value for key, value in queue.items() if key != "relax"}


def open_site(root: Path) -> SitePaths:
    """A site that has its configuration: make its passwords and Asterisk's files."""
    return prepare(load(root / "config"))


def prepare(loaded: Loaded) -> SitePaths:
    """Passwords, directories and Asterisk's private files for settings that were read."""
    root = loaded.root
    state = loaded.path(loaded.site.paths.state)
    secrets = load_or_create(
        state,
        [a.extension for a in loaded.agents.values()],
        pins=[a.id for a in loaded.agents.values() if a.pin],
        api=loaded.site.http.tokens,
    )
    private = _private(root)
    site = SitePaths(
        root=root,
        config=root / "config",
        etc=root / "var" / "asterisk" / "etc",
        logs=root / "var" / "log",
        loaded=loaded,
        secrets=secrets,
        private=private,
    )
    folders = [loaded.path(p) for p in (loaded.site.paths.recordings, loaded.site.paths.spool)]
    for folder in [*private.folders, site.logs, *folders]:
        folder.mkdir(parents=True, exist_ok=True)
    files = asterisk_config.render(
        loaded,
        secrets,
        etc=site.etc,
        music=ensure_music(loaded),
        private=private,
        available=_modules(private.modules_dir),
    )
    asterisk_config.write(files, site.etc, private=True)
    return site


def merged(base: Any, over: Tree) -> Any:
    """``base`` with ``over`` laid on top, key by key; None removes a key."""
    result = dict(base)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def _own_places() -> dict[str, Any]:
    ari, ami, mqtt, http, sip = free_ports(5)
    rtp = free_rtp_range()
    return {
        "asterisk": {
            "ari": {"port": ari},
            "ami": {"port": ami},
            "sip": {"port": sip, "rtp_first": rtp, "rtp_last": rtp + RTP_PORTS - 1},
            "trunk": {"kind": "ip", "addresses": ["127.0.0.1"]},
        },
        "mqtt": {"port": mqtt},
        "http": {"port": http},
        "paths": {
            "dialplans": str(REPOSITORY / "dialplans"),
            "prompts": str(REPOSITORY / "prompts"),
        },
    }


def _private(root: Path) -> asterisk_config.Private:
    found = find_asterisk()
    base = root / "var" / "asterisk"
    if len(str(base / "run" / "asterisk.ctl")) > _LONGEST_SOCKET_PATH:
        raise RigError(f"{root}: the path is too long for Asterisk's control socket")
    return asterisk_config.Private(
        base=base, modules_dir=found.modules_dir, data_dir=found.data_dir
    )


def _modules(directory: Path | None) -> frozenset[str] | None:
    return frozenset(m.stem for m in directory.glob("*.so")) if directory else None


def scratch() -> Path:
    """A directory with a short path (pytest's are too long for some sockets)."""
    return Path(tempfile.mkdtemp(prefix="ivrd-"))


def remove(directory: Path) -> None:
    """Remove a scratch directory; IVRD_KEEP_SITES=1 keeps it, to look at its logs."""
    if os.environ.get("IVRD_KEEP_SITES"):
        print(f"kept: {directory}")
        return
    shutil.rmtree(directory, ignore_errors=True)
