"""Which level a result names."""

from __future__ import annotations

import pytest

from mrtd.pki.realm import Realm
from service.domain.holder import Names, three_letter_state
from service.domain.issuing import IssuingPolicy, Label, Population, label, labels, population
from service.domain.verification import Kind

#: Population, certified, level in production; written down from RULES.md 0.1, 0.6 and section 6.
LEVELS = [
    (Population.NO_IDENTITY_NUMBER, False, "uncertified-loa3-nonresident"),
    (Population.NO_IDENTITY_NUMBER, True, "loa3-nonresident"),
    (Population.NOT_REGISTERED, False, "uncertified-loa3-nonresident"),
    (Population.NOT_REGISTERED, True, "uncertified-loa3-nonresident"),
    (Population.PERSONNUMMER, False, "uncertified-loa3"),
    (Population.PERSONNUMMER, True, "loa3"),
]


@pytest.mark.parametrize(("people", "certified", "level"), LEVELS)
def test_labels(people: Population, certified: bool, level: str) -> None:
    """Plain `loa3` with a personnummer only, a level with approval only, none for specimens."""
    policy = IssuingPolicy(certified=certified)
    assert label(Realm.PRODUCTION, people, policy) == level
    assert label(Realm.SPECIMEN, people, policy) is Label.SPECIMEN


def test_every_population_has_a_level() -> None:
    assert {people for people, _, _ in LEVELS} == set(Population)


@pytest.mark.parametrize("certified", [False, True])
def test_the_list_of_levels_is_closed_and_uncertified_by_default(certified: bool) -> None:
    policy = IssuingPolicy(certified=certified)
    listed = labels(Realm.PRODUCTION, policy)
    assert set(listed) == {label(Realm.PRODUCTION, people, policy) for people in Population}
    if not certified:
        assert all(level.value.startswith("uncertified-") for level in listed)
    assert not IssuingPolicy().certified


def test_a_swedish_document_changes_the_population() -> None:
    assert population(Kind.RESERVE_CARD_NO_PNR, "SWE") is Population.NOT_REGISTERED
    for state in ("UTO", "DEU", "FIN", "XXA"):
        assert population(Kind.RESERVE_CARD_NO_PNR, state) is Population.NO_IDENTITY_NUMBER


def test_german_state_code() -> None:
    """`D` is the one code of the MRZ that is no three-letter code."""
    assert [three_letter_state(code) for code in ("D", "UTO", "XXA", "GBD")] == ["DEU", "UTO", "XXA", "GBD"]


@pytest.mark.parametrize(
    ("full_name", "names"),
    [
        ("ÅKERSTRÖM<<MÄRTA<LINNÉA", ("ÅKERSTRÖM", "MÄRTA LINNÉA")),
        ("AAKERSTROEM  <<< MAERTA ", ("AAKERSTROEM", "MAERTA")),
        ("ÅKERSTRÖM<<", None),
        ("Märta Linnéa Åkerström", None),
        ("", None),
        ("<<GIVEN", None),
        ("<", None),
    ],
)
def test_names_of_dg11(full_name: str, names: tuple[str, str] | None) -> None:
    """Without a clear separation the MRZ's spelling stands."""
    found = Names("AAKERSTROEM", "MAERTA LINNEA").respelt(full_name)
    assert (None if found is None else (found.family_name, found.given_name)) == names


def test_a_person_with_one_name() -> None:
    """No given name in the MRZ, none in DG11."""
    found = Names("MONONYM", "").respelt("Mononym<<")
    assert found is not None
    assert (found.family_name, found.given_name) == ("Mononym", "")
