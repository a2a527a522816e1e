"""Names in national characters against the tables and examples of ICAO 9303."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mrz.names import (
    MAX_NATIVE_LENGTH,
    MAX_VARIANTS,
    NameMatch,
    compare,
    full_name_matches,
    matches,
    variants,
)
from mrz.transliteration import CYRILLIC, LATIN, LATIN_PRACTICE
from tests.budgets import light

MATCH, DIFFERS, UNDETERMINED = NameMatch

#: 9303-3, 8th edition, section 6.A, row by row.
TABLE_A = """
À A|Á A|Â A|Ã A|Ä AE A|Å AA A|Æ AE|Ç C|È E|É E|Ê E|Ë E|Ì I|Í I|Î I|Ï I|Ð D|Ñ N NXX|Ò O|Ó O|Ô O|Õ O|Ö OE O|Ø OE
Ù U|Ú U|Û U|Ü UE UXX U|Ý Y|Þ TH|Ā A|Ă A|Ą A|Ć C|Ĉ C|Ċ C|Č C|Ď D|Đ D|Ē E|Ĕ E|Ė E|Ę E|Ě E|Ĝ G|Ğ G|Ġ G|Ģ G|Ĥ H|Ħ H
Ĩ I|Ī I|Ĭ I|Į I|İ I|ı I|Ĳ IJ|Ĵ J|Ķ K|Ĺ L|Ļ L|Ľ L|Ŀ L|Ł L|Ń N|Ņ N|Ň N|Ŋ N|Ō O|Ŏ O|Ő O|Œ OE|Ŕ R|Ŗ R|Ř R|Ś S|Ŝ S|Ş S
Š S|Ţ T|Ť T|Ŧ T|Ũ U|Ū U|Ŭ U|Ů U|Ű U|Ų U|Ŵ W|Ŷ Y|Ÿ Y|Ź Z|Ż Z|Ž Z|ẞ SS
"""
#: Section 6.B; the exceptions for Belorussian, Bulgarian, Macedonian, Serbian, Ukrainian follow the rule.
TABLE_B = """
Ё E IO|Є IE YE|Ѕ DZ|І I|Ї I YI|Ј J|Љ LJ|Њ NJ|Ќ K KJ|Ў U|Џ DZ DJ|А A|Б B|В V|Г G H|Д D|Е E|Ж ZH Z|З Z|И I Y|Й I Y
К K|Л L|М M|Н N|О O|П P|Р R|С S|Т T|У U|Ф F|Х KH H|Ц TS C|Ч CH C|Ш SH S|Щ SHCH SHT|Ъ IE|Ы Y|Э E|Ю IU YU|Я IA YA
Ѫ U|Ґ G|Ғ G
"""


def _rows(table: str) -> list[tuple[str, list[str]]]:
    return [(row.split()[0], row.split()[1:]) for row in re.split(r"[|\n]", table.strip())]


@pytest.mark.parametrize(("char", "spellings"), _rows(TABLE_A), ids=str)
def test_every_row_of_table_a(char: str, spellings: list[str]) -> None:
    extra = list(LATIN_PRACTICE.get(char, ()))
    for form in (char, char.lower()):
        assert list(variants(form)) == spellings + extra
        assert all(matches(form, spelling, truncated=False) for spelling in spellings)


@pytest.mark.parametrize(("char", "spellings"), _rows(TABLE_B), ids=str)
def test_every_row_of_table_b(char: str, spellings: list[str]) -> None:
    assert list(CYRILLIC[char]) == spellings
    for form in (char, char.lower()):
        assert list(variants(form))[: len(spellings)] == spellings


#: 9303-3 §4.6 and the examples of 9303-4 §4.2.3.1: the page and the zone.
WRITTEN = [
    ("D'ARTAGNAN", "DARTAGNAN"),
    ("MARIE-ELISE", "MARIE ELISE"),
    ("MARIE-ELISE", "MARIE<ELISE"),
    ("ANNA, MARIA", "ANNA MARIA"),
    ("O\u2019Connor", "OCONNOR"),
    ("O'Connor", "O CONNOR"),  # not by the standard, met all the same
    ("Dr. Strauß", "DR STRAUSS"),
    ("Åström", "AASTROEM"),
    ("A\u030astro\u0308m", "ASTROM"),
    ("Müller", "MUXXLLER"),
    ("Núñez", "NUNXXEZ"),
    ("Þórður", "THORDUR"),
    ("Łukasz Żółć", "LUKASZ ZOLC"),
    ("Işık", "ISIK"),
    ("Sørensen", "SOERENSEN"),
    ("Шевченко", "SHEVCHENKO"),
    ("Ткаченко Мар'яна", "TKACHENKO MARIANA"),
    ("Ђорђевић", "DJORDJEVIC"),
    ("Щербаков Юрий", "SHCHERBAKOV IURII"),
    ("عبّاس", "EBBAS"),  # 9303-3 section 6.C, note on shadda
    ("فضّة", "FXDZDZXAH"),  # the same note
    ("Παπαδόπουλος", "PAPADOPOULOS"),
    ("Ευάγγελος", "EVANGELOS"),
    ("Ｅｒｉｋｓｓｏｎ", "ERIKSSON"),
]


@pytest.mark.parametrize(("native", "printed"), WRITTEN, ids=range(len(WRITTEN)))
def test_written_as_in_the_zone(native: str, printed: str) -> None:
    assert matches(native, printed, truncated=False)
    assert compare(native, printed, truncated=False) is MATCH


DIFFERENT = [
    ("Åström", "ASTRUM"),
    ("Eriksson", "ERIKSSO"),
    ("Eriksson", "ERIKSSONN"),
    ("Anna Maria", "ANNAMARIA"),
    ("Anna Maria", "MARIA ANNA"),
    ("Anna", ""),
    ("", "ANNA"),
    ("Шевченко", "SHEVCENKA"),
]


@pytest.mark.parametrize(("native", "printed"), DIFFERENT, ids=range(len(DIFFERENT)))
def test_different_names(native: str, printed: str) -> None:
    assert compare(native, printed, truncated=False) is DIFFERS
    assert not matches(native, printed, truncated=False)


@pytest.mark.parametrize(
    ("native", "printed"),
    [
        ("山田", "YAMADA"),
        ("김", "KIM"),
        ("ישראל", "ISRAEL"),
        ("สมชาย", "SOMCHAI"),
        ("გიორგი", "GIORGI"),
        ("محمد", "MOHAMMED"),  # transcribed by sound
        ("Γιώργος", "YORGOS"),
        ("A" * (MAX_NATIVE_LENGTH + 1), "A"),
        ("\ufdfa" * (MAX_NATIVE_LENGTH // 2), "A"),
        ("A", "A" * 91),
    ],
    ids=[
        "han",
        "hangul",
        "hebrew",
        "thai",
        "georgian",
        "arabic",
        "greek",
        "overlong",
        "overlong_when_composed",
        "overlong_print",
    ],
)
def test_undetermined(native: str, printed: str) -> None:
    assert compare(native, printed, truncated=False) is UNDETERMINED
    assert not matches(native, printed, truncated=False)


#: 9303-4 §4.2.3.2 and §4.2.3.3, 9303-5 §4.2.3, 9303-6 §4.2.3: full name and truncated zone.
BENNELONG = "BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL, DINGO POTOROO"
NILAVA_1 = "NILAVADHANANANDA, CHAYAPA DEJTHAMRONG KRASUANG"
NILAVA_2 = "NILAVADHANANANDA, ARNPOL PETCH CHARONGUANG"
TRUNCATED = [
    (NILAVA_1, "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"),
    (NILAVA_1, "NILAVADHANANANDA<<CHAYAPA<DE<K"),
    (NILAVA_1, "NILAVADHANANANDA<<CHAYAPA<DEJ<K"),
    (NILAVA_2, "NILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU"),
    (NILAVA_2, "NILAVADHANANANDA<<ARN<PET<CHARO"),
    (BENNELONG, "BENNELONG<WOOLOOMOOLOO<WARRANDYTE<W<<DI"),
    (BENNELONG, "BENNELONG<WOOLOOM<WARRAND<WARNAM<<DINGO"),
    (BENNELONG, "BENNEL<WOOLOOM<WARRAN<WARNAM<<DINGO<POTO"),
    (BENNELONG, "BENNELONG<WOOLOOMOOLOO<W<W<<D<P"),
    (BENNELONG, "BENNE<WOOLO<WARRA<WARNA<<DIN<P"),
    ("PAPANDROPOULOUS, JONATHON WARREN TREVOR", "PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR"),
    ("VILARCHAO FERNANDEZ, JOSE RAMON", "VILARCHAO<FERNANDEZ<<JOSE<RAMO"),
    ("VILARCHAO FERNANDEZ, JOSE RAMON", "VILARCHAO<FERNANDEZ<<JOSE"),
    ("Öström-Åkerblom, Märta Kristina", "OESTROEM<AKERBLO<<MA"),  # cut inside AE
]


@pytest.mark.parametrize(("full_name", "zone"), TRUNCATED, ids=range(len(TRUNCATED)))
def test_truncated_names(full_name: str, zone: str) -> None:
    primary, _, secondary = zone.partition("<<")
    assert full_name_matches(full_name, primary, secondary, truncated=True) is MATCH


@pytest.mark.parametrize(
    ("full_name", "zone"),
    [
        (NILAVA_1, "NILAVADHANANANDA<<CHAYAPA<DEK<K"),
        (NILAVA_1, "NILAVADHANANANDA<<DEJTHAMRONG<CHAYAPA"),
        (NILAVA_1, "HANANANDA<<CHAYAPA<DEJTHAMRONG<K"),
        (BENNELONG, "WOOLOOMOOLOO<WARRANDYTE<<DINGO"),
    ],
    ids=range(4),
)
def test_truncation_excuses_no_other_name(full_name: str, zone: str) -> None:
    primary, _, secondary = zone.partition("<<")
    assert full_name_matches(full_name, primary, secondary, truncated=True) is DIFFERS


def test_what_was_not_truncated_must_be_whole() -> None:
    assert full_name_matches(NILAVA_1, "NILAVADHANANANDA", "CHAYAPA DE K", truncated=False) is DIFFERS


@pytest.mark.parametrize(
    ("full_name", "expected"),
    [
        ("ERIKSSON<<ANNA<MARIA", MATCH),
        ("Eriksson, Anna Maria", MATCH),
        ("ERIKSSON<<ANNA<MARIA<<<<<<<", MATCH),
        ("Anna Maria Eriksson", MATCH),
        ("Eriksson Anna Maria", MATCH),
        ("Maria Anna Eriksson", DIFFERS),
        ("ERIKSSON<<MARIA", DIFFERS),
        ("ANNA<MARIA<<ERIKSSON", DIFFERS),
        ("エリクソン<<アンナ", UNDETERMINED),
        ("ERIKSSON<<アンナ", UNDETERMINED),
        ("ERICSON<<アンナ", DIFFERS),
        ("", DIFFERS),
    ],
)
def test_full_names(full_name: str, expected: NameMatch) -> None:
    assert full_name_matches(full_name, "ERIKSSON", "ANNA MARIA", truncated=False) is expected


def test_a_name_without_secondary_identifier() -> None:
    for full_name in ("Arkfreith", "ARKFREITH<<"):
        assert full_name_matches(full_name, "ARKFREITH", "", truncated=False) is MATCH


NATIVE = st.text("ÄÅÖÜÑØÐaeoux ЖЩЮяь-'", max_size=5)


@light
@given(native=NATIVE, printed=st.text("AEOUXNDZHSTIYC ", max_size=8))
def test_the_walk_agrees_with_listing_every_spelling(native: str, printed: str) -> None:
    """Brute force over the tables, possible for short names only."""
    assume(not re.search(r"(?<![^ \-])[ь']+(?![^ \-])", native))  # no word of a soft sign alone
    joined = {**LATIN, "Ø": ("OE", "O"), "Ð": ("D", "DH"), "'": ("", " "), "-": (" ",), "Ь": ("",)}
    joined["Ж"] = (*CYRILLIC["Ж"], "J")
    choices = [joined.get(char) or CYRILLIC.get(char, (char,)) for char in native.upper()]
    listed = {" ".join("".join(spelling).split()) for spelling in itertools.product(*choices)}
    target = " ".join(printed.split())
    assert matches(native, printed, truncated=False) is (target in listed)


@light
@given(native=st.text(max_size=40))
def test_every_variant_matches_and_is_printable(native: str) -> None:
    listed = list(variants(native))
    assert len(listed) == len(set(listed)) <= MAX_VARIANTS
    for variant in listed:
        assert re.fullmatch(r"[A-Z0-9<]*", variant)
        assert compare(native, variant, truncated=False) is MATCH
        assert compare(native, variant, truncated=True) is MATCH


@light
@given(native=st.text(), primary=st.text(), secondary=st.text(), truncated=st.booleans())
def test_any_text_gets_an_answer(native: str, primary: str, secondary: str, truncated: bool) -> None:
    assert full_name_matches(native, primary, secondary, truncated) in NameMatch


@light
@given(native=st.text("ÄÖÜÑЩЮΟΥΓ'- abc", min_size=1), cut=st.integers(1, 39))
def test_cutting_a_zone_name_still_matches(native: str, cut: int) -> None:
    for variant in variants(native, limit=3):
        shorter = variant[:cut].rstrip("<")
        if shorter:
            assert matches(native, shorter, truncated=True)


def test_exponentially_many_spellings_are_never_listed() -> None:
    native = "Ü" * MAX_NATIVE_LENGTH  # three spellings each: 3 to the power of 512
    assert compare(native, "UE" * 19, truncated=True) is MATCH
    assert compare(native, "UE" * 18 + "UEZ", truncated=True) is DIFFERS
    assert len(list(variants(native))) == MAX_VARIANTS
