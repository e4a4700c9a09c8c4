"""The embedded broker: a Kafka-speaking process of our own, in memory, for demos and tests.

May import ``errors``, the standard library and aiokafka. What does not belong: topics and their
settings (``provision``), and anything that a real broker would need as well.
"""
