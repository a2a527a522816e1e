"""Walk the audit trail: both chains, the people behind it, and every signed checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from service.domain.audit_chain import START, Break, BreakKind, Walk
from service.domain.audit_checkpoint import CheckpointAnchor, SignedReader, expected_digests
from service.domain.repositories import Database, Work


@dataclass(frozen=True, slots=True)
class AuditVerified:
    """What the walk met.

    Attributes:
        entries: how many fit, from the first on.
        organisations: how many chains of organisations they belong to.
        covered: the number of the last entry that a believed checkpoint covers, 0 without one.
        anchored: how many checkpoints were compared that are kept outside; None where none was asked for.
        breaks: what does not fit, the first entry of the trail first; empty if the trail is whole.
    """

    entries: int
    organisations: int
    covered: int
    anchored: int | None
    breaks: tuple[Break, ...]


@dataclass(frozen=True, slots=True)
class VerifyAudit:
    """`passkoll audit verify`. `anchor`: where checkpoints are kept outside, to be compared too."""

    database: Database
    reader: SignedReader

    def __call__(self, anchor: CheckpointAnchor | None = None) -> AuditVerified:
        """Walk it all.

        Raises:
            AnchorError: the anchor does not answer, or cannot be read back.
        """
        # Read first: a checkpoint that comes later would speak of entries that this transaction does not see.
        outside = None if anchor is None else tuple(anchor.kept())
        with self.database.reading() as work:
            kept = chain(outside or (), work.audit.checkpoints())
            expected, unbelieved = expected_digests(kept, self.reader)
            walk = Walk(START, expected)
            broken = _first_break(walk, work)
            breaks = (*([] if broken is None else [broken]), *unbelieved, *_renamed(work))
        covered = max((number for number in expected if number <= walk.head.number), default=0)
        return AuditVerified(
            walk.head.number, walk.organisations, covered, None if outside is None else len(outside), breaks
        )


def _first_break(walk: Walk, work: Work) -> Break | None:
    steps = (walk.step(row) for row in work.audit.rows())
    return next((broken for broken in steps if broken is not None), None) or walk.end(work.audit.head())


def _renamed(work: Work) -> Iterator[Break]:
    """The first entry of each actor whose person was changed."""
    for actor in work.audit.actors():
        if not actor.proven:
            yield Break(actor.first_number or 0, BreakKind.ACTOR_CHANGED)
