"""What Mermaid's own parser was seen to need, held here line by line: it is not at hand when tests run."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

from ivrd.core.ivr.verbs import VERBS
from ivrd.graph.mermaid import mermaid
from ivrd.graph.paint import KINDS
from ivrd.graph.ways import flows, ways
from tests.core.playbook import flow
from tests.graph.every_verb import every_verb

#: no class and no id may be one of these
KEPT = {"call", "class", "classDef", "click", "default", "end", "flowchart", "graph", "href", "linkStyle", "style", "subgraph"}
#: in quotes: text, entities, and the tags that are drawn on purpose
LABEL = r'"(?:[^"#<>&|`;{}\[\]()]|#\d+;|</?b>|<br/>)*"'
BRACKETS = "|".join(f"{re.escape(left)}{LABEL}{re.escape(right)}" for _, _, (left, right) in KINDS.values())
LINES = (
    rf"  n\d+(?:{BRACKETS}):::(?:{'|'.join(KINDS)})",
    rf"  n\d+ -->\|{LABEL}\| n\d+",
    rf"  subgraph s\d+\[{LABEL}\]",
    r"  end",
    r"  classDef (?:\w+) fill:#\w{6},stroke:#333,color:#111",
)
HOSTILE = [
    "end", "1. one", "- x", "# x", '"', "`md`", '%%{init: {"theme":"dark"}}%%', "---", "-->|x|", "[x](y)", "@{shape: rect}", "\\", "$$x$$",
    "<script>", "&amp;", "#35;", "click a href", "::: c", "a;b", "", "\u2028x", "a\nb", "style n0 fill:#000",
]  # fmt: skip


def body(text: str) -> list[str]:
    """The lines behind the title, which must be a string of YAML."""
    first, title, last, kind, *lines = text.split("\n")[:-1]
    assert (first, last, kind) == ("---", "---", "flowchart LR")
    assert json.loads(title.removeprefix("title: "))
    return lines


def test_every_verb_is_written_as_the_parser_wants_it() -> None:
    drawn = every_verb()
    assert {verb.verb for each in flows(drawn).values() for verb in each.nodes.values()} == set(VERBS)
    lines = body(mermaid(drawn, lambda key: f"text of {key}"))
    assert [line for line in lines if not any(re.fullmatch(kind, line) for kind in LINES)] == []
    made = {line.split("[")[0].split("{")[0].split("(")[0].strip() for line in lines if ":::" in line}
    assert len(made) == sum(len(each.nodes) for each in flows(drawn).values())
    led = {(start, to) for line in lines if (m := re.fullmatch(r"  (n\d+) -->\|.*\| (n\d+)", line)) for start, to in [m.groups()]}
    assert {node for pair in led for node in pair} <= made
    assert len(led) == sum(
        len({way.to for way in ways(verb) if not way.is_word}) for each in flows(drawn).values() for verb in each.nodes.values()
    )
    assert not KEPT & KINDS.keys()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_read_as_more_than_text(text: str) -> None:
    plain = flow("start: a\nnodes:\n  a: {play: {say: [x], then: b}}\n  b: {tag: {add: x, then: c}}\n  c: {hangup: {}}\n", name='a"b')
    noted = dataclasses.replace(plain.nodes["b"], add=text)  # type: ignore[type-var]
    lines = body(mermaid(dataclasses.replace(plain, nodes={**plain.nodes, "b": noted}), lambda _: text))
    assert [line for line in lines if not any(re.fullmatch(kind, line) for kind in LINES)] == []
    assert sum(":::" in line for line in lines) == 3
