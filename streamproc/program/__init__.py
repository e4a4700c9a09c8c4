"""The live-sales program: decode, fold, and the keyed records that the fold is kept in.

A pure floor: no I/O, no clock, no randomness, no logging. It may import ``streamproc.protocol``,
``tally``, ``events`` and ``errors``. What events add up to belongs to ``tally``; offsets, flushes
and Kafka belong to ``engine``, of which nothing is known here.
"""
