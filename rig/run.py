"""``make run``: Asterisk, broker and ivrd with the configuration in config/, in the foreground until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import sys

from ivrd.cli import told
from ivrd.daemon.clock import SystemClock
from ivrd.daemon.plan import calendar
from ivrd.errors import IvrdError
from ivrd.settings.load import load
from ivrd.settings.site import Loaded
from rig.broker import HOST as BROKER_HOST
from rig.broker import WALLBOARD_USER
from rig.site import SitePaths, prepare
from rig.stack import Stack
from rig.tools import REPOSITORY, TCP, UDP, RigError, is_taken


async def serve() -> int:
    """Until Ctrl-C or SIGTERM; 1 when a part has ended by itself before."""
    loaded = load(REPOSITORY / "config")
    refuse_taken_ports(loaded)  # before anything is written: these may be the files of another `make run`
    site = prepare(loaded)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Stack(site) as stack:
        print(how_to(site, stack.wallboard_password, SystemClock().now()), flush=True)
        parts = {"ivrd": stack.ivrd, "Asterisk": stack.asterisk, "the broker": stack.broker}
        waiting = [loop.create_task(part.wait(float("inf")), name=name) for name, part in parts.items()]
        waiting.append(loop.create_task(stop.wait(), name="ctrl-c"))
        ended, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        names = " and ".join(sorted(task.get_name() for task in ended))
        print("stopping ..." if stop.is_set() else f"{names} ended by itself: see {site.logs}", flush=True)
    return 0 if stop.is_set() else 1


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


def how_to(site: SitePaths, wallboard_password: str, at: float) -> str:
    """What a person needs to use what runs. ``at``: now."""
    settings = site.loaded.site
    agent = next(iter(site.loaded.agents.values()))
    sip, mqtt, http = settings.asterisk.sip, settings.mqtt, settings.http
    codes = settings.asterisk.feature_codes
    topic = f"{mqtt.base_topic}/{settings.site}/v1"
    return f"""
169 is served on this machine. Ctrl-C stops it.
{told_when(site.loaded, at)}

  A phone     SIP server {sip.host}:{sip.port} (UDP), user {agent.extension}, password: {agent.extension} in
              {site.loaded.path(settings.paths.state)}/secrets.yaml
              then dial {codes.log_in} to log in, {codes.log_out} out, {codes.pause} pause, {codes.resume} resume
  A caller    log a phone in first ({codes.log_in} dialled on it), or the caller waits;
              sip:{next(iter(settings.dids))}@{sip.host}:{sip.port} without registering (any address in
              asterisk.trunk.addresses is the trunk); or in another terminal: make call
  A wall      mosquitto_sub -h {mqtt.host} -p {mqtt.port} -u {WALLBOARD_USER} -P {wallboard_password} -v \\
              -t '{topic}/queue/+/state' -t '{topic}/agent/+/state' -t '{topic}/event/#' -t '{topic}/status'
  Health      http://{http.host}:{http.port}/health  /ready  /metrics
  Records     .venv/bin/ivrd cdr        Recordings  {site.loaded.path(settings.paths.recordings)}
  Logs        {site.logs}
"""


def told_when(loaded: Loaded, at: float) -> str:
    """Whether the lines are open, until when; and how to be served all the same."""
    hours = calendar(loaded.hours)
    now = told.opening(hours, at)
    if hours.state(at).open:
        return now
    today = f'open: {{{hours.local(at):%Y-%m-%d}: ["00:00-24:00"]}}'
    place = loaded.where("calendar.yaml", "open")
    return f"{now}. Callers are told so.\nTo be served today all the same: {today} at {place}; a saved file is put to use by itself."


def main() -> int:
    """Exit status 1 when it cannot start, with one message that says why."""
    try:
        return asyncio.run(serve())
    except (RigError, IvrdError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
