"""What a call asks for: its queue's demand and its own, step by step less."""

from __future__ import annotations

import pytest

from ivrd.core.acd.demand import asked, demand, first_step
from ivrd.core.acd.model import Agent, Queue, Relax
from ivrd.core.acd.skills import Demand, Kind, Way, least, levels, spoken

from .floor import floor

QUEUE = Queue(
    id="q", title="Q", skills={"izin": 3, "kbli": 7}, any_of=(("lkpm", "data"),), language_level=4, preferred=("gold",),
    relax=(
        Relax(after_s=10, lower={"kbli": 5, "izin": 9, "language": 1}),
        Relax(after_s=20, drop=("izin", "data")),
        Relax(after_s=30, widen=("other", "leads")),
        Relax(after_s=40, drop=("language",)),
    ),
)  # fmt: skip
OTHER = Queue(id="other", title="O", skills={"umum": 2}, any_of=(("x",),))
FLOOR = floor(queues=(QUEUE, OTHER))


def at(step: int, **own: object) -> Demand:
    return demand(FLOOR, QUEUE, asked(QUEUE, **own), "en", step)  # type: ignore[arg-type]


def kind(*groups: str, **has: int) -> Kind:
    return Kind(levels={name.replace("_", ":"): level for name, level in has.items()}, groups=frozenset(groups))


def test_at_first_it_is_the_queues_demand_and_the_callers_language() -> None:
    assert at(0) == Demand(
        ways=(Way(all=(("izin", 3), ("kbli", 7), ("language:en", 4)), any_of=((("data", 1), ("lkpm", 1)),)),),
        preferred=(("gold", 1),),
    )


def test_a_calls_own_demand_comes_on_top_and_the_higher_level_counts() -> None:
    own = at(0, skills={"kbli": 9, "izin": 1, "new": 2}, any_of=(("a", "b"),), preferred={"gold": 4})
    assert own.ways[0].all == (("izin", 3), ("kbli", 9), ("language:en", 4), ("new", 2))
    assert own.ways[0].any_of == ((("data", 1), ("lkpm", 1)), (("a", 1), ("b", 1)))
    assert own.preferred == (("gold", 4),)


def test_lowering_never_raises() -> None:
    assert at(1).ways == (Way(all=(("izin", 3), ("kbli", 5), ("language:en", 1)), any_of=((("data", 1), ("lkpm", 1)),)),)


def test_dropping_one_of_a_list_drops_the_list_for_less_is_asked_and_not_more() -> None:
    assert at(2).ways == (Way(all=(("kbli", 5), ("language:en", 1))),)


def test_widening_adds_ways_and_the_language_is_asked_for_in_each_until_it_is_dropped() -> None:
    english = (("language:en", 1),)
    assert at(3).ways == (
        Way(all=(("kbli", 5), *english)),
        Way(all=(*english, ("umum", 2)), any_of=((("x", 1),),)),
        Way(all=english, group="leads"),
    )
    assert at(4).ways == (Way(all=(("kbli", 5),)), Way(all=(("umum", 2),), any_of=((("x", 1),),)), Way(group="leads"))


@pytest.mark.parametrize(
    ("agent", "lacks"),
    [
        (kind(izin=3, kbli=7, lkpm=1, language_en=4), ""),
        (kind(izin=3, kbli=6, lkpm=1, language_en=4), "kbli >= 7"),
        (kind(izin=3, kbli=7, language_en=4), "data or lkpm"),
        (kind(izin=3, kbli=7, lkpm=1, language_en=3), "language en >= 4"),
        (kind(kbli=7, lkpm=1, language_en=4), "izin >= 3"),
        (kind(), "izin >= 3"),
    ],
)
def test_what_an_agent_lacks_is_named(agent: Kind, lacks: str) -> None:
    assert at(0).lacking(agent) == lacks
    assert at(0).open_to(agent) == (not lacks)


def test_a_group_is_enough_where_it_is_asked_for() -> None:
    leader = kind("leads", language_en=1)
    assert not at(2).open_to(leader)
    assert at(3).open_to(leader)
    assert not at(3).open_to(kind("leads"))
    assert Way(group="leads").lacking(kind("others")) == "group leads"
    assert at(3).lacking(leader) == ""


def test_a_demand_can_be_read() -> None:
    assert at(0).spoken() == "izin >= 3, kbli >= 7, language en >= 4, data or lkpm"
    assert at(4).spoken() == "kbli >= 5; or umum >= 2, x; or group leads"
    assert (spoken("kbli", 1), spoken("kbli", 2)) == ("kbli", "kbli >= 2")


def test_preference_counts_levels_of_what_is_well_enough_and_mastery_of_what_is_asked() -> None:
    wants = Demand(ways=(Way(all=(("a", 1),), any_of=((("b", 1), ("c", 1)),)), Way(all=(("z", 1),))), preferred=(("g", 3), ("h", 1)))
    agent = kind(a=2, b=3, c=4, z=9, g=3, h=2)
    assert wants.preference(agent) == 5
    assert wants.preference(kind(g=2, h=2)) == 2
    assert wants.mastery(agent) == 9
    assert wants.mastery(kind(b=3)) == 3


def test_lists_and_levels() -> None:
    assert levels(("a", "b"), 5) == {"a": 5, "b": 5}
    assert levels({"a": 2}, 5) == {"a": 2}
    assert least({"b": 1, "a": 2}) == (("a", 2), ("b", 1))


def test_the_first_step_that_somebody_there_could_meet() -> None:
    wants = asked(QUEUE)

    def first(step: int, *there: Kind) -> int:
        return first_step(FLOOR, QUEUE, wants, "en", step, there)

    assert first(0, kind(izin=3, kbli=7, lkpm=1, language_en=4)) == 0
    assert first(0, kind(izin=3, kbli=5, lkpm=1, language_en=1)) == 1
    assert first(0, kind("leads")) == 4
    assert first(1, kind(kbli=5, language_en=1)) == 2
    assert first(0, kind()) == 0, "no step would help: none is skipped"
    assert first(2) == 2


def test_agents_of_one_kind_are_those_who_can_do_the_same() -> None:
    of = floor(
        Agent(id="1", name="A", skills=("a",), languages=("id", "en")),
        Agent(id="2", name="B", skills={"a": 5}, languages={"en": 5, "id": 5}),
        Agent(id="3", name="C", skills={"a": 6}, languages=("id", "en")),
        Agent(id="4", name="D", skills=("a",), languages=("id", "en"), groups=("x",)),
        Agent(id="5", name="E", skills=("a",), languages=("id", "en"), leads=True),
        queues=(Queue(id="q", title="Q", skills=("a",)), Queue(id="r", title="R"), Queue(id="s", title="S", skills={"a": 6})),
    )
    assert [k.agents for k in of.kinds] == [("1", "2"), ("3",), ("4",), ("5",)]
    assert [k.breadth for k in of.kinds] == [4, 6, 4, 4]
    assert of.kind_of == {"1": 0, "2": 0, "3": 1, "4": 2, "5": 3}
    assert [k.groups for k in of.kinds[2:]] == [{"x"}, {"leads"}]
