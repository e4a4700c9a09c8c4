"""The clock's side of the program: rooms as rules look at them, and the alerts that come of it.

Reads the records that ``apply`` writes and never changes one; writes ``clock`` records of its own. May
import ``alerts``, ``tally``, ``events`` and the rest of ``program``. Not here: what a rule says.
"""
