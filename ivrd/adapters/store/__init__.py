"""Where CDRs live: SQLite by default, PostgreSQL by another URL (docs/adr/0007-store.md).

schema.py has the tables and their history, rows.py turns a Cdr into a row and back (both pure of
I/O), query.py says which calls are asked for, client.py does the talking. spooling.py, batch.py and spool.py write
rows together, and keep them while the store does not take them.
"""

from ivrd.adapters.store.callbacks import KeptCallback
from ivrd.adapters.store.client import CdrStore
from ivrd.adapters.store.persons import Person, settled
from ivrd.adapters.store.query import CdrFilter
from ivrd.adapters.store.rows import COLUMNS, to_row
from ivrd.adapters.store.spool import RowSpool
from ivrd.adapters.store.spooling import GATHER_S, SpoolingStore

__all__ = [
    "COLUMNS", "GATHER_S", "CdrFilter", "CdrStore", "KeptCallback", "Person", "RowSpool", "SpoolingStore", "settled", "to_row",
]  # fmt: skip
