"""What happened, on disk before it is handled: a journal that survives kill -9.

codec.py turns events into lines and back (pure), files.py reads and names the files of a
generation, journal.py appends and rotates, lock.py keeps the directory to one process.
"""

from ivrd.adapters.journal.codec import BadLine, decode, encode
from ivrd.adapters.journal.journal import FileJournal
from ivrd.adapters.journal.lock import Beat, StateLock, holder

__all__ = ["BadLine", "Beat", "FileJournal", "StateLock", "decode", "encode", "holder"]
