"""What is to be seen of hosts: their tallies and curves, told again as they change.

Reads the records that ``apply`` writes and never changes one, nor writes any. May import ``alerts``,
``tally``, ``events`` and the rest of ``program``. Not here: when what is told is durable, and who sees it.
"""
