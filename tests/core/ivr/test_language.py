"""language: what is said from here on, and who may answer."""

from __future__ import annotations

from playbook import Playbook, plan

from ivrd.core.acd.model import Agent
from ivrd.core.commands import OfferCall, PlayPrompt

FLOW = """start: m
nodes:
  m: {menu: {say: ["a@id", "a@en"], keys: {1: q, 2: english}, otherwise: q}}
  english: {language: {set: en, then: hello}}
  hello: {play: {say: [welcome], then: q}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {}}
"""
AGENTS = (
    Agent(id="101", name="Adi", extension="101"),
    Agent(id="102", name="Ayu", extension="102", languages=("id", "en")),
)


def test_prompts_follow_in_the_language_chosen() -> None:
    book = Playbook(plan(text=FLOW))
    call = book.arrive()
    assert book.asked(PlayPrompt).language == "id"
    book.press("2")
    assert book.asked(PlayPrompt).language == "en"
    assert call.walk.language == "en"


def test_agents_who_do_not_speak_it_are_not_rung() -> None:
    book = Playbook(plan(text=FLOW, agents=AGENTS))
    book.log_in("101", "102")
    book.arrive()
    book.press("2")
    book.heard()
    offer = book.asked(OfferCall)
    assert offer.extension == "102"
    assert offer.caller_name == "Help (en)", "the agent sees what to expect"
