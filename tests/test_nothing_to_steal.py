"""No secret stands in the repository: no private key, nothing that looks like a password of ours, or of anybody's."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rig.tools import REPOSITORY

PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY")
#: what ivrd makes for itself (settings/secrets.py); hashes of packages and commits have 64 and 40 digits
OURS = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{48}(?![0-9a-zA-Z])")
NAMED = re.compile(r"password|passwd|secret|token|private_?key|api_?key", re.IGNORECASE)
SHORTEST, BITS_A_CHARACTER = 12, 3.0  #: `token: bearer` and `secret: change-me` give nothing away
#: (file, where in it): why what stands there is no secret
ALLOWED: dict[tuple[str, str], str] = {}


def tracked() -> list[Path]:
    """What git knows; where the project was unpacked without git nobody is about to publish it."""
    if shutil.which("git") is None:
        pytest.skip("no git here")
    asked = subprocess.run(
        ["git", "-c", f"safe.directory={REPOSITORY}", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if asked.returncode:
        pytest.skip("not a git repository")
    return [REPOSITORY / name for name in asked.stdout.split("\0") if name and (REPOSITORY / name).is_file()]


def trees(name: str, text: str) -> list[Any]:
    """What stands in a file of settings; [] for other files."""
    match name.rpartition(".")[2]:
        case "yaml" | "yml":
            return list(yaml.safe_load_all(text))
        case "json" | "jsonl":
            return documents(text)
        case "toml":
            return [tomllib.loads(text)]
        case _:
            return []


def documents(text: str) -> list[Any]:
    """One after the other, on a line each or not (a snapshot has a line before it)."""
    found, rest = [], text.lstrip()
    while rest:
        document, end = json.JSONDecoder().raw_decode(rest)
        found.append(document)
        rest = rest[end:].lstrip()
    return found


def values(tree: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Texts below a key that is named as a secret's, and where each stands."""
    children = tree.items() if isinstance(tree, dict) else ((where, child) for child in tree) if isinstance(tree, list) else ()
    for key, child in children:
        place = f"{where}.{key}" if where and isinstance(tree, dict) else str(key)
        if isinstance(child, str) and NAMED.search(place.rpartition(".")[2]):
            yield place, child
        else:
            yield from values(child, place)


def looks_made(value: str) -> bool:
    """Long, in one word, and without much repetition: no word of a language, and no path of a file."""
    if len(value) < SHORTEST or re.search(r"\s", value) or value.startswith(("/", "./", "$", "#/")):
        return False
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values()) >= BITS_A_CHARACTER


def secrets_in(name: str, text: str) -> list[str]:
    """Where in a file something stands that should not."""
    found = ["private key"] if PRIVATE_KEY.search(text) else []
    found += ["48 digits"] if OURS.search(text) else []
    return found + [place for tree in trees(name, text) for place, value in values(tree) if looks_made(value)]


def test_no_file_of_the_repository_holds_a_secret() -> None:
    files = tracked()
    assert {"ivrd.yaml", "pyproject.toml", "ivrd.schema.json"} <= {file.name for file in files}
    found = set[tuple[str, str]]()
    for file in files:
        name = file.relative_to(REPOSITORY).as_posix()
        found |= {(name, place) for place in secrets_in(name, file.read_bytes().decode("utf-8", "replace"))}
    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("a.pem", "-----BEGIN " + "PRIVATE KEY-----\nMC4CAQ", ["private key"]),
        ("a.py", "KEY = '''-----BEGIN " + "RSA PRIVATE KEY-----", ["private key"]),
        ("a.conf", "secret = " + "6b716c97459c8167c51d9b77" * 2, ["48 digits"]),
        ("a.yaml", "mqtt: {password: Tr0ub4dor&3xyz}", ["mqtt.password"]),
        ("a.yaml", "http: {tokens: [crm, hJ83ksLq0vBz]}", ["http.tokens"]),
        ("a.toml", '[store]\ndb_password = "correct-horse-battery"', ["store.db_password"]),
        ("a.json", '{"a": [{"clientSecret": "wJalrXUtnFEMI"}]}', ["a.clientSecret"]),
        ("a.jsonl", '{}\n{"api_key": "wJalrXUtnFEMI"}', ["api_key"]),
        ("a.yaml", "password_file: /etc/ivrd/store-password\ntoken: bearer\nsecret: made at the first start\nname: hJ83ksLq0vBz", []),
        ("a.lock", "--hash=sha256:" + "6b716c97459c8167" * 4, []),
    ],
)
def test_what_is_found_and_what_is_not(name: str, text: str, places: list[str]) -> None:
    assert secrets_in(name, text) == places
