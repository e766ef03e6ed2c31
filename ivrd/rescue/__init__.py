"""The rescuer: a process of its own that looks after callers when ivrd does not.

    judge.py    PURE: how long ivrd has been away or silent, and which channels to do what with
    watch.py    asks ivrd how it is, and Asterisk what it holds; moves whoever waits alone

Asterisk keeps a caller in the Stasis application for as long as the caller stays, whether or not
anybody is there to serve it: after a crash nothing happens by itself, and a frozen ivrd even goes on
being given new calls. See docs/adr/0060-rescuer.md, and 0103 for the bell at which it asks.
"""
