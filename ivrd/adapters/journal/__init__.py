"""What happened, on disk before it is handled: a journal that survives kill -9.

codec.py turns events into lines and back (pure), files.py reads and names the files of a
generation, journal.py appends, rotates and keeps the directory to itself.
"""

from ivrd.adapters.journal.codec import BadLine, decode, encode
from ivrd.adapters.journal.files import holder
from ivrd.adapters.journal.journal import FileJournal

__all__ = ["BadLine", "FileJournal", "decode", "encode", "holder"]
