"""``make service``: install, serve, kill, freeze, upgrade and stop ivrd under a real systemd; exits 0 only if every promise was kept.

The container's systemd runs the shipped units, its network is this machine's; phones and callers are real (rig/phone.py).
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from rig import tones
from rig.phone import Phone, PhoneCall, Phones, Policy
from rig.promises import Promises, read_rows, recording_is_right
from rig.tools import RigError

AGENT, CALLER, WAITING, LAST = "105", "081210000001", "081210000005", "081210000007"
KEYS = "111"  #: Indonesian, and the way to the agent's queue
#: docs/failure.md: ivrd is back so soon after it was killed; systemd adds RestartSec and what it takes to start a process
BACK_S = 6.0
#: WatchdogSec and what comes after
THAWED_S = 12.0
IVRD = "/opt/ivrd/bin/ivrd --config /etc/ivrd/config"

#: systemd/README.md, for the version in /root/versions/old; the lines are open at any hour
INSTALL = """
set -e
cd /root/versions/old
cp systemd/ivrd.service systemd/ivrd-rescue.service systemd/ivrd-purge.service systemd/ivrd-purge.timer /etc/systemd/system/
mkdir -p /etc/sysusers.d /etc/tmpfiles.d
cp systemd/sysusers.d/ivrd.conf /etc/sysusers.d/
cp ../new/systemd/tmpfiles.d/ivrd.conf /etc/tmpfiles.d/
python3 -m venv /opt/ivrd && /opt/ivrd/bin/pip install -q .
python3 -m venv /opt/ivrd-new
/opt/ivrd-new/bin/pip install -q --require-hashes -r ../new/requirements-service.lock
cd ../new && /opt/ivrd-new/bin/pip install -q --no-deps --no-build-isolation . && cd ../old
systemd-sysusers && systemd-tmpfiles --create
cp -r config dialplans prompts /etc/ivrd/ && chown -R root:ivrd /etc/ivrd/config
cat > /etc/ivrd/config/calendar.yaml <<'Y'
timezone: Asia/Jakarta
week: {mon: ["00:00-24:00"], tue: ["00:00-24:00"], wed: ["00:00-24:00"], thu: ["00:00-24:00"], fri: ["00:00-24:00"], sat: ["00:00-24:00"], sun: ["00:00-24:00"]}
public_holidays: ""
Y
sed -i 's#^store_url:.*#store_url: sqlite:////var/lib/ivrd/cdr.db#; s#^  state: var.*#  state: /var/lib/ivrd/state#
s#^  recordings: var.*#  recordings: /var/lib/ivrd/recordings#; s#^  spool: var.*#  spool: /var/spool/ivrd#' /etc/ivrd/config/ivrd.yaml
systemd-tmpfiles --create
/opt/ivrd/bin/ivrd --config /etc/ivrd/config prompts build
/opt/ivrd/bin/ivrd --config /etc/ivrd/config check
/opt/ivrd-new/bin/ivrd --config /etc/ivrd/config check
/opt/ivrd-new/bin/ivrd --config /etc/ivrd/config asterisk-config --out /etc/asterisk
/opt/ivrd-new/bin/ivrd --config /etc/ivrd/config broker-config --out /etc/mosquitto/conf.d
systemctl daemon-reload
systemctl restart asterisk mosquitto
"""
#: docs/upgrade.md: the new version stands by
STANDBY = """
set -e
sed 's#/opt/ivrd/#/opt/ivrd-new/#' /root/versions/new/systemd/ivrd.service > /etc/systemd/system/ivrd-standby.service
systemctl daemon-reload
systemctl start --no-block ivrd-standby
"""


class Box:
    """The container."""

    def __init__(self, tree: Path, nspawn: int) -> None:
        self.tree, self._nspawn = tree, nspawn

    async def run(self, command: str, *, check: bool = True) -> str:
        """In a shell, as root; what it wrote. RigError when it fails."""
        argv = ("nsenter", "--target", str(await self._init()), "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--")
        clean = ("env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME=/root", "LC_ALL=C.UTF-8")
        process = await asyncio.create_subprocess_exec(
            *argv, *clean, "bash", "-c", command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        out, _ = await process.communicate()
        if check and process.returncode:
            raise RigError(f"{command.strip().splitlines()[-1]}: {out.decode()[-800:]}")
        return out.decode()

    async def _init(self) -> int:
        """The container's first process, as this machine counts. RigError when it does not come up."""
        for _ in range(200):
            if child := _systemd_below(self._nspawn):
                return child
            await asyncio.sleep(0.1)
        raise RigError("no systemd in the container within 20 s: var/service-console.log")

    async def unit(self, unit: str, *names: str) -> dict[str, str]:
        """Properties of a unit."""
        shown = await self.run(f"systemctl show {unit} " + " ".join(f"-p {n}" for n in names))
        return dict(line.partition("=")[::2] for line in shown.splitlines())

    async def until(self, unit: str, within_s: float, **wanted: str) -> float:
        """Until its properties begin so; seconds it took. RigError, with the last lines of its journal."""
        began = time.monotonic()
        while time.monotonic() < began + within_s:
            found = await self.unit(unit, *wanted)
            if all(found[name].startswith(value) for name, value in wanted.items()):
                return time.monotonic() - began
            await asyncio.sleep(0.1)
        log = await self.run(f"journalctl -u {unit} --no-pager -o cat -n 15")
        raise RigError(f"{unit} is {found}, not {wanted}, after {within_s:g} s:\n{log}")


def _systemd_below(process: int) -> int:
    """Of this process's children the one that is a systemd by now; 0: none."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return next((int(child) for child in children if Path(f"/proc/{child}/exe").resolve().name == "systemd"), 0)


class Trial:
    """What is tried, in order."""

    def __init__(self, box: Box, console: Console) -> None:
        self._box, self._console, self.promises = box, console, Promises()
        self._agent: Phone
        self._talk: tuple[PhoneCall, PhoneCall]  #: caller, agent

    async def play(self) -> None:
        """All of it. RigError, TimeoutError when it cannot go on."""
        box = self._box
        await box.run("systemctl is-system-running --wait", check=False)
        self._say("installing both versions by systemd/README.md")
        await box.run(INSTALL)
        await box.run("systemctl enable --now ivrd-rescue; systemctl enable ivrd; systemctl start ivrd")
        await box.until("ivrd", 5, ActiveState="active", StatusText="serving")
        self._kept("the unit starts under a real systemd, and is active when everything has answered")
        await self._secrets()
        async with Phones("127.0.0.1:5060") as phones:
            await self._calls(phones)
            await self._killed()
            await self._frozen()
            await self._reloaded()
            await self._upgraded()
            await self._ends(phones)
        await self._stopped()
        self._records()

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False)

    def _kept(self, sentence: str, kept: bool = True) -> None:
        self.promises.check(sentence, kept)

    async def _secrets(self) -> None:
        listed = await self._box.run("stat -c '%U %a' /var/lib/ivrd/state/secrets.yaml; stat -c %a /etc/ivrd/config; ps -o args= -C ivrd")
        secrets = yaml.safe_load((self._box.tree / "var/lib/ivrd/state/secrets.yaml").read_text())
        self._kept("passwords belong to the service alone and are in no argument list", listed.startswith("ivrd 600\n750\n") and secrets["ari"] not in listed)
        log = await self._box.run("journalctl --no-pager -o cat")
        self._kept("no password is in the journal", not any(str(secrets[name]) in log for name in ("ari", "ami", "mqtt")))

    async def _calls(self, phones: Phones) -> None:
        secrets = yaml.safe_load((self._box.tree / "var/lib/ivrd/state/secrets.yaml").read_text())
        self._agent = await phones.phone(AGENT, secrets["phones"][AGENT], Policy(answer_after_s=0.5))
        session = await self._agent.dial("*11")
        await session.wait_loud(0.5)
        await session.ended()
        caller = await self._dial(phones, CALLER)
        at_agent = await self._agent.next_call(20)
        await at_agent.talking()
        self._talk = caller, at_agent
        await self._both_hear()
        self._waiting = await self._dial(phones, WAITING)
        await self._waiting.wait_loud(3.0)
        self._say("one talks, one waits")

    async def _dial(self, phones: Phones, number: str) -> PhoneCall:
        call = await phones.call("169", number)
        await call.talking()
        await call.wait_loud(1.0)
        await call.press(KEYS, interdigit_ms=300)
        return call

    async def _both_hear(self) -> None:
        caller, at_agent = self._talk
        marks = caller.mark, at_agent.mark
        await asyncio.gather(
            caller.wait_heard(at_agent.tone_hz, since=marks[0], for_s=1.0), at_agent.wait_heard(caller.tone_hz, since=marks[1], for_s=1.0)
        )

    def _unbroken(self, since: int) -> bool:
        """Whether the caller heard the agent all the time from then on."""
        caller, at_agent = self._talk
        heard = caller.heard_samples(since)
        steps = range(0, len(heard) - 1600, 800)
        return all(abs(tones.dominant_hz(heard[n : n + 1600]) - at_agent.tone_hz) < 15 for n in steps)

    async def _killed(self) -> None:
        box, since = self._box, self._talk[0].mark
        before = await box.unit("ivrd", "MainPID")
        await box.run("systemctl kill --signal=KILL --kill-whom=main ivrd")
        await box.until("ivrd", BACK_S, NRestarts="1")
        took_s = await box.until("ivrd", BACK_S, ActiveState="active", StatusText="serving")
        await self._both_hear()
        self._say(f"killed: serving again {took_s:.1f} s after systemd had begun it anew")
        self._kept("killed, systemd starts it again, and the talk has no gap", self._unbroken(since) and not self._waiting.is_over)
        self._kept("it is another process", before != await box.unit("ivrd", "MainPID"))

    async def _frozen(self) -> None:
        box, since = self._box, self._talk[0].mark
        await box.run("systemctl kill --signal=STOP --kill-whom=main ivrd")
        took_s = await box.until("ivrd", THAWED_S, NRestarts="2")
        took_s += await box.until("ivrd", BACK_S, ActiveState="active", StatusText="serving")
        await self._both_hear()
        self._say(f"frozen: killed by the watchdog and serving again after {took_s:.1f} s")
        self._kept("frozen, the watchdog replaces it, and the talk has no gap", self._unbroken(since) and not self._waiting.is_over)

    async def _reloaded(self) -> None:
        await self._box.run("systemctl reload ivrd")
        for _ in range(50):
            log = await self._box.run("journalctl -u ivrd --no-pager -o cat -n 5")
            if "configuration" in log:
                break
            await asyncio.sleep(0.1)
        self._kept("`systemctl reload` reads the configuration again", "configuration" in log)

    async def _upgraded(self) -> None:
        box, since = self._box, self._talk[0].mark
        await box.run(STANDBY)
        await box.until("ivrd-standby", 20, StatusText="standing by")
        said = await box.run(f"runuser -u ivrd -- {IVRD.replace('/opt/ivrd/', '/opt/ivrd-new/')} drain --handover")
        await box.until("ivrd-standby", BACK_S, ActiveState="active", StatusText="serving")
        await box.until("ivrd", 10, StatusText="standing by")
        await self._both_hear()
        self._say(f"upgraded: {said.strip()}")
        self._kept("the new version takes over from the old one by docs/upgrade.md: no gap in the talk, the caller still waits", self._unbroken(since) and not self._waiting.is_over)
        self._kept("the old version's unit stands by", True)

    async def _ends(self, phones: Phones) -> None:
        caller, at_agent = self._talk
        self._tones = {CALLER: caller.tone_hz, WAITING: self._waiting.tone_hz}
        await at_agent.hang_up()
        await caller.ended()
        next_ = await self._agent.next_call(60)  # after the wrap-up
        await next_.talking()
        self._talk = self._waiting, next_
        await self._both_hear()
        self._kept("who waited all the time, through a kill, a freeze and an upgrade, gets the agent", True)
        await self._waiting.hang_up()
        await next_.ended()
        await asyncio.sleep(2)  # the row

    async def _stopped(self) -> None:
        box = self._box
        await box.run("systemctl stop ivrd ivrd-standby ivrd-rescue")
        for unit in ("ivrd", "ivrd-standby", "ivrd-rescue"):
            found = await box.unit(unit, "ActiveState", "Result")
            self._kept("`systemctl stop` ends all three without a complaint", found == {"ActiveState": "inactive", "Result": "success"})
        channels = await box.run("asterisk -rx 'core show channels count'")
        self._kept("no channel is left behind in Asterisk", "0 active channels" in channels)

    def _records(self) -> None:
        lib = self._box.tree / "var/lib/ivrd"
        rows: dict[str, dict[str, Any]] = {row["caller_number"]: row for row in read_rows(lib / "cdr.db")}
        self._kept("one record a call", len(rows) == 2 and set(rows) == {CALLER, WAITING})
        for number, row in rows.items():
            whole = recording_is_right(lib / "recordings", row, self._tones[number], self._agent.tone_hz)
            self._kept("each talk is recorded from its begin to its end, caller left, agent right", whole and row["disposition"] == "answered")


async def _main(tree: Path, nspawn: int) -> int:
    console = Console(width=150)
    trial = Trial(Box(tree, nspawn), console)
    try:
        async with asyncio.timeout(420):
            await trial.play()
    except (RigError, TimeoutError, AssertionError) as error:
        trial.promises.show(console)
        console.print(f"[bold red]The trial broke off:[/] {error or type(error).__name__}", highlight=False)
        return 1
    trial.promises.show(console)
    return 0 if trial.promises.all_kept else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2]))))
