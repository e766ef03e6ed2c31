"""ivrd: the telephone front door of a public contact centre, on Asterisk.

The way in, top to bottom (each layer imports only those below it; import-linter holds it):

    cli        argv only, one file a command
    daemon     the shell: one inbox, one writer, commands become I/O, life cycle
    adapters   one folder per outside thing (Asterisk's ARI and AMI, broker, store, ...)
    rehearsal  calls without a telephone, on the daemon's own core, for the admin's tools
    ports      what the daemon asks of an adapter, in our own words
    settings   the YAML files an admin writes, checked, with file:line:column for each fault
    vault      masked input: digits that neither journal nor core may have
    core       pure: events in, commands out; the IVR interpreter and the ACD router
    errors     the exception tree
"""

__version__ = "0.1.0"
