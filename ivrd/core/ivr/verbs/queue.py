"""queue: hand the caller to agents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core.acd.skills import ANY, BEST, levels
from ivrd.core.ivr.problem import Known, Problem, at_least
from ivrd.core.ivr.shape import Doc, Names, NodeRef
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, JoinQueue, Request, Walk

#: a list of skills, or a map from skill to the least level
SkillsRef = tuple[Annotated[str, Names("skill")], ...] | dict[Annotated[str, Names("skill")], int]


@dataclass(frozen=True, kw_only=True)
class Queue(Deaf):
    """Hand the caller to agents.

    ``queue: {to: kbli, overflow: node}``. The queue asks for its skills and the call's language.

    ``overflow`` is entered when the queue does not take the caller, or no longer; ``full``, ``nobody``, ``waited``,
    ``expected`` and ``closing`` are special cases of it, whose limits stand in queues.yaml. A caller who has talked
    to an agent already is not queued again in the same call: ``overflow``.
    """

    verb: ClassVar[str] = "queue"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    to: Annotated[str, Names("queue"), Doc("a queue of config/queues.yaml", examples=("kbli",))]
    overflow: Annotated[NodeRef, Doc("entered when the queue does not take the caller, or no longer")]
    full: Annotated[NodeRef, Doc("entered instead when `max_waiting` callers wait already")] = ""
    nobody: Annotated[NodeRef, Doc("entered instead when nobody who may serve the caller is logged in, or no longer")] = ""
    waited: Annotated[NodeRef, Doc("entered instead after `max_wait_s`")] = ""
    expected: Annotated[NodeRef, Doc("entered instead when the expected wait is longer than `max_expected_wait_s`")] = ""
    closing: Annotated[NodeRef, Doc("entered instead when it would end more than `closing_grace_s` after closing time")] = ""
    keep_place: Annotated[bool, Doc("who came from another queue keeps the time waited there")] = False
    after: Annotated[NodeRef, Doc("entered when the agent hangs up first (a survey); else the call ends")] = ""
    skills: Annotated[SkillsRef, Doc("asked for on top of the queue's own: a list, or least levels", examples=("{kbli: 7}",))] = ()
    any_of: Annotated[tuple[SkillsRef, ...], Doc("and of each of these lists at least one")] = ()
    preferred: Annotated[SkillsRef, Doc("agents who have these are asked first")] = ()
    priority: Annotated[int | None, Doc("in place of the queue's; each step counts as `acd.points_per_priority` seconds waited")] = None
    announce_every_s: Annotated[
        int | None, Doc("place and expected wait, in place of the queue's; 0: never")
    ] = None

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        walk.typed = ""
        return (
            JoinQueue(
                queue=self.to,
                overflow=self.overflow,
                full=self.full,
                nobody=self.nobody,
                waited=self.waited,
                expected=self.expected,
                closing=self.closing,
                keep_place=self.keep_place,
                after=self.after,
                skills=self.skills,
                any_of=self.any_of,
                preferred=self.preferred,
                priority=self.priority,
                announce_every_s=self.announce_every_s,
            ),
        )

    def problems(self, known: Known) -> Iterable[Problem]:
        if self.announce_every_s is not None:
            yield from at_least(("announce_every_s",), self.announce_every_s, 0, "seconds")
        some = ((("skills",), self.skills), (("preferred",), self.preferred), *((("any_of", i), g) for i, g in enumerate(self.any_of)))
        for path, skills in some:
            for name, level in levels(skills).items():
                if not ANY <= level <= BEST:
                    yield Problem(path=(*path, name), message=f"a level is a number from {ANY} to {BEST}, not {level}")
