"""A simulated Kafka for one changelog partition, and workers that run the engine's own rules on it.

What is real: stamps, fences, digests, readers, claims and ownership, from ``streamproc.engine``, and the
program. What is simulated: the log and its compaction, the network, the consumer group, time, and the
processes that die, sleep and wake. It imports the pure core of the engine, the protocol and the errors;
no rule of the core is written here a second time, and no assertion of a test belongs here.

Source: docs/adr/0003 to 0008; docs/architecture.md.
"""
