"""mosquitto's files: ivrd writes, walls read, nobody else gets in. Pure text; write.py puts it on disk."""

from ivrd.adapters.broker_config.render import Listener, acl, files, password_file
from ivrd.adapters.broker_config.write import write

__all__ = ["Listener", "acl", "files", "password_file", "write"]
