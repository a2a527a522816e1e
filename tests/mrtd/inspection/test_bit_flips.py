"""Any flipped bit of what is signed, and any other character in the MRZ: never verified (ENGINEERING: bit flips)."""

from __future__ import annotations

import os
from functools import cache
from random import Random

import pytest

import mrz
from mrtd.evidence import ChipEvidence, ElementaryFile
from mrtd.inspection import POLICIES, MrzEvidence, MrzSource, inspect, judge
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.holder import MARTA
from mrtd.specimen.scheme import BRAINPOOL_P256R1, RSA_2048, RSA_2048_PSS, AlgorithmProfile
from tests.mrtd.inspection.documents import (
    AT,
    CHALLENGE,
    SERVER,
    genuine_document,
    genuine_issuer,
    inspected,
    printed,
    trust_in,
)

STRICT = POLICIES["strict-level3"]
#: Every bit and character instead of a sample; minutes instead of seconds.
EXHAUSTIVE = os.environ.get("PASSKOLL_EXHAUSTIVE") == "true"
SAMPLES = {"EF.SOD": 250, "EF.DG1": 60, "EF.DG2": 60, "EF.DG11": 40, "EF.DG12": 40, "EF.DG14": 60, "EF.DG15": 60}
CASES = [
    (algorithms, name)
    for algorithms in (RSA_2048, RSA_2048_PSS, BRAINPOOL_P256R1)
    for name in SAMPLES
    if name != "EF.DG14" or algorithms is BRAINPOOL_P256R1
]


@cache
def specimen(algorithms: AlgorithmProfile):
    issuer = genuine_issuer(algorithms)
    document = issuer.issue(MARTA)
    return SpecimenChip(document).evidence(CHALLENGE), printed(document), trust_in(issuer)


@pytest.mark.parametrize(("algorithms", "name"), CASES, ids=lambda one: getattr(one, "name", one))
def test_a_flipped_bit_is_never_verified(algorithms, name):
    evidence, printed_mrz, trust = specimen(algorithms)
    assert judge(inspect(evidence, printed_mrz, trust, AT, provenance=SERVER), STRICT).outcome == "verified"
    file = ElementaryFile(name)
    data = evidence.files[file]
    bits = range(8 * len(data))
    if not EXHAUSTIVE:
        bits = Random(name).sample(bits, min(SAMPLES[name], len(bits)))  # noqa: S311 not for secrets
    for bit in bits:
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        changed = ChipEvidence({**evidence.files, file: bytes(flipped)}, evidence.active_authentication)
        verdict = judge(inspect(changed, printed_mrz, trust, AT, provenance=SERVER), STRICT)
        assert verdict.outcome != "verified", f"bit {bit}"


def test_a_flipped_bit_of_the_answer_is_never_verified():
    evidence, printed_mrz, trust = specimen(BRAINPOOL_P256R1)
    answer = evidence.active_authentication
    for field in ("challenge", "response"):
        for bit in range(8 * len(getattr(answer, field))):
            data = bytearray(getattr(answer, field))
            data[bit // 8] ^= 1 << bit % 8
            parts = {"challenge": answer.challenge, "response": answer.response, field: bytes(data)}
            changed = ChipEvidence(evidence.files, type(answer)(**parts))
            verdict = judge(inspect(changed, printed_mrz, trust, AT, provenance=SERVER), STRICT)
            assert (verdict.chip_genuine, verdict.outcome) == ("no", "refused")


def test_another_character_in_the_printed_mrz_is_never_verified():
    """Typed by a person, so that what differs is refused; what does not parse is no MRZ."""
    document = genuine_document()
    characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
    random = Random("mrz")  # noqa: S311 not for secrets
    for line, text in enumerate(document.mrz_lines):
        for column, original in enumerate(text):
            others = [character for character in characters if character != original]
            for other in others if EXHAUSTIVE else random.sample(others, 2):
                lines = list(document.mrz_lines)
                lines[line] = text[:column] + other + text[column + 1 :]
                try:
                    misread = mrz.parse("\n".join(lines), today=AT.date())
                except mrz.MrzError:
                    continue
                report = inspected(document, printed_mrz=MrzEvidence(misread, MrzSource.TYPED))
                outcome = judge(report, STRICT).outcome
                assert outcome != "verified", f"line {line + 1}, column {column + 1}: {other}"
