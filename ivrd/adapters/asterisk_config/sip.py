"""pjsip.conf and rtp.conf: the transport, the carrier's trunk, one endpoint a phone."""

from __future__ import annotations

from ivrd.adapters.asterisk_config.base import WAITING_TONES
from ivrd.adapters.asterisk_config.text import Value, document, section, shown_name
from ivrd.core.acd.model import Agent
from ivrd.ports import TRUNK_REGISTRATION
from ivrd.settings.secrets import Secrets
from ivrd.settings.site import Asterisk, Trunk

TRUNK = "trunk"
LAMPS_CONTEXT = "ivrd-lamps"
#: A phone is asked whether it is there so often; three seconds without an answer = unreachable.
QUALIFY_EVERY_S = 30
#: A phone that vanished is forgotten after so long.
REGISTRATION_S = 300
#: Asterisk tells of a stranger's requests from the second one within so long on, and keeps the address as long. Left to itself it
#: tells from the fifth within five seconds on: of a scan with a request in two seconds fail2ban would never hear.
SCAN_S = 60


def pjsip(asterisk: Asterisk, agents: list[Agent], dids: list[str], secrets: Secrets) -> str:
    """pjsip.conf. Nobody is let in but the trunk, by address, and the phones, by password."""
    parts = [_global(), _transport(asterisk), *_tls(asterisk), *_trunk(asterisk, dids, secrets)]
    for agent in agents:
        parts += _phone(asterisk, agent, secrets.phones[agent.extension])
    return document(*parts)


def rtp(asterisk: Asterisk) -> str:
    """rtp.conf."""
    keys: dict[str, Value] = {
        "rtpstart": asterisk.sip.rtp_first,
        "rtpend": asterisk.sip.rtp_last,
        "strictrtp": True,
        "icesupport": False,
    }
    return document(section("general", keys))


def _global() -> str:
    # User names come before addresses so that a phone on the trunk's own address (all of them on
    # one machine, as in the demo) is asked for its password. "anonymous" is left out: strangers
    # get a challenge that nobody can answer. Asterisk reads the order at its start only.
    order = "auth_username,username,ip"
    keys: dict[str, Value] = {
        "type": "global",
        "endpoint_identifier_order": order,
        "unidentified_request_count": 1,
        "unidentified_request_period": SCAN_S,
    }
    return section("global", keys)


def _transport(asterisk: Asterisk) -> str:
    bind = f"{asterisk.sip.host}:{asterisk.sip.port}"
    return section("transport-udp", {"type": "transport", "protocol": "udp", "bind": bind})


def _tls(asterisk: Asterisk) -> list[str]:
    """The transport for TLS; paths are absolute (render.py)."""
    tls = asterisk.sip.tls
    if not tls.port:
        return []
    keys: dict[str, Value] = {
        "type": "transport",
        "protocol": "tls",
        "bind": f"{asterisk.sip.host}:{tls.port}",
        "cert_file": str(tls.cert_file),
        "priv_key_file": str(tls.key_file),
        "method": "tlsv1_2",  # this and no other: PJSIP takes one, and desk phones speak this one
    }
    if tls.ca_file is not None:
        keys |= {"ca_list_file": str(tls.ca_file), "verify_server": True}
    return [section("transport-tls", keys)]


def _private(wanted: bool) -> dict[str, Value]:
    """What an endpoint has more when it speaks TLS and SRTP only: audio in clear is refused, not taken instead."""
    if not wanted:
        return {}
    return {"transport": "transport-tls", "media_encryption": "sdes", "media_encryption_optimistic": False}


def _uri(server: str, *, tls: bool) -> str:
    return f"sip:{server};transport=tls" if tls else f"sip:{server}"


def _endpoint(asterisk: Asterisk, context: str) -> dict[str, Value]:
    return {
        "type": "endpoint",
        "context": context,
        "transport": "transport-udp",
        "disallow": "all",
        "allow": ",".join(asterisk.sip.codecs),
        "direct_media": False,  # audio stays in Asterisk: DTMF, recording, hand-over
        "dtmf_mode": "rfc4733",
        "rtp_symmetric": True,
        # a phone that lost its power says no BYE: no RTP for so long is taken for one (docs/adr/0075)
        "rtp_timeout": asterisk.sip.rtp_timeout_s,
        "rtp_timeout_hold": asterisk.sip.rtp_timeout_hold_s,
        "allow_overlap": False,  # a number we do not serve is 404, not "dial more digits"
        "allow_transfer": False,
        "allow_subscribe": False,
    }


def _trunk(asterisk: Asterisk, dids: list[str], secrets: Secrets) -> list[str]:
    trunk = asterisk.trunk
    endpoint = _endpoint(asterisk, "from-trunk") | {
        "identify_by": "ip",
        "trust_id_inbound": True,  # the carrier's P-Asserted-Identity is the caller's number
        "tone_zone": WAITING_TONES,  # a phone that rings in the caller's bridge must not be heard
    }
    tls = asterisk.sip.tls.trunk
    endpoint |= _private(tls)
    if trunk.kind == "register":
        endpoint |= {"outbound_auth": "trunk-auth", "aors": TRUNK, "from_user": trunk.user}
    outbound: list[str] = []
    if trunk.kind == "ip" and trunk.outbound.allow:
        endpoint |= {"aors": TRUNK}
        outbound.append(section(TRUNK, {"type": "aor", "contact": _uri(trunk.outbound.server, tls=tls)}))
    parts = [section(TRUNK, endpoint), *outbound, _identify(trunk)]
    return parts + (_registration(trunk, dids, secrets, tls=tls) if trunk.kind == "register" else [])


def _identify(trunk: Trunk) -> str:
    hosts = trunk.addresses if trunk.kind == "ip" else (trunk.server.partition(":")[0],)
    keys: dict[str, Value] = {"type": "identify", "endpoint": TRUNK}
    return section("trunk-identify", keys, repeated=tuple(("match", host) for host in hosts))


def _registration(trunk: Trunk, dids: list[str], secrets: Secrets, *, tls: bool) -> list[str]:
    registration: dict[str, Value] = {
        "type": "registration",
        "transport": "transport-tls" if tls else "transport-udp",
        "outbound_auth": "trunk-auth",
        "server_uri": _uri(trunk.server, tls=tls),
        "client_uri": _uri(f"{trunk.user}@{trunk.server}", tls=tls),
        # The carrier calls what we register: the first number of ``dids``.
        "contact_user": dids[0],
        "retry_interval": 30,
        "forbidden_retry_interval": 300,
        "max_retries": 1000000,
        "auth_rejection_permanent": False,
    }
    auth: dict[str, Value] = {
        "type": "auth",
        "auth_type": "userpass",
        "username": trunk.user,
        "password": secrets.trunk,
    }
    aor: dict[str, Value] = {"type": "aor", "contact": _uri(trunk.server, tls=tls)}
    return [
        section(TRUNK_REGISTRATION, registration),
        section("trunk-auth", auth),
        section(TRUNK, aor),
    ]


def _phone(asterisk: Asterisk, agent: Agent, password: str) -> list[str]:
    extension = agent.extension
    endpoint = _endpoint(asterisk, "from-agents") | {
        "auth": f"{extension}-auth",
        "aors": extension,
        "callerid": f'"{shown_name(agent.name)}" <{extension}>',
        "identify_by": "auth_username,username",
        "allow_subscribe": True,
        "subscribe_context": LAMPS_CONTEXT,  # what a key may watch; it can be dialled by nobody
        "device_state_busy_at": 1,  # one call a phone: the fallback queue skips who is talking
        "force_rport": True,
        "rewrite_contact": True,
    }
    endpoint |= _private(asterisk.sip.tls.phones)
    auth: dict[str, Value] = {
        "type": "auth",
        "auth_type": "userpass",
        "username": extension,
        "password": password,
    }
    aor: dict[str, Value] = {
        "type": "aor",
        "max_contacts": 1,  # a person has one phone: who registers last has it
        "remove_existing": True,
        "default_expiration": REGISTRATION_S,
        "maximum_expiration": REGISTRATION_S,
        "minimum_expiration": 30,
        "qualify_frequency": QUALIFY_EVERY_S,
    }
    if asterisk.sip.transfers:  # a REFER comes to ivrd, which decides; Asterisk does nothing with it
        endpoint |= {"allow_transfer": True, "set_var": "PJSIP_TRANSFER_HANDLING()=ari-only"}
    return [
        section(extension, endpoint),
        section(f"{extension}-auth", auth),
        section(extension, aor),
    ]
