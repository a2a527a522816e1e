"""Which level a result names."""

from __future__ import annotations

import itertools

import pytest

from mrtd.pki.realm import Realm
from service.domain.holder import Names, three_letter_state
from service.domain.issuing import IssuingPolicy, Label, Population, label


@pytest.mark.parametrize(("realm", "people", "certified"), list(itertools.product(Realm, Population, [False, True])))
def test_labels(realm: Realm, people: Population, certified: bool) -> None:
    """Plain `loa3` with a personnummer only (RULES.md 0.1), a level with approval only, none for specimens."""
    found = label(realm, people, IssuingPolicy(certified=certified))
    if realm is Realm.SPECIMEN:
        assert found is Label.SPECIMEN
    else:
        assert found.value.startswith("uncertified-") is not certified
        assert found.value.endswith("-nonresident") is (people is Population.NO_IDENTITY_NUMBER)


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
