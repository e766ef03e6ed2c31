"""Days of pretend callers on the daemon's own exchange, thousands of times faster than life. (In the making.)"""
