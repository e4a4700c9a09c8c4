"""Lines of JSON from anywhere, made records for the input topics, or told what is wrong with them.

Pure: no files, no Kafka, no clock. May import ``events`` and ``errors``. Reading, sending and
printing belong to the command, ``cli/ingest.py``.
"""
