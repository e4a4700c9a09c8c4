"""The engine: runs a program per partition so that no record is lost or counted twice.

Knows Kafka and Faust, and nothing of live sales. It may import ``protocol`` and ``errors``; program,
tallies and events are handed in. Pure files (no I/O): ``stamp``, ``digest``, ``fence``, ``reader``,
``ownership``, ``beginning``, ``rewriting``, ``limiter``; the rest is the edge.

Source: docs/architecture.md; docs/adr 0001 to 0012 and 0021.
"""
