"""``ivrd broker-config``: mosquitto's users, access list and listener, from config/."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ivrd.adapters import broker_config
from ivrd.adapters.mqtt import topics
from ivrd.errors import IvrdError
from ivrd.settings import secrets
from ivrd.settings.load import load
from ivrd.settings.site import LOOPBACK, Loaded

NEXT = "next: restart mosquitto; the walls' passwords are in {secrets}, below `walls:`"


def add_parser(subparsers: Any) -> None:
    """``ivrd broker-config``."""
    parser = subparsers.add_parser(
        "broker-config",
        help="write mosquitto's users, access list and listener",
        description="ivrd may write below its topics, each of mqtt.walls may read there, nobody else gets in.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="e.g. /etc/mosquitto/conf.d")
    parser.add_argument("--listen", default="127.0.0.1", metavar="ADDRESS", help="default: 127.0.0.1; others need --cert and --key")
    parser.add_argument("--cert", type=Path, metavar="FILE", help="the broker's certificate and those above it (PEM)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="its private key (PEM)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """IvrdError when passwords would cross the network in clear."""
    loaded = load(args.config)
    if not loaded.site.mqtt.user:
        raise IvrdError(f"{loaded.where('ivrd.yaml', 'mqtt', 'user')}: mqtt.user is empty: the broker is to know ivrd by a name")
    if (args.cert is None) != (args.key is None):
        raise IvrdError("--cert and --key belong together")
    if args.cert is None and args.listen not in LOOPBACK:
        raise IvrdError(f"--listen {args.listen}: passwords would cross the network in clear: give --cert and --key, and set mqtt.tls")
    out = args.out.resolve()
    broker_config.write(_files(loaded, out, args), out)
    print(f"wrote {', '.join(str(out / name) for name in ('ivrd.conf', 'ivrd.acl', 'ivrd.passwd'))}")
    print(NEXT.format(secrets=secrets.path(loaded.path(loaded.site.paths.state))))
    return 0


def _files(loaded: Loaded, out: Path, args: argparse.Namespace) -> dict[str, str]:
    mqtt = loaded.site.mqtt
    known = secrets.load_or_create(loaded.path(loaded.site.paths.state), [], walls=mqtt.walls)
    listener = broker_config.Listener(
        host=args.listen,
        port=mqtt.port,
        certificate=args.cert.resolve() if args.cert else None,
        key=args.key.resolve() if args.key else None,
    )
    return broker_config.files(
        out,
        listener,
        writer=mqtt.user,
        passwords={mqtt.user: known.mqtt, **known.walls},
        prefix=topics.prefix(mqtt.base_topic, loaded.site.site),
    )
