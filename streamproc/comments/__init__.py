"""Comment sense: what a comment in a live room means, and why.

A pure floor: no I/O, no clock, no randomness, no logging; rule files are read at the edge and handed
in as text. It may import ``streamproc.events`` and ``streamproc.errors``. Counting what comments say
belongs to ``tally`` and ``program``.
"""
