"""Skills, queues and agents held against each other: each fault has its place and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from ivrd.core.acd import model, rules
from ivrd.errors import ConfigError
from ivrd.settings.load import load

from .sites import Site

KBLI = "skills: {perizinan: 1, kbli: 4}\n    relax: [{after_s: 60, lower: {kbli: 1}}, {after_s: 180, widen: [leads]}]"


@pytest.fixture
def whole(tmp_path: Path) -> Site:
    return Site(tmp_path)


def fault(site: Site, instead: str) -> tuple[str, str]:
    """Message and hint of the one fault, with that in place of what queue kbli asks for."""
    site.edit("queues.yaml", KBLI, instead)
    with pytest.raises(ConfigError) as told:
        load(site.root / "config")
    (one,) = told.value.faults
    assert one.line > 1
    assert one.column > 1
    return one.message, one.hint


@pytest.mark.parametrize(
    ("instead", "message", "hint"),
    [
        ("skills: {perizinan: 1, kbli: 10}", "queue 'kbli' asks for skill 'kbli' at level 10; the best agent has 8", "raise an agent's level"),
        ("skills: {perizinan: 1, kbil: 4}", "queue 'kbli' asks for skill 'kbil', which no agent has", "did you mean 'kbli'?"),
        ("preferred: [menyelam]", "queue 'kbli' asks for skill 'menyelam', which no agent has", "give the skill to an agent"),
        ("any_of: [[kbli], []]", "an empty list can be met by nobody", "leave it out"),
        ("any_of: [[kbli, menyelam]]", "queue 'kbli' asks for skill 'menyelam', which no agent has", "give the skill"),
        ("skills: {kbli: 8, regulasi: 7}", "nobody serves queue 'kbli': no agent has all of kbli >= 8, regulasi >= 7", "or ask for fewer"),
        ("relax: [{after_s: 5}]", "the step changes nothing", "lower, drop or widen"),
        ("relax: [{after_s: 9, drop: [language]}, {after_s: 5, drop: [language]}]", "after_s 5 comes before the step above it", "order of their time"),
        ("relax: [{after_s: 5, drop: [kbli]}]", "queue 'kbli' does not ask for skill 'kbli'", "it asks for: language"),
        ("skills: [kbli]\n    relax: [{after_s: 5, lower: {kbil: 1}}]", "queue 'kbli' does not ask for skill 'kbil'", "did you mean 'kbli'?"),
        ("relax: [{after_s: 5, widen: [lead]}]", "there is no other queue and no group 'lead'", "did you mean 'leads'?"),
        ("relax: [{after_s: 5, widen: [kbli]}]", "there is no other queue and no group 'kbli'", "there are:"),
        ("reserve: [{skill: english}]", "no agent has skill 'english'", "a language is written language:en"),
        ("reserve: [{skill: 'language:en', keep: 0}]", "keep must be at least 1", ""),
        ("ring: 0", "ring must be at least 1, or all, not 0", ""),
        ("affinity: {days: 0}", "days must be at least 1", ""),
        ("weight: 0", "weight must be between 0.01 and 100, not 0", ""),
        ("language_level: 11", "language_level must be between 1 and 10, not 11", ""),
        ("order: loudest", "must be 'longest_idle', 'least_occupied', 'best_skilled', 'most_specific' or 'round_robin'", ""),
        ("ring: every", "ring must be", ""),
        ("skills: {kbli: much}", "must be a whole number", ""),
    ],
)
def test_what_a_queue_cannot_ask_for(whole: Site, instead: str, message: str, hint: str) -> None:
    told, what_to_do = fault(whole, instead)
    assert message in told
    assert hint in what_to_do


@pytest.mark.parametrize("level", [0, 11])
def test_levels_go_from_one_to_ten(whole: Site, level: int) -> None:
    whole.edit("agents.yaml", "skills: {perizinan: 6, kbli: 8}", f"skills: {{perizinan: {level}, kbli: 8}}")
    with pytest.raises(ConfigError, match=f"a level is a number from 1 to 10, not {level}"):
        load(whole.root / "config")


def test_a_skill_cannot_be_called_as_a_language_is(whole: Site) -> None:
    whole.edit("agents.yaml", "skills: {perizinan: 6, kbli: 8}", "skills: {language: 6, kbli: 8}")
    with pytest.raises(ConfigError, match="a skill cannot be called 'language'"):
        load(whole.root / "config")


def test_all_of_it_can_be_written(whole: Site) -> None:
    everything = (
        "skills: [kbli]\n    any_of: [[lkpm, perizinan], {data: 2, kbli: 3}]\n    preferred: {regulasi: 6}\n    language_level: 3\n"
        "    order: best_skilled\n    ring: all\n    weight: 1.5\n    affinity: {}\n"
        "    reserve: [{skill: 'language:en', keep: 2, others_after_s: 30}]\n"
        "    relax: [{after_s: 0, lower: {kbli: 1, language: 1}}, {after_s: 0, drop: [perizinan, language], widen: [leads, umum]}]"
    )
    whole.edit("queues.yaml", KBLI, everything)
    queue = load(whole.root / "config").queues["kbli"]
    assert (queue.ring, queue.preferred, queue.any_of) == ("all", {"regulasi": 6}, (("lkpm", "perizinan"), {"data": 2, "kbli": 3}))


@pytest.mark.parametrize("part", [
    model.Queue, model.Relax, model.Reserve, model.Affinity, model.Agent, model.AcdRules,
    rules.MissRule, rules.PauseReason, rules.Shift, rules.Occupancy,
])  # fmt: skip
def test_a_key_that_nobody_reads_is_a_fault_in_each_part(part: type) -> None:
    with pytest.raises(ValidationError, match=r"(?m)^nobody_reads$"):
        TypeAdapter(part).validate_python({"nobody_reads": 1})
