"""A simulated Kafka for one changelog partition, and workers that run the engine's own rules on it.

What is real: stamps, fences, digests, readers, claims, ownership, the partition and where to begin, from
``streamproc.engine``, and the program; ``engine_worker`` runs the whole engine but Faust, aiokafka and its
timers. What is simulated: the log and its compaction, the network, the consumer group, time, and the
processes that die, sleep and wake. It imports the engine, the protocol and the errors; ``live`` also the
live-sales program and its events. No rule of the engine is written here a second time, except the order
of its steps in ``recovery`` and ``owner``, from which the ablations take rules away; and no assertion of
a test belongs here.

Source: docs/adr/0003 to 0008; docs/architecture.md.
"""
