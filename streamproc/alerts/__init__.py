"""Pure: what deserves attention, and when a person is to be told.

One rule a file, one registry. A rule looks at a room at a moment and says what it finds; the
lifecycle makes alerts of findings: when they fire, when they are over, how often that is told. May
import ``tally``, ``comments``, ``events`` and ``errors``. Not here: clocks (the moment is an
argument), records and keys, anything that waits.
"""
