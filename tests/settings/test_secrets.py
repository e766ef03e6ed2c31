"""Passwords are made once, kept private, and never shown."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import yaml

from ivrd.errors import ConfigError, StartError
from ivrd.settings.secrets import FILE_NAME, load_or_create

NO_ENV: dict[str, str] = {}


def written(state: Path) -> dict[str, object]:
    return dict(yaml.safe_load((state / FILE_NAME).read_text()))


def test_missing_passwords_are_made_and_kept(tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = load_or_create(state, ["101", "102"], NO_ENV)
    assert set(first.phones) == {"101", "102"}
    made = [first.ari, first.ami, first.mqtt, first.trunk, *first.phones.values()]
    assert len(set(made)) == 6
    assert all(len(password) == 48 for password in made)
    assert stat.S_IMODE((state / FILE_NAME).stat().st_mode) == 0o600
    assert load_or_create(state, ["101", "102"], NO_ENV) == first


def test_a_new_phone_changes_nobody_elses_password(tmp_path: Path) -> None:
    first = load_or_create(tmp_path, ["101"], NO_ENV)
    second = load_or_create(tmp_path, ["102"], NO_ENV)
    assert second.ari == first.ari
    assert set(second.phones) == {"102"}
    third = load_or_create(tmp_path, ["101", "102"], NO_ENV)
    assert third.phones == first.phones | second.phones


def test_nothing_is_written_when_nothing_is_missing(tmp_path: Path) -> None:
    load_or_create(tmp_path, ["101"], NO_ENV)
    before = (tmp_path / FILE_NAME).stat().st_mtime_ns
    load_or_create(tmp_path, ["101"], NO_ENV)
    assert (tmp_path / FILE_NAME).stat().st_mtime_ns == before
    assert os.listdir(tmp_path) == [FILE_NAME]  # no temporary file left behind


def test_repr_shows_no_password(tmp_path: Path) -> None:
    made = load_or_create(tmp_path, ["101"], NO_ENV)
    for password in (made.ari, made.ami, made.mqtt, made.trunk, made.phones["101"]):
        assert password not in repr(made)


def test_a_file_everybody_may_read_is_refused(tmp_path: Path) -> None:
    load_or_create(tmp_path, [], NO_ENV)
    (tmp_path / FILE_NAME).chmod(0o644)
    with pytest.raises(StartError, match="chmod o-rwx"):
        load_or_create(tmp_path, [], NO_ENV)
    (tmp_path / FILE_NAME).chmod(0o640)
    load_or_create(tmp_path, [], NO_ENV)


def test_a_file_given_from_outside_is_only_read(tmp_path: Path) -> None:
    given = tmp_path / "vault.yaml"
    given.write_text("ari: a\nami: b\nmqtt: c\nphones: {101: p}\n")
    given.chmod(0o600)
    env = {"IVRD_SECRETS_FILE": str(given)}
    with pytest.raises(ConfigError, match=r"vault\.yaml: lacks trunk, phones\.102"):
        load_or_create(tmp_path / "state", ["101", "102"], env)
    given.write_text("ari: a\nami: b\nmqtt: c\ntrunk: d\nphones: {101: p}\n")
    assert load_or_create(tmp_path / "state", ["101"], env).phones == {"101": "p"}
    assert not (tmp_path / "state").exists()


def test_systemd_hands_it_in_as_a_credential(tmp_path: Path) -> None:
    given = tmp_path / "ivrd-secrets"
    given.write_text("{ari: a, ami: b, mqtt: c, trunk: d}")
    given.chmod(0o400)
    env = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load_or_create(tmp_path / "state", [], env).trunk == "d"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ari: [", "is not YAML"),
        ("just words", "must hold names and passwords"),
        ("phones: 7", "phones must hold"),
        ("aru: x", "unknown name 'aru'"),
        ("ari: 'two words'", "ari: not usable"),
        ("ari: 'a;b'", "ari: not usable"),
        ('phones: {101: ''"a\\"b"}', r"phones\.101: not usable"),
        ("ari: 123", "ari: not usable"),
    ],
)
def test_what_is_wrong_is_said_without_showing_it(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=complaint) as raised:
        load_or_create(tmp_path, [], NO_ENV)
    assert "two words" not in str(raised.value)


def test_a_state_directory_that_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match="cannot be"):
        load_or_create(tmp_path / "file" / "state", [], NO_ENV)


def test_a_services_secret_is_given_kept_and_never_made_up(tmp_path: Path) -> None:
    first = load_or_create(tmp_path, ["101"], NO_ENV)
    with pytest.raises(ConfigError, match=r"lacks services\.oss"):
        load_or_create(tmp_path, ["101"], NO_ENV, services=["oss"])
    path = tmp_path / FILE_NAME
    path.write_text(path.read_text() + "services: {oss: s3cret}\n")
    found = load_or_create(tmp_path, ["101", "102"], NO_ENV, services=["oss"])
    assert (found.services, found.ari) == ({"oss": "s3cret"}, first.ari)
    assert "s3cret" not in repr(found)
    assert load_or_create(tmp_path, ["101"], NO_ENV, services=["oss"]).services == {"oss": "s3cret"}, "saved again with it"


def test_a_services_secret_that_cannot_be_one(tmp_path: Path) -> None:
    load_or_create(tmp_path, [], NO_ENV)
    path = tmp_path / FILE_NAME
    path.write_text(path.read_text() + 'services: {oss: "two words"}\n')
    with pytest.raises(ConfigError, match=r"services\.oss: not usable"):
        load_or_create(tmp_path, [], NO_ENV)


def test_pins_and_tokens_are_made_for_who_needs_one_and_checked_when_given(tmp_path: Path) -> None:
    first = load_or_create(tmp_path, ["101"], NO_ENV, pins=["101"], api=["crm"])
    assert first.pins["101"].isdigit()
    assert len(first.pins["101"]) == 6
    assert len(first.api["crm"]) == 48
    assert first.pins["101"] not in repr(first)
    assert load_or_create(tmp_path, ["101"], NO_ENV, pins=["101"], api=["crm"]) == first
    assert load_or_create(tmp_path, ["101"], NO_ENV).pins == {}, "who needs none has none"
    file = tmp_path / FILE_NAME
    file.write_text(file.read_text().replace(first.pins["101"], "12"))
    with pytest.raises(ConfigError, match="a PIN is four to eight digits"):
        load_or_create(tmp_path, ["101"], NO_ENV, pins=["101"])


def test_what_root_makes_is_for_the_service_whose_directory_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda what, user, group: given.append((user, group)))
    mine = (tmp_path.stat().st_uid, tmp_path.stat().st_gid)
    load_or_create(tmp_path / "ivrd" / "state", ["101"], NO_ENV)
    assert given == [mine, mine, mine]  # both directories, and the file


def test_others_give_nothing_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "chown", lambda *_: pytest.fail("chown is root's"))
    load_or_create(tmp_path / "state", ["101"], NO_ENV)
