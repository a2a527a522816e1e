"""The codes of RULES.md section 4, by examples that people wrote down, and by properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.holder import Names
from service.domain.names import (
    Agreement,
    BirthMatch,
    DocumentName,
    NameMatch,
    agreement,
    confirmed_print,
    match_names,
)


def name(text: str) -> Names:
    """`family, given`."""
    family, _, given_name = text.partition(", ")
    return Names(family, given_name)


#: name of the register · zone · DG11 or "" · code
TABLE = [
    ("ERIKSSON, ANNA MARIA", "ERIKSSON, ANNA MARIA", "", NameMatch.EXACT),
    ("Eriksson, Anna Maria", "ERIKSSON, ANNA MARIA", "", NameMatch.EXACT),
    ("Dr Eriksson, Anna-Maria", "ERIKSSON, ANNA MARIA", "", NameMatch.EXACT),
    ("O'Connor, Siobhan", "OCONNOR, SIOBHAN", "", NameMatch.EXACT),
    ("Åström-Öberg, Anna", "AASTROEM OEBERG, ANNA", "Åström-Öberg, Anna", NameMatch.EXACT),
    ("A\u030astro\u0308m, Anna", "AASTROEM, ANNA", "Åström, Anna", NameMatch.EXACT),
    ("Åström-Öberg, Anna", "AASTROEM OEBERG, ANNA", "", NameMatch.TRANSLITERATED),
    ("Müller, Jürgen", "MUELLER, JURGEN", "", NameMatch.TRANSLITERATED),
    ("Strauß, Jörg", "STRAUSS, JOERG", "", NameMatch.TRANSLITERATED),
    ("Şahin, Işık", "SAHIN, ISIK", "", NameMatch.TRANSLITERATED),
    ("Eriksson, Maria Anna", "ERIKSSON, ANNA MARIA", "", NameMatch.ORDER),
    ("Nguyen, Van An", "VAN AN, NGUYEN", "", NameMatch.ORDER),
    ("Öberg Åström, Anna", "AASTROEM OEBERG, ANNA", "", NameMatch.ORDER),
    ("Eriksson, Maria", "ERIKSSON, ANNA MARIA", "", NameMatch.SUBSET_GIVEN),
    ("Eriksson, Anna Maria Lovisa", "ERIKSSON, ANNA MARIA", "", NameMatch.SUBSET_GIVEN),
    ("Garcia Marquez, Gabriel", "GARCIA, GABRIEL", "", NameMatch.PARTIAL_FAMILY),
    ("Lindqvist, Eva", "LINDQVIST BERG, EVA", "", NameMatch.PARTIAL_FAMILY),
    ("Eriksson, Catarina", "ERIKSSON, KATARINA", "", NameMatch.FUZZY),
    ("Åkerstrom, Marta Linnea", "AAKERSTROEM, MARTA LINNEA", "", NameMatch.FUZZY),
    ("Gustavsson, Nils", "GUSTAFSSON, NILS", "", NameMatch.FUZZY),
    ("Lund, Anja", "LUND, ANNA", "", NameMatch.MISMATCH),
    ("Berg, Nils", "BERN, NILS", "", NameMatch.MISMATCH),
    ("Gustavsen, Nils", "GUSTAFSSON, NILS", "", NameMatch.MISMATCH),
    ("Falk, Nils", "ERIKSSON, ANNA", "", NameMatch.MISMATCH),
    ("Eriksson, Nils", "ERIKSSON, ANNA", "", NameMatch.MISMATCH),
    ("Mononym, ", "MONONYM, ", "", NameMatch.EXACT),
    ("Mononym, Anna", "MONONYM, ", "", NameMatch.MISMATCH),
    ("Dr, Anna", "DR, ANNA", "", NameMatch.EXACT),
    (", ", "ERIKSSON, ANNA", "", NameMatch.MISMATCH),
]


@pytest.mark.parametrize(("register", "zone", "native", "code"), TABLE, ids=map(str, range(len(TABLE))))
def test_codes(register: str, zone: str, native: str, code: NameMatch) -> None:
    document = DocumentName(name(zone), name(native) if native else None)
    assert match_names(document, name(register)) is code


#: In the manner of the examples of ICAO 9303-4 §4.2.3.
CUT = [
    ("Nilavadhanananda, Chayapa Dejthamrong Krasuang", "NILAVADHANANANDA, CHAYAPA DEJTHAMRONG K"),
    ("Bennelong Wooloomooloo Warrandyte, Dingo Potoroo", "BENNELONG WOOLOOMOOLOO W, DINGO POTOROO"),
    ("Papandropoulous, Jonathan Alec", "PAPANDROPOULOUS, JONATHAN ALE"),
]


@pytest.mark.parametrize(("register", "zone"), CUT, ids=map(str, range(len(CUT))))
def test_a_cut_zone(register: str, zone: str) -> None:
    """A word or an initial in the place of the rest, only where the zone is full."""
    found = {cut: match_names(DocumentName(name(zone), truncated=cut), name(register)) for cut in (False, True)}
    assert found[False] not in (NameMatch.EXACT, NameMatch.TRANSLITERATED, NameMatch.TRUNCATED)
    assert found[True] in (NameMatch.SUBSET_GIVEN, NameMatch.TRUNCATED)


def test_only_a_full_zone_cuts() -> None:
    register, zone = name("Papandropoulous, Jonathan"), name("PAPANDROPOUL, JON")
    assert match_names(DocumentName(zone, truncated=True), register) is NameMatch.TRUNCATED
    assert match_names(DocumentName(zone), register) is NameMatch.MISMATCH


LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=12)
WORDS = st.lists(LETTERS, min_size=1, max_size=4).map(" ".join)


@given(family=WORDS, given_name=WORDS)
def test_a_name_is_itself(family: str, given_name: str) -> None:
    assert match_names(DocumentName(Names(family, given_name)), Names(family, given_name)) is NameMatch.EXACT


@given(family=WORDS, given_name=WORDS, other=WORDS)
def test_swapped_names_are_never_a_mismatch(family: str, given_name: str, other: str) -> None:
    swapped = match_names(DocumentName(Names(given_name, family)), Names(family, given_name))
    assert swapped in (NameMatch.EXACT, NameMatch.ORDER)
    different = match_names(DocumentName(Names("ZZZZZZZZZZZZZZ", "YYYYYYYYYYYYYY")), Names(family, other))
    assert different is NameMatch.MISMATCH


@pytest.mark.parametrize("code", NameMatch)
@pytest.mark.parametrize("birth", BirthMatch)
def test_what_a_code_means(code: NameMatch, birth: BirthMatch) -> None:
    """RULES.md section 4, sentence after the table; written down here once more."""
    good = {"exact", "transliterated", "order", "subset_given", "truncated"}
    expected = Agreement.YELLOW
    if code == "mismatch" or birth == "differs":
        expected = Agreement.RED
    elif code in good and birth == "equal":
        expected = Agreement.GREEN
    assert agreement(code, birth, others_agree=True) is expected
    assert agreement(code, birth, others_agree=False) is Agreement.RED


ZONE = Names("AASTROEM OEBERG", "ANNA MARIA")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["Åström-Öberg, Anna Maria", "Åström-Öberg, Anna Maria"], "Åström-Öberg, Anna Maria"),
        (["A\u030astro\u0308m-O\u0308berg, Anna Maria", "Åström-Öberg, Anna  Maria"], "Åström-Öberg, Anna Maria"),
        (["Åström-Öberg, Anna Maria", "Åström-Öberg, Anna María"], None),
        (["Åström-Öberg, Anna Maria", None], None),
        ([None, None], None),
        ([], None),
        (["Åström-Åberg, Anna Maria"] * 2, None),
        (["Åström-Öberg, Anna"] * 2, None),
        (["Åström, Anna Maria"] * 2, None),
        (["Anna Maria, Åström-Öberg"] * 2, None),
    ],
)
def test_the_printed_name_only_adds_diacritics(words: list[str | None], found: str | None) -> None:
    """SECURITY.md 7.8: both wrote the same, and DG1's name is one of its spellings."""
    written = [None if word is None else name(word) for word in words]
    confirmed = confirmed_print(ZONE, written)
    assert (None if confirmed is None else f"{confirmed.family_name}, {confirmed.given_name}") == found
