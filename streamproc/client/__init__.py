"""Readers of our output topics, for whoever is downstream of them; depends on nothing of ours but events.

May import ``events``, and ``kafka`` alone a Kafka client. Not here: what a reader does with what it reads.
"""
