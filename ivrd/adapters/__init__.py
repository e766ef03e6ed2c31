"""One folder per outside thing; none imports another (import-linter holds it).

Each has a pure file that knows the outside's words (codec, topics, rows, ...) and a client that
does the talking, raises only ivrd.errors and speaks to the rest in the words of ports.py.
"""
