"""Words, rules and catalogues for comments as files: read from disk, and read again when they change.

The edge of ``comments``, which is pure: files are read here, and nowhere are they judged. It may
import ``comments`` and ``errors``. What a file means belongs to ``comments``; telling people about
a bad file belongs to whoever asked.
"""
