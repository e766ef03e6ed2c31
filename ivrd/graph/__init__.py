"""Flows looked at as graphs: drawn for a meeting, and compared for those who call. Pure functions, no I/O."""
