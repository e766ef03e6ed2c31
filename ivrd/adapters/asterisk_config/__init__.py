"""Asterisk's files, generated from config/.

render.py    everything at once: (settings, secrets) -> {file name: text}; pure
text.py      sections and keys, and what may not stand in them
sip.py       pjsip.conf, rtp.conf: transport, trunk, phones
dialplan.py  extensions.conf: calls to ivrd, and what follows when ivrd is away
queues.py    queues.conf, musiconhold.conf: the fallback queue
access.py    http.conf, ari.conf, manager.conf: how ivrd reaches Asterisk
modules.py   modules.conf: what Asterisk loads, and nothing else
base.py      asterisk.conf of a private instance, logger.conf, and the rest
music.py     music on hold, made here
write.py     the files on disk: atomically, only what changed, nothing of others overwritten
"""

from ivrd.adapters.asterisk_config.base import Private
from ivrd.adapters.asterisk_config.render import render
from ivrd.adapters.asterisk_config.write import Written, write

__all__ = ["Private", "Written", "render", "write"]
