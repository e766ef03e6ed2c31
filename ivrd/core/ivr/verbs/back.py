"""return: end a sub-flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from ivrd.core.ivr import walk as w
from ivrd.core.ivr.expression import value
from ivrd.core.ivr.shape import AnyExpr, Doc
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Return(Deaf):
    """End a sub-flow: the call goes on behind the ``run`` that began it.

    ``return: {values: {nib: vars.nib, valid: "true"}}``. The names are those of the sub-flow's ``returns:``.
    """

    verb: ClassVar[str] = "return"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "coerce_numbers_to_str": True}

    values: Annotated[dict[str, AnyExpr], Doc("what is returned: name to expression")] = field(
        default_factory=dict
    )

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        found = {name: value(walk, around, text) for name, text in self.values.items()}
        return (w.Return(values={k: v for k, v in found.items() if v is not None}),)
