"""All of Asterisk's files at once, from the settings. Pure: reads nothing, writes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from pathlib import Path

from ivrd.adapters.asterisk_config import access, base, dialplan, modules, queues, sip, text
from ivrd.core.acd.model import Agent
from ivrd.core.lamps import agent_lamp, queue_lamp
from ivrd.errors import ConfigError, Fault
from ivrd.settings.secrets import Secrets
from ivrd.settings.site import Asterisk, Loaded, Trunk


def render(
    loaded: Loaded,
    secrets: Secrets,
    *,
    etc: Path,
    music: Path,
    private: base.Private | None = None,
    available: Collection[str] | None = None,
) -> dict[str, str]:
    """File name -> text, for the directory ``etc``.

    ``music``: the directory with the music on hold. ``private``: also the files of an Asterisk of
    our own. ``available``: the modules that this Asterisk has, if known. Raises ConfigError when
    the settings hold something that Asterisk's files cannot.
    """
    site, agents = loaded.site, list(loaded.agents.values())
    build = loaded.path(site.paths.prompts) / "build"
    _check(loaded, agents, [build, music, etc, *(loaded.path(path) for path in site.music.values())])
    files = {
        "modules.conf": modules.modules(available),
        "http.conf": access.http(loaded.ari),
        "ari.conf": access.ari(site.asterisk.ari, secrets),
        "manager.conf": access.manager(loaded.ami, secrets),
        "pjsip.conf": sip.pjsip(_placed(loaded), agents, list(site.dids), secrets),
        "rtp.conf": sip.rtp(site.asterisk),
        "extensions.conf": dialplan.extensions(
            site,
            build,
            [a.extension for a in agents],
            [*map(agent_lamp, loaded.agents), *map(queue_lamp, loaded.queues)],
            [queue.extension for queue in loaded.queues.values() if queue.extension],
        ),
        "queues.conf": queues.queues(agents),
        "musiconhold.conf": queues.music_on_hold(music, {name: loaded.path(path) for name, path in site.music.items()}),
        "logger.conf": base.logger(),
        **base.quiet(),
    }
    if private is not None:
        files |= {"asterisk.conf": base.asterisk(private, etc), **base.empty()}
    return files


def _placed(loaded: Loaded) -> Asterisk:
    """Asterisk's settings, paths of certificates made absolute."""
    asterisk, tls = loaded.site.asterisk, loaded.site.asterisk.sip.tls
    def place(file: Path | None) -> Path | None:
        return loaded.path(file) if file else None

    absolute = dataclasses.replace(
        tls, cert_file=place(tls.cert_file), key_file=place(tls.key_file), ca_file=place(tls.ca_file)
    )
    sip_settings = dataclasses.replace(asterisk.sip, tls=absolute)
    return dataclasses.replace(asterisk, sip=sip_settings)


def _check(loaded: Loaded, agents: list[Agent], paths: list[Path]) -> None:
    asterisk = loaded.site.asterisk
    faults = text.dialled_faults("ivrd.yaml", "dids:", list(loaded.site.dids))
    codes = list(dataclasses.asdict(asterisk.feature_codes).values())
    faults += text.dialled_faults(
        "ivrd.yaml", "feature_codes:", [*codes, *dialplan.pause_codes(loaded.site)]
    )
    faults += text.name_faults("ivrd.yaml", "acd.pause_reasons", list(loaded.site.acd.pause_reasons))
    faults += text.name_faults("ivrd.yaml", "music:", list(loaded.site.music))
    names = [asterisk.ari.app, asterisk.ari.user, asterisk.ami.user, *asterisk.sip.codecs]
    faults += text.name_faults("ivrd.yaml", "asterisk:", names)
    faults += text.name_faults("agents.yaml", "extension", [a.extension for a in agents])
    tls = _placed(loaded).sip.tls
    files = [file for file in (tls.cert_file, tls.key_file, tls.ca_file) if file]
    faults += text.path_faults("asterisk.sip.tls:", files)
    for name, link in (("ari", loaded.ari), ("ami", loaded.ami)):
        files = [file for file in (link.cert_file, link.key_file) if file and link.tls]
        faults += text.path_faults(f"asterisk.{name}:", files)
    faults += text.path_faults("paths:", paths) + _trunk_faults(asterisk.trunk)
    if faults:
        raise ConfigError(faults)


def _trunk_faults(trunk: Trunk) -> list[Fault]:
    def fault(message: str, hint: str) -> list[Fault]:
        return [Fault(file="ivrd.yaml", line=0, column=0, message=message, hint=hint)]

    if trunk.kind == "ip":
        if not trunk.addresses:
            return fault(
                "asterisk.trunk.addresses is empty: no call could come in",
                "List the addresses the carrier calls from, for example [203.0.113.7].",
            )
        return _host_faults(list(trunk.addresses))
    if not trunk.server or not trunk.user:
        return fault(
            "asterisk.trunk: kind register needs server and user",
            "server: host[:port] of the carrier; user: the account. Its password is a secret.",
        )
    return _host_faults([trunk.server, trunk.user])


def _host_faults(hosts: list[str]) -> list[Fault]:
    bad = [h for h in hosts if not h or any(c in h for c in ' \t\r\n;[],<>"')]
    return [
        Fault(
            file="ivrd.yaml",
            line=0,
            column=0,
            message=f"asterisk.trunk: {h!r} cannot be used",
            hint="An address (203.0.113.7), a network (203.0.113.0/24), or a host name.",
        )
        for h in bad
    ]
