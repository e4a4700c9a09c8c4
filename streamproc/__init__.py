"""streamproc: exact rolling tallies and alerts for live sales rooms, from Kafka, with Faust.

The floors and who may import whom: ``docs/architecture.md``; import-linter holds it.
"""

__version__ = "0.1.0"
