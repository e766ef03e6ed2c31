"""What the documents say of the code is so: names of metrics, who imports whom."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from ivrd.adapters.http.door import Door
from ivrd.adapters.http.metrics import Metrics
from rig.tools import REPOSITORY

ARCHITECTURE = (REPOSITORY / "docs" / "architecture.md").read_text()
CORE = REPOSITORY / "ivrd" / "core"
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("", "_bucket", "_count", "_sum")}


def names(registry: CollectorRegistry) -> set[str]:
    """As /metrics shows them, whether they were counted yet or not."""
    return {family.name + suffix for family in registry.collect() for suffix in SUFFIXES[family.type] if family.name.startswith("ivrd_")}


@pytest.mark.parametrize("file", [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))], ids=lambda file: file.name)
def test_each_metric_that_is_named_exists(file: Path) -> None:
    door = CollectorRegistry()
    Door(0, door)
    assert set(re.findall(r"\bivrd_\w+", file.read_text())) <= names(Metrics().registry) | names(door)


def test_metrics_are_looked_for_where_they_are_named() -> None:
    assert "ivrd_events_ignored" in ARCHITECTURE
    assert "ivrd_events_ignored" in names(Metrics().registry)


def test_who_imports_whom_is_what_the_linter_holds() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    [layers] = [c["layers"] for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "layers"]
    assert f"`{' > '.join(layers)}`" in ARCHITECTURE


def imported(module: str) -> Iterator[str]:
    """Modules of the core that this one imports."""
    for node in ast.walk(ast.parse((CORE / f"{module}.py").read_text())):
        match node:
            case ast.ImportFrom(module="ivrd.core"):
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(module=str(name)) if name.startswith("ivrd.core."):
                yield name.split(".")[2]
            case ast.Import():
                assert not any(alias.name.startswith("ivrd.core") for alias in node.names), "another way than everywhere else"


def test_the_core_has_the_order_that_is_told() -> None:
    [told] = re.findall(r"^Modules, low to high .*?: (.*?)\n\n", ARCHITECTURE, re.MULTILINE | re.DOTALL)
    step = {module: number for number, step in enumerate(told.split("<")) for module in re.findall(r"`(\w+)`", step)}
    modules = {file.stem for file in CORE.glob("*.py")} - {"__init__"}
    assert set(step) == modules
    up = [f"{one} imports {other}" for one in modules for other in imported(one) if other in step and step[other] >= step[one]]
    assert up == []
