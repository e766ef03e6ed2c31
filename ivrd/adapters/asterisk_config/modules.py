"""modules.conf: what Asterisk loads, and nothing else (no autoload, no surprises after an upgrade)."""

from __future__ import annotations

from collections.abc import Collection

from ivrd.adapters.asterisk_config.text import document

_WANTED = {
    "settings in memory and files": "res_sorcery_config res_sorcery_memory res_sorcery_astdb",
    "time and cryptography": "res_timing_timerfd res_crypto",
    "SIP": "res_pjproject res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_pjsip_nat res_pjsip_acl "
    "res_pjsip_path res_pjsip_dtmf_info res_pjsip_empty_info res_pjsip_rfc3326 "
    "res_pjsip_caller_id res_pjsip_diversion res_pjsip_header_funcs res_pjsip_dlg_options "
    "res_pjsip_logger res_pjsip_pubsub res_pjsip_refer chan_pjsip",
    "who is who": "res_pjsip_endpoint_identifier_user res_pjsip_endpoint_identifier_ip "
    "res_pjsip_authenticator_digest res_pjsip_registrar",
    "a trunk that registers": "res_pjsip_outbound_authenticator_digest "
    "res_pjsip_outbound_registration",
    "audio": "res_srtp res_rtp_asterisk codec_alaw codec_ulaw codec_a_mu codec_g722 codec_resample "
    "format_pcm format_sln format_wav res_musiconhold res_mutestream",
    "bridges": "chan_bridge_media bridge_simple bridge_native_rtp bridge_softmix bridge_holding "
    "bridge_builtin_features bridge_builtin_interval_features",
    "ARI": "res_http_websocket res_websocket_client res_stasis res_stasis_answer "
    "res_stasis_playback res_stasis_recording res_stasis_snoop res_stasis_device_state res_ari "
    "res_ari_model res_ari_applications res_ari_asterisk res_ari_bridges res_ari_channels "
    "res_ari_endpoints res_ari_events res_ari_playbacks res_ari_recordings res_ari_sounds "
    "res_ari_device_states",
    "AMI": "res_manager_devicestate",
    "lamps of desk phones": "func_devstate res_pjsip_outbound_publish res_pjsip_exten_state res_pjsip_dialog_info_body_generator "
    "res_pjsip_pidf_body_generator res_pjsip_xpidf_body_generator",
    # the last four are only there because MixMonitor could beep, and names them as its needs
    "recording": "app_mixmonitor func_periodic_hook app_chanspy func_cut func_groupcount func_uri",
    "the dialplan": "pbx_config app_stasis app_dial app_playback app_playtones app_queue app_verbose "
    "func_channel func_callerid func_logic func_strings func_db",
    "who speaks and who is silent": "func_talkdetect",
}


def modules(available: Collection[str] | None) -> str:
    """modules.conf. ``available``: names of modules found (without .so); None: not known.

    A module that a version of Asterisk lacks is left out when that is known; when it is not,
    Asterisk says so in its log and goes on.
    """
    lines = ["[modules]", "autoload = no"]
    for purpose, names in _WANTED.items():
        lines.append(f"; {purpose}")
        lines += [f"load = {m}.so" for m in names.split() if available is None or m in available]
    return document("\n".join(lines) + "\n")
