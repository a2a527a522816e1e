"""The name on the page: both reviewers write it blind, and it counts only where the signed zone spells it (7.8)."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from service import log, wiring
from service.adapters.db import tables
from service.domain.errors import ProblemCode, ServiceError
from service.domain.holder import Names
from service.domain.printed_name import MAX_LENGTH, printed_name
from service.domain.retention import RetentionClass
from service.domain.review import decision_hash
from tests.service.api.test_results import payload_of
from tests.service.counter import Counter
from tests.service.findings import JUDGED, review_by

#: The holder's name as a page prints it, and DG1 says AAKERSTROEM<<MAERTA<LINNEA.
ON_THE_PAGE = {"family": "Åkerström", "given": "Märta Linnéa"}


@pytest.fixture(scope="session")
def plain(issuer: SpecimenIssuer) -> SpecimenDocument:
    """A passport whose chip spells no name in national characters: no EF.DG11."""
    return issuer.issue(MARTA, IssuingProfile(document_number="UT0000700", groups=((11, None),)))


def reviewed(counter: Counter, document: SpecimenDocument, first: object, second: object) -> dict:
    """The claims after two approvals with these names."""
    case = counter.checked(document)
    for person, name in enumerate((first, second)):
        answer = counter.review(case, person, **({} if name is None else {"printed_name": name}))
        assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "approved"
    return payload_of(counter.get(f"{case}/result").text)["verified_claims"]


def name_of(verified: dict) -> tuple[str, str]:
    return verified["claims"]["family_name"], verified["claims"]["given_name"]


def print_checks(verified: dict) -> list[str]:
    details = verified["verification"]["evidence"][0]["check_details"]
    return [check["check_method"] for check in details if check["check_id"].startswith("print")]


IN_THE_ZONE = ("AAKERSTROEM", "MAERTA LINNEA")
SPELLED = ("Åkerström", "Märta Linnéa")
DECOMPOSED = {name: unicodedata.normalize("NFD", text) for name, text in ON_THE_PAGE.items()}


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (ON_THE_PAGE, ON_THE_PAGE, SPELLED),
        (ON_THE_PAGE, DECOMPOSED, SPELLED),
        (ON_THE_PAGE, {"family": " Åkerström ", "given": "Märta  Linnéa"}, SPELLED),
        (ON_THE_PAGE, None, IN_THE_ZONE),
        (None, ON_THE_PAGE, IN_THE_ZONE),
        (ON_THE_PAGE, {**ON_THE_PAGE, "given": "Märta Linnea"}, IN_THE_ZONE),
        (ON_THE_PAGE, {"family": "Åkerström", "given": ""}, IN_THE_ZONE),
        (
            {"family": "Lindgren", "given": "Märta Linnéa"},
            {"family": "Lindgren", "given": "Märta Linnéa"},
            IN_THE_ZONE,
        ),
        ({"family": "Åkerström", "given": "Märta"}, {"family": "Åkerström", "given": "Märta"}, IN_THE_ZONE),
    ],
    ids=["same", "same letters", "same words", "one", "other one", "differ", "one part", "another name", "less"],
)
def test_both_or_none(counter: Counter, plain: SpecimenDocument, first, second, found) -> None:
    """Whatever is not used takes nothing away: the second approval counts, and the zone's name stands."""
    verified = reviewed(counter, plain, first, second)
    assert name_of(verified) == found
    assert print_checks(verified) == (["vpip", "vpip"] if found == SPELLED else [])
    derived = verified["verification"]["evidence"][0]["derived_claims"]
    assert (derived["family_name"], derived["given_name"]) == IN_THE_ZONE


def test_what_the_chip_signed_wins(counter: Counter, document: SpecimenDocument) -> None:
    """EF.DG11 has the spelling: nothing rests on what people typed, and no check says that it does."""
    other = {"family": "Akerstrøm", "given": "Maerta Linnea"}
    verified = reviewed(counter, document, other, other)
    assert name_of(verified) == SPELLED
    assert print_checks(verified) == []


def test_the_second_one_types_blind(counter: Counter, plain: SpecimenDocument) -> None:
    """Neither an answer nor the decision hash depends on what the first one wrote."""
    case = counter.checked(plain)
    answer = counter.review(case, 0, printed_name=ON_THE_PAGE)
    for shown in (answer.json(), counter.get(case, person=1).json()):
        text = json.dumps(shown, ensure_ascii=False)
        assert "Åkerström" not in text
        assert "printed_name" not in text
    silent = review_by("anna")
    named = replace(silent, printed_name=Names(*SPELLED))
    assert decision_hash(JUDGED, [named]) == decision_hash(JUDGED, [silent])


@pytest.mark.parametrize("decision", ["refuse", "suspect_fraud"])
def test_only_with_an_approval(counter: Counter, plain: SpecimenDocument, decision: str) -> None:
    case = counter.checked(plain)
    answer = counter.review(case, 0, decision, printed_name=ON_THE_PAGE)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/printed_name", "code": "only_with_an_approval"}]
    assert counter.get(case).json()["state"] == "checked"


BAD = {
    "long": ("Å" * (MAX_LENGTH + 1), "Anna", {"/printed_name/family": "too_long"}),
    "line break": ("Åkerström\n", "Anna", {"/printed_name/family": "control_character"}),
    "zero width": ("Åker\u200bström", "Anna", {"/printed_name/family": "control_character"}),
    "right to left": ("Åkerström", "\u202eannA", {"/printed_name/given": "control_character"}),
    "hard space": ("Åkerström", "Anna\u00a0Maria", {"/printed_name/given": "control_character"}),
    "filler": ("AAKERSTROEM<<ANNA", "Anna", {"/printed_name/family": "not_a_letter"}),
    "digit": ("Åkerstr0m", "Anna", {"/printed_name/family": "not_a_letter"}),
    "nothing": ("  ", "Anna", {"/printed_name/family": "missing"}),
    "dashes": ("--", "Anna", {"/printed_name/family": "missing"}),
    "cyrillic a": ("\u0410kerstrom", "Anna", {"/printed_name/family": "mixed_scripts"}),
    "two scripts": ("Petrov", "\u0418\u0432\u0430\u043d", {"/printed_name": "mixed_scripts"}),
    "both wrong": ("1", "2", {"/printed_name/family": "not_a_letter", "/printed_name/given": "not_a_letter"}),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_name(case: str) -> None:
    family, given_name, expected = BAD[case]
    with pytest.raises(ServiceError) as refused:
        printed_name(family, given_name)
    assert refused.value.code is ProblemCode.VALIDATION_FAILED
    assert {error.pointer: error.code for error in refused.value.errors} == expected


GOOD = {
    "hyphen": ("Åström-Öberg", "Anna Maria"),
    "apostrophe": ("O\u2019Neill", "Siobhán"),
    "initial": ("Müller", "J."),
    "okina": ("Ka\u02bbahumanu", "Anna"),
    "one name": ("Sukarno", ""),
    "cyrillic": ("\u0418\u0432\u0430\u043d\u043e\u0432", "\u0418\u0432\u0430\u043d"),
    "longest": ("Å" * MAX_LENGTH, "Å" * MAX_LENGTH),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_is_one(case: str) -> None:
    assert printed_name(*GOOD[case]) == Names(*GOOD[case])


CODES = {"missing", "too_long", "control_character", "not_a_letter", "mixed_scripts"}


@given(st.text(max_size=2 * MAX_LENGTH), st.text(max_size=2 * MAX_LENGTH))
def test_every_text_is_a_name_or_refused_by_a_code(family: str, given_name: str) -> None:
    """What is taken is in one form, short, without anything unseen; what is refused is not repeated."""
    try:
        name = printed_name(family, given_name)
    except ServiceError as error:
        refused = error
    else:
        refused = None
        for part in (name.family_name, name.given_name):
            assert unicodedata.is_normalized("NFC", part)
            assert len(part) <= MAX_LENGTH
            assert part == " ".join(part.split())
            assert all(unicodedata.category(character)[0] not in "CN" for character in part)
        assert printed_name(name.family_name, name.given_name) == name
    assert refused is None or str(refused) == "validation_failed"
    assert refused is None or {found.code for found in refused.errors} <= CODES


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile."""
    stream = io.StringIO()
    log.configure("debug", stream=stream)
    yield stream
    log.configure("critical")


def test_it_is_kept_sealed_and_logged_nowhere(
    counter: Counter, plain: SpecimenDocument, services: wiring.Services, logged: io.StringIO
) -> None:
    case = counter.checked(plain)
    counter.review(case, 0, printed_name=ON_THE_PAGE)
    counter.review(case, 1, printed_name={"family": "Åkerström<", "given": "Märta"})
    case_id = case.rpartition("/")[2]
    with services.database.engine.connect() as connection:
        (row,) = connection.execute(select(tables.reviews)).all()
        trail = [str(entry._mapping) for entry in connection.exec_driver_sql("SELECT * FROM audit_trail")]
    written = "Åkerström".encode()
    assert row.printed_name
    assert written not in row.printed_name
    assert not any("kerstr" in line for line in trail)
    assert "kerstr" not in logged.getvalue()
    with services.database.reading() as work:
        (review,) = work.reviews.of(case_id)
        assert review.printed_name == Names(*SPELLED)
        assert "kerstr" not in repr(review)
    with services.database.changing() as work:
        work.vault.erase(case_id, RetentionClass.HOLDER)
    with services.database.reading() as work:
        assert work.reviews.of(case_id)[0].printed_name is None
