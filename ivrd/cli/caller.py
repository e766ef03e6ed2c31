"""``ivrd caller``: a copy of all that is known of one caller, and deleting it with proof (law 27/2022)."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ivrd.adapters.recordings import call_of
from ivrd.adapters.store import Person, settled
from ivrd.cli.archive import Archive, open_archive, operator
from ivrd.cli.remains import Remains
from ivrd.core.record import LEFT, NOT_YET
from ivrd.errors import IvrdError, OutsideError

DELETED = "deleted at the caller's request"
#: a call's row may be written again at the end of wrap-up: what is younger is left for later
SETTLED_AFTER_S = 3600.0
#: of another caller's call, what is about whom it led to: all else is that caller's
_ABOUT_DIALLED = ("call", "dialled", "dial_result", "dialled_ms", "ended_utc")


def add_parser(subparsers: Any) -> None:
    """``ivrd caller``."""
    parser = subparsers.add_parser("caller", help="export or delete what is known of one caller")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="rows, recordings and messages of a number, for the caller")
    export.add_argument("number", metavar="NUMBER", help="0812..., 62812... and +62812... are one number")
    export.add_argument("--out", type=Path, required=True, metavar="DIR")
    delete = actions.add_parser("delete", help="delete recordings and messages, put an alias in the rows")
    delete.add_argument("number", metavar="NUMBER")
    delete.add_argument("--yes", action="store_true", help="do it; without this it is only told what would be done")
    delete.add_argument("--country-code", default="62", help=argparse.SUPPRESS)
    export.add_argument("--country-code", default="62", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0; 1 when something had to be left."""
    numbers = spellings(args.number, args.country_code)
    archive = open_archive(args.config)
    if args.action == "export":
        return asyncio.run(_export(archive, numbers, args.out))
    return asyncio.run(_delete(archive, args.number, numbers, do=args.yes))


def spellings(number: str, country: str) -> list[str]:
    """The ways in which carriers spell one number: +62812 first, 62812, 0812. IvrdError when it is none."""
    digits = number.lstrip("+")
    if not digits.isascii() or not digits.isdigit() or len(digits) < 3:
        raise IvrdError(f"{number!r} is not a telephone number: digits, with a + in front if you like")
    if digits.startswith("0"):
        digits = country + digits[1:]
    if not digits.startswith(country):
        return [f"+{digits}", digits]
    return [f"+{digits}", digits, f"0{digits[len(country) :]}"]


def outside(archive: Archive, numbers: Iterable[str]) -> list[str]:
    """Those that are no extension here: rows name whom a flow dialled, agents and queues among them."""
    agents, queues = archive.loaded.agents.values(), archive.loaded.queues.values()
    ours = {agent.extension for agent in agents} | {queue.extension for queue in queues}
    return [number for number in numbers if number not in ours]


# --- a copy


async def _export(archive: Archive, numbers: list[str], out: Path) -> int:
    person = await _find(archive, numbers)
    _make(out)
    archive.audit.write(operator(), "caller exported", number=_masked(numbers[0]), calls=len(person.calls))
    status = 0
    dialled = [{name: row[name] for name in _ABOUT_DIALLED} for row in person.dialled]
    for name, rows in (("calls", person.calls), ("callbacks", person.callbacks), ("voicemails", person.voicemails), ("dialled", dialled)):
        _save(out / f"{name}.json", json.dumps(rows, default=str, indent=1, ensure_ascii=False).encode())
    for path, target in _recordings(person):
        try:
            archive.shelf.export(path, out / target)
        except OutsideError as exc:
            print(f"ivrd: {exc}", file=sys.stderr)
            status = 1
    for row in person.voicemails:
        status |= _copy_message(archive, Path(row["path"]), out) if row["path"] else 0
    print(
        f"{len(person.calls)} calls, {len(person.callbacks)} callbacks, {len(person.voicemails)} messages, "
        f"{len(dialled)} calls of others that led to the number written to {out}"
    )
    return status


def _recordings(person: Person) -> list[tuple[str, str]]:
    """Path of each recording, and its name in the export."""
    return [(path, f"recording-{call_of(path)}.wav") for row in person.calls for path in _paths(row)]


def _paths(row: Mapping[str, Any]) -> list[str]:
    """Of a call's recordings: one a talk."""
    return [path for path in (*row["earlier_recordings"].split(","), row["recording"]) if path]


def _copy_message(archive: Archive, path: Path, out: Path) -> int:
    try:
        _save(out / f"message-{path.name.removesuffix(archive.letters.suffix)}", archive.letters.read(path))
    except OutsideError as exc:
        print(f"ivrd: {path}: {exc}", file=sys.stderr)
        return 1
    return 0


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        out.chmod(0o700)
    except OSError as exc:
        raise IvrdError(f"cannot write to {out}: {exc.strerror}") from exc


def _save(path: Path, data: bytes) -> None:
    try:
        path.touch(mode=0o600)
        path.write_bytes(data)
    except OSError as exc:
        raise IvrdError(f"cannot write {path}: {exc.strerror}") from exc


# --- deletion


async def _delete(archive: Archive, number: str, numbers: list[str], *, do: bool) -> int:
    before = archive.clock.now() - SETTLED_AFTER_S
    person = await _find(archive, numbers)
    old = settled(person.calls, before)
    wishes, messages, led = settled(person.callbacks, before), settled(person.voicemails, before), settled(person.dialled, before)
    young = sum(map(len, (person.calls, person.callbacks, person.voicemails, person.dialled))) - sum(map(len, (old, wishes, messages, led)))
    if not (old or wishes or messages or led):
        print("nothing is known of this number" + (f" but {young} entries of the last hour" if young else ""))
        return 1 if _remains(archive, numbers) or young else 0
    every = [path for row in old for path in _paths(row)]
    held = [path for path in every if archive.keys.held(call_of(path))]
    recordings = [path for path in every if path not in held]
    letters = [row["path"] for row in messages if row["path"]]  # mailboxes have absolute paths
    held += [path for path in letters if archive.letters.held(Path(path))]
    letters = [path for path in letters if path not in held]
    left = archive.leftovers.of({row["call"] for row in old})
    held += [str(path) for path in left if archive.leftovers.held(path)]
    raws = [path for path in left if str(path) not in held]
    print(
        f"{'deleting' if do else 'would delete'}: {len(old)} calls' number and name, {len(recordings)} recordings, "
        f"{len(letters)} messages, {len(wishes)} callbacks, the number in {len(led)} calls of others that led to it"
        + (f", {len(raws)} raw recordings that were never published" if raws else "")
    )
    for path in held:
        print(f"kept, on legal hold: {path}", file=sys.stderr)
    others = [path for row in led if row not in old for path in _paths(row)]
    for path in others:
        print(f"kept: {path}: of another caller, whose call led to this number", file=sys.stderr)
    if young:
        print(f"kept: {young} entries of the last hour; run this again later", file=sys.stderr)
    waiting = [row["call"] for row in old if NOT_YET in row["recording_note"]]
    for call in waiting:
        print(f"call {call}: its message is not in its mailbox yet, and its row is written again when it is (in a day at most); run this again then", file=sys.stderr)
    elsewhere = [row["call"] for row in old if LEFT in row["recording_note"]]
    for call in elsewhere:
        print(f"call {call}: its message never reached its mailbox; delete it at Asterisk, if it is there: recording/{call}.message-*.wav", file=sys.stderr)
    if not do:
        print("nothing has been deleted: add --yes")
        return 0
    proof = await _forget(archive, numbers, letters, recordings, raws, before)
    _receipt(number, proof)
    return 1 if _remains(archive, numbers) or held or others or young or waiting or elsewhere else 0


def _remains(archive: Archive, numbers: list[str]) -> bool:
    """Say what is left elsewhere; whether somebody has to see to any of it."""
    found = Remains.of(numbers, outside(archive, numbers), archive.loaded.path(archive.loaded.site.paths.state), archive.store)
    for line in (*found.to_do, *found.going):
        print(line, file=sys.stderr)
    return bool(found.to_do)


async def _forget(
    archive: Archive, numbers: list[str], messages: list[str], recordings: list[str], raws: list[Path], before: float
) -> dict[str, Any]:
    """Files first: should the store fail then, the rows still lead here and all can be done again."""
    for file in raws:
        archive.leftovers.erase(file)
    for path in recordings:
        archive.shelf.erase(path)
    for path in messages:
        archive.letters.erase(Path(path))
    alias = f"deleted-{secrets.token_hex(6)}"  # random: nothing leads from it back to the number
    await archive.store.open_to_read()
    try:
        await archive.store.recordings_gone(recordings, DELETED)
        await archive.store.messages_gone(messages, DELETED)
        rows = await archive.store.forget_person(numbers, alias, before, outside(archive, numbers))
    finally:
        await archive.store.close()
    salt = secrets.token_hex(16)
    about = hashlib.sha256(f"{salt}{numbers[0]}".encode()).hexdigest()
    files = {"recordings": len(recordings), "messages": len(messages), "raw": len(raws)}
    line = archive.audit.write(operator(), "caller deleted", about=about, alias=alias, rows=rows, files=files)
    return {"line": line, "salt": salt, "spelt": numbers[0]}


def _receipt(number: str, proof: dict[str, Any]) -> None:
    """The salt stands here and nowhere else: only who has the receipt can show whom the line is about."""
    print("Receipt, for the caller; it is not kept:")
    print(f"  number  {number}")
    print(f"  line    {proof['line']} of the audit log (`ivrd audit`)")
    print(f"  salt    {proof['salt']}")
    print(f"  proof   `about` of that line is sha256(salt + \"{proof['spelt']}\")")


async def _find(archive: Archive, numbers: list[str]) -> Person:
    await archive.store.open_to_read()
    try:
        return await archive.store.find_person(numbers, outside(archive, numbers))
    finally:
        await archive.store.close()


def _masked(number: str) -> str:
    return "*" * max(0, len(number) - 3) + number[-3:]
