"""An agent's phone on PJSIP, in a process of its own: ``python -m rig.pjsua_phone``.

A second SIP stack beside baresip: what works with one phone only is not proven. It registers, dials what
comes as a line, answers whatever rings, plays ``play`` and records what it hears into ``record``. Lines of JSON
on standard output tell what happened; end of standard input ends it.

PJSUA wants all its calls from one thread: no worker threads, and ``libHandleEvents`` in the main loop.
"""

from __future__ import annotations

import json
import select
import sys
from typing import Any

import pjsua2 as pj

_POLL_MS = 10


def tell(**facts: Any) -> None:
    """One line for whoever started us."""
    print(json.dumps(facts), flush=True)


class Call(pj.Call):  # type: ignore[misc]
    """A call with audio: a file to the other side, the other side into a file."""

    def __init__(self, phone: Phone, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(phone, call_id)
        self._phone = phone
        self._player: Any = None
        self._recorder: Any = None

    def onCallState(self, _prm: Any) -> None:
        """PJSIP's name for it."""
        info = self.getInfo()
        tell(event="state", state=info.stateText, code=info.lastStatusCode)
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._player = self._recorder = None  # the file is whole once its recorder is gone
            self._phone.calls.remove(self)
            tell(event="over", recorded=self._phone.recording)

    def onCallMediaState(self, _prm: Any) -> None:
        """PJSIP's name for it."""
        info = self.getInfo()  # held: its media are gone with it
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                audio = self.getAudioMedia(index)
                if self._player is None:
                    self._player, self._recorder = pj.AudioMediaPlayer(), pj.AudioMediaRecorder()
                    self._player.createPlayer(self._phone.play)
                    self._recorder.createRecorder(self._phone.recording)
                self._player.startTransmit(audio)
                audio.startTransmit(self._recorder)


class Phone(pj.Account):  # type: ignore[misc]
    """One account."""

    def __init__(self, setup: dict[str, str]) -> None:
        super().__init__()
        self.play, self._folder = setup["play"], setup["record"]
        self.calls: list[Call] = []
        self._made = 0
        self.recording = ""

    def onRegState(self, prm: Any) -> None:
        """PJSIP's name for it."""
        tell(event="registered" if prm.code == 200 else "not registered", code=prm.code)

    def onIncomingCall(self, prm: Any) -> None:
        """PJSIP's name for it."""
        self._new(Call(self, prm.callId)).answer(_answer(200))
        tell(event="answered")

    def dial(self, uri: str) -> None:
        """Call somebody."""
        self._new(Call(self)).makeCall(uri, pj.CallOpParam(True))

    def _new(self, call: Call) -> Call:
        self._made += 1
        self.recording = f"{self._folder}/{self._made}.wav"
        self.calls.append(call)
        return call


def _answer(code: int) -> Any:
    parameters = pj.CallOpParam()
    parameters.statusCode = code
    return parameters


def _endpoint() -> Any:
    endpoint, config, transport = pj.Endpoint(), pj.EpConfig(), pj.TransportConfig()
    endpoint.libCreate()
    config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.medConfig.clockRate, config.medConfig.noVad, config.medConfig.ecTailLen = 8000, True, 0
    endpoint.libInit(config)
    transport.boundAddress = transport.publicAddress = "127.0.0.1"
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    return endpoint


def _account(setup: dict[str, str]) -> Any:
    account = pj.AccountConfig()
    account.idUri = f"sip:{setup['user']}@{setup['registrar']}"
    account.regConfig.registrarUri = f"sip:{setup['registrar']}"
    account.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", setup["user"], 0, setup["password"]))
    account.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    return account


def main() -> None:
    """Until standard input ends. The set-up comes as its first line: a password has no place in argv."""
    setup: dict[str, str] = json.loads(sys.stdin.readline())
    endpoint = _endpoint()
    phone = Phone(setup)
    phone.create(_account(setup))
    while True:
        endpoint.libHandleEvents(_POLL_MS)
        if select.select([sys.stdin], [], [], 0)[0]:
            line = sys.stdin.readline()
            if not line:
                break
            phone.dial(line.strip())
    endpoint.hangupAllCalls()
    phone.shutdown()
    endpoint.libDestroy()


if __name__ == "__main__":
    main()
