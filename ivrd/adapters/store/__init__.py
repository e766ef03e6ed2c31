"""Where CDRs live: SQLite by default, PostgreSQL by another URL (docs/adr/0007-store.md).

schema.py has the tables and their history, rows.py turns a Cdr into a row and back (both pure of
I/O), query.py says which calls are asked for, client.py does the talking.
"""

from ivrd.adapters.store.callbacks import KeptCallback
from ivrd.adapters.store.client import CdrStore
from ivrd.adapters.store.persons import Person, settled
from ivrd.adapters.store.query import CdrFilter
from ivrd.adapters.store.rows import COLUMNS, to_row

__all__ = ["COLUMNS", "CdrFilter", "CdrStore", "KeptCallback", "Person", "settled", "to_row"]
