"""Sign where the audit trail ends now, and keep that outside of the database."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.audit_chain import START, Break, BreakKind, Head, Walk
from service.domain.audit_checkpoint import (
    CHECKPOINT_TYPE,
    AnchorError,
    AuditBrokenError,
    Checkpoint,
    CheckpointAnchor,
    SignedReader,
)
from service.domain.jobs import JobFailedError, LeasedJob
from service.domain.ports import Clock, Signer
from service.domain.repositories import Database, Work


@dataclass(frozen=True, slots=True)
class MakeCheckpoint:
    """Each hour, at the end of the process, and before a case is exported; nothing where nothing was added.

    Without `anchor` a checkpoint lies in the database alone, where who holds the database can drop it.
    """

    database: Database
    clock: Clock
    signer: Signer
    reader: SignedReader
    anchor: CheckpointAnchor | None
    issuer: str

    def __call__(self) -> Checkpoint | None:
        """The checkpoint that was made.

        Raises:
            AuditBrokenError: what was added since the last one is not whole. Nothing is signed then.
            AnchorError: it could not be kept outside; the next call tries again.
        """
        with self.database.reading() as work:
            head, last = work.audit.head(), work.audit.last_checkpoint()
            if head == last:
                return None
            _require_whole(work, last, head)
        # No transaction is open while a key or a network is waited for.
        checkpoint = Checkpoint(head, self.clock.now(), self.issuer)
        token = self.signer.sign(checkpoint.claims(), CHECKPOINT_TYPE)
        if self.anchor is not None:
            token = self._anchored(self.anchor, head, token)
        with self.database.changing() as work:
            work.audit.add_checkpoint(head, token)
        return checkpoint

    def do(self, _job: LeasedJob) -> None:
        """The same as a job.

        Raises:
            JobFailedError: as above.
        """
        try:
            self()
        except (AuditBrokenError, AnchorError) as error:
            raise JobFailedError(error.code) from error

    def _anchored(self, anchor: CheckpointAnchor, head: Head, token: str) -> str:
        """What is kept outside: another process may have been first, and then it must say the same."""
        kept = anchor.keep(head.number, token)
        if kept == token:
            return token
        try:
            same = Checkpoint.of(self.reader.read(kept, CHECKPOINT_TYPE)).head == head
        except ValueError:
            raise AuditBrokenError(Break(head.number, BreakKind.CHECKPOINT_INVALID)) from None
        if not same:
            raise AuditBrokenError(Break(head.number, BreakKind.CHECKPOINT_DIFFERS))
        return kept


def _require_whole(work: Work, last: Head, head: Head) -> None:
    """Refuse to sign a trail whose new part does not follow from the last checkpoint."""
    if head == START or head.number <= last.number:
        raise AuditBrokenError(Break(head.number + 1, BreakKind.CUT_OFF))
    walk = Walk(last)
    for row in work.audit.rows(last.number, head.number):
        broken = walk.step(row)
        if broken is not None:
            raise AuditBrokenError(broken)
    broken = walk.end(head)
    if broken is not None:
        raise AuditBrokenError(broken)
