"""The published schemas and the reference say what the code reads, and the tutorial's dialplans work."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ivrd.adapters.prompts import catalogue
from ivrd.cli import schema as command
from ivrd.core.ivr.verbs import VERBS
from ivrd.daemon.plan import read_flow
from ivrd.settings import reference, schema, yamltext
from ivrd.settings.load import load

from .sites import ROOT

DOCUMENT = (ROOT / "docs" / "dialplan.md").read_text()
STEPS = re.findall(r"### (\d+\. [^\n]+)\n\n```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
GOOD = "start: a\nnodes:\n  a: {play: {say: [welcome], then: b}}\n  b: {hangup: {}}\n"
RENEW = "run `ivrd schema --out docs`"


def as_json(data: Any) -> Any:
    """As an editor sees YAML: every key is text."""
    if isinstance(data, dict):
        return {str(k): as_json(v) for k, v in data.items()}
    return [as_json(v) for v in data] if isinstance(data, list) else data


def complaints(made: Mapping[str, Any], text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(made)
    return [e.message for e in validator.iter_errors(as_json(yamltext.loads(text, "f.yaml").data))]


@pytest.mark.parametrize("name", command.files())
def test_the_published_schema_is_the_present_one_and_is_a_schema(name: str) -> None:
    text = (ROOT / "docs" / f"{name}.schema.json").read_text()
    assert text == command.files()[name], RENEW
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


def test_the_reference_has_not_drifted() -> None:
    assert reference.renewed(DOCUMENT) == DOCUMENT, RENEW
    for verb in VERBS:
        assert f"\n### `{verb}`\n" in DOCUMENT


@pytest.mark.parametrize("path", sorted((ROOT / "dialplans").glob("*.yaml")), ids=lambda p: p.name)
def test_shipped_dialplans_are_valid_and_name_their_schema(path: Any) -> None:
    text = path.read_text()
    assert complaints(schema.dialplan(), text) == []
    assert text.startswith("# yaml-language-server: $schema=../docs/dialplan.schema.json\n")


def shipped(name: str) -> Path:
    """The shipped file that the schema is of."""
    planning = {"traffic": "169", "workload": "workload"}
    return ROOT / "planning" / f"{planning[name]}.yaml" if name in planning else ROOT / "config" / f"{name}.yaml"


@pytest.mark.parametrize("name", schema.settings())
def test_shipped_settings_are_valid_and_name_their_schema(name: str) -> None:
    text = shipped(name).read_text()
    assert complaints(schema.settings()[name], text) == []
    assert text.startswith(f"# yaml-language-server: $schema=../docs/{name}.schema.json\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("play:", "paly:"),
        ("then: b", "thne: b"),
        (", then: b", ""),
        ("say: [welcome]", "say: welcome"),
        ("say: [welcome]", "say: [[1]]"),
        ("{hangup: {}}", "{hangup: {}, play: {say: [], then: a}}"),
        ("{hangup: {}}", "{}"),
        ("{hangup: {}}", "{hangup: {why: bored}}"),
        ("{hangup: {}}", "{hangup: {cause: many}}"),
        ("start: a\n", ""),
        ("start: a\n", "start: a\nlimits: {stpes: 3}\n"),
        ("start: a\n", "start: a\nvariables: {x: number}\n"),
        ("start: a\n", "start: a\nfoo: 1\n"),
    ],
)
def test_what_is_wrong_is_underlined(before: str, after: str) -> None:
    assert complaints(schema.dialplan(), GOOD) == []
    assert GOOD.count(before) == 1
    assert complaints(schema.dialplan(), GOOD.replace(before, after))


@pytest.mark.parametrize("name", schema.settings())
def test_an_unknown_setting_is_underlined(name: str) -> None:
    text = shipped(name).read_text() + "\nnonsense: 1\n"
    assert complaints(schema.settings()[name], text)


@pytest.mark.parametrize("verb", VERBS)
def test_every_key_of_every_verb_is_described(verb: str) -> None:
    made = schema.dialplan()["$defs"][verb]
    assert made["description"]
    for key, value in made["properties"].items():
        assert value.get("description"), f"{verb}.{key} has no Doc"


@pytest.mark.parametrize(("title", "text"), STEPS, ids=[title for title, _ in STEPS])
def test_each_step_of_the_tutorial_is_a_dialplan_without_fault(title: str, text: str, tmp_path: Any) -> None:
    loaded = load(ROOT / "config")
    texts = catalogue.load(ROOT / "prompts" / "catalogue.yaml", loaded.site.languages)
    path = tmp_path / "step.yaml"
    path.write_text(text)
    callbacks = dataclasses.replace(loaded.site.callbacks, allow=("08XXXXXXX.",))  # as step 7 says
    loaded = dataclasses.replace(loaded, site=dataclasses.replace(loaded.site, callbacks=callbacks))
    assert read_flow(path, loaded, texts).nodes
    assert complaints(schema.dialplan(), text) == []


def test_the_steps_are_those_of_169() -> None:
    """What the tutorial builds stands in the shipped file: same nodes, same verbs."""
    shipped = yamltext.load(ROOT / "dialplans" / "169.yaml").data["nodes"]
    built: dict[str, Any] = {}
    for title, text in STEPS[:4]:
        built |= yamltext.loads(text, title).data["nodes"]
    for name in set(built) - {"bye", "end"}:  # the ends of unfinished steps
        assert set(built[name]) == set(shipped[name]), name
    assert len(STEPS) >= 6


def test_the_command_prints_and_writes(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from ivrd.__main__ import main

    assert main(["schema", "queues"]) == 0
    assert json.loads(capsys.readouterr().out) == schema.settings()["queues"]
    assert main(["schema", "--markdown"]) == 0
    assert "### `menu`" in capsys.readouterr().out
    (tmp_path / "dialplan.md").write_text(f"# Mine\n{reference.BEGIN}\nold\n{reference.END}\nafter\n")
    assert main(["schema", "--out", str(tmp_path)]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["dialplan.md", *(f"{n}.schema.json" for n in command.files())]
    )
    mine = (tmp_path / "dialplan.md").read_text()
    assert mine.startswith("# Mine\n")
    assert mine.endswith("after\n")
    assert "### `menu`" in mine
    assert main(["schema", "--out", str(tmp_path / "nowhere")]) == 1
