"""``make call``: one caller dials 169 of a running ``make run``, presses 1 1 1, and tells what is heard."""

from __future__ import annotations

import asyncio
import sys

from ivrd.daemon.clock import SystemClock
from ivrd.daemon.plan import calendar
from ivrd.errors import ConfigError
from ivrd.settings.load import load
from rig.phone import CallRefused, Phones
from rig.run import told_when
from rig.tools import REPOSITORY, RigError

_NUMBER = "081234567890"
_KEYS = "111"  #: Indonesian, licensing, KBLI
_PATIENCE_S = 60.0


async def call() -> int:
    """Dial, press, and stay for a minute, or until the other side hangs up."""
    loaded = load(REPOSITORY / "config")
    site = loaded.site
    closed = "" if calendar(loaded.hours).state(SystemClock().now()).open else told_when(loaded, SystemClock().now())
    if closed:
        print(closed, flush=True)
    did = next(iter(site.dids))
    registrar = f"{site.asterisk.sip.host}:{site.asterisk.sip.port}"
    async with Phones(registrar) as phones:
        print(f"dialling {did} at {registrar} as {_NUMBER}", flush=True)
        made = await phones.call(did, _NUMBER)
        await made.talking()
        await made.wait_loud(1.0)
        print(f"answered, the greeting is heard; pressing {' '.join(_KEYS)}", flush=True)
        await made.press(_KEYS, interdigit_ms=400)
        try:
            reason = await made.ended(_PATIENCE_S)
            print(f"hung up by the other side {reason}".rstrip() + (": the lines are closed" if closed else ""))
        except TimeoutError:
            print(f"hanging up after {_PATIENCE_S:.0f} s: {made.mark / 8000:.0f} s of audio were heard")
            await made.hang_up()
    return 0


def main() -> int:
    """Exit status 1 when nobody answers, with what to do."""
    try:
        return asyncio.run(call())
    except ConfigError as error:
        print(f"make call: {error}", file=sys.stderr)
        return 1
    except (CallRefused, RigError, TimeoutError) as error:
        print(f"make call: no answer ({error or 'time-out'}). Is `make run` running in another terminal?", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
