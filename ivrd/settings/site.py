"""What config/ivrd.yaml, queues.yaml, agents.yaml and calendar.yaml may say.

Plain dataclasses: pydantic checks them when a file is read (load.py). Every default here is what
the shipped files show. Relative paths are relative to the directory that holds ``config/``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from ivrd.core.acd.model import AcdRules, Agent, Queue
from ivrd.core.guard_rules import Guards
from ivrd.core.recording_rules import RecordingRules
from ivrd.settings import storeurl
from ivrd.settings.yamltext import Document, Key

_STRICT: dict[str, str] = {"extra": "forbid"}
#: whoever listens here is heard by this machine only
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, kw_only=True)
class Ari:
    """Asterisk's REST interface: calls."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    host: str = "127.0.0.1"
    port: int = 8088
    user: str = "ivrd"
    app: str = "ivrd"  #: name of the Stasis application
    request_timeout_s: float = 5.0
    heartbeat_s: float = 3.0  #: a connection that is dead, and says nothing of it, is noticed after at most one and a half of these
    in_clear: bool = False  #: ``host`` may be beyond the loopback, without TLS: on a wire that nobody else reaches
    tls: bool = False  #: https and wss, and nothing else; ``host`` must stand in Asterisk's certificate
    ca_file: Path | None = None  #: certificates (PEM) that may sign Asterisk's; None: those of the system
    cert_file: Path | None = None  #: Asterisk's certificate (PEM, its chain after it), on Asterisk's machine
    key_file: Path | None = None  #: its private key, readable by Asterisk
    warm_legs: bool = True  #: a ready agent's channel is made ahead, so that the phone rings sooner and audio flows at the answer


@dataclass(frozen=True, kw_only=True)
class Ami:
    """Asterisk's manager interface: recordings, phones' registrations."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    host: str = "127.0.0.1"
    port: int = 5038
    user: str = "ivrd"
    action_timeout_s: float = 5.0
    heartbeat_s: float = 3.0  #: the same, after at most twice this
    survey_s: float = 30.0  #: so often Asterisk is asked for all phones: what its events did not tell is found then
    in_clear: bool = False  #: the same as of ``ari``
    tls: bool = False  #: these four as well
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    permit: tuple[str, ...] = ("127.0.0.1",)  #: addresses and networks from which Asterisk lets ivrd in


_Link = TypeVar("_Link", Ari, Ami)


@dataclass(frozen=True, kw_only=True)
class Tls:
    """SIP by TLS, beside UDP; with it goes SRTP (keys by SDES) for whom it is switched on."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    port: int = 0  #: 5061, usually; 0 = no TLS
    cert_file: Path | None = None  #: Asterisk's certificate (PEM)
    key_file: Path | None = None  #: its private key, readable by Asterisk's group
    ca_file: Path | None = None  #: who may have signed the carrier's certificate; None: it is not looked at
    phones: bool = False  #: agents' phones by TLS and SRTP only
    trunk: bool = False  #: the carrier by TLS and SRTP only


@dataclass(frozen=True, kw_only=True)
class Sip:
    """What Asterisk listens on for SIP and RTP. Loopback until the admin says otherwise."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    host: str = "127.0.0.1"
    port: int = 5060
    rtp_first: int = 10000
    rtp_last: int = 10999
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    tls: Tls = Tls()
    rtp_timeout_s: int = 30  #: not one packet of audio for so long: the phone is gone, the call is over; 0 = never
    rtp_timeout_hold_s: int = 900  #: the same while on hold, when many phones send nothing
    transfers: bool = False  #: agents may give callers away with the phone's transfer key (Asterisk 22.5 or newer)


@dataclass(frozen=True, kw_only=True)
class Outbound:
    """What dialplans may dial through the trunk (verbs dial and transfer). Nothing, unless listed."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    allow: tuple[str, ...] = ()  #: patterns of numbers (ivrd/core/numbers.py)
    per_day: int = 100  #: calls outside since midnight; more fail
    per_agent_day: int = 20  #: callers given to numbers outside by one agent since midnight (sip.transfers); more are refused
    server: str = ""  #: host[:port] to send them to (trunk.kind: ip; else trunk.server)
    caller_id: str = ""  #: the number that is shown; "": as the carrier likes


@dataclass(frozen=True, kw_only=True)
class Trunk:
    """The carrier's SIP trunk."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    kind: Literal["ip", "register"] = "ip"
    addresses: tuple[str, ...] = ()  #: the carrier's addresses (kind: ip); nobody else is let in
    server: str = ""  #: host[:port] to register with (kind: register)
    user: str = ""  #: (kind: register); its password is the secret ``trunk``
    channels: int = 50  #: that the carrier sells; who calls when all are taken is told by us, not by the carrier
    reserve: int = 0  #: of these, kept for calls that go out (dial, callbacks) and for ``full_says``
    full_says: str = ""  #: prompt for a caller who finds no channel, to as many at a time as `reserve`, then hung up; "": not answered (free of charge)
    full_cause: Literal[17, 34, 42] = 17  #: Q.850 of that hang-up: 17 busy, 34 no channel, 42 congestion
    outbound: Outbound = Outbound()


@dataclass(frozen=True, kw_only=True)
class Fallback:
    """What callers meet when ivrd is away: never silence."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    retry_s: int = 3  #: ring for so long, trying ivrd again each second
    static_queue: bool = True  #: then ring all phones in a plain app_queue ...
    max_wait_s: int = 120  #: ... for so long, then the spoken apology and goodbye
    rescue_after_s: int = 10  #: callers whom ivrd leaves alone for so long are moved here by `ivrd rescue`


@dataclass(frozen=True, kw_only=True)
class FeatureCodes:
    """What an agent dials on the phone."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    log_in: str = "*11"
    log_out: str = "*12"
    pause: str = "*13"  #: and a pause reason's code right after it
    resume: str = "*14"
    end_wrap_up: str = "*15"
    extend_wrap_up: str = "*16"


@dataclass(frozen=True, kw_only=True)
class Asterisk:
    """How to reach Asterisk, and what to generate for it."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    ari: Ari = Ari()
    ami: Ami = Ami()
    sip: Sip = Sip()
    trunk: Trunk = Trunk()
    fallback: Fallback = Fallback()
    feature_codes: FeatureCodes = FeatureCodes()
    modules_dir: Path | None = None  #: None: Asterisk's own default


@dataclass(frozen=True, kw_only=True)
class Mqtt:
    """The broker that walls subscribe to."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    host: str = "127.0.0.1"
    port: int = 1883
    user: str = "ivrd"  #: "" = no user and password
    base_topic: str = "ivrd"  #: topics are <base_topic>/<site>/v1/...
    tls: bool = False
    ca_file: Path | None = None  #: certificates (PEM) that may sign the broker's; None: those of the system
    walls: tuple[str, ...] = ()  #: users of the broker who may read; each has a secret ``walls.<name>`` (`ivrd broker-config`)
    keepalive_s: int = 10


@dataclass(frozen=True, kw_only=True)
class Http:
    """Health, readiness and metrics; and agents, for programs that have a token."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    host: str = "127.0.0.1"
    port: int = 9169
    #: names of those who may log agents in and out, pause and resume them; each has a secret ``api.<name>``; none = nobody may
    tokens: tuple[str, ...] = ()
    per_s: float = 20.0  #: requests of one address a second, and five times as many at once; more are refused; 0 = any
    connections: int = 64  #: of one address at once, of this machine's own four times as many (of everybody: 500); more are refused; 0 = any
    cert_file: Path | None = None  #: certificate (PEM): TLS; must be there when ``host`` is not the loopback
    key_file: Path | None = None  #: its private key


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Where things are."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    dialplans: Path = Path("dialplans")
    prompts: Path = Path("prompts")  #: catalogue, studio recordings, build/
    state: Path = Path("var/state")  #: journal, snapshots, secrets
    recordings: Path = Path("var/recordings")
    spool: Path = Path("var/spool")  #: raw recordings in progress


@dataclass(frozen=True, kw_only=True)
class Recordings:
    """How recordings of talks are kept (docs/security.md)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    encrypt: bool = False  #: sealed with a key a day; `ivrd recordings export` opens them
    keys: Path = Path("var/keys")  #: keys and legal holds; never on the disk that backups of recordings go to
    retention_days: int = 0  #: `ivrd recordings purge` deletes what is older, messages in mailboxes too; 0 = nothing
    min_free_mb: int = 500  #: less than this free on a disk of recordings: no new ones; less than half: none at all; 0 = not looked at


@dataclass(frozen=True, kw_only=True)
class PromptBuild:
    """How text becomes audio where there is no studio recording."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    #: argv; {text}, {language} and {out} (a .wav) are filled in; any TTS will do
    command: tuple[str, ...] = ("espeak-ng", "-v", "{language}", "-s", "150", "-w", "{out}", "{text}")
    loudness_dbfs: float = -20.0  #: RMS of the spoken parts after levelling


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service that a flow's ``http`` may ask (data dip); no flow can name any other host."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    url: str  #: http(s)://host[:port][/path]; a flow's ``path`` is put behind it
    #: sent with each request; {secret} stands for the secret ``services.<name>``
    headers: dict[str, str] = field(default_factory=dict)
    at_once: int = 10  #: requests under way; more wait, within the flow's time-out
    max_bytes: int = 65536  #: a longer answer is not read
    breaker_failures: int = 5  #: so many in a row, and the service is not asked ...
    breaker_open_s: float = 30.0  #: ... for so long

    @property
    def needs_secret(self) -> bool:
        """Whether a header stands for a secret."""
        return any("{secret}" in value for value in self.headers.values())


@dataclass(frozen=True, kw_only=True)
class Callbacks:
    """Callers who want to be called back."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    #: patterns of numbers (ivrd/core/numbers.py) that may ask for it; none is taken unless listed
    allow: tuple[str, ...] = ()
    #: who dials: "" = people; agent_first = an agent's phone rings, then the customer's; customer_first = the other way round
    dial: Literal["", "agent_first", "customer_first"] = ""
    attempts: int = 3  #: the customer's phone is rung so often at most
    retry_after_s: int = 900  #: between two of them
    ring_timeout_s: int = 30  #: the customer's phone rings so long


@dataclass(frozen=True, kw_only=True)
class Box:
    """Where messages of callers go."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    directory: Path  #: a WAV file each
    mail: tuple[str, ...] = ()  #: addresses that are told of each message (needs voicemail.smtp.host)


@dataclass(frozen=True, kw_only=True)
class Smtp:
    """A mail server that takes e-mail from this machine."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    host: str = ""  #: "": no e-mail
    port: int = 25
    sender: str = "ivrd@localhost"
    timeout_s: float = 10.0


@dataclass(frozen=True, kw_only=True)
class Voicemail:
    """Messages that callers leave."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    boxes: dict[str, Box] = field(default_factory=dict)
    smtp: Smtp = Smtp()
    encrypt: bool = False  #: messages are sealed with the keys of recordings; `ivrd recordings message` opens them


@dataclass(frozen=True, kw_only=True)
class Site:
    """config/ivrd.yaml."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    site: str = "169"  #: names this centre in topics and logs
    dids: dict[str, str]  #: number dialled -> flow (dialplans/<flow>.yaml)
    languages: tuple[str, ...] = ("id", "en")  #: first = spoken until the caller chooses
    asterisk: Asterisk = Asterisk()
    mqtt: Mqtt = Mqtt()
    http: Http = Http()
    store_url: str = "sqlite:///var/state/cdr.db"  #: an SQLAlchemy URL, without a password
    store_password_file: Path | None = None  #: its first line is the store's password; also the credential ivrd-store-password
    paths: Paths = Paths()
    recordings: Recordings = Recordings()
    prompt_build: PromptBuild = PromptBuild()
    acd: AcdRules = field(default_factory=AcdRules)
    services: dict[str, Service] = field(default_factory=dict)  #: what a flow's ``http`` may ask
    watch_every_s: float = 1.0  #: saved files are looked for so often; 0 = read again at `ivrd reload` and SIGHUP only
    callbacks: Callbacks = Callbacks()
    recording: RecordingRules = field(default_factory=RecordingRules)  #: keys that pause it
    guards: Guards = field(default_factory=Guards)  #: who is not let into the menus
    music: dict[str, Path] = field(default_factory=dict)  #: class -> directory of WAV files, for a queue's ``music``
    voicemail: Voicemail = field(default_factory=Voicemail)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_callers: bool = False  #: False: all but the last three digits of a number are masked in logs


@dataclass(frozen=True, kw_only=True)
class Closure:
    """One of ``closures:``. Local times."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    start: dt.datetime
    end: dt.datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Hours:
    """config/calendar.yaml: when the lines are open, local time."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT
    timezone: str = "Asia/Jakarta"
    #: mon..sun -> ["08:00-17:00", ...]; a day left out is closed
    week: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], tuple[str, ...]]
    public_holidays: str = "ID"  #: country code for the holidays library; "" = none
    closed: dict[dt.date, str] = field(default_factory=dict)  #: own closed days -> reason
    open: dict[dt.date, tuple[str, ...]] = field(default_factory=dict)  #: open against the rule
    #: nobody answers then, on every open day: reason -> ["12:00-13:00", ...]
    breaks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    closures: tuple[Closure, ...] = ()  #: closed once, for a part of a day or longer
    says: dict[str, str] = field(default_factory=dict)  #: reason -> prompt that tells it to callers


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """Everything in config/, checked."""

    root: Path  #: the directory that holds config/
    site: Site
    queues: dict[str, Queue]
    agents: dict[str, Agent]
    hours: Hours
    documents: Mapping[str, Document] = field(default_factory=dict)  #: file name -> as read

    @property
    def config(self) -> Path:
        """The directory that was read."""
        document = self.documents.get("ivrd.yaml")
        return Path(document.file).parent if document else self.root / "config"

    def where(self, file: str, *path: Key) -> str:
        """``file:line:column`` of a setting, for messages: "config/ivrd.yaml:15:3"."""
        document = self.documents.get(file)
        if document is None:
            return f"config/{file}"
        line, column = document.place(*path)
        return f"{document.file}:{line}:{column}"

    @property
    def ari(self) -> Ari:
        """ARI's settings, paths made absolute."""
        return self._placed(self.site.asterisk.ari)

    @property
    def ami(self) -> Ami:
        """AMI's settings, paths made absolute."""
        return self._placed(self.site.asterisk.ami)

    def _placed(self, link: _Link) -> _Link:
        ca, cert, key = (self.path(file) if file else None for file in (link.ca_file, link.cert_file, link.key_file))
        return replace(link, ca_file=ca, cert_file=cert, key_file=key)

    def store_url(self) -> str:
        """The store's URL, a relative SQLite file made absolute, a server's with its password. StartError."""
        head, slashes, file = self.site.store_url.partition(":///")
        if head.startswith("sqlite"):
            relative = slashes and not file.startswith(("/", ":"))
            return f"{head}:///{self.path(Path(file))}" if relative else self.site.store_url
        given = self.site.store_password_file
        return storeurl.with_password(self.site.store_url, self.path(given) if given else None)

    def path(self, relative: Path) -> Path:
        """A path of the settings, made absolute."""
        return relative if relative.is_absolute() else self.root / relative

    def kept_in(self) -> dict[tuple[Key, ...], Path]:
        """Where recordings and messages of callers are written, each by the place of its setting in ivrd.yaml."""
        paths, boxes = self.site.paths, self.site.voicemail.boxes
        places: dict[tuple[Key, ...], Path] = {("paths", "spool"): paths.spool, ("paths", "recordings"): paths.recordings}
        places |= {("voicemail", "boxes", name, "directory"): box.directory for name, box in boxes.items()}
        return {place: self.path(directory) for place, directory in places.items()}
