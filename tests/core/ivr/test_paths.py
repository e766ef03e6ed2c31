"""Dead ends, endless loops and variables without a value are found on paper, not by a caller."""

from __future__ import annotations

from playbook import Anything

from ivrd.core.ivr.problem import Known
from ivrd.errors import ConfigError, Fault
from ivrd.settings import yamltext
from ivrd.settings.flows import parse_flow

KNOWN = Known(
    queues=("help",), languages=("id", "en"), prompts=("hello", "only-id", "invalid-key", "no-input"),
    skills=("kbli", "lkpm"), services=Anything(), mailboxes=Anything(),  # type: ignore[arg-type]
    spoken_in={"only-id": ("id",)}, needs={"help": ("kbli",)}, teams=(("kbli",), ("lkpm",)),
)  # fmt: skip
END = "  end: {hangup: {}}\n"


def faults(nodes: str) -> list[Fault]:
    text = f"start: a\nnodes:\n{nodes}"
    try:
        parse_flow(yamltext.loads(text, "f.yaml"), "f", text.encode(), KNOWN)
    except ConfigError as exc:
        return exc.faults
    return []


def only(nodes: str) -> tuple[str, int, str]:
    """Rule, line and message of the one fault."""
    (fault,) = faults(nodes)
    return fault.rule, fault.line - 2, fault.message


def test_a_node_that_no_caller_comes_to() -> None:
    rule, line, message = only("  a: {hangup: {}}\n  lost: {hangup: {}}\n")
    assert (rule, line, message) == ("unreachable-node", 2, "no caller can ever come to node 'lost'")


def test_a_loop_in_which_no_time_passes_is_told_once_with_its_way() -> None:
    rule, line, message = only("  a: {tag: {add: x, then: b}}\n  b: {hours: {open: a, closed: end}}\n" + END)
    assert (rule, line, message) == ("endless-loop", 2, "endless loop without a wait: a > b > a")


def test_a_loop_in_which_something_is_asked_is_none() -> None:
    assert faults("  a: {menu: {say: [hello], keys: {1: b}, otherwise: end}}\n  b: {tag: {add: x, then: a}}\n" + END) == []


def test_a_loop_through_a_queue_is_none() -> None:
    assert faults("  a: {queue: {to: help, overflow: b}}\n  b: {tag: {add: x, then: a}}\n") == []


def test_a_dead_end_is_told_at_its_first_node() -> None:
    rule, line, message = only("  a: {play: {say: [hello], then: b}}\n  b: {play: {say: [hello], then: a}}\n")
    assert (rule, line) == ("dead-end", 1)
    assert message == "dead end: from node 'a' no caller comes to a queue or a hangup"


def test_who_can_get_out_of_a_circle_is_in_no_dead_end() -> None:
    assert faults("  a: {play: {say: [hello], then: b}}\n  b: {menu: {say: [hello], keys: {1: a}, otherwise: end}}\n" + END) == []


def test_a_misspelt_way_out_is_told_as_such_only() -> None:
    (fault,) = faults("  a: {play: {say: [hello], then: nowhere}}\n")
    assert fault.rule == "unknown-node"


def http(name: str, then: str, on_failure: str, body: str) -> str:
    return f"  {name}: {{http: {{service: oss, get: /x, timeout_s: 1, {body}, then: {then}, on_failure: {on_failure}}}}}\n"


def test_a_variable_that_is_set_on_the_way_has_its_value() -> None:
    assert faults(http("a", "b", "end", "save: {x: /x}") + http("b", "end", "end", "send: {x: x}") + END) == []


def test_a_variable_that_nobody_sets() -> None:
    rule, line, message = only(http("a", "b", "end", "save: {x: /x}") + http("b", "end", "end", "send: {q: y}") + END)
    assert (rule, line, message) == ("unset-variable", 2, "variable 'y' is never set")


def test_a_variable_has_no_value_where_the_service_failed() -> None:
    rule, line, message = only(http("a", "b", "b", "save: {x: /x}") + http("b", "end", "end", "send: {x: x}") + END)
    assert (rule, line) == ("unset-variable", 2)
    assert message == "variable 'x' may not be set yet: a caller can come to 'b' without passing where it is"


def test_facts_of_the_call_need_no_setting() -> None:
    assert faults(http("a", "end", "end", "send: {who: call.caller}") + END) == []


def test_expressions_are_looked_into() -> None:
    start = "  a: {set: {to: {x: 1, y: vars.x + 1}, then: b}}\n"
    assert faults(start + "  b: {branch: {cases: [{when: vars.y > 1, then: end}], otherwise: end}}\n" + END) == []
    found = faults(start + "  b: {branch: {cases: [{when: vars.z > 1, then: end}], otherwise: end}}\n" + END)
    assert any(f.rule == "unset-variable" and "'z'" in f.message for f in found), found
    asked = "  b: {branch: {cases: [{when: 'has(vars.z)', then: end}], otherwise: end}}\n"
    assert not [f for f in faults(start + asked + END) if f.rule == "unset-variable"]
    quoted = """  b: {branch: {cases: [{when: "did == 'vars.z'", then: end}], otherwise: end}}\n"""
    assert faults(start + quoted + END) == []


def test_a_translation_that_is_missing_is_never_replaced_by_another_language() -> None:
    rule, _, message = only("  a: {play: {say: [only-id], then: end}}\n" + END)
    assert (rule, message) == ("missing-translation", "prompt 'only-id' has no text in 'en'")
    assert faults("  a: {play: {say: [only-id@id], then: end}}\n" + END) == []


def test_skills_that_no_agent_has_or_no_agent_has_together() -> None:
    assert only("  a: {queue: {to: help, overflow: end, skills: [fishing]}}\n" + END)[0] == "unknown-agent-with-skill"
    rule, _, message = only("  a: {queue: {to: help, overflow: end, skills: [lkpm]}}\n" + END)
    assert (rule, message) == ("unserved-queue", "no agent has all of these skills: kbli, lkpm")




def test_an_argument_of_a_sub_flow_has_its_value() -> None:
    body = "  a: {set: {to: {y: vars.x + 1}, then: b}}\n  b: {return: {values: {y: vars.y}}}\n"
    found = faults(body)
    assert any("'x' is never set" in f.message for f in found)
    text = f"start: a\narguments: {{x: int}}\nreturns: {{y: int}}\nnodes:\n{body}"
    main = "start: m\nnodes:\n  m: {run: {flow: sub, give: {x: 1}, into: {z: y}, then: end}}\n" + END
    files = {"sub": (yamltext.loads(text, "sub.yaml"), text.encode())}
    assert parse_flow(yamltext.loads(main, "f.yaml"), "f", main.encode(), KNOWN, files.get).parts["sub"].nodes
