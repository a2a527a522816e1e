"""Put the condition of the service into words for its operator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.domain.audit_chain import Walk
from service.domain.diagnosis import Finding, bad, good, warning
from service.domain.repositories import Database
from service.usecases.show_condition import Condition

_GIB: Final = 1024**3
#: Entries of the audit trail that are walked here; more is the matter of `passkoll audit verify`.
MAX_TAIL: Final = 10_000


def judged(found: Condition) -> Iterator[Finding]:
    """A line for each thing that is watched."""
    yield _trust(found)
    yield _lists(found)
    yield _jobs(found)
    yield _dead(found)
    yield _anchor(found)
    yield _disk(found)


def audit_tail(database: Database) -> Finding:
    """Whether the entries since the last signed checkpoint follow from it."""
    with database.reading() as work:
        head, signed = work.audit.head(), work.audit.last_checkpoint()
        if head.number - signed.number > MAX_TAIL:
            return warning(
                "audit_trail",
                f"{head.number - signed.number} entries are not signed yet",
                "passkoll audit verify; and see that a worker runs: it signs each hour",
            )
        walk = Walk(signed)
        steps = (walk.step(row) for row in work.audit.rows(signed.number, head.number))
        broken = next((step for step in steps if step is not None), None) or walk.end(head)
    if broken is not None:
        return bad(
            "audit_trail",
            f"entry {broken.number} does not fit ({broken.kind.value})",
            "passkoll audit verify, and find out who could write to the database (docs/audit.md)",
        )
    return good("audit_trail", f"{head.number} entries, the last {head.number - signed.number} not signed yet")


def _trust(found: Condition) -> Finding:
    if found.trust is None:
        return bad("trust_store", "the store in use cannot be opened", "passkoll trust list (docs/operating.md)")
    if not found.trust.anchors:
        return warning(
            "trust_store", "no anchor: no document can be verified", "passkoll trust import (docs/trust.md)"
        )
    words = f"{found.trust.anchors} anchors of {found.trust.states} states, {found.trust.crls} CRLs"
    if found.trust.expiring:
        return warning("trust_store", f"{words}; {found.trust.expiring} anchors expire soon", "import a new list")
    return good("trust_store", words)


def _lists(found: Condition) -> Finding:
    if found.trust is not None and found.trust.old_lists:
        return warning(
            "list_age", f"older than 120 days: {', '.join(found.trust.old_lists)}", "passkoll trust fetch, or import"
        )
    if found.list_age is None:
        return good("list_age", "no list is in use")
    return good("list_age", f"the oldest list was signed {found.list_age.days} days ago")


def _jobs(found: Condition) -> Finding:
    late = sum(figures.overdue for figures in found.jobs)
    waiting = sum(figures.waiting for figures in found.jobs)
    if late:
        kinds = ", ".join(figures.kind for figures in found.jobs if figures.overdue)
        return warning(
            "worker",
            f"{late} jobs were due long ago and nobody does them ({kinds})",
            "start `passkoll worker`, or `passkoll serve` with PASSKOLL_WORKER=thread, and look into its log",
        )
    return good("worker", f"nothing is overdue, {waiting} jobs wait")


def _dead(found: Condition) -> Finding:
    dead = {figures.kind: figures.dead for figures in found.jobs if figures.dead}
    if not dead:
        return good("dead_letters", "none")
    told = ", ".join(f"{count} {kind}" for kind, count in dead.items())
    return warning("dead_letters", f"given up: {told}", "passkoll webhooks dead, mend the portal, then `retry`")


def _anchor(found: Condition) -> Finding:
    if found.anchored:
        return good("audit_anchor", "checkpoints are kept outside of the database")
    return warning(
        "audit_anchor",
        "checkpoints lie in the database alone",
        "set PASSKOLL_AUDIT_ANCHOR to a place that nobody can rewrite (docs/audit.md)",
    )


def _disk(found: Condition) -> Finding:
    if found.disk is None:
        return bad("disk", "the data folder cannot be looked at", "passkoll init, or name it by --data")
    words = f"{found.disk.free / _GIB:.1f} of {found.disk.total / _GIB:.1f} GiB free"
    if found.disk.nearly_full:
        return warning("disk", words, "make room: when nothing can be written, every request that changes waits")
    return good("disk", words)
