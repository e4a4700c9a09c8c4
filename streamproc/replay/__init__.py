"""Recorded events through the same fold without Kafka, and what is read off tallies afterwards.

Beside ``simulate`` and ``oracle``. May import ``program``, ``tally``, ``events``, ``protocol`` and
``errors``. Reading lines, Kafka and files' names belong to the commands, ``cli/replay.py`` and
``cli/export.py``; what a figure is belongs to ``tally``.
"""
