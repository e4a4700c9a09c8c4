"""Servers of our own as processes, in memory, for demos and tests: a broker that speaks Kafka, and a Redis.

May import ``errors``, the standard library, aiokafka and fakeredis. What does not belong: topics and their
settings (``provision``), and anything that a real server would need as well.
"""
