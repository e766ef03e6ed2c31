"""The outside parts, built from settings: the composition root's list of what there is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from ivrd.adapters.ami import AmiClient
from ivrd.adapters.ari import AriClient
from ivrd.adapters.audit import AuditLog
from ivrd.adapters.dip import HttpDip
from ivrd.adapters.http import HttpServer, Metrics
from ivrd.adapters.journal import FileJournal
from ivrd.adapters.mailbox import Boxes
from ivrd.adapters.mqtt import MqttPublisher
from ivrd.adapters.prompts.library import BuiltPrompts
from ivrd.adapters.prompts.speaker import TEXTS, Speaker
from ivrd.adapters.recordings import FileArchive, KeyRing, LetterSeal
from ivrd.adapters.store import GATHER_S, CdrStore, RowSpool, SpoolingStore
from ivrd.adapters.systemd import Notifier
from ivrd.core.events import Event
from ivrd.daemon.clock import SteadyClock
from ivrd.daemon.places import told_with
from ivrd.ports import Inbox
from ivrd.settings.secrets import Secrets
from ivrd.settings.site import Loaded, Mqtt


@dataclass(kw_only=True)
class Entrance:
    """Where adapters put events: they are built before the runtime that takes them."""

    inbox: Inbox | None = None

    def __call__(self, event: Event) -> None:
        if self.inbox is not None:
            self.inbox(event)


@dataclass(kw_only=True)
class Parts:
    """Everything outside the core."""

    loaded: Loaded
    clock: SteadyClock
    entrance: Entrance
    ari: AriClient
    ami: AmiClient
    mqtt: MqttPublisher
    store: CdrStore
    rows: SpoolingStore  #: in front of the store
    dip: HttpDip
    mailboxes: Boxes
    archive: FileArchive
    prompts: BuiltPrompts
    journal: FileJournal
    metrics: Metrics
    notifier: Notifier
    pins: dict[str, str] = field(repr=False)  #: agent -> PIN
    tokens: dict[str, str] = field(repr=False)  #: who may ask for agents -> token
    secrets: Secrets  #: all that are used
    http: HttpServer = field(init=False)

    def __post_init__(self) -> None:
        loaded, http = self.loaded, self.loaded.site.http
        if http.cert_file and http.key_file:
            http = replace(http, cert_file=loaded.path(http.cert_file), key_file=loaded.path(http.key_file))
        audit = AuditLog(loaded.path(loaded.site.paths.state), self.clock)
        self.http = HttpServer(http, self.problems, self.metrics.registry, self.tokens, self.clock, audit)

    def problems(self) -> dict[str, str | None]:
        """Each part that must be there to serve a caller fully: None, or what is wrong and where it is set."""
        found = {
            "ari": (_problem(self.ari), ("asterisk", "ari")),
            "ami": (_problem(self.ami), ("asterisk", "ami")),
            "mqtt": (self.mqtt.problem(), ("mqtt",)),
            "store": (self.rows.problem(), ("store_url",)),
        }
        where = self.loaded.where  # only for what is wrong: this is asked twice a second
        return {name: f"{text} ({where('ivrd.yaml', *path)})" if text else None for name, (text, path) in found.items()}


def build(loaded: Loaded, secrets: Secrets) -> Parts:
    """Make every part; nothing connects or listens yet."""
    site, clock, entrance = loaded.site, SteadyClock(), Entrance()
    log = structlog.get_logger("ivrd")
    paths = site.paths
    metrics = Metrics()
    ari = AriClient(loaded.ari, secrets.ari, entrance, clock, log)
    ami = AmiClient(
        loaded.ami,
        secrets.ami,
        entrance,
        clock,
        log,
        [a.extension for a in loaded.agents.values()],
        moved=ari.warm.moved,
    )
    ari.warm.usable = ami.connected.is_set
    store = CdrStore(loaded.store_url(), ZoneInfo(loaded.hours.timezone))
    return Parts(
        loaded=loaded,
        clock=clock,
        entrance=entrance,
        ari=ari,
        ami=ami,
        mqtt=MqttPublisher(_placed(loaded), site.site, secrets.mqtt, uuid.uuid4().hex[:12], clock),
        store=store,
        rows=SpoolingStore(store, RowSpool(loaded.path(paths.state)), clock, gather_s=GATHER_S),
        archive=FileArchive(loaded.path(paths.spool), loaded.path(paths.recordings), keys=_keys(loaded)),
        prompts=BuiltPrompts(
            loaded.path(paths.prompts) / "build",
            Speaker(
                loaded.path(paths.spool) / TEXTS,
                site.prompt_build.command,
                site.prompt_build.loudness_dbfs,
                loaded.path(Path("var/bin")),
            ),
        ),
        journal=FileJournal(loaded.path(paths.state)),
        metrics=metrics,
        mailboxes=Boxes(
            site.voicemail.boxes,
            site.voicemail.smtp,
            ZoneInfo(loaded.hours.timezone),
            loaded.path,
            LetterSeal(_key_ring(loaded)) if site.voicemail.encrypt else None,
        ),
        dip=HttpDip(site.services, secrets.services, log, metrics.dip),
        notifier=Notifier(),
        secrets=secrets,
        pins=secrets.pins,
        tokens=secrets.api,
    )


def _placed(loaded: Loaded) -> Mqtt:
    """The broker's settings, paths made absolute."""
    mqtt = loaded.site.mqtt
    return replace(mqtt, ca_file=loaded.path(mqtt.ca_file)) if mqtt.ca_file else mqtt


def _keys(loaded: Loaded) -> KeyRing | None:
    """Where recordings are sealed: the keys, looked at now rather than at the end of the first talk."""
    return _key_ring(loaded) if loaded.site.recordings.encrypt else None


def _key_ring(loaded: Loaded) -> KeyRing:
    keys = KeyRing(loaded.path(loaded.site.recordings.keys))
    with told_with(loaded.where("ivrd.yaml", "recordings", "keys")):
        keys.prepare()
    return keys


def _problem(link: AriClient | AmiClient) -> str | None:
    if link.connected.is_set():
        return None
    return link.last_error or "not connected to Asterisk yet"
