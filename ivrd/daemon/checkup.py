"""Everything an admin wrote, read and checked as far as it can be: all faults of all files at once."""

from __future__ import annotations

import os
import pwd
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ivrd.adapters.prompts import catalogue
from ivrd.adapters.prompts.catalogue import Catalogue
from ivrd.adapters.prompts.library import BuiltPrompts
from ivrd.adapters.recordings.room import unwritable
from ivrd.core.acd.skills import Way
from ivrd.core.acd.skills import language as spoken
from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.shape import says
from ivrd.core.ivr.validate import Known
from ivrd.daemon.plan import read_flow, unknown_prompts
from ivrd.daemon.prompts import CORE_PROMPTS
from ivrd.errors import ConfigError, Fault
from ivrd.settings import named, yamltext
from ivrd.settings.flows import load_flow
from ivrd.settings.load import load
from ivrd.settings.parts import NOT_RUN
from ivrd.settings.site import LOOPBACK, Loaded, Paths
from ivrd.settings.trust import unfit


@dataclass(kw_only=True)
class Checked:
    """What was read, and what is wrong with it."""

    errors: list[Fault] = field(default_factory=list)  #: the daemon would not use the files
    warnings: list[Fault] = field(default_factory=list)  #: it would, but somebody should know
    flows: list[Flow] = field(default_factory=list)
    loaded: Loaded | None = None  #: None when config/ is faulty


class _Everything(Collection[str]):
    """Holds whatever is asked for: when config/ is faulty, names cannot be held against it."""

    def __contains__(self, thing: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def check(config: Path) -> Checked:
    """Read config/, the prompts' texts and every dialplan; never raises for what is in them."""
    done = Checked()
    try:
        done.loaded = load(config)
    except ConfigError as exc:
        done.errors += exc.faults
    else:
        done.errors += _unfit(done.loaded)
    texts = _texts(config, done)
    _dialplans(config, done, texts)
    if done.loaded is not None and texts is not None:
        done.errors += unknown_prompts(done.loaded, texts)
    if done.loaded is not None and texts is not None and not done.errors:
        done.warnings += _silent(done, texts) + _languages(done.loaded) + _in_clear(done.loaded) + _closed(done.loaded)
    done.warnings = [fault for fault in dict.fromkeys(done.warnings) if fault not in done.errors]
    done.errors = list(dict.fromkeys(done.errors))  # a sub-flow is read with each flow that runs it
    return done


def _dialplans(config: Path, done: Checked, texts: Catalogue | None) -> None:
    """Those that numbers lead to; then those that none of these runs, whose faults nobody will hear of."""
    files = sorted(_directory(config, done, "dialplans").glob("*.yaml"))
    led_to = set(done.loaded.site.dids.values()) if done.loaded else {path.stem for path in files}
    for path in sorted(files, key=lambda path: path.stem not in led_to):
        if any(path.stem in flow.parts for flow in done.flows):
            continue
        try:
            if done.loaded is not None and texts is not None:
                done.flows.append(read_flow(path, done.loaded, texts))
            else:
                done.flows.append(load_flow(path, _named(config, done.loaded, texts)))
        except ConfigError as exc:
            faults = [fault for fault in exc.faults if fault.rule != NOT_RUN]
            if path.stem in led_to:
                done.errors += faults
            else:
                done.warnings += faults


def _directory(config: Path, done: Checked, name: str) -> Path:
    """Where it is; where it would be by default, when ivrd.yaml cannot be read."""
    root = done.loaded.root if done.loaded else config.resolve().parent
    paths = done.loaded.site.paths if done.loaded else Paths()
    relative: Path = getattr(paths, name)
    return root / relative


def _texts(config: Path, done: Checked) -> Catalogue | None:
    languages = done.loaded.site.languages if done.loaded else ("id", "en")
    try:
        return catalogue.load(_directory(config, done, "prompts") / catalogue.FILE, languages)
    except ConfigError as exc:
        done.errors += exc.faults
        return None


def _named(config: Path, loaded: Loaded | None, texts: Catalogue | None) -> Known:
    """What there is as far as it can be seen; of the rest, anything."""
    every = _Everything()
    return Known(
        queues=loaded.queues if loaded else _listed(config / "queues.yaml", "queues"),
        languages=loaded.site.languages if loaded else _listed(config / "ivrd.yaml", "languages"),
        prompts=texts.entries.keys() if texts else every,
        skills=every, flows=every, services=every, mailboxes=every,
    )  # fmt: skip


def _listed(file: Path, key: str) -> Collection[str]:
    """The names below ``key`` of a file that has faults; anything when they cannot be read."""
    try:
        data = yamltext.load(file).data
    except ConfigError:
        return _Everything()
    names = data.get(key) if isinstance(data, dict) else None
    return [str(name) for name in names] if isinstance(names, dict | list) else _Everything()


def _silent(done: Checked, texts: Catalogue) -> list[Fault]:
    """Prompts whose audio is missing: the daemon would refuse to play silence."""
    assert done.loaded is not None
    loaded = done.loaded
    directory = loaded.path(loaded.site.paths.prompts)
    document = yamltext.load(directory / catalogue.FILE)
    flows = [part for flow in done.flows for part in (flow, *flow.parts.values())]
    keys = {key.partition("@")[0] for flow in flows for node in flow.nodes.values() for _, key in says(node)}
    keys |= {key for _, _, key in named.prompts(loaded)}
    used = sorted(key for key in keys | CORE_PROMPTS if not key.startswith(":"))
    missing = BuiltPrompts(directory / "build").missing(used, loaded.site.languages)
    return [
        document.fault((key, language), f"prompt {key!r} has no audio in {language!r}", "run `ivrd prompts build`", "missing-audio")
        for key, language in missing
        if texts.text(key, language) is not None
    ]


def _languages(loaded: Loaded) -> list[Fault]:
    """A caller who chose a language waits for an agent who speaks it."""
    document = loaded.documents["queues.yaml"]
    found = []
    for queue in loaded.queues.values():
        able = [a.kind for a in loaded.agents.values() if queue.way.open_to(a.kind)]
        for language in loaded.site.languages:
            speaks = Way(all=((spoken(language), queue.language_level),))
            if able and not any(speaks.open_to(kind) for kind in able):
                found.append(
                    document.fault(
                        ("queues", queue.id),
                        f"nobody who serves queue {queue.id!r} speaks {language!r}: such callers wait until the overflow",
                        "add the language to an agent's `languages` in agents.yaml",
                        "unserved-language",
                    )
                )
    return found


def _unfit(loaded: Loaded) -> list[Fault]:
    """Certificates by which ivrd and Asterisk would not find together. Not looked at by who only reads the settings: one that is
    out of its time must not keep `ivrd rescue --now` from starting."""
    document = loaded.documents["ivrd.yaml"]
    found = [(name, unfit(link)) for name, link in (("ari", loaded.ari), ("ami", loaded.ami))]
    return [document.fault(("asterisk", name, why[0]), why[1], why[2], "certificate") for name, why in found if why]


def _in_clear(loaded: Loaded) -> list[Fault]:
    """A password that crosses a network as it is."""
    mqtt = loaded.site.mqtt
    if mqtt.tls or not mqtt.user or mqtt.host in LOOPBACK:
        return []
    message = f"the broker's password goes to {mqtt.host} in clear"
    return [loaded.documents["ivrd.yaml"].fault(("mqtt", "host"), message, "set mqtt.tls (docs/security.md)", "in-clear")]


def _closed(loaded: Loaded) -> list[Fault]:
    """Directories that are there and cannot be written. Those that are not are made when the first talk is recorded."""
    document = loaded.documents["ivrd.yaml"]
    found = [(key, directory, unwritable(directory)) for key, directory in loaded.kept_in().items()]
    return [
        document.fault(
            key,
            f"no recording or message can be kept there by user {_user()}: {why}",
            "mount it for writing, or let the user that runs ivrd write there; if that is another one, check as that user",
            "unwritable",
        )
        for key, directory, why in found
        if why.startswith(f"{directory}: ")
    ]


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
