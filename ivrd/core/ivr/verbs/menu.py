"""menu: let the caller choose by a key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core.ivr.problem import Known, Problem
from ivrd.core.ivr.shape import Doc, Escalates, Names, NodeRef, Says
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import (
    Around,
    Escalating,
    Goto,
    Hush,
    Listen,
    Phase,
    Request,
    Say,
    Walk,
    nth,
    spoken,
)

REPEAT = ":repeat"  #: say the menu again
BACK = ":back"  #: the menu before this one
KEYS = frozenset("0123456789*#")


@dataclass(frozen=True, kw_only=True)
class Menu(Deaf):
    """Let the caller choose by a key.

    ``menu: {say: [...], keys: {1: node, 9: ":repeat", "*": ":back"}}``.

    A key interrupts the prompt; keys pressed ahead are used without saying anything. A wrong key or
    silence costs one of ``tries``; after the last, ``otherwise`` is entered.
    """

    verb: ClassVar[str] = "menu"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    say: Annotated[Says, Doc("the choices", examples=(["menu-main"],))]
    keys: Annotated[
        dict[str, Annotated[str, Names("node", words=(REPEAT, BACK))]],
        Doc('key (0-9, "*", "#") to node; ":repeat" says the menu again, ":back" returns to the one before'),
    ]
    otherwise: Annotated[NodeRef, Doc("entered after the last try")]
    timeout_s: Annotated[float, Doc("silence after the prompt, in seconds")] = 5.0
    tries: Annotated[int, Doc("wrong keys and silences together")] = 3
    invalid: Annotated[
        Escalates,
        Doc(
            "said after a wrong key, before the menu is said again; a list of lists escalates, one each time",
            examples=(["invalid-key"], [["invalid-key"], ["invalid-key", "help"]]),
        ),
    ] = ("invalid-key",)
    silence: Annotated[Escalates, Doc("the same after silence")] = ("no-input",)

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if not walk.menus or walk.menus[-1] != walk.node:
            walk.menus.append(walk.node)
        if walk.typed:
            digit, walk.typed = walk.typed[0], walk.typed[1:]
            return self._choose(walk, around, digit)
        return (Say(speech=spoken(self.say, around)),)

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        hush = (Hush(),) if walk.phase == Phase.SAYING else ()
        return hush + self._choose(walk, around, digit)

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (Listen(timeout_s=self.timeout_s),)

    def timed_out(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return self._once_more(walk, around, self.silence)

    def _choose(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        match self.keys.get(digit):
            case None:
                walk.typed = ""  # what was typed ahead was meant for another menu
                return self._once_more(walk, around, self.invalid)
            case ":repeat":
                return (Goto(node=walk.node),)
            case ":back":
                return self._back(walk, around)
            case node:
                return (Goto(node=node),)

    def _once_more(self, walk: Walk, around: Around, first: Escalating) -> tuple[Request, ...]:
        walk.attempt += 1
        if walk.attempt > self.tries:
            return (Goto(node=self.otherwise),)
        return (Say(speech=spoken(nth(first, walk.attempt - 1) + self.say, around)),)

    def _back(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if len(walk.menus) < 2:
            return (Goto(node=walk.node),)
        walk.menus.pop()
        return (Goto(node=walk.menus.pop()),)

    def problems(self, known: Known) -> Iterable[Problem]:
        for key in self.keys:
            if key not in KEYS:
                yield Problem(path=("keys", key), message=f"{key!r} is not a telephone key (0-9, *, #)")
        if self.tries < 1:
            yield Problem(path=("tries",), message="at least one try is needed")
        if self.timeout_s <= 0:
            yield Problem(path=("timeout_s",), message="must be more than 0 seconds")
