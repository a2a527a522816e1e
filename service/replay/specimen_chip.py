"""The chip of a case: the replayer makes the challenge, and the specimen key that the case names signs it.

Only a specimen can be replayed like that (CHECKS.md rule 7): its keys are public. The challenge follows from the id
of the case, so that the same case gives the same report, byte for byte.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from mrtd.evidence import (
    CLAIMED,
    ActiveAuthenticationResponse,
    ChipEvidence,
    EvidenceSource,
    IssuedChallenge,
    Provenance,
)
from mrtd.pki.realm import Realm
from mrtd.protocols.active_authentication import CHALLENGE_SIZE
from mrtd.specimen.algorithm_profiles import ALL_PROFILES
from mrtd.specimen.chip import AS_DECLARED, BEHAVIOURS, SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.signing_key import load
from service.replay.case import Answers, Case, Chip
from service.replay.errors import ReplayError

#: How long a specimen chip takes, unless the case says otherwise.
_USUAL_AGE_S: Final = 2
#: What the service allows (SECURITY.md 2.6), and a second more.
_MAX_AGE_S: Final = 120
_LATE_AGE_S: Final = _MAX_AGE_S + 1


@dataclass(frozen=True, slots=True, repr=False)
class CaseChip:
    """A case's chip, and whom it answers."""

    chip: SpecimenChip
    answers: Answers

    def answer(self, challenge: bytes, evidence: ChipEvidence) -> ChipEvidence:
        """The evidence with what the chip signs when it is sent `challenge`."""
        signed = other_challenge(challenge) if self.answers is Answers.OTHER_CHALLENGE else challenge
        response = ActiveAuthenticationResponse(signed, self.chip.sign_challenge(signed))
        return replace(evidence, active_authentication=response)


def case_chip(chip: Chip, evidence: ChipEvidence) -> CaseChip:
    """The chip that a case describes, over the files of its dump.

    Raises:
        ReplayError: no such profile or behaviour.
    """
    profile = ALL_PROFILES.get(chip.scheme)
    if profile is None:
        raise ReplayError("chip.scheme: no algorithm profile of the specimen state")
    behaviour = AS_DECLARED if chip.behaviour is None else BEHAVIOURS.get(chip.behaviour)
    if behaviour is None:
        raise ReplayError("chip.behaviour: no behaviour of a specimen chip")
    document = SpecimenDocument(
        files=evidence.files,
        mrz_lines=("", ""),
        active_authentication_key=load(chip.key, profile.active_authentication_key),
        active_authentication_hash=profile.active_authentication_hash,
    )
    return CaseChip(SpecimenChip(document, complement=chip.complement, behaviour=behaviour), chip.answers)


def replayed(case: Case, evidence: ChipEvidence, at: datetime, realm: Realm) -> tuple[ChipEvidence, Provenance]:
    """The evidence as the chip of the case answers at the time `at`, and where it came from.

    In the production realm nobody acts as the service: what the chip signs there is a claim.

    Raises:
        ReplayError: no such profile or behaviour.
    """
    if case.chip is None:
        return evidence, Provenance(EvidenceSource.REPLAY)
    if case.chip.answers is Answers.RECORDED:
        return evidence, CLAIMED
    challenge = hashlib.sha256(b"passkoll replay " + case.id.encode()).digest()[:CHALLENGE_SIZE]
    usual = _LATE_AGE_S if case.chip.answers is Answers.LATE else _USUAL_AGE_S
    age = timedelta(seconds=usual if case.chip.age_s is None else case.chip.age_s)
    issued = IssuedChallenge(
        challenge=challenge,
        issued_at=at - age,
        answered_at=at,
        max_age_s=_MAX_AGE_S,
        already_used=case.chip.answers is Answers.USED,
    )
    answered = case_chip(case.chip, evidence).answer(challenge, evidence)
    return answered, Provenance(EvidenceSource.REPLAY, issued if realm is Realm.SPECIMEN else None)


def other_challenge(challenge: bytes) -> bytes:
    """Another challenge than this one."""
    return hashlib.sha256(b"another challenge than " + challenge).digest()[:CHALLENGE_SIZE]
