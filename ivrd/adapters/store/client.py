"""Talks to the database. Every failure leaves as StoreError with what to do."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import glob
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from ivrd.adapters.store import callbacks, decisions, letters, persons, query, rows, schema
from ivrd.adapters.store.callbacks import KeptCallback
from ivrd.adapters.store.engines import Engine, FileEngine, ServerEngine
from ivrd.adapters.store.persons import Person
from ivrd.adapters.store.query import CdrFilter
from ivrd.core.acd.decision import Decision
from ivrd.core.cdr import Cdr
from ivrd.core.state import Callback
from ivrd.errors import StoreDamagedError, StoreError
from ivrd.ports import Letter

P = ParamSpec("P")
T = TypeVar("T")

_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
ANSWER_TIMEOUT_S = 10.0  #: for one row; a database that takes longer is treated as away
DAMAGED = ".damaged-"  #: between a damaged file's name and when it was put aside
BUSY_TIMEOUT_S = 5.0  #: how long SQLite waits for another writer, for instance a backup


class CdrStore:
    """ports.CallStore on an SQLAlchemy URL (SQLite's path absolute, or relative to here).

    ``zone``: the centre's time zone, for the ``*_local`` columns.
    """

    def __init__(
        self,
        url: str,
        zone: dt.tzinfo,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self._url = _parse(url)
        self._where = self._url.render_as_string(hide_password=True)
        self._zone = zone
        self._busy_timeout_s = busy_timeout_s
        self._answer_timeout_s = answer_timeout_s
        self._engine: Engine | None = None
        self._trouble: str | None = "the CDR store is not open yet"
        self.put_aside = 0  #: files of ours that were damaged and have another name now

    def problem(self) -> str | None:
        """Why the last request failed, in words for a person; None when it went well."""
        return self._trouble

    async def open(self) -> None:
        """Connect, make or upgrade the tables. Raises StoreError."""
        await self._open(schema.upgrade)

    @property
    def is_open(self) -> bool:
        """Whether requests can be made (they may fail)."""
        return self._engine is not None

    def set_aside(self, at: float) -> Path:
        """Give SQLite's damaged file another name; blocks. The new name. StoreError."""
        assert self._file is not None
        stamp = dt.datetime.fromtimestamp(at, self._zone).strftime("%Y-%m-%d-%H-%M-%S")  # walls mask long numbers
        aside = self._file.with_name(f"{self._file.name}{DAMAGED}{stamp}")
        with self._translated():
            for suffix in ("", "-wal", "-shm"):
                part = self._file.with_name(self._file.name + suffix)
                if part.exists():
                    part.replace(aside.with_name(aside.name + suffix))
        self.put_aside += 1
        return aside

    def set_aside_before(self) -> list[Path]:
        """Damaged files that nobody has looked after yet; blocks."""
        if self._file is None:
            return []
        found = self._file.parent.glob(f"{glob.escape(self._file.name)}{DAMAGED}*")
        return sorted(path for path in found if not path.name.endswith(("-wal", "-shm")))

    async def open_to_read(self) -> None:
        """Connect to a store that exists already. Raises StoreError when there is none."""
        if self._file is not None and not self._file.exists():
            raise StoreError(f"there is no CDR store at {self._file} yet: has ivrd run?")
        await self._open(schema.check)

    async def close(self) -> None:
        """Let go of all connections; harmless twice."""
        if self._engine is not None:
            engine, self._engine = self._engine, None
            await engine.close()

    async def write(self, cdr: Cdr, why: Sequence[Decision] = ()) -> None:
        """Insert the row, or overwrite the call's row, with its decisions; when this returns it is on disk."""
        await self._do(self._keep, ((cdr, why),))

    async def write_all(self, several: Sequence[tuple[Cdr, Sequence[Decision]]]) -> None:
        """The same for several rows, oldest first: all of them, or none."""
        await self._do(self._keep, several)

    def _keep(self, link: Connection, several: Sequence[tuple[Cdr, Sequence[Decision]]]) -> None:
        latest = {cdr.call: (cdr, why) for cdr, why in several}  # a call's earlier row would be overwritten at once
        statement = query.upsert(self._url.get_backend_name())
        link.execute(statement, [rows.to_row(cdr, self._zone) for cdr, _ in latest.values()])
        decisions.keep(link, {call: why for call, (_, why) in latest.items()})

    async def find_why(self, call: str) -> list[Decision]:
        """What was decided about a call that is over, oldest first; [] when nothing is kept of it."""
        return await self._do(decisions.find, call)

    async def has(self, call: str) -> bool:
        """Whether the call has a row."""
        wanted = select(schema.cdr.c.call).where(schema.cdr.c.call == call)
        return await self._do(lambda link: link.execute(wanted).first() is not None)

    async def find(self, wanted: CdrFilter, limit: int | None = 50) -> list[Cdr]:
        """The newest ``limit`` calls (None: all) that match, oldest first."""
        found = await self._do(lambda link: link.execute(query.newest(wanted, limit)).mappings().all())
        return [rows.from_row(dict(row)) for row in reversed(found)]

    async def keep_callback(self, wish: Callback) -> int:
        """Keep a wish to be called back, once; how many are open in its queue."""
        return await self._do(callbacks.keep, wish, self._zone)

    async def keep_letter(self, letter: Letter, path: str) -> None:
        """Note a message that a caller left, once."""
        await self._do(letters.keep, letter, path, self._zone)

    async def open_callbacks(self) -> dict[str, int]:
        """Queue -> open requests."""
        return await self._do(callbacks.open_ones)

    async def find_callbacks(self, queue: str, *, done: bool) -> list[KeptCallback]:
        """Open requests (with ``done``: all) of a queue ("": of all), oldest first."""
        return await self._do(lambda link: callbacks.find(link, queue, done=done))

    async def callback_done(self, ident: str, note: str, at: float) -> bool:
        """Mark a request done. False when there is no such open one."""
        return await self._do(callbacks.mark_done, ident, note, at, self._zone)

    async def find_person(self, numbers: Collection[str], outside: Collection[str] = ()) -> Person:
        """All rows of one caller; by ``outside`` also those of calls that led to the number (persons.py)."""
        return await self._do(persons.find, numbers, outside)

    async def forget_person(
        self, numbers: Collection[str], alias: str, before: float, outside: Collection[str] = ()
    ) -> dict[str, int]:
        """Put ``alias`` in place of the number in all rows from before ``before``; changed rows by table."""
        return await self._do(persons.forget, numbers, alias, before, outside)

    async def recordings_gone(self, paths: Collection[str], note: str) -> int:
        """Say in their calls' rows that recordings were deleted; how many rows."""
        return await self._do(persons.recordings_gone, paths, note)

    async def find_messages(self, call: str) -> Sequence[str]:
        """Paths of the messages that a call left and that are still there, oldest first."""
        return await self._do(letters.of_call, call)

    async def messages_past(self, before: str) -> Sequence[str]:
        """Paths of the messages from local days before ``before`` (2026-11-24) that are still there."""
        return await self._do(letters.past, before)

    async def messages_gone(self, paths: Collection[str], note: str) -> None:
        """Say that messages were deleted, and why."""
        await self._do(letters.gone, paths, note)

    async def close_callback(self, queue: str, number: str, note: str, at: float) -> int:
        """Mark the number's open request done, if there is one; how many are open in the queue."""
        return await self._do(callbacks.close, queue, number, note, at, self._zone)

    async def open_callback_keys(self) -> set[tuple[str, str]]:
        """(queue, number) of every open request."""
        return await self._do(callbacks.open_keys)

    async def ping(self) -> None:
        """StoreError unless the store answers."""
        await self._do(lambda link: link.execute(select(schema.version.c.version)).first())

    # --- helpers

    @property
    def _file(self) -> Path | None:
        """SQLite's file; None for a server."""
        if self._url.get_backend_name() != "sqlite":
            return None
        return Path(str(self._url.database))

    async def _open(self, prepare: Callable[[Connection], None]) -> None:
        with self._translated():
            self._engine = self._make_engine()
        try:
            await self._do(prepare)
        except BaseException:
            await self.close()
            raise

    def _make_engine(self) -> Engine:
        if self._file is None:
            return ServerEngine(self._url, int(self._answer_timeout_s))
        return FileEngine(self._url, self._busy_timeout_s)

    async def _do(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """``work(link, ...)`` in one transaction, bounded in time."""
        if self._engine is None:
            raise StoreError("the CDR store is not open")
        try:
            with self._translated():
                async with asyncio.timeout(self._answer_timeout_s):
                    done = await self._engine.run(lambda link: work(link, *args, **kwargs))
        except StoreError as exc:
            self._trouble = str(exc)
            raise
        self._trouble = None
        return done

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        where = self._where
        try:
            yield
        except ModuleNotFoundError as exc:
            raise StoreError(
                f"the CDR store {where} needs the module {exc.name}: pip install 'ivrd[postgresql]'"
            ) from exc
        except TimeoutError as exc:
            raise StoreError(
                f"the CDR store {where} did not answer within {self._answer_timeout_s:g} s"
            ) from exc
        except (SQLAlchemyError, sqlite3.Error, OSError) as exc:
            words = _explain(exc)
            kind = StoreDamagedError if any(phrase in words for phrase in _OF_DAMAGE) else StoreError
            raise kind(f"the CDR store {where}: {words}") from exc


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError) as exc:
        raise StoreError(f"store_url {url!r} is not a URL like sqlite:///var/state/cdr.db") from exc
    if backend not in _DRIVERS:
        raise StoreError(f"store_url: {backend} is not supported, only sqlite and postgresql are")
    parsed = parsed.set(drivername=_DRIVERS[backend])
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError("store_url: CDRs need a file, for example sqlite:///var/state/cdr.db")
    return parsed


#: SQLite's words for a file that cannot be mended by waiting
_OF_DAMAGE = ("file is not a database", "disk image is malformed")

_HINTS = {
    "disk image is malformed": "the file is damaged: a new one is begun when ivrd starts or writes the next row",
    "unable to open database file": "is the directory there, and may ivrd write to it?",
    "readonly database": "the file or its directory is read-only for this user",
    "database is locked": "another program holds it: a backup, or a shell left open?",
    "disk is full": "free some space",
    "file is not a database": "the file is damaged, or not a CDR store: restore it from a backup",
    "password authentication failed": "check the user, and the password in PGPASSFILE",
    "connection failed": "is the server running, and is store_url in config/ivrd.yaml right?",
}


def _explain(error: Exception) -> str:
    """The database's own words on one line, and what to do."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    words = " ".join(str(original).split())
    hint = next((hint for phrase, hint in _HINTS.items() if phrase in words), "")
    return f"{words}: {hint}" if hint else words
