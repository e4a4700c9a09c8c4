"""A slow, obvious computation of every figure from the records of the log alone.

It exists to disagree: ``verify``, ``demo --check`` and the tests hold the fast fold against it. So
it may import ``events``, ``errors`` and libraries, and nothing else of ours, above all neither
``tally`` nor ``program``: two computations that share code share mistakes. Speed, state that
survives a restart, Kafka and files do not belong here.
"""
