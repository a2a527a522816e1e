"""What keeps a replay from an answer. No text carries content of a document, only names of files and members."""

from __future__ import annotations


class ReplayError(Exception):
    """Something that was given cannot be used: a case, a results file, trust material, a token.

    Args:
        message: one sentence for people.
    """


class Unreachable(Exception):
    """The service does not answer."""
