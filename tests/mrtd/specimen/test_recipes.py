"""Every recipe before the verifier: the report holds what the recipe says, and the same bytes come out each time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from itertools import chain

import pytest

from mrtd.inspection import CHECKS, POLICIES, judge
from mrtd.inspection.verdict import Outcome
from mrtd.specimen import (
    active_authentication_recipes,
    certificate_breakage,
    chip_recipes,
    crl_breakage,
    csca_breakage,
    data_group_recipes,
    forgeries,
    namesake_recipes,
    national_profiles,
    security_object_breakage,
    trust_breakage,
    validity_breakage,
)
from mrtd.specimen.recipe import Presentation
from mrtd.specimen.recipes import GENUINE, RECIPES
from tests.mrtd.specimen.judging import judged

FAMILIES = (
    active_authentication_recipes,
    certificate_breakage,
    chip_recipes,
    crl_breakage,
    csca_breakage,
    data_group_recipes,
    forgeries,
    namesake_recipes,
    national_profiles,
    security_object_breakage,
    trust_breakage,
    validity_breakage,
)
#: Reasons that the files of a chip and a trust store cannot bring about, and why.
ELSEWHERE = {
    "a photo or a printed zone": ("mrz.", "cross.mrz_dg1"),
    "a live session": ("access.sm", "live.timing", "ca.", "pace_cam."),
    "the time of an answer": ("aa.challenge_bound", "evidence.freshness"),
    "a decision of an operator, or a list of deviations": ("pa.csca.trusted", "pa.deviation"),
}
#: Reasons of a row that this subject never has, or that an earlier limit takes away.
NEVER = {
    ("access.pace_downgrade", "card_access_absent"),  # the reader says so, no file does
    ("pa.dsc.profile", "path_length"),  # a matter of CAs
    ("pa.dsc.profile", "subject_key_identifier"),  # optional for a DSC
    ("pa.csca.profile", "document_type_list"),  # a matter of DSCs
    ("aa.key", "no_matching_info"),  # a matter of ca.key
}


def contents(presentation: Presentation) -> list[bytes]:
    document = presentation.chip.document
    return [*document.files.values(), *presentation.trust.values(), *presentation.untrusted.values()]


@pytest.mark.parametrize("name", RECIPES)
def test_the_report_holds_what_the_recipe_says(name: str) -> None:
    recipe = RECIPES[name]
    found = judged(recipe.present())
    reported = {
        (check.id, check.subject, check.status.name, None if check.reason is None else check.reason.value)
        for check in found.checks
    }
    expected = {(result.check, result.subject, result.status, result.reason) for result in recipe.results}
    assert expected <= reported
    if any(result.status == "FAILED" for result in recipe.results):
        assert judge(found, POLICIES["strict-level3"]).outcome is not Outcome.VERIFIED


@pytest.mark.parametrize("name", GENUINE)
def test_a_genuine_document_has_nothing_failed_or_open(name: str) -> None:
    found = judged(RECIPES[name].present())
    assert {check.status.name for check in found.checks} <= {"PASSED", "NOT_APPLICABLE"}
    assert judge(found, POLICIES["forensic"]).outcome is Outcome.VERIFIED


def test_names_are_those_of_one_family_alone() -> None:
    names = list(chain.from_iterable(family.RECIPES for family in FAMILIES))
    assert len(names) == len(set(names))
    assert set(names) <= set(RECIPES)


def test_every_reason_that_a_dump_can_bring_about_has_a_recipe() -> None:
    told = {(result.check, result.reason) for recipe in RECIPES.values() for result in recipe.results}
    elsewhere = tuple(chain.from_iterable(ELSEWHERE.values()))
    missing = {
        (row.id, reason.value)
        for row in CHECKS.values()
        if not row.id.startswith(elsewhere)
        for reason in row.reasons
        if (row.id, reason.value) not in told
    }
    assert missing == NEVER


@pytest.mark.parametrize("name", sorted(RECIPES)[::4])
def test_two_makings_are_byte_identical(name: str) -> None:
    assert contents(RECIPES[name].present()) == contents(RECIPES[name].present())


def test_another_process_makes_the_same_bytes() -> None:
    program = (
        "import hashlib, sys; from mrtd.specimen.recipes import RECIPES;"
        "made = [RECIPES[name].present() for name in sorted(RECIPES)[::9]];"
        "data = [b for p in made for b in (*p.chip.document.files.values(), *p.trust.values())];"
        "sys.stdout.write(hashlib.sha256(b''.join(data)).hexdigest())"
    )
    made = [RECIPES[name].present() for name in sorted(RECIPES)[::9]]
    data = [octets for p in made for octets in (*p.chip.document.files.values(), *p.trust.values())]
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert output.stdout.decode() == hashlib.sha256(b"".join(data)).hexdigest()


def test_nothing_of_a_holder_is_in_a_repr() -> None:
    presentation = RECIPES["holder_swedish"].present()
    for shown in (repr(presentation), repr(presentation.chip), repr(presentation.chip.document)):
        assert "STBERG" not in shown.upper()
