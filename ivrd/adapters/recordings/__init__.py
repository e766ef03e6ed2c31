"""Raw recordings of Asterisk become WAV files under their final names, whole or not at all.

wav.py knows the header (pure), archive.py does the rest.
"""

from ivrd.adapters.recordings.archive import FileArchive

__all__ = ["FileArchive"]
