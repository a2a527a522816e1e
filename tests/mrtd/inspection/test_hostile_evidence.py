"""Hostile bytes in any file: a report in every case, complete, and never a verified one."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mrtd.evidence import ActiveAuthenticationResponse, ChipEvidence, ElementaryFile
from mrtd.inspection import CHECKS, POLICIES, inspect, judge
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.holder import MARTA
from mrtd.specimen.scheme import BRAINPOOL_P256R1, RSA_2048, RSA_2048_PSS
from tests.budgets import light
from tests.mrtd.inspection.documents import (
    AT,
    CHALLENGE,
    SERVER,
    genuine_document,
    genuine_issuer,
    printed,
    trust,
)
from tests.mrtd.lds.mutations import mutated

DOCUMENT = genuine_document()
SODS = [
    genuine_issuer(one).issue(MARTA).files[ElementaryFile.SOD] for one in (BRAINPOOL_P256R1, RSA_2048, RSA_2048_PSS)
]
GROUPS = [name for name in DOCUMENT.files if name not in (ElementaryFile.SOD, ElementaryFile.COM)]
ANSWER = SpecimenChip(DOCUMENT).evidence(CHALLENGE).active_authentication
STRICT, FORENSIC = POLICIES["strict-level3"], POLICIES["forensic"]


def judged(files: dict[ElementaryFile, bytes], at=AT) -> str:
    report = inspect(ChipEvidence(files, ANSWER), printed(DOCUMENT), trust(), at, provenance=SERVER)
    assert {one.id for one in report.checks} == set(CHECKS)
    assert report.canonical()
    for policy in POLICIES.values():
        judge(report, policy)
    return judge(report, STRICT).outcome.value


@light
@given(mutated(SODS))
def test_any_security_object(sod):
    outcome = judged({**DOCUMENT.files, ElementaryFile.SOD: sod})
    assert outcome != "verified" or sod == DOCUMENT.files[ElementaryFile.SOD]


@light
@given(st.data(), st.sampled_from(GROUPS))
def test_any_data_group(data, name):
    original = DOCUMENT.files[name]
    changed = data.draw(mutated([original]))
    outcome = judged({**DOCUMENT.files, name: changed})
    # bytes behind the outer object belong to nothing (SECURITY.md 2.5)
    assert outcome != "verified" or changed.startswith(original)


@light
@given(st.dictionaries(st.sampled_from(ElementaryFile), st.binary(max_size=64)))
def test_any_bytes_as_any_files(files):
    assert judged(files) != "verified"


@light
@given(st.dictionaries(st.sampled_from(ElementaryFile), st.sampled_from(list(DOCUMENT.files.values())), min_size=1))
def test_files_under_names_of_others(files):
    assert (judged(files) == "verified") == all(files.get(name) == data for name, data in DOCUMENT.files.items())


@light
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_answer_of_the_chip(challenge, response):
    evidence = ChipEvidence(DOCUMENT.files, ActiveAuthenticationResponse(challenge, response))
    report = inspect(evidence, None, trust(), AT, provenance=SERVER)
    assert judge(report, FORENSIC).chip_genuine != "yes"


@light
@given(st.integers(-40_000, 40_000))
def test_any_time(days):
    """From 1917 to 2136: an inspection is possible, and verified only while DSC, CRL and document are good."""
    outcome = judged(dict(DOCUMENT.files), at=AT + timedelta(days=days))
    assert outcome != "verified" or 0 <= days <= 180
