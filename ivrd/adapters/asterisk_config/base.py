"""asterisk.conf of a private instance, logger.conf, and the files that say "off"."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ivrd.adapters.asterisk_config.text import Value, document, section

#: tone zone of callers: Indonesia's, without a ring
WAITING_TONES = "ivrd-waiting"

#: Asterisk complains when these are not there; a private instance gets them empty.
EMPTY = (
    "acl.conf",
    "ccss.conf",
    "codecs.conf",
    "features.conf",
    "pjproject.conf",
    "queuerules.conf",
    "stasis.conf",
    "udptl.conf",
    "websocket_client.conf",
)


@dataclass(frozen=True, kw_only=True)
class Private:
    """Where an Asterisk of our own, beside the system's, keeps its things."""

    base: Path  #: holds run, log, spool, lib, db
    modules_dir: Path | None = None  #: None: Asterisk's own default
    data_dir: Path | None = None  #: None: Asterisk's own default

    @property
    def directories(self) -> dict[str, Path]:
        """Asterisk's name of a directory -> path; see ``folders``."""
        return {
            "astrundir": self.base / "run",
            "astlogdir": self.base / "log",
            "astspooldir": self.base / "spool",
            "astvarlibdir": self.base / "lib",
            "astdbdir": self.base / "db",
            "astkeydir": self.base / "lib",  # it looks in keys below
        }

    @property
    def folders(self) -> tuple[Path, ...]:
        """What has to exist before Asterisk starts."""
        return (*self.directories.values(), self.base / "lib" / "keys", self.base / "spool" / "recording")


def asterisk(private: Private, etc: Path) -> str:
    """asterisk.conf."""
    directories: dict[str, Value] = {"astetcdir": str(etc)}
    directories |= {name: str(path) for name, path in private.directories.items()}
    if private.modules_dir is not None:
        directories["astmoddir"] = str(private.modules_dir)
    if private.data_dir is not None:
        directories["astdatadir"] = str(private.data_dir)
    options: dict[str, Value] = {"verbose": 0, "hideconnect": True, "live_dangerously": False}
    return document(section("directories", directories), section("options", options))


def logger() -> str:
    """logger.conf."""
    files: dict[str, Value] = {"console": "warning,error", "messages.log": "notice,warning,error"}
    general: dict[str, Value] = {"dateformat": "%F %T.%3q", "queue_log": False}
    return document(section("general", general), section("logfiles", files))


def quiet() -> dict[str, str]:
    """CDRs and channel events are ivrd's business; tones are Indonesia's."""
    off = document(section("general", {"enable": False}))
    tones: dict[str, Value] = {
        "description": "Indonesia",
        "ringcadence": "1000,4000",
        "dial": "425",
        "busy": "425/500,0/500",
        "ring": "425/1000,0/4000",
        "congestion": "425/250,0/250",
    }
    # A waiting caller is in the bridge with the phone that rings: with a tone for that, Asterisk would
    # play it in place of the music (ADR 51).
    waiting = {name: tone for name, tone in tones.items() if name != "ring"}
    indications = document(
        section("general", {"country": "id"}), section("id", tones), section(WAITING_TONES, waiting)
    )
    return {"cdr.conf": off, "cel.conf": off, "indications.conf": indications}


def empty() -> dict[str, str]:
    """Files with nothing in them, for a private instance."""
    return {name: document() for name in EMPTY}
