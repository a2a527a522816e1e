"""What a case is: a document to replay, what it is judged with, and what must be found (`case.json`).

The form is that of C2SP/x509-limbo: an identifier by the section of the standard, the sentence that is tested, the
inputs, the expected end. Expectations are written by hand from the standard and from docs/checks.md: a case says how
its report differs from the report of a document with which everything is in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mrtd.inspection.check import ORDER, CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki.realm import Realm

SCHEMA: Final = "passkoll/case/1"
MADE_BY: Final = "mrtd.specimen"

#: When the cases are inspected, unless time is the point.
AT: Final = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class Importance(StrEnum):
    """What a wrong answer would cost: `critical` = a forged or cloned document passes."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Standard:
    """The sentence that is tested, and where it stands."""

    document: str
    section: str
    quote: str

    @property
    def namespace(self) -> str:
        """The first half of the identifiers of its cases: `9303-11-5.1`, `rfc5652-5.3`, `dump-format`."""
        if self.document.startswith("Passkoll"):
            return "dump-format"
        name = self.document.removeprefix("ICAO ").replace("RFC ", "rfc").replace(" ", "-").lower()
        return f"{name.removesuffix('.txt')}-{self.section}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One expected result. In a list of differences, `status` None takes the result of that subject away."""

    check: str
    subject: str
    status: CheckStatus | None
    reason: Reason | None = None

    def to_json(self) -> dict[str, object]:
        """The entry of `expected.inspect.checks`."""
        return {
            "id": self.check,
            "subject": self.subject,
            "status": None if self.status is None else self.status.value,
            "reason": None if self.reason is None else self.reason.value,
        }


Report = Mapping[tuple[str, str], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Words:
    """A verdict of one policy in its five words."""

    outcome: str
    authenticity: str
    chip_genuine: str
    document_valid: str
    mrz_matches_chip: str

    def to_json(self) -> dict[str, object]:
        """The member of `expected.inspect.verdicts`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts of the three shipped policies."""

    strict_level3: Words
    default: Words
    forensic: Words

    def to_json(self) -> dict[str, object]:
        """`expected.inspect.verdicts`."""
        return {
            "strict-level3": self.strict_level3.to_json(),
            "default": self.default.to_json(),
            "forensic": self.forensic.to_json(),
        }


@dataclass(frozen=True, slots=True)
class ServiceEnd:
    """Where a verification stands after the chip was sent to a service under `strict-level3`."""

    state: str
    next_step: str
    reason: str | None = None
    problem: str | None = None

    def to_json(self) -> dict[str, object]:
        """`expected.service`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class ChipAnswers:
    """The chip that answers in a replay (docs/checks.md): the name of its key, its algorithms, and what it signs.

    `age_s` are the seconds between challenge and answer, where they matter; `behaviour` is one of
    `mrtd.specimen.chip.BEHAVIOURS`; with `complement` the chip answers n - J.
    """

    key: str
    scheme: str
    answers: str = "server_challenge"
    age_s: int | None = None
    behaviour: str | None = None
    complement: bool = False

    def to_json(self) -> dict[str, object]:
        """`chip`."""
        given: dict[str, object] = {"key": self.key, "scheme": self.scheme, "answers": self.answers}
        if self.age_s is not None:
            given["age_s"] = self.age_s
        if self.behaviour is not None:
            given["behaviour"] = self.behaviour
        return {**given, "complement": True} if self.complement else given


@dataclass(frozen=True, slots=True, repr=False)
class PrintedMrz:
    """The printed lines, who read them, and from which photo."""

    lines: Sequence[str]
    source: str = "confirmed"
    attempt: int = 1

    def to_json(self) -> dict[str, object]:
        """`mrz`."""
        return {"lines": list(self.lines), "source": self.source, "attempt": self.attempt}


@dataclass(frozen=True, slots=True, repr=False)
class Specimen:
    """What a recipe made: the dump as files of the case folder, and whatever it is judged with.

    `dump` is the file to read, or `.` for the folder. `trust` maps names of stores to their files. `genuine` is the
    report that a document of this kind gives when everything is in order.
    """

    files: Mapping[str, bytes]
    trust: Mapping[str, Mapping[str, bytes]]
    genuine: Report
    mrz: PrintedMrz | None
    chip: ChipAnswers | None
    dump: str = "."

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", MappingProxyType(dict(self.files)))
        object.__setattr__(self, "trust", MappingProxyType(dict(self.trust)))


@dataclass(frozen=True, slots=True)
class Case:
    """A declared case; `make` makes the specimen, `differs` is what its report has other than the genuine one.

    `error` is the code with which an unreadable dump is refused; then there is no report.
    """

    id: str
    title: str
    standard: Standard
    importance: Importance
    make: Callable[[], Specimen]
    recipe: str
    verdicts: Verdicts | None
    service: ServiceEnd | None
    differs: tuple[Finding, ...] = ()
    features: tuple[str, ...] = ()
    at: datetime = AT
    realm: Realm = Realm.SPECIMEN
    error: str | None = None

    @property
    def folder(self) -> str:
        """Where the case lies below `dumps`."""
        return self.id.replace("::", "/")

    def expected_checks(self, specimen: Specimen) -> tuple[Finding, ...]:
        """The whole expected report, in the order of the check table."""
        if self.error is not None:
            return ()
        return tuple(_sorted(apply(specimen.genuine, self.differs)))

    def to_json(self, specimen: Specimen) -> dict[str, object]:
        """The content of `case.json`."""
        verdicts: dict[str, object] = {} if self.verdicts is None else self.verdicts.to_json()
        return {
            "schema": SCHEMA,
            "id": self.id,
            "title": self.title,
            "standard": {
                "document": self.standard.document,
                "section": self.standard.section,
                "quote": self.standard.quote,
            },
            "importance": self.importance.value,
            "features": sorted(self.features),
            "inspection_time": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "realm": self.realm.value,
            "trust": [f"pki/{name}" for name in specimen.trust],
            "dump": specimen.dump,
            "mrz": None if specimen.mrz is None else specimen.mrz.to_json(),
            "chip": None if specimen.chip is None else specimen.chip.to_json(),
            "expected": {
                "inspect": {
                    "exhaustive": True,
                    "error": None if self.error is None else {"code": self.error},
                    "checks": [finding.to_json() for finding in self.expected_checks(specimen)],
                    "verdicts": verdicts,
                },
                "service": None if self.service is None else self.service.to_json(),
            },
            "provenance": {"made_by": MADE_BY, "recipe": self.recipe},
        }


def apply(report: Report, differences: Sequence[Finding]) -> list[Finding]:
    """The report with other results for every (check, subject) that the differences name.

    Raises:
        ValueError: a difference repeats what stands in the report anyway.
    """
    changed: dict[tuple[str, str], list[Finding]] = {}
    for finding in differences:
        changed.setdefault((finding.check, finding.subject), []).append(finding)
    for key, findings in changed.items():
        stands = [finding for finding in findings if finding.status is not None]
        if stands and list(report.get(key, ())) == stands:
            raise ValueError(f"no difference: {key[0]} of {key[1]}")
    merged = {**report, **{key: tuple(findings) for key, findings in changed.items()}}
    return [finding for findings in merged.values() for finding in findings if finding.status is not None]


def _sorted(findings: list[Finding]) -> list[Finding]:
    """By the table; results of one check stay in the order in which they were declared."""
    return sorted(findings, key=lambda finding: ORDER[finding.check])
