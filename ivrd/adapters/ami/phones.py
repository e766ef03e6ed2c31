"""PURE: which phones are reachable and which in use, and when that changes.

A phone that registers anew from another port has two contacts for a moment, the new one before the
old one goes: it stays reachable. That is why contacts are counted and not only the last word kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ivrd.core.events import PhoneFree, PhoneInUse, PhoneReachable, PhoneUnreachable


class PhoneWatch:
    """``extensions``: phones to watch; the first snapshot tells of each of them, later only changes."""

    def __init__(self, extensions: Collection[str]) -> None:
        self._watched = frozenset(extensions)
        self._contacts: dict[str, set[str]] = {}
        self._told: dict[str, bool] = {}

    def snapshot(
        self, contacts: Iterable[tuple[str, str]], at: float
    ) -> list[PhoneReachable | PhoneUnreachable]:
        """All reachable contacts there are now, as (extension, uri)."""
        self._contacts = {extension: set() for extension in self._watched}
        for extension, uri in contacts:
            if extension in self._watched:
                self._contacts[extension].add(uri)
        return [event for e in sorted(self._watched) for event in self._tell(e, at)]

    def contact(
        self, extension: str, uri: str, reachable: bool, at: float
    ) -> list[PhoneReachable | PhoneUnreachable]:
        """One contact came, went, or began or ceased to answer."""
        if extension not in self._watched:
            return []
        contacts = self._contacts.setdefault(extension, set())
        (contacts.add if reachable else contacts.discard)(uri)
        return self._tell(extension, at)

    def contacts(self) -> dict[str, frozenset[str]]:
        """Extension -> where the phone may be reached now."""
        return {extension: frozenset(uris) for extension, uris in self._contacts.items()}

    def _tell(self, extension: str, at: float) -> list[PhoneReachable | PhoneUnreachable]:
        reachable = bool(self._contacts.get(extension))
        if self._told.get(extension) == reachable:
            return []
        self._told[extension] = reachable
        kind = PhoneReachable if reachable else PhoneUnreachable
        return [kind(at=at, extension=extension)]


class UseWatch:
    """Phones that ring or talk, with whomever: told when that changes, and of all in the first survey."""

    def __init__(self, extensions: Collection[str]) -> None:
        self._watched = frozenset(extensions)
        self._told: dict[str, bool] = {}

    def survey(self, in_use: Collection[str], at: float) -> list[PhoneInUse | PhoneFree]:
        """All phones in use now; of the others we may have remembered something else."""
        return [event for e in sorted(self._watched) for event in self.used(e, e in in_use, at)]

    def used(self, extension: str, in_use: bool, at: float) -> list[PhoneInUse | PhoneFree]:
        """One phone's device state."""
        if extension not in self._watched or self._told.get(extension) == in_use:
            return []
        self._told[extension] = in_use
        kind = PhoneInUse if in_use else PhoneFree
        return [kind(at=at, extension=extension)]
