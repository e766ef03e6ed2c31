"""A line from whoever sits there, or from a pipe; lines back, coloured where there are eyes for it."""

from __future__ import annotations

import getpass
import io
import sys
from collections.abc import Iterable
from types import ModuleType

from rich.console import Console
from rich.text import Text

_LABEL = 8
_STYLES = {
    "hears": "default", "presses": "bold cyan", "node": "dim", "because": "dim", "waits": "yellow", "rings": "yellow",
    "talks": "green", "asks": "magenta", "answer": "magenta", "ends": "bold", "dials": "bold",
}  # fmt: skip


class Terminal:
    """Standard input and output. Colours, editing and history only on a terminal (and none with NO_COLOR)."""

    def __init__(self, words: Iterable[str]) -> None:
        self._console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        self.person = sys.stdin.isatty()
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # what is no text is no word
        self._readline = _readline(list(words)) if self.person else None

    def tell(self, clock: str, label: str, text: str) -> None:
        """A fact, with the time on the clock."""
        style = _STYLES.get(label, "default")
        head = f"{clock} {label:<{_LABEL}} "
        if not self._console.is_terminal:
            self._console.print(Text(head + text))
            return
        room = max(self._console.width - len(head), 20)
        wrapped = Text(text, style=style).wrap(self._console, room)
        for i, line in enumerate(wrapped):
            before = Text(head, style="dim") if i == 0 else Text(" " * len(head))
            self._console.print(before + line, soft_wrap=True)

    def say(self, text: str, style: str = "default") -> None:
        """A reply, or what is wrong."""
        self._console.print(Text(text, style=style))

    def ask(self, masked: bool) -> str | None:
        """The next line; None when there is none. ``masked``: it is neither shown nor remembered."""
        try:
            if not self.person:
                line = sys.stdin.readline()
                return line.rstrip("\n") if line else None
            return getpass.getpass("(not shown) > ") if masked else input("> ")
        except EOFError:
            print()
            return None

    def forget(self) -> None:
        """The last line held masked input: it is not to come back by the arrow key."""
        if self._readline is not None and (last := self._readline.get_current_history_length()):
            self._readline.remove_history_item(last - 1)


def _readline(words: list[str]) -> ModuleType | None:
    """Editing, history of this sitting, and completion by Tab; None where the system has none."""
    try:
        import readline
    except ImportError:
        return None

    def complete(text: str, state: int) -> str | None:
        begun = readline.get_line_buffer()[: readline.get_endidx()].lstrip()
        found = [w[len(begun) - len(text) :] for w in words if w.startswith(begun)]
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
    if "libedit" in (readline.__doc__ or ""):
        readline.parse_and_bind("bind ^I rl_complete")
    return readline
