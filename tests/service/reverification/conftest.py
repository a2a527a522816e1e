"""A service whose trust is administered, on every database, and the office that administers it."""

from tests.service.trust.conftest import administered, desk, judging, office, others

__all__ = ["administered", "desk", "judging", "office", "others"]
