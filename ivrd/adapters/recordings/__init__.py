"""Raw recordings of Asterisk become WAV files under their final names, whole or not at all; sealed, if asked for.

wav.py and sealing.py know the formats (pure), keyring.py the keys, archive.py publishes, shelf.py is for people,
letters.py for the messages in mailboxes, holding.py is what these two share, leftovers.py finds raw recordings that were never published.
"""

from ivrd.adapters.recordings.archive import FileArchive
from ivrd.adapters.recordings.keyring import Hold, KeyRing
from ivrd.adapters.recordings.leftovers import Leftovers
from ivrd.adapters.recordings.letters import LetterSeal
from ivrd.adapters.recordings.shelf import Purged, Shelf, call_of, day_of

__all__ = ["FileArchive", "Hold", "KeyRing", "Leftovers", "LetterSeal", "Purged", "Shelf", "call_of", "day_of"]
