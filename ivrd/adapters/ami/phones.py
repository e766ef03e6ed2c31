"""PURE: which phones are reachable and which in use, and when that changes.

A phone that registers anew from another port has two contacts for a moment, the new one before the
old one goes: it stays reachable. That is why contacts are counted and not only the last word kept.

Asterisk is asked for all of them now and then, since an event that is lost is found in no other way. What it tells by
itself between question and answer is newer than the answer: it waits (``ask``), and the answer is corrected by it before
anybody is told, so that nothing comes and goes that never did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ivrd.core.events import PhoneFree, PhoneInUse, PhoneReachable, PhoneUnreachable


class PhoneWatch:
    """``extensions``: phones to watch; the first snapshot tells of each of them, later only changes."""

    def __init__(self, extensions: Collection[str]) -> None:
        self._watched = frozenset(extensions)
        self._contacts: dict[str, set[str]] = {}
        self._told: dict[str, bool] = {}
        self._newer: list[tuple[str, str, bool]] | None = None  # than the answer that is on its way

    def ask(self) -> None:
        """From now on contacts wait for the ``snapshot``, or for ``unanswered``."""
        self._newer = []

    def snapshot(
        self, contacts: Iterable[tuple[str, str]], at: float
    ) -> list[PhoneReachable | PhoneUnreachable]:
        """All reachable contacts that Asterisk says there are, as (extension, uri)."""
        self._contacts = {extension: set() for extension in self._watched}
        for extension, uri in contacts:
            self._note(extension, uri, True)
        self._catch_up()
        return [event for e in sorted(self._watched) for event in self._tell(e, at)]

    def unanswered(self, at: float) -> list[PhoneReachable | PhoneUnreachable]:
        """There will be no snapshot: what waited for it stands."""
        waited = sorted({extension for extension, _, _ in self._newer or ()})
        self._catch_up()
        return [event for e in waited for event in self._tell(e, at)]

    def contact(
        self, extension: str, uri: str, reachable: bool, at: float
    ) -> list[PhoneReachable | PhoneUnreachable]:
        """One contact came, went, or began or ceased to answer."""
        if extension not in self._watched:
            return []
        if self._newer is not None:
            self._newer.append((extension, uri, reachable))
            return []
        self._note(extension, uri, reachable)
        return self._tell(extension, at)

    def contacts(self) -> dict[str, frozenset[str]]:
        """Extension -> where the phone may be reached now."""
        return {extension: frozenset(uris) for extension, uris in self._contacts.items()}

    def _note(self, extension: str, uri: str, reachable: bool) -> None:
        if extension in self._watched:
            contacts = self._contacts.setdefault(extension, set())
            (contacts.add if reachable else contacts.discard)(uri)

    def _catch_up(self) -> None:
        newer, self._newer = self._newer or [], None
        for contact in newer:
            self._note(*contact)

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
        self._newer: dict[str, bool] | None = None  # than the answer that is on its way

    def ask(self) -> None:
        """From now on phones wait for the ``survey``, or for ``unanswered``."""
        self._newer = {}

    def survey(self, in_use: Collection[str], at: float) -> list[PhoneInUse | PhoneFree]:
        """All phones that Asterisk says are in use; of the others we may have remembered something else."""
        return self._tell({e: e in in_use for e in self._watched} | self._waited(), at)

    def unanswered(self, at: float) -> list[PhoneInUse | PhoneFree]:
        """There will be no survey: what waited for it stands."""
        return self._tell(self._waited(), at)

    def used(self, extension: str, in_use: bool, at: float) -> list[PhoneInUse | PhoneFree]:
        """One phone's device state."""
        if extension not in self._watched:
            return []
        if self._newer is not None:
            self._newer[extension] = in_use
            return []
        return self._tell({extension: in_use}, at)

    def _waited(self) -> dict[str, bool]:
        newer, self._newer = self._newer or {}, None
        return newer

    def _tell(self, seen: Mapping[str, bool], at: float) -> list[PhoneInUse | PhoneFree]:
        changed = [e for e in sorted(seen) if self._told.get(e) != seen[e]]
        self._told.update(seen)
        return [(PhoneInUse if seen[e] else PhoneFree)(at=at, extension=e) for e in changed]
