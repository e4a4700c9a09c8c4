"""Where results leave the worker: dead letters now, topics, Redis and metrics as they come.

May import ``engine`` ports, ``protocol`` and ``errors``; a sink never decides what is true.
"""
