"""The Redis view: what is known of every host, in Redis, for boards and for other programs.

May import ``engine`` ports, ``events``, ``protocol``, ``errors`` and redis-py. Redis may be away, slow or
emptied: nothing here ever holds the fold up, and nothing here decides what is true.
Source: docs/redis.md.
"""
