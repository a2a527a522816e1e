"""Which level a result may name, what binds its recipient, and whether it may exist at all (SECURITY.md 1.5)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mrtd.pki.realm import Realm
from service.domain.duplicates import Finding
from service.domain.errors import ProblemCode, ServiceError
from service.domain.judgement import Judgement, level3_obstacles
from service.domain.names import NameMatch
from service.domain.review import Review, require_four_eyes
from service.domain.status_lookup import StatusAnswer
from service.domain.verification import Kind


class Label(StrEnum):
    """The assurance level that a result names; there is no other."""

    LOA3 = "loa3"
    LOA3_NONRESIDENT = "loa3-nonresident"
    UNCERTIFIED_LOA3 = "uncertified-loa3"
    UNCERTIFIED_LOA3_NONRESIDENT = "uncertified-loa3-nonresident"
    SPECIMEN = "specimen"

    @property
    def certified(self) -> bool:
        """Whether the issuer of the trust framework approved what the level stands for."""
        return self in (Label.LOA3, Label.LOA3_NONRESIDENT)


class Population(StrEnum):
    """Which register knows the person (RULES.md section 6)."""

    NO_IDENTITY_NUMBER = "no_identity_number"
    NOT_REGISTERED = "not_registered"
    PERSONNUMMER = "personnummer"


@dataclass(frozen=True, slots=True)
class IssuingPolicy:
    """What the issuer decided (RULES.md section 6).

    `certified`: the process is approved by the issuer of the trust framework; until then every label says that it is
    not. `chip_proof_required`: a chip that supports no proof of being genuine is refused. `min_age` in years and
    `max_validity_days` bind whoever uses the result.
    """

    version: str = "2026-11-01"
    certified: bool = False
    chip_proof_required: bool = True
    min_age: int = 18
    max_validity_days: int = 180


TRUST_FRAMEWORKS: Final = {Realm.PRODUCTION: "se_tillitsramverk", Realm.SPECIMEN: "specimen"}

#: The state whose own citizens have an identity number, or had one.
_HOME: Final = "SWE"
_POPULATIONS: Final = {Kind.RESERVE_CARD_NO_PNR: Population.NO_IDENTITY_NUMBER}
#: Level by population; none while the framework has not said which one it is (RULES.md 0.6).
_LEVELS: Final[Mapping[Population, Label | None]] = MappingProxyType(
    {
        Population.NO_IDENTITY_NUMBER: Label.LOA3_NONRESIDENT,
        Population.NOT_REGISTERED: None,
        Population.PERSONNUMMER: Label.LOA3,
    }
)


def population(kind: Kind, issuing_state: str) -> Population:
    """The people a kind is for; a Swedish document shows that its holder is not without any number.

    Args:
        kind: what the identity is wanted for.
        issuing_state: three-letter code of the state that issued the document.
    """
    people = _POPULATIONS[kind]
    if people is Population.NO_IDENTITY_NUMBER and issuing_state == _HOME:
        return Population.NOT_REGISTERED
    return people


def label(realm: Realm, people: Population, policy: IssuingPolicy) -> Label:
    """The level of a result. A specimen never looks like anything else, whatever the policy says."""
    if realm is Realm.SPECIMEN:
        return Label.SPECIMEN
    level = _LEVELS[people]
    if level is None:
        return Label.UNCERTIFIED_LOA3_NONRESIDENT
    return level if policy.certified else Label(f"uncertified-{level.value}")


def labels(realm: Realm, policy: IssuingPolicy) -> tuple[Label, ...]:
    """Every level that results of this service can name, in the order of `Label`."""
    possible = {label(realm, people, policy) for people in Population}
    return tuple(level for level in Label if level in possible)


def obligations(
    level: Label, people: Population, policy: IssuingPolicy, name_match: NameMatch | None
) -> list[dict[str, object]]:
    """What binds whoever uses the result: a code each, with a value where it has one."""
    bound: list[dict[str, object]] = [
        {"code": "min_age", "value": policy.min_age},
        {"code": "max_validity_days", "value": policy.max_validity_days},
    ]
    if name_match is None:
        # nobody gave this service the data of the order, so nobody compared them yet (RULES.md 0.2)
        bound.append({"code": "compare_with_order"})
    if not level.certified:
        bound.append({"code": "uncertified_level"})
    if _LEVELS[people] is None:
        bound.append({"code": "population_undecided"})
    return bound


def require_issuable(
    judgement: Judgement,
    reviews: Sequence[Review],
    policy: IssuingPolicy,
    status: StatusAnswer | None = None,
    findings: Sequence[Finding] = (),
) -> None:
    """The last gate before a signature: the level-3 invariant and four eyes, whatever state the case is in."""
    if level3_obstacles(judgement.verdict, chip_proof_required=policy.chip_proof_required):
        raise ServiceError(ProblemCode.NOT_APPROVABLE)
    require_four_eyes(judgement, reviews, status, findings)


#: Twelve digits, or six and four with a mark between, alone or in a text (RULES.md section 1, identifier formats).
_WRITTEN_NUMBER: Final = re.compile("(?<![0-9])(?:(?:18|19|20)[0-9]{6}[-+ ]?|[0-9]{6}[-+])[0-9]{4}(?![0-9])")
#: Ten digits can be anything; where a person is described they are not.
_BARE_NUMBER: Final = re.compile("(?<![0-9])(?:18|19|20)?[0-9]{6}[-+ ]?[0-9]{4}(?![0-9])")
#: Every dash that people and programs write.
_DASHES: Final = re.compile("[\u2010-\u2015\u2212]")
#: Claims that hold such numbers (OIDC Sweden attribute specification, section 2.1).
_NUMBER_CLAIMS: Final = re.compile(r"personalIdentityNumber|coordinationNumber", re.IGNORECASE)


def require_no_swedish_number(people: Population, described: object, references: Iterable[str | None]) -> None:
    """A result for people without a personnummer never holds a Swedish number (Sweden Connect, `loa3-nonresident`).

    Args:
        people: whom the result is about.
        described: what is said of the person, as JSON.
        references: texts of others that the result repeats.

    Raises:
        ServiceError: `not_approvable`: there is one, whoever brought it here.
    """
    if people is Population.PERSONNUMMER:
        return
    found = any(_has_number(text, _BARE_NUMBER) for text in _texts(described))
    if found or any(_has_number(text, _WRITTEN_NUMBER) for text in references if text is not None):
        raise ServiceError(ProblemCode.NOT_APPROVABLE)


def _texts(value: object) -> Iterable[str]:
    match value:
        case str():
            yield value
        case Mapping():
            yield from (text for key, inner in value.items() for part in (key, inner) for text in _texts(part))
        case list() | tuple():
            yield from (text for inner in value for text in _texts(inner))


def _has_number(text: str, written: re.Pattern[str]) -> bool:
    if _NUMBER_CLAIMS.search(text):
        return True
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text))
    digits = (re.sub("[^0-9]", "", found)[-10:] for found in written.findall(plain))
    return any(_is_swedish_number(number) for number in digits)


def _is_swedish_number(number: str) -> bool:
    """Ten digits of a personnummer, or a samordningsnummer with its day + 60, by date and check digit."""
    month, day = int(number[2:4]), int(number[4:6]) % 60
    # 2000 stands for any leap year: the century is not in ten digits
    try:
        date(2000, month, day)
    except ValueError:
        return False
    weighted = (int(digit) * (2 - index % 2) for index, digit in enumerate(number))
    return sum(product // 10 + product % 10 for product in weighted) % 10 == 0
