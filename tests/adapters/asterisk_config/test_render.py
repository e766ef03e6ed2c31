"""What Asterisk is told. That it does what it is told is shown in tests/rig, on a real one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ivrd.adapters.asterisk_config import Private, render
from ivrd.errors import ConfigError
from ivrd.settings.secrets import Secrets
from ivrd.settings.site import Ami, Ari, Fallback, FeatureCodes, Loaded, Outbound, Sip, Site, Trunk

Rendered = Callable[..., dict[str, str]]


def keys(text: str, section: str) -> list[str]:
    """The lines of all sections of that name."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line == f"[{section}]"
        elif inside and line:
            lines.append(line)
    return lines


def test_the_same_settings_give_the_same_files(rendered: Rendered) -> None:
    assert rendered() == rendered()


def test_nobody_anonymous_and_only_the_trunks_addresses(rendered: Rendered) -> None:
    pjsip = rendered()["pjsip.conf"]
    assert "endpoint_identifier_order = auth_username,username,ip" in keys(pjsip, "global")
    assert "unidentified_request_count = 1" in keys(pjsip, "global")
    assert "anonymous" not in pjsip
    matches = [line for line in keys(pjsip, "trunk-identify") if line.startswith("match")]
    assert matches == ["match = 203.0.113.7", "match = 203.0.113.8"]
    assert "context = from-trunk" in keys(pjsip, "trunk")
    assert "registration" not in pjsip


def test_a_trunk_that_registers(rendered: Rendered) -> None:
    trunk = Trunk(kind="register", server="sip.carrier.example:5070", user="ossku")
    pjsip = rendered(trunk=trunk)["pjsip.conf"]
    registration = keys(pjsip, "trunk-registration")
    assert "server_uri = sip:sip.carrier.example:5070" in registration
    assert "client_uri = sip:ossku@sip.carrier.example:5070" in registration
    assert "contact_user = 169" in registration
    assert "password = s-trunk" in keys(pjsip, "trunk-auth")
    assert "match = sip.carrier.example" in keys(pjsip, "trunk-identify")
    assert "outbound_auth = trunk-auth" in keys(pjsip, "trunk")


def test_one_endpoint_a_phone_with_its_own_password(rendered: Rendered) -> None:
    pjsip = rendered()["pjsip.conf"]
    phone = keys(pjsip, "101")
    for line in (
        "context = from-agents", "allow = alaw,ulaw", "direct_media = no", "dtmf_mode = rfc4733",
        "device_state_busy_at = 1", "max_contacts = 1", "remove_existing = yes",
        'callerid = "Adi Nugroho" <101>', "auth = 101-auth",
    ):  # fmt: skip
        assert line in phone
    assert "password = s-101" in keys(pjsip, "101-auth")
    assert "password = s-102" in keys(pjsip, "102-auth")
    assert pjsip.count("s-101") == 1


def test_a_name_cannot_break_out_of_its_quotes(rendered: Rendered) -> None:
    text = rendered()["pjsip.conf"]
    assert 'callerid = "Ayu A Lestarievil" <102>' in keys(text, "102")


def test_a_caller_does_not_hear_how_a_phone_rings_in_their_bridge(rendered: Rendered) -> None:
    files = rendered()
    assert "tone_zone = ivrd-waiting" in keys(files["pjsip.conf"], "trunk")
    assert not [line for line in keys(files["indications.conf"], "ivrd-waiting") if line.startswith("ring =")]


def test_each_number_goes_to_ivrd_and_then_to_the_fallback(rendered: Rendered) -> None:
    text = rendered(fallback=Fallback(retry_s=7, max_wait_s=99))["extensions.conf"]
    lines = keys(text, "from-trunk")
    assert "exten => +62215252008,1,GotoIf($[0${IVRD_AWAY_UNTIL} > ${EPOCH}]?ivrd-fallback,s,1)" in lines  # frozen, says the rescuer
    assert "\n".join(lines).count(" same => n,Ringing()\n same => n(try),Stasis(ivrd,call,+62215252008)") == 1  # rings whoever is given to it
    assert " same => n,GotoIf($[0${IVRD_TRIES} >= 7]?ivrd-fallback,s,1)" in lines
    fallback = keys(text, "ivrd-fallback")
    build = "/srv/ivrd/prompts/build"
    assert f" same => n,Playback({build}/id/fallback-wait)" in fallback
    assert " same => n,Queue(ivrd-fallback,,,,99)" in fallback
    both = f"{build}/id/fallback-apology&{build}/en/fallback-apology"
    assert f" same => n,Playback({both})" in fallback


def test_without_the_static_queue_the_apology_comes_at_once(rendered: Rendered) -> None:
    lines = keys(rendered(fallback=Fallback(static_queue=False))["extensions.conf"], "ivrd-fallback")
    assert not [line for line in lines if "Queue(" in line or "fallback-wait" in line]
    assert [line for line in lines if "fallback-apology" in line]


def test_feature_codes_carry_the_endpoint_and_nothing_a_caller_sent(rendered: Rendered) -> None:
    text = rendered(feature_codes=FeatureCodes(log_in="*81"))["extensions.conf"]
    agents = keys(text, "from-agents")
    assert "exten => *81,1,GotoIf($[0${IVRD_AWAY_UNTIL} > ${EPOCH}]?away)" in agents
    assert " same => n,Stasis(ivrd,feature,log_in,${CHANNEL(endpoint)})" in agents
    dialled = [line.split(",")[0].removeprefix("exten => ") for line in agents if line.startswith("exten")]
    assert dialled == ["*81", "*12", "*13", "*14", "*15", "*16", "*131", "*132", "*133", "*134", "*135"]
    assert " same => n,Stasis(ivrd,feature,pause,${CHANNEL(endpoint)},salat)" in agents
    harmless = text.replace("${FILTER(0-9*#+,${CALLERID(num)})}", "").replace("${FILTER(0-9,${CALLERID(dnid)})}", "")
    for untrusted in ("CALLERID", "EXTEN}", "SHELL", "System(", "TrySystem"):
        assert untrusted not in harmless


def test_secrets_are_only_in_the_files_that_need_them(rendered: Rendered) -> None:
    files = rendered()
    where = {name for name, text in files.items() if "s-a" in text or "s-1" in text}
    assert where == {"ari.conf", "manager.conf", "pjsip.conf"}
    assert "s-mqtt" not in "".join(files.values())


def test_ari_and_ami_as_the_settings_say(rendered: Rendered) -> None:
    files = rendered(ari=Ari(port=18088, user="front"))
    assert "bindport = 18088" in files["http.conf"]
    assert "password = s-ari" in keys(files["ari.conf"], "front")
    assert "websocket_write_timeout = 5000" in keys(files["ari.conf"], "general")
    manager = keys(files["manager.conf"], "ivrd")
    assert "deny = 0.0.0.0/0.0.0.0" in manager
    assert "permit = 127.0.0.1/255.255.255.255" in manager
    assert "write = system,call,reporting" in manager


BY_TLS: dict[str, Any] = {"tls": True, "cert_file": Path("/keys/a.pem"), "key_file": Path("keys/a.key")}


def test_by_tls_http_is_in_clear_nowhere_and_the_manager_on_the_loopback_only(rendered: Rendered) -> None:
    files = rendered(ari=Ari(**BY_TLS), ami=Ami(host="2001:db8::1", port=65535, permit=("192.0.2.7", "2001:db8::/64"), **BY_TLS))
    certificate = ["tlscertfile = /keys/a.pem", "tlsprivatekey = /srv/ivrd/keys/a.key"]
    shut = ["enablestatic = no", "enable_status = no"]
    assert keys(files["http.conf"], "general") == ["enabled = yes", "tlsenable = yes", "tlsbindaddr = 127.0.0.1:8088", *certificate, *shut]
    general = keys(files["manager.conf"], "general")
    assert general[2:8] == ["bindaddr = 127.0.0.2", "port = 65534", "tlsenable = yes", "tlsbindaddr = [2001:db8::1]:65535", *certificate]
    manager = keys(files["manager.conf"], "ivrd")
    assert "deny = 0.0.0.0/0.0.0.0,::/0" in manager
    assert "permit = 192.0.2.7/255.255.255.255,2001:db8::/64" in manager


def test_without_tls_nothing_of_it_is_written(rendered: Rendered) -> None:
    files = rendered()
    assert "tls" not in files["http.conf"] + files["manager.conf"]
    assert keys(files["manager.conf"], "general")[2:4] == ["bindaddr = 127.0.0.1", "port = 5038"]


def test_every_phone_is_in_the_fallback_queue(rendered: Rendered) -> None:
    members = [line for line in keys(rendered()["queues.conf"], "ivrd-fallback") if "member" in line]
    assert members == ["member = PJSIP/101", "member = PJSIP/102"]


def test_modules_that_this_asterisk_lacks_are_left_out(
    loaded: Loaded, passwords: Secrets
) -> None:
    def loads(available: set[str] | None) -> list[str]:
        files = render(
            loaded, passwords, etc=Path("/e"), music=Path("/m"), available=available
        )
        return [line for line in files["modules.conf"].splitlines() if line.startswith("load")]

    assert loads({"chan_pjsip", "app_voicemail"}) == ["load = chan_pjsip.so"]
    assert "load = app_queue.so" in loads(None)


def test_a_private_instance_keeps_everything_below_its_base(
    loaded: Loaded, passwords: Secrets, rendered: Rendered
) -> None:
    assert "asterisk.conf" not in rendered()
    private = Private(base=Path("/p"), modules_dir=Path("/root/modules"), data_dir=None)
    files = render(loaded, passwords, etc=Path("/p/etc"), music=Path("/m"), private=private)
    directories = keys(files["asterisk.conf"], "directories")
    assert "astrundir = /p/run" in directories
    assert "astmoddir = /root/modules" in directories
    assert not [line for line in directories if "astdatadir" in line]
    assert set(files) >= {"stasis.conf", "features.conf"}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"trunk": Trunk()}, "addresses is empty"),
        ({"trunk": Trunk(addresses=("1.2.3.4\nmatch=0.0.0.0/0",))}, "cannot be used"),
        ({"trunk": Trunk(kind="register", server="s")}, "needs server and user"),
        ({"feature_codes": FeatureCodes(log_in="_X.")}, "'_X.' is not a number to dial"),
        ({"ari": Ari(app="ivrd,evil")}, "'ivrd,evil' cannot be used"),
        ({"sip": Sip(codecs=("alaw\n",))}, "cannot be used"),
    ],
)
def test_what_cannot_stand_in_asterisks_files_is_refused(
    rendered: Rendered, changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        rendered(**changes)
    assert complaint in str(raised.value)


def test_a_number_or_a_path_that_would_be_code_is_refused(
    loaded: Loaded, passwords: Secrets
) -> None:
    site = dataclasses.replace(loaded.site, dids={"_X!": "169"})
    bad = dataclasses.replace(loaded, root=Path("/srv/my ivrd&co"), site=site)
    assert isinstance(site, Site)
    with pytest.raises(ConfigError) as raised:
        render(bad, passwords, etc=Path("/e"), music=Path("/m"))
    assert len(raised.value.faults) == 2


def test_nothing_outside_can_be_dialled_unless_it_is_listed(rendered: Rendered) -> None:
    files = rendered()
    transfers = keys(files["extensions.conf"], "ivrd-transfer")
    assert [line for line in transfers if line.startswith("exten")] == [
        "exten => 101,1,Set(CHANNEL(tonezone)=id)",
        "exten => 102,1,Set(CHANNEL(tonezone)=id)",
    ]
    assert [line for line in transfers if "Dial(" in line] == [
        " same => n,Dial(PJSIP/101,60)",
        " same => n,Dial(PJSIP/102,60)",
    ]
    assert "aors" not in "\n".join(keys(files["pjsip.conf"], "trunk"))


def test_what_is_listed_goes_to_the_carrier_and_shows_the_centres_number(rendered: Rendered) -> None:
    outbound = Outbound(allow=("021XXXXXXX",), server="203.0.113.7:5070", caller_id="169")
    files = rendered(trunk=Trunk(addresses=("203.0.113.7",), outbound=outbound))
    transfers = keys(files["extensions.conf"], "ivrd-transfer")
    assert transfers[-4:] == [
        "exten => _021XXXXXXX,1,Set(CALLERID(num)=169)",
        " same => n,Set(CHANNEL(tonezone)=id)",
        " same => n,Dial(PJSIP/${EXTEN}@trunk,60)",
        " same => n,Hangup()",
    ]
    assert "contact = sip:203.0.113.7:5070" in keys(files["pjsip.conf"], "trunk")
    others = ("from-trunk", "from-agents", "ivrd-fallback")
    assert not any("trunk" in line for context in others for line in keys(files["extensions.conf"], context))


def test_a_call_that_ivrd_may_never_see_is_noted_down_at_its_end(rendered: Rendered) -> None:
    text = rendered()["extensions.conf"]
    for context in ("from-trunk", "ivrd-fallback"):
        lines = keys(text, context)
        assert 'exten => h,1,GotoIf($["${IVRD_UNSEEN}${CHANNEL(state)}" = "Up"]?over)' in lines
        (note,) = [line for line in lines if "DB(ivrd-unseen/${UNIQUEID})" in line]
        assert note.endswith("~${FILTER(0-9*#+,${CALLERID(num)})})")  # digits of the number, and nothing else


def test_the_trunk_may_not_transfer(rendered: Rendered) -> None:
    """Whatever phones may: a caller gives nobody away, and watches nothing."""
    trunk = keys(rendered(sip=Sip(transfers=True))["pjsip.conf"], "trunk")
    assert "allow_transfer = no" in trunk
    assert "allow_subscribe = no" in trunk


def test_phones_may_transfer_only_where_it_is_switched_on_and_through_ivrd(rendered: Rendered) -> None:
    assert "allow_transfer = no" in keys(rendered()["pjsip.conf"], "101")
    phone = keys(rendered(sip=Sip(transfers=True))["pjsip.conf"], "101")
    assert "allow_transfer = yes" in phone
    assert "set_var = PJSIP_TRANSFER_HANDLING()=ari-only" in phone


def test_whom_an_agent_may_ask_is_dialled_through_ivrd_and_only_where_it_is_switched_on(rendered: Rendered) -> None:
    assert not [line for line in keys(rendered()["extensions.conf"], "from-agents") if "exten => 10" in line]
    lines = keys(rendered(sip=Sip(transfers=True))["extensions.conf"], "from-agents")
    begin = next(n for n, line in enumerate(lines) if line.startswith("exten => 101,"))
    assert lines[begin : begin + 6] == [
        'exten => 101,1,GotoIf($[0${IVRD_AWAY_UNTIL} > ${EPOCH}]?over)',
        ' same => n,GotoIf($["${CHANNEL(channeltype)}" = "Local"]?declined)',
        " same => n,Ringing()",
        " same => n,Stasis(ivrd,consult,101,${CHANNEL(endpoint)})",
        " same => n(over),Hangup(17)",
        " same => n(declined),Hangup(21)",
    ]


def test_keys_may_watch_agents_and_queues_and_nobody_can_dial_them(rendered: Rendered) -> None:
    files = rendered()
    hints = keys(files["extensions.conf"], "ivrd-lamps")
    assert "exten => agent-101,hint,Custom:agent-101" in hints
    assert "agent-101" not in "".join(keys(files["extensions.conf"], "from-agents"))
    assert "subscribe_context = ivrd-lamps" in keys(files["pjsip.conf"], "101")


def test_a_call_that_a_phone_forwards_to_a_code_runs_no_code(rendered: Rendered) -> None:
    agents = keys(rendered()["extensions.conf"], "from-agents")
    codes = [line for line in agents if line.startswith("exten")]
    assert agents.count(' same => n,GotoIf($["${CHANNEL(channeltype)}" = "Local"]?over)') == len(codes)
