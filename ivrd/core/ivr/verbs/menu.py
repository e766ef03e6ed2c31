"""menu: let the caller choose by a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivrd.core.ivr.verbs.base import Named
from ivrd.core.ivr.walk import Around, Goto, Hush, Listen, Phase, Request, Say, Walk, spoken

REPEAT = ":repeat"  #: say the menu again
BACK = ":back"  #: the menu before this one


@dataclass(frozen=True, kw_only=True)
class Menu:
    """``menu: {say: [...], keys: {1: node, 9: ":repeat", "*": ":back"}}``.

    A key interrupts the prompt; keys pressed ahead are used without saying anything. A wrong key or
    silence costs one of ``tries``; after the last, ``otherwise`` is entered.
    """

    verb: ClassVar[str] = "menu"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    say: tuple[str, ...]
    keys: dict[str, str]  #: 0-9, "*", "#" -> node, ":repeat" or ":back"
    otherwise: str  #: entered after the last try
    timeout_s: float = 5.0  #: silence after the prompt
    tries: int = 3
    invalid: tuple[str, ...] = ("invalid-key",)  #: said before the menu is said again
    silence: tuple[str, ...] = ("no-input",)

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

    def _once_more(self, walk: Walk, around: Around, first: tuple[str, ...]) -> tuple[Request, ...]:
        walk.attempt += 1
        if walk.attempt > self.tries:
            return (Goto(node=self.otherwise),)
        return (Say(speech=spoken(first + self.say, around)),)

    def _back(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if len(walk.menus) < 2:
            return (Goto(node=walk.node),)
        walk.menus.pop()
        return (Goto(node=walk.menus.pop()),)

    def targets(self) -> Named:
        named: Named = [(("keys", k), v) for k, v in self.keys.items() if v not in (REPEAT, BACK)]
        return [*named, (("otherwise",), self.otherwise)]

    def says(self) -> Named:
        return [
            ((field, i), key)
            for field in ("say", "invalid", "silence")
            for i, key in enumerate(getattr(self, field))
        ]
