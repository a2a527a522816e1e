"""What a recipe is: it makes documents of one kind, genuine or broken, and says what a verifier finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA, Holder
from mrtd.specimen.issuer import NO_EDITS, Edits, IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1, AlgorithmProfile

#: The time at which recipes are made, unless told otherwise: that of the case folders.
AT: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Presentation:
    """What somebody presents, and what the verifier has of the state.

    `trust` holds files whose CSCAs the operator trusts, `untrusted` files whose certificates count only by a verified
    link. `claimed` is what the sender says of the reading; `at` replaces the time of inspection.
    """

    chip: SpecimenChip
    trust: Mapping[str, bytes]
    untrusted: Mapping[str, bytes] = field(default_factory=dict)
    claimed: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None

    def __repr__(self) -> str:
        return f"Presentation(files={len(self.chip.document.files)}, trust={sorted(self.trust)})"


@dataclass(frozen=True, slots=True)
class Finding:
    """A result that the report must hold: check, subject, status and reason by the words of docs/checks.md."""

    check: str
    subject: str
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a recipe is made: with which algorithms, and when."""

    algorithms: AlgorithmProfile = BRAINPOOL_P256R1
    now: datetime = AT

    def issuer(self, edits: Edits = NO_EDITS, *, csca_role: str = "csca", dsc_role: str = "dsc") -> SpecimenIssuer:
        """The state, with edits."""
        return SpecimenIssuer.create(
            self.algorithms, now=self.now, csca_role=csca_role, dsc_role=dsc_role, edits=edits
        )

    def with_algorithms(self, algorithms: AlgorithmProfile) -> Setting:
        """The same time, other algorithms."""
        return replace(self, algorithms=algorithms)


Make = Callable[[Setting], Presentation]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make a document of one kind.

    `results` are findings that its report must hold; a genuine oddity may have none. `algorithms` are those that it
    needs, if any will not do.
    """

    name: str
    title: str
    make: Make
    results: tuple[Finding, ...] = ()
    algorithms: AlgorithmProfile = BRAINPOOL_P256R1

    def present(self, now: datetime = AT) -> Presentation:
        """Make it at a time."""
        return self.make(Setting(self.algorithms, now))


def failed(check: str, subject: str, reason: str) -> Finding:
    """A check that fails."""
    return Finding(check, subject, "FAILED", reason)


def passed(check: str, subject: str, reason: str | None = None) -> Finding:
    """A check that passes, with a remark where a tolerance was needed."""
    return Finding(check, subject, "PASSED", reason)


def undecided(check: str, subject: str, reason: str) -> Finding:
    """A check that cannot be decided."""
    return Finding(check, subject, "INDETERMINATE", reason)


def not_performed(check: str, subject: str, reason: str) -> Finding:
    """A check that could not be made."""
    return Finding(check, subject, "NOT_PERFORMED", reason)


def not_applicable(check: str, subject: str, reason: str | None = None) -> Finding:
    """A check that has nothing to judge."""
    return Finding(check, subject, "NOT_APPLICABLE", reason)


def issued(edits: Edits = NO_EDITS, *, profile: IssuingProfile | None = None, holder: Holder = MARTA) -> Make:
    """A document that the state itself issues, with edits on the way; the state's own files are trusted."""

    def make(setting: Setting) -> Presentation:
        issuer = setting.issuer(edits)
        return Presentation(SpecimenChip(issuer.issue(holder, profile)), issuer.trust())

    return make


def changed(
    change: Callable[[SpecimenDocument, SpecimenIssuer], SpecimenDocument], *, profile: IssuingProfile | None = None
) -> Make:
    """A genuine document that somebody changes afterwards."""

    def make(setting: Setting) -> Presentation:
        issuer = setting.issuer()
        return Presentation(SpecimenChip(change(issuer.issue(MARTA, profile), issuer)), issuer.trust())

    return make
