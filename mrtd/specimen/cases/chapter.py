"""How the chapters of cases are written: short words for expected results, and one call a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki.realm import Realm
from mrtd.specimen.cases.case import AT, Case, Finding, Importance, ServiceEnd, Specimen, Standard, Verdicts
from mrtd.specimen.cases.verdicts import GOOD, counter, everywhere, refused_dump


def passed(check: str, subject: str, reason: Reason | None = None) -> Finding:
    """PASSED, with a remark or a tolerance."""
    return Finding(check, subject, CheckStatus.PASSED, reason)


def failed(check: str, subject: str, reason: Reason) -> Finding:
    """FAILED."""
    return Finding(check, subject, CheckStatus.FAILED, reason)


def undecided(check: str, subject: str, reason: Reason) -> Finding:
    """INDETERMINATE."""
    return Finding(check, subject, CheckStatus.INDETERMINATE, reason)


def not_performed(check: str, subject: str, reason: Reason) -> Finding:
    """NOT_PERFORMED."""
    return Finding(check, subject, CheckStatus.NOT_PERFORMED, reason)


def not_applicable(check: str, subject: str, reason: Reason | None = None) -> Finding:
    """NOT_APPLICABLE."""
    return Finding(check, subject, CheckStatus.NOT_APPLICABLE, reason)


def absent(check: str, subject: str) -> Finding:
    """No result of this subject."""
    return Finding(check, subject, None)


@dataclass(frozen=True, slots=True)
class Chapter:
    """Cases of one recipe module."""

    recipe: str

    def case(
        self,
        name: str,
        title: str,
        standard: Standard,
        make: Callable[[], Specimen],
        *differs: Finding | Iterable[Finding],
        verdicts: Verdicts | None = None,
        reason: Reason | None = None,
        read_again: bool = False,
        importance: Importance = Importance.HIGH,
        features: tuple[str, ...] = (),
        at: datetime = AT,
        realm: Realm = Realm.SPECIMEN,
        service: ServiceEnd | None = None,
        at_the_counter: bool = True,
    ) -> Case:
        """A case whose report differs from the genuine one by `differs`.

        Args:
            name: the second half of the identifier; the first is the section of the standard.
            title: one sentence.
            standard: what is tested.
            make: the recipe.
            differs: results, or groups of them.
            verdicts: by default everything is in order.
            reason: the one that the counter is told first.
            read_again: a new reading of the same chip may still settle it.
            importance: what a wrong answer would cost.
            features: algorithms and the like, for selecting cases.
            at: the time of inspection.
            realm: of the trust store.
            service: where the verification ends, if it does not follow from the verdict.
            at_the_counter: False where no service can be asked (no MRZ, a photo, another realm).
        """
        flat: list[Finding] = []
        for one in differs:
            flat.extend((one,) if isinstance(one, Finding) else one)
        judged = verdicts or everywhere(GOOD)
        end = service or counter(judged.strict_level3, reason, read_again=read_again)
        return Case(
            id=f"{standard.namespace}::{name}",
            title=title,
            standard=standard,
            importance=importance,
            make=make,
            recipe=self.recipe,
            verdicts=judged,
            service=end if at_the_counter else None,
            differs=tuple(flat),
            features=features,
            at=at,
            realm=realm,
        )

    def unreadable(
        self,
        name: str,
        title: str,
        standard: Standard,
        make: Callable[[], Specimen],
        code: str,
        *,
        importance: Importance = Importance.HIGH,
        features: tuple[str, ...] = (),
        service: ServiceEnd | None = None,
        at_the_counter: bool = True,
    ) -> Case:
        """A case whose dump cannot be read: `code` says why; there is no report and no verdict."""
        return Case(
            id=f"{standard.namespace}::{name}",
            title=title,
            standard=standard,
            importance=importance,
            make=make,
            recipe=self.recipe,
            verdicts=None,
            service=(service or refused_dump("unreadable_dump")) if at_the_counter else None,
            features=features,
            error=code,
        )


def but(group: Iterable[Finding], *others: Finding) -> tuple[Finding, ...]:
    """A group of results in which others take the place of those of the same check and subject."""
    replaced = {(other.check, other.subject) for other in others}
    return (*(finding for finding in group if (finding.check, finding.subject) not in replaced), *others)
