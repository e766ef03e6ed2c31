"""``make run``: Asterisk, broker and ivrd with the configuration in config/, in the foreground until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import sys

from ivrd.settings.load import load
from ivrd.settings.site import Loaded
from rig.broker import HOST as BROKER_HOST
from rig.broker import WALLBOARD_USER
from rig.site import SitePaths, prepare
from rig.stack import Stack
from rig.tools import REPOSITORY, TCP, UDP, RigError, is_taken


async def serve() -> None:
    """Until Ctrl-C or SIGTERM."""
    loaded = load(REPOSITORY / "config")
    refuse_taken_ports(loaded)  # before anything is written: these may be the files of another `make run`
    site = prepare(loaded)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Stack(site) as stack:
        print(how_to(site, stack.wallboard_password), flush=True)
        ended = loop.create_task(stack.ivrd.wait(float("inf")), name="ivrd")
        waiting = loop.create_task(stop.wait(), name="ctrl-c")
        await asyncio.wait([ended, waiting], return_when=asyncio.FIRST_COMPLETED)
        for task in (ended, waiting):
            task.cancel()
        print("stopping ..." if stop.is_set() else f"ivrd ended by itself: see {site.logs}", flush=True)


def refuse_taken_ports(loaded: Loaded) -> None:
    """RigError with every port that another program has. Asterisk would come up without it, and callers and walls meet the other."""
    settings = loaded.site
    asterisk = settings.asterisk
    taken = [
        f"    {port} of {host}   {'.'.join(key)} at {loaded.where('ivrd.yaml', *key)}"
        for key, port, host, kind in (
            (("asterisk", "sip", "port"), asterisk.sip.port, asterisk.sip.host, UDP),
            (("asterisk", "sip", "tls", "port"), asterisk.sip.tls.port, asterisk.sip.host, TCP),
            (("asterisk", "ari", "port"), asterisk.ari.port, asterisk.ari.host, TCP),
            (("asterisk", "ami", "port"), asterisk.ami.port, asterisk.ami.host, TCP),
            (("mqtt", "port"), settings.mqtt.port, BROKER_HOST, TCP),
            (("http", "port"), settings.http.port, settings.http.host, TCP),
        )
        if port and is_taken(port, host, [kind])
    ]
    if taken:
        raise RigError("\n".join([
            "these ports are taken by other programs:",
            *taken,
            "End what has them (another `make run`? a service: systemctl stop mosquitto, asterisk; see ss -lnptu), or give other numbers there.",
        ]))


def how_to(site: SitePaths, wallboard_password: str) -> str:
    """What a person needs to use what runs."""
    settings = site.loaded.site
    agent = next(iter(site.loaded.agents.values()))
    sip, mqtt, http = settings.asterisk.sip, settings.mqtt, settings.http
    codes = settings.asterisk.feature_codes
    topic = f"{mqtt.base_topic}/{settings.site}/v1"
    return f"""
169 is served on this machine. Ctrl-C stops it.

  A phone     SIP server {sip.host}:{sip.port} (UDP), user {agent.extension}, password: {agent.extension} in
              {site.loaded.path(settings.paths.state)}/secrets.yaml
              then dial {codes.log_in} to log in, {codes.log_out} out, {codes.pause} pause, {codes.resume} resume
  A caller    sip:{next(iter(settings.dids))}@{sip.host}:{sip.port} without registering (any address in
              asterisk.trunk.addresses is the trunk); or in another terminal: make call
  A wall      mosquitto_sub -h {mqtt.host} -p {mqtt.port} -u {WALLBOARD_USER} -P {wallboard_password} -v \\
              -t '{topic}/queue/+/state' -t '{topic}/agent/+/state' -t '{topic}/event/#' -t '{topic}/status'
  Health      http://{http.host}:{http.port}/health  /ready  /metrics
  Records     .venv/bin/ivrd cdr        Recordings  {site.loaded.path(settings.paths.recordings)}
  Logs        {site.logs}
"""


def main() -> int:
    """Exit status 1 when it cannot start, with one message that says why."""
    try:
        asyncio.run(serve())
    except RigError as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
