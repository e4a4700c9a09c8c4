"""A broadcast simulator that knows what is true, and writes it down before it sends anything.

``generator`` is pure: the same scenario, seed and options give the same stream, byte for byte; it
reads no clock. ``ledger`` and ``check`` hold what was sent against what a state says; ``run`` and
``sender`` are the only modules that touch Kafka. May import ``events``, ``errors``, msgspec and
aiokafka. What does not belong: folding events into figures (that is what it is there to check), and
anything that the worker needs.
"""
