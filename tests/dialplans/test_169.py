"""The shipped dialplan of 169, walked key by key in both languages on the shipped queues."""

from __future__ import annotations

import datetime as dt

import pytest
from playbook import SHIPPED, WIB, Playbook

from ivrd.adapters.prompts.catalogue import load as load_catalogue
from ivrd.core.cdr import Disposition
from ivrd.core.commands import HangUp, PlayPrompt
from ivrd.core.plan import Plan
from ivrd.core.state import Stage
from ivrd.daemon.plan import make_plan
from ivrd.settings.load import load

TUESDAY = (2026, 11, 24, 10, 0)
#: keys after the language -> (queue, tag)
WAYS = {
    "11": ("kbli", "perizinan.kbli"),
    "12": ("regulasi", "perizinan.regulasi"),
    "13": ("tambah-bidang-usaha", "perizinan.tambah-bidang-usaha"),
    "14": ("progres", "perizinan.progres"),
    "15": ("persyaratan", "perizinan.persyaratan"),
    "10": ("umum", "umum.operator"),
    "2": ("lkpm", "lkpm.umum"),
    "31": ("isi-data", "data.pengisian"),
    "32": ("ubah-data", "data.perubahan"),
    "33": ("sinkronisasi", "data.sinkronisasi"),
    "30": ("umum", "umum.operator"),
    "4": ("umum", "umum.lainnya"),
    "0": ("umum", "umum.operator"),
}
LANGUAGES = {"1": "id", "2": "en"}


@pytest.fixture(scope="module")
def shipped() -> Plan:
    loaded = load(SHIPPED / "config")
    return make_plan(loaded, load_catalogue(SHIPPED / "prompts" / "catalogue.yaml", loaded.site.languages))


def dial(plan: Plan, *when: int) -> Playbook:
    """Somebody dials 169 at a local time."""
    book = Playbook(plan, connected=False)
    book.at = dt.datetime(*(when or TUESDAY), tzinfo=WIB).timestamp()  # type: ignore[arg-type]
    from ivrd.core.events import SwitchSeen

    book.tell(SwitchSeen)
    book.arrive()
    return book


def at_main(plan: Plan, language: str = "1") -> Playbook:
    """The caller has chosen a language, heard the notice, and is told the main menu."""
    book = dial(plan)
    assert book.spoken() == ["welcome"]
    book.heard()
    assert book.spoken() == ["choose-language@id", "choose-language@en"]
    book.press(language)
    assert book.spoken() == ["recording-notice"]
    book.heard()
    assert book.spoken() == ["menu-main"]
    assert book.asked(PlayPrompt).language == LANGUAGES[language]
    return book


def joined(book: Playbook, queue: str, tag: str, language: str) -> None:
    call = book.call()
    assert call.stage == Stage.QUEUED
    assert call.wait is not None
    assert (call.wait.queue, call.wait.language, call.walk.tags) == (queue, language, [tag])
    assert call.wait.skills == tuple(book.exchange.plan.floor.queues[queue].skills)
    assert call.wait.overflow == "nobody-free"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("keys", WAYS)
def test_every_key_of_every_menu_ends_in_its_queue_with_its_tag(shipped: Plan, keys: str, language: str) -> None:
    book = at_main(shipped, language)
    book.press(keys)
    joined(book, *WAYS[keys], LANGUAGES[language])


@pytest.mark.parametrize("keys", WAYS)
def test_who_knows_the_way_may_type_it_at_the_greeting(shipped: Plan, keys: str) -> None:
    book = dial(shipped)
    book.press("2")
    book.press(keys)
    while book.call().stage == Stage.IVR and book.call().prompt:
        book.heard()
    joined(book, *WAYS[keys], "en")


def test_no_way_of_the_flow_is_missing_here(shipped: Plan) -> None:
    flow = shipped.flows[shipped.current["169"]]
    tags = {node.add for node in flow.nodes.values() if hasattr(node, "add")}
    assert tags == {tag for _, tag in WAYS.values()}
    menus = {name: node for name, node in flow.nodes.items() if hasattr(node, "keys")}
    assert {n: "".join(sorted(m.keys)) for n, m in menus.items()} == {
        "choose-language": "12", "main": "*012349", "licensing": "*0123459", "data": "*01239",
    }  # fmt: skip


@pytest.mark.parametrize(("key", "menu"), [("1", "menu-licensing"), ("3", "menu-data")])
def test_nine_repeats_and_star_goes_back(shipped: Plan, key: str, menu: str) -> None:
    book = at_main(shipped)
    book.press("9")
    assert book.spoken() == ["menu-main"]
    book.press(key)
    assert book.spoken() == [menu]
    book.press("9")
    assert book.spoken() == [menu]
    book.press("*")
    assert book.spoken() == ["menu-main"]
    book.press("*")
    assert book.spoken() == ["choose-language@id", "choose-language@en"]


def silence(book: Playbook) -> None:
    """The caller hears it to the end and presses nothing."""
    book.heard()
    book.pass_time(5)


def test_who_presses_nothing_is_served_in_indonesian_by_the_operator(shipped: Plan) -> None:
    book = dial(shipped)
    book.heard()
    silence(book)
    assert book.spoken() == ["choose-language@id", "choose-language@en"], "once more, without a reproach"
    silence(book)
    assert book.spoken() == ["recording-notice"]
    book.heard()
    for _ in range(2):
        silence(book)
        assert book.spoken() == ["no-input", "menu-main"]
    silence(book)
    joined(book, "umum", "umum.operator", "id")


@pytest.mark.parametrize(("way", "wrong"), [("", "5678#"), ("1", "678#"), ("3", "45678#")])
def test_wrong_keys_lead_to_the_operator_after_three(shipped: Plan, way: str, wrong: str) -> None:
    for key in wrong:
        book = at_main(shipped)
        book.press(way)
        menu = {"": "menu-main", "1": "menu-licensing", "3": "menu-data"}[way]
        for _ in range(2):
            book.press(key)
            assert book.spoken() == ["invalid-key", menu]
        book.press(key)
        joined(book, "umum", "umum.operator", "id")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("when", "reason", "opens"),
    [
        ((2026, 11, 24, 7, 59), "closed-hours", ["2026", "8"]),
        ((2026, 11, 24, 17, 0), "closed-hours", ["2026", "8"]),
        ((2026, 11, 28, 10, 0), "closed-hours", ["2026", "8"]),
        ((2026, 12, 25, 10, 0), "closed-holiday", ["2026", "8"]),
        ((2026, 8, 17, 10, 0), "closed-holiday", ["2026", "8"]),
    ],
)
def test_closed_is_said_with_the_reason_and_the_next_opening(
    shipped: Plan, language: str, when: tuple[int, ...], reason: str, opens: list[str]
) -> None:
    book = dial(shipped, *when)
    book.heard()
    book.press(language)
    assert book.spoken() == [reason, "closed-opens-at", *opens, "goodbye"]
    assert book.asked(PlayPrompt).language == LANGUAGES[language]
    book.heard()
    assert book.asked(HangUp).channel == "c1"
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.CLOSED


def test_christmas_eve_evening_names_the_monday_behind_it(shipped: Plan) -> None:
    """Friday the 25th is a holiday, then comes the weekend."""
    book = dial(shipped, 2026, 12, 24, 18, 0)
    book.heard()
    book.press("1")
    date = next(s for s in book.asked(PlayPrompt).speech if hasattr(s, "day"))
    assert (date.month, date.day) == (12, 28)


def test_typing_ahead_does_not_cut_the_news_that_we_are_closed(shipped: Plan) -> None:
    book = dial(shipped, 2026, 11, 24, 20, 0)
    book.press("1")
    assert book.spoken()[0] == "closed-hours"
    assert book.press("11") == [], "heard to its end: else a fast finger would hear nothing and be hung up"


def test_nobody_free_is_said_and_the_call_ended_as_overflow(shipped: Plan) -> None:
    book = at_main(shipped)
    book.press("0")
    book.pass_time(shipped.floor.queues["umum"].max_wait_s)
    assert any(isinstance(o, PlayPrompt) and [getattr(s, "key", "") for s in o.speech] == ["queue-overflow"] for o in book.last)
    book.heard()
    assert book.asked(HangUp).cause == 42
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.OVERFLOW


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_call_of_each_queue_finds_an_agent_who_can_take_it(shipped: Plan, language: str) -> None:
    for keys, (queue, _) in WAYS.items():
        book = at_main(shipped, language)
        book.log_in(*(a.extension for a in shipped.floor.agents.values()))
        book.press(keys)
        offer = book.call().offer
        assert offer is not None, (queue, language)
        agent = shipped.floor.agents[offer.agent]
        assert set(shipped.floor.queues[queue].skills) <= set(agent.skills)
        assert LANGUAGES[language] in agent.languages
