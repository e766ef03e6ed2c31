"""Rotation: exactly what was asked for gets a new value, and what to do next is said; passwords never stand in config/."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from ivrd.errors import StartError
from ivrd.settings import rotation, secrets, storeurl
from ivrd.settings.secrets import FILE_NAME, Secrets, load_or_create
from tests.settings.sites import Site

NO_ENV: dict[str, str] = {}
ALL = {"pins": ["101"], "api": ["crm"], "walls": ["lobby"]}


def made(state: Path) -> Secrets:
    return load_or_create(state, ["101", "102"], NO_ENV, **ALL)


@pytest.mark.parametrize(
    ("name", "changed", "steps"),
    [
        ("ari", {"ari"}, ["asterisk", "ivrd"]),
        ("ami", {"ami"}, ["asterisk", "ivrd", "rescue"]),
        ("mqtt", {"mqtt"}, ["broker", "ivrd"]),
        ("walls", {"walls.lobby"}, ["broker", "walls"]),
        ("phones", {"phones.101", "phones.102"}, ["asterisk", "phones"]),
        ("phones.102", {"phones.102"}, ["asterisk", "phones"]),
        ("pins", {"pins.101"}, ["ivrd", "agents"]),
        ("api", {"api.crm"}, ["ivrd", "programs"]),
    ],
)
def test_what_was_asked_for_is_new_and_nothing_else(tmp_path: Path, name: str, changed: set[str], steps: list[str]) -> None:
    before = flat(made(tmp_path))
    done = rotation.rotate(tmp_path, [name], NO_ENV)
    after = flat(made(tmp_path))
    assert {n for n in before if before[n] != after[n]} == set(done.names) == changed
    assert done.steps == steps
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == [FILE_NAME]


def flat(known: Secrets) -> dict[str, str]:
    values = {n: getattr(known, n) for n in secrets.SERVICES}
    for part in ("phones", "pins", "api", "walls"):
        values |= {f"{part}.{n}": v for n, v in getattr(known, part).items()}
    return values


def test_all_leaves_what_is_not_ours(tmp_path: Path) -> None:
    before = made(tmp_path)
    file = tmp_path / FILE_NAME
    file.write_text(file.read_text() + "services: {oss: theirs}\n")
    rotation.rotate(tmp_path, ["all"], NO_ENV)
    after = made(tmp_path)
    same = {n for n, v in flat(before).items() if flat(after)[n] == v}
    assert same == {"trunk"}
    assert yaml.safe_load(file.read_text())["services"] == {"oss": "theirs"}


@pytest.mark.parametrize(
    ("name", "said"),
    [("trunk", "is not ours"), ("nonsense", "is not ours"), ("phones.999", "has no phones.999: 101, 102"), ("", "is not ours")],
)
def test_what_cannot_be_rotated_changes_nothing(tmp_path: Path, name: str, said: str) -> None:
    before = made(tmp_path)
    with pytest.raises(StartError, match=said):
        rotation.rotate(tmp_path, ["ari", name], NO_ENV)
    assert made(tmp_path) == before


def test_a_file_given_from_outside_is_left_alone(tmp_path: Path) -> None:
    made(tmp_path / "vault")
    given = tmp_path / "vault" / FILE_NAME
    text = given.read_text()
    with pytest.raises(StartError, match="given from outside"):
        rotation.rotate(tmp_path / "state", ["all"], {"IVRD_SECRETS_FILE": str(given)})
    assert given.read_text() == text


def test_a_daemon_knows_what_it_must_be_restarted_for(tmp_path: Path) -> None:
    used = made(tmp_path)
    assert rotation.differing(used, secrets.as_used(secrets.read(tmp_path / FILE_NAME), used)) == []
    rotation.rotate(tmp_path, ["mqtt", "phones", "api"], NO_ENV)
    # phones' passwords are Asterisk's business
    assert rotation.differing(used, secrets.as_used(secrets.read(tmp_path / FILE_NAME), used)) == ["mqtt", "api"]


# --- the store's password


def test_the_stores_password_comes_from_a_file_or_a_credential(tmp_path: Path) -> None:
    file = tmp_path / storeurl.CREDENTIAL
    file.write_text("p@ss/w:rd\n")
    file.chmod(0o600)
    expected = "postgresql+psycopg://ivrd:p%40ss%2Fw%3Ard@db:5432/ivrd"
    url = "postgresql+psycopg://ivrd@db:5432/ivrd"
    assert storeurl.with_password(url, file, NO_ENV) == expected
    assert storeurl.with_password(url, None, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == expected
    assert storeurl.with_password(url, None, NO_ENV) == url


def test_a_password_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "p"
    file.write_text("x")
    file.chmod(0o644)
    with pytest.raises(StartError, match="chmod o-rwx"):
        storeurl.with_password("postgresql://ivrd@db/ivrd", file, NO_ENV)
    with pytest.raises(StartError, match="cannot be read"):
        storeurl.with_password("postgresql://ivrd@db/ivrd", tmp_path / "none", NO_ENV)


def test_a_password_in_the_configuration_is_refused_and_not_repeated(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.edit("ivrd.yaml", "store_url: sqlite:///var/state/cdr.db", "store_url: postgresql://ivrd:hunter2@db/ivrd")
    [fault] = site.faults()
    assert (fault.line, fault.column) == site.place("ivrd.yaml", "store_url: postgresql")
    assert "store_password_file" in fault.hint
    assert "hunter2" not in str(fault)


@pytest.mark.parametrize(
    ("tls", "said"),
    [("ca_file: nowhere.pem, tls: true", "there is no file"), ("ca_file: nowhere.pem", "of no use without"), ("walls: [ivrd]", "'ivrd' cannot be a wall's name"), ("walls: ['a:b']", "'a:b' cannot be")],
)
def test_what_cannot_be_meant_for_the_broker_is_said(tmp_path: Path, tls: str, said: str) -> None:
    site = Site(tmp_path)
    site.edit("ivrd.yaml", "base_topic: ivrd, tls: false,", f"base_topic: ivrd, {tls},")
    assert any(said in str(fault) for fault in site.faults())
