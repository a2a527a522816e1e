"""Which level a result may name, and whether it may exist at all (SECURITY.md 1.5, CHECKS.md rule 10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mrtd.pki.realm import Realm
from service.domain.errors import ProblemCode, ServiceError
from service.domain.judgement import Judgement, level3_obstacles
from service.domain.review import Review, require_four_eyes
from service.domain.verification import Kind


class Label(StrEnum):
    """The assurance level that a result names."""

    LOA3 = "loa3"
    LOA3_NONRESIDENT = "loa3-nonresident"
    UNCERTIFIED_LOA3 = "uncertified-loa3"
    UNCERTIFIED_LOA3_NONRESIDENT = "uncertified-loa3-nonresident"
    SPECIMEN = "specimen"


class Population(StrEnum):
    """Which register knows the person (RULES.md section 6)."""

    NO_IDENTITY_NUMBER = "no_identity_number"
    PERSONNUMMER = "personnummer"


@dataclass(frozen=True, slots=True)
class IssuingPolicy:
    """What the issuer decided.

    `certified`: the process is approved by the issuer of the trust framework; until then every label says that it is
    not. `chip_proof_required`: a chip that supports no proof of being genuine is refused.
    """

    version: str = "2026-11-01"
    certified: bool = False
    chip_proof_required: bool = True


TRUST_FRAMEWORKS: Final = {Realm.PRODUCTION: "se_tillitsramverk", Realm.SPECIMEN: "specimen"}

_POPULATIONS: Final = {Kind.RESERVE_CARD_NO_PNR: Population.NO_IDENTITY_NUMBER}


def population(kind: Kind) -> Population:
    """The people a kind is for."""
    return _POPULATIONS[kind]


def label(realm: Realm, people: Population, policy: IssuingPolicy) -> Label:
    """The level of a result. A specimen never looks like anything else, whatever the policy says."""
    if realm is Realm.SPECIMEN:
        return Label.SPECIMEN
    resident = people is Population.PERSONNUMMER
    if policy.certified:
        return Label.LOA3 if resident else Label.LOA3_NONRESIDENT
    return Label.UNCERTIFIED_LOA3 if resident else Label.UNCERTIFIED_LOA3_NONRESIDENT


def require_issuable(judgement: Judgement, reviews: Sequence[Review], policy: IssuingPolicy) -> None:
    """The last gate before a signature: the level-3 invariant and four eyes, whatever state the case is in."""
    if level3_obstacles(judgement.verdict, chip_proof_required=policy.chip_proof_required):
        raise ServiceError(ProblemCode.NOT_APPROVABLE)
    require_four_eyes(judgement, reviews)
