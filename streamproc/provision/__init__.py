"""Topics: what is declared in ``topics/``, what a broker has, and the way from one to the other.

May import ``events``, ``errors``, msgspec, PyYAML and aiokafka's admin client; ``catalog`` and
``plan`` do no network I/O. What does not belong: reading or writing records, and state.
"""
