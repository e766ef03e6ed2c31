"""Whatever an admin does to the shipped files, the answer is a configuration or a ConfigError."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivrd.core.ivr.validate import Known
from ivrd.errors import ConfigError
from ivrd.settings import yamltext
from ivrd.settings.flows import parse_flow
from ivrd.settings.load import FILES, load

from .sites import ROOT, Site

DEEP = os.environ.get("IVRD_HYPOTHESIS") == "deep"
FUZZ = settings(
    max_examples=5000 if DEEP else 50,
    deadline=None,
    database=None,
    derandomize=not DEEP,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KNOWN = Known(queues=("kbli", "umum"), languages=("id", "en"), prompts=("welcome",))
SHIPPED = {name: (ROOT / "config" / name).read_text() for name in FILES}
DIALPLAN = (ROOT / "dialplans" / "169.yaml").read_text()

#: what stands where something else should: of every kind, and of the kind that is nearly right
ODD = st.sampled_from(
    [None, True, 0, 1, -1, 10**30, 1.5, float("1e300"), "", " ", "x", "169", "08:00-17:00", ":back", "@", "a@b@c",
     [], [[]], [None], ["x"], {}, {"x": 1}, {1: {2: 3}}, {"": ""}, {"menu": {}}, "é\u202e", "0812", "*"]
)  # fmt: skip


def check(read: Callable[[], object]) -> None:
    error: ConfigError | None = None
    try:
        read()
    except ConfigError as exc:
        error = exc
    if error is not None:
        assert error.faults
        assert all(f.message and (f.line >= 1) == (f.column >= 1) for f in error.faults)


def paths(data: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [before]
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        found += paths(value, (*before, key))
    return found


@st.composite
def spoiled(draw: st.DrawFn, text: str) -> str:
    """The file with some of its values and keys replaced, removed, or doubled: still YAML."""
    data = yaml.load(text, Loader=yaml.BaseLoader)
    for _ in range(draw(st.integers(1, 3))):
        *parents, last = draw(st.sampled_from(paths(data)[1:]))
        at = data
        for key in parents:
            at = at[key]
        match draw(st.sampled_from(["value", "key", "remove"])):
            case "remove":
                del at[last]
            case "key" if isinstance(at, dict):
                at[draw(st.sampled_from(["x", 5, "extra", "say", "name", ""]))] = at.pop(last)
            case _:
                at[last] = copy.deepcopy(draw(ODD))
        if not paths(data)[1:]:
            break
    return yaml.safe_dump(data, allow_unicode=draw(st.booleans()), default_flow_style=draw(st.sampled_from([None, True, False])))


@st.composite
def torn(draw: st.DrawFn, text: str) -> str:
    """The file with a piece of its text replaced: often no YAML any more."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 40)))
    piece = draw(st.sampled_from(["", "\t", "{", "]", "'", '"', ":", "\n", "&a ", "*a", "!!int ", "|", "? ", "- ", "%", "\x00", "---\n", "<<: ", "#"]))
    return text[:start] + piece + text[end:]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", [spoiled, torn])
def test_a_spoiled_configuration_is_a_config_error_or_right(name: str, how: Callable[[str], st.SearchStrategy[str]], tmp_path: Path) -> None:
    site = Site(tmp_path)
    path = site.root / "config" / name

    @FUZZ
    @given(how(SHIPPED[name]))
    def try_it(text: str) -> None:
        path.write_text(text, encoding="utf-8")
        check(lambda: load(site.root / "config"))

    try_it()


@pytest.mark.parametrize("how", [spoiled, torn])
def test_a_spoiled_dialplan_is_a_config_error_or_right(how: Callable[[str], st.SearchStrategy[str]]) -> None:
    @FUZZ
    @given(how(DIALPLAN))
    def try_it(text: str) -> None:
        check(lambda: parse_flow(yamltext.loads(text, "169.yaml"), "169", text.encode(), KNOWN))

    try_it()


@FUZZ
@given(st.text(max_size=60) | st.text(alphabet="ab:-[]{}&*!|>'\"#?, \n\t0.", max_size=60))
def test_any_text_at_all_is_data_or_a_config_error(text: str) -> None:
    check(lambda: yamltext.loads(text, "f.yaml"))
