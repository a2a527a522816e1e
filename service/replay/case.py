"""A case (`case.json`, schema `case`): one document, what it is judged with, and what must be found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mrtd.inspection import POLICIES, CheckStatus, MrzSource
from mrtd.inspection.verdict import Authenticity, ChipGenuine, DocumentValid, MrzMatchesChip, Outcome
from mrtd.pki.realm import Realm
from service.replay.finding import VERDICT_MEMBERS, FoundCheck, ServiceEnd
from service.replay.node import Node

SCHEMA: Final = "passkoll/case/1"
#: A case has some hundred lines.
MAX_CASE_SIZE: Final = 1024 * 1024
IMPORTANCE: Final = ("critical", "high", "medium", "low")
#: Where the harness can leave a verification: it gives MRZ and chip, and reviews nothing.
STATES: Final = ("created", "mrz_captured", "checked", "refused")
NEXT_STEPS: Final = (
    "take_photo",
    "confirm_mrz",
    "read_chip_live",
    "send_dump",
    "retry_chip",
    "wait_review_1",
    "stop",
)

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*::[A-Za-z0-9][A-Za-z0-9._-]*")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
#: Relative, without steps upwards: a case names what lies beside it.
_PATH: Final = re.compile(r"(?!/)(?!.*(?:^|/)\.\.(?:/|$))[^\\:\0]+", re.DOTALL)
_REASON: Final = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CHECK: Final = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)+")
_VERDICT_WORDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    dict(
        zip(
            VERDICT_MEMBERS,
            (
                tuple(word.value for word in words)
                for words in (Outcome, Authenticity, ChipGenuine, DocumentValid, MrzMatchesChip)
            ),
            strict=True,
        )
    )
)


class Answers(StrEnum):
    """What the chip of a case signs (CHECKS.md rule 7)."""

    SERVER_CHALLENGE = "server_challenge"
    RECORDED = "recorded"
    OTHER_CHALLENGE = "other_challenge"
    LATE = "late"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Chip:
    """The specimen key that answers, how it signs, and which challenge.

    `age_s`: seconds from the challenge to the answer where the case says so. `complement` and `behaviour`: how
    `mrtd.specimen.chip.SpecimenChip` answers, the latter by its name, None for as it should.
    """

    key: str
    scheme: str
    answers: Answers
    age_s: int | None = None
    complement: bool = False
    behaviour: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class PrintedMrz:
    """The printed lines, who read them, and from which photo."""

    lines: tuple[str, ...]
    source: MrzSource
    attempt: int


@dataclass(frozen=True, slots=True)
class ExpectedInspection:
    """What `inspect` and the policies must say. Unless `exhaustive`, more checks than these may stand in the report.

    `error` is the code with which the reader of dumps refuses, else None.
    """

    exhaustive: bool
    error: str | None
    checks: tuple[FoundCheck, ...]
    verdicts: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, repr=False)
class Case:
    """A case as it stands in `case.json`; `at` is aware, paths are as written."""

    id: str
    title: str
    importance: str
    features: tuple[str, ...]
    at: datetime
    realm: Realm
    trust: tuple[str, ...]
    dump: str
    mrz: PrintedMrz | None
    chip: Chip | None
    inspect: ExpectedInspection
    service: ServiceEnd | None

    def __repr__(self) -> str:
        return f"Case({self.id})"


def read_case(data: bytes) -> Case:
    """Read a `case.json`.

    Raises:
        ReplayError: not as the schema `case` says; the text names the place.
    """
    known = ("schema", "id", "title", "standard", "importance", "features", "inspection_time", "realm")
    members = Node.read(data).members((*known, "trust", "dump", "mrz", "chip", "expected", "provenance"))
    members["schema"].word((SCHEMA,))
    standard = members["standard"].members(("document", "section", "quote"))
    for name in standard:
        standard[name].text()
    provenance = members["provenance"].members(("made_by", "recipe"), more=True)
    provenance["made_by"].text()
    provenance["recipe"].text()
    expected = members["expected"].members(("inspect", "service"))
    trust = members["trust"].texts()
    for path in members["trust"].items():
        path.text(_PATH)
    return Case(
        id=members["id"].text(_ID, most=200),
        title=members["title"].text(),
        importance=members["importance"].word(IMPORTANCE),
        features=members["features"].texts(),
        at=_time(members["inspection_time"]),
        realm=Realm(members["realm"].word(tuple(Realm))),
        trust=trust,
        dump=members["dump"].text(_PATH),
        mrz=None if members["mrz"].is_null else _mrz(members["mrz"]),
        chip=None if members["chip"].is_null else _chip(members["chip"]),
        inspect=_inspection(expected["inspect"]),
        service=None if expected["service"].is_null else read_service_end(expected["service"]),
    )


def _time(node: Node) -> datetime:
    text = node.text(_TIME)
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise node.error("a time that there is") from None


def _mrz(node: Node) -> PrintedMrz:
    members = node.members(("lines", "source", "attempt"))
    lines = tuple(line.text(most=128) for line in members["lines"].items(1, 3))
    source = MrzSource(members["source"].word(tuple(MrzSource)))
    return PrintedMrz(lines, source, members["attempt"].integer(1, 20))


def _chip(node: Node) -> Chip:
    members = node.members(("key", "scheme", "answers"), ("age_s", "complement", "behaviour"))
    return Chip(
        key=members["key"].text(_NAME),
        scheme=members["scheme"].text(_NAME),
        answers=Answers(members["answers"].word(tuple(Answers))),
        age_s=members["age_s"].integer(0, 86_400) if "age_s" in members else None,
        complement="complement" in members and members["complement"].boolean(),
        behaviour=members["behaviour"].text(_NAME) if "behaviour" in members else None,
    )


def _inspection(node: Node) -> ExpectedInspection:
    members = node.members(("exhaustive", "error", "checks", "verdicts"))
    error = None
    if not members["error"].is_null:
        error = members["error"].members(("code",))["code"].text(_REASON)
    checks = tuple(read_check(check) for check in members["checks"].items(most=None if error is None else 0))
    verdicts = read_verdicts(members["verdicts"])
    if error is not None and verdicts:
        raise members["verdicts"].error("empty, although the dump cannot be read")
    return ExpectedInspection(members["exhaustive"].boolean(), error, checks, verdicts)


def read_check(node: Node) -> FoundCheck:
    """The end of one check.

    Raises:
        ReplayError: something else.
    """
    members = node.members(("id", "subject", "status", "reason"))
    return FoundCheck(
        id=members["id"].text(_CHECK),
        subject=members["subject"].text(),
        status=CheckStatus(members["status"].word(tuple(CheckStatus))),
        reason=_reason(members["reason"]),
    )


def read_verdicts(node: Node, policies: tuple[str, ...] | None = tuple(POLICIES)) -> Mapping[str, Mapping[str, str]]:
    """Verdicts by policy; `policies` None takes any names.

    Raises:
        ReplayError: something else.
    """
    members = node.members((), policies or (), more=policies is None)
    found = {}
    for policy in members:
        verdict = members[policy].members(VERDICT_MEMBERS)
        found[policy] = MappingProxyType({name: verdict[name].word(_VERDICT_WORDS[name]) for name in VERDICT_MEMBERS})
    return MappingProxyType(found)


def read_service_end(node: Node) -> ServiceEnd:
    """Where the service leaves a verification.

    Raises:
        ReplayError: something else.
    """
    members = node.members(("state", "next_step", "reason", "problem"))
    return ServiceEnd(
        state=members["state"].word(STATES),
        next_step=members["next_step"].word(NEXT_STEPS),
        reason=_reason(members["reason"]),
        problem=_reason(members["problem"]),
    )


def _reason(node: Node) -> str | None:
    return None if node.is_null else node.text(_REASON)
