"""What happened in a live room: one struct per event, one registry, one codec.

A pure floor: no I/O, no clock, no randomness, no logging. It may import ``streamproc.errors``,
msgspec and the standard library. What events add up to belongs to ``tally``; how they reach or
leave Kafka belongs to ``engine``, ``agents`` and ``sinks``.
"""
