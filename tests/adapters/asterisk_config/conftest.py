"""A small site, by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ivrd.adapters.asterisk_config import render
from ivrd.core.acd.model import Agent
from ivrd.settings.secrets import Secrets
from ivrd.settings.site import Asterisk, Hours, Loaded, Site, Trunk

Rendered = Callable[..., dict[str, str]]


@pytest.fixture
def passwords() -> Secrets:
    return Secrets(ari="s-ari", ami="s-ami", mqtt="s-mqtt", trunk="s-trunk", phones={"101": "s-101", "102": "s-102"})


@pytest.fixture
def loaded() -> Loaded:
    trunk = Trunk(addresses=("203.0.113.7", "203.0.113.8"))
    return Loaded(
        root=Path("/srv/ivrd"),
        site=Site(dids={"169": "169", "+62215252008": "169"}, asterisk=Asterisk(trunk=trunk)),
        queues={},
        agents={
            "101": Agent(id="101", name="Adi Nugroho", extension="101"),
            "102": Agent(id="102", name='Ayu "A" <Lestari>;\n[evil]', extension="102"),
        },
        hours=Hours(week={}),
    )


@pytest.fixture
def rendered(loaded: Loaded, passwords: Secrets) -> Rendered:
    """The files for the site, with some of ``asterisk``'s settings changed."""

    def make(**changes: Any) -> dict[str, str]:
        asterisk = dataclasses.replace(loaded.site.asterisk, **changes)
        site = dataclasses.replace(loaded.site, asterisk=asterisk)
        changed = dataclasses.replace(loaded, site=site)
        return render(changed, passwords, etc=Path("/etc/asterisk"), music=Path("/srv/music"))

    return make
