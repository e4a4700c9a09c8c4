"""Faust agents, one per input topic: take a batch, fold it.

May import ``engine`` and Faust. No decoding, no figures, no awaiting of anything but the stream.
"""
