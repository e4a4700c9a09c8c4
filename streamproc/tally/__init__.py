"""What events add up to: figures, panes, sessions, order lines, and what was seen already.

A pure floor: no I/O, no clock, no randomness, no logging. It may import ``streamproc.events`` and
``streamproc.errors``. How tallies become bytes, which of them changed and which record goes where
belong to ``program``: the ``key`` and ``dirty`` attributes here are its marks, never read here.
"""
