"""``ivrd graph``: the real command on the shipped flow, and what a reader must be able to trust."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

from ivrd.graph.mermaid import mermaid
from ivrd.graph.svg import svg
from ivrd.settings import yamltext
from tests.core.playbook import SHIPPED, flow
from tests.graph.every_verb import every_verb

NODES = yamltext.load(SHIPPED / "dialplans" / "169.yaml").data["nodes"]
HOSTILE = 'start: a\nnodes:\n  a: {play: {say: [x], then: b}}\n  b: {hangup: {}}\n'


def graph(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ivrd", "graph", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=SHIPPED, check=False, timeout=60)


def test_the_shipped_flow_as_mermaid_names_every_node_and_key() -> None:
    done = graph("dialplans/169.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "flowchart" in done.stdout
    assert [n for n in NODES if f"</b> {n}" not in done.stdout] == []
    assert ":::end" not in done.stdout, "Mermaid's parser takes the word for the end of a subgraph"
    assert "classDef end " not in done.stdout
    for key in ("1, otherwise", "2", "0, otherwise"):
        assert f'-->|"{key}"| ' in done.stdout


def test_the_shipped_flow_as_a_page(tmp_path: Path) -> None:
    page = tmp_path / "169.svg"
    done = graph("dialplans/169.yaml", "--out", str(page))
    assert (done.returncode, done.stderr) == (0, "")
    root = ET.parse(page).getroot()
    words = " ".join("".join(t.itertext()) for t in root.iter() if t.tag.endswith("text"))
    assert [n for n in NODES if n not in words] == []
    boxes = []
    for group in root.iter():
        moved = re.fullmatch(r"translate\(([\d.]+)[ ,]([\d.]+)\)", group.get("transform", ""))
        for r in group if moved else ():
            if r.tag.endswith("rect"):
                x, y = float(moved[1]), float(moved[2])
                boxes.append((x, y + float(r.get("y", "0")), float(r.get("width", "0")), float(r.get("height", "0"))))
    assert len(boxes) == len(NODES)
    overlapping = [
        (a, b)
        for a, b in combinations(boxes, 2)
        if a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
    ]
    assert overlapping == []


def test_a_text_with_markup_stays_a_text() -> None:
    said = '<script>"&|]</script>'
    drawn = svg(flow(HOSTILE), lambda key: said)
    words = "".join("".join(t.itertext()) for t in ET.fromstring(drawn).iter() if t.tag.endswith("text"))
    assert "<script>" in words
    assert "<script" not in mermaid(flow(HOSTILE), lambda key: said)


def test_the_same_flow_gives_the_same_picture() -> None:
    assert svg(flow(HOSTILE), str) == svg(flow(HOSTILE), str)


def test_a_faulty_file_is_told_with_its_place(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("start: a\nnodes:\n  a: {plai: {}}\n", encoding="utf-8")
    done = graph(str(wrong))
    assert done.returncode == 1
    assert f"{wrong}:3:" in done.stderr
    assert "Traceback" not in done.stderr


def words(drawn: str) -> list[str]:
    return ["".join(t.itertext()) for t in ET.fromstring(drawn).iter() if t.tag.endswith("text")]


def test_a_way_has_its_whole_name_and_a_node_s_name_is_cut() -> None:
    drawn = words(svg(every_verb(), str))
    for label in ("1", "otherwise", "on_failure", "closed, holiday, closure", "full, nobody", "caller.vip"):
        assert label in drawn
    assert any(w.startswith("→ a-queue-with") and w.endswith("…") for w in drawn)
    assert "→ a-queue-with-a-long-name" not in drawn


def test_a_long_condition_stands_above_where_it_leads() -> None:
    drawn = words(svg(every_verb(), str))
    at = drawn.index("vars.n > 3 && caller.vip")
    assert "→ spoken" in drawn[at : at + 4]


def test_a_long_name_is_no_wider_than_its_box() -> None:
    for word in words(svg(every_verb(), lambda _: "word " * 40)):
        assert len(word) <= 31 or "version" in word or "leads back" in word or "decided by" in word or "presses" in word


def test_what_is_cut_is_told_where_the_pointer_rests() -> None:
    titles = ["".join(t.itertext()) for t in ET.fromstring(svg(every_verb(), str)).iter() if t.tag.endswith("title")]
    assert any('vars.n > 3 && caller.vip && queues["kbli"].expected_wait_s > 600 → spoken' in t for t in titles)
    assert any("welcome (number: vars.n) (text: 'Halo, ' + vars.kind)" in t for t in titles)
