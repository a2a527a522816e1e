"""People who do not exist, with the names that documents find hard (ICAO 9303-3 §6, 9303-4 §4.2.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Final

from mrtd.specimen.holder import MARTA, Holder

#: Å, Ä and Ö; a personal number in the optional data, as Sweden prints it; 999 is nobody's, the Luhn digit is right.
SWEDISH: Final = Holder(
    primary_identifier="OESTBERG AELVSJOE",
    secondary_identifier="AAKE BJOERN",
    full_name=("Östberg Älvsjö", "Åke Björn"),
    date_of_birth=date(1990, 5, 17),
    sex="M",
    place_of_birth=("Göteborg", "Utopia"),
    optional_data="199005179990",
    personal_number="19900517-9990",
)
#: ß and umlauts.
GERMAN: Final = Holder(
    primary_identifier="GROSS MUELLER",
    secondary_identifier="JUERGEN",
    full_name=("Groß Müller", "Jürgen"),
    date_of_birth=date(1971, 11, 2),
    sex="M",
    place_of_birth=("Weißenfels", "Utopia"),
)
#: Arabic script, transliterated letter by letter by the table of ICAO 9303-3 §6.
ARABIC: Final = Holder(
    primary_identifier="ALXHDAD",
    secondary_identifier="MXHMD",
    full_name=("الحداد", "محمد"),
    date_of_birth=date(1988, 1, 9),
    sex="M",
    place_of_birth=("بغداد",),
)
#: Arabic script again, the MRZ by sound, as most states print it.
ARABIC_BY_SOUND: Final = replace(ARABIC, primary_identifier="AL HADDAD", secondary_identifier="MOHAMMED")
#: Chinese characters; the MRZ holds pinyin, which nothing can compute from them.
CHINESE: Final = Holder(
    primary_identifier="ZHANG",
    secondary_identifier="XIAOMING",
    full_name=("张", "晓明"),
    date_of_birth=date(1993, 8, 30),
    sex="F",
    place_of_birth=("北京",),
)
#: Cyrillic letters (ICAO 9303-3 §6).
CYRILLIC: Final = Holder(
    primary_identifier="SHCHERBAKOVA",
    secondary_identifier="IULIIA",
    full_name=("Щербакова", "Юлия"),
    date_of_birth=date(1996, 2, 29),
    sex="F",
    place_of_birth=("Утопия",),
)
#: Greek letters with diphthongs.
GREEK: Final = Holder(
    primary_identifier="PAPADOPOULOU",
    secondary_identifier="EFTYCHIA",
    full_name=("Παπαδοπούλου", "Ευτυχία"),
    date_of_birth=date(1979, 6, 5),
    sex="F",
    place_of_birth=("Ουτοπία",),
)
#: More than 39 letters: the last characters of the field are cut, and it ends in a letter (ICAO 9303-4 §4.2.3).
TRUNCATED: Final = Holder(
    primary_identifier="NILAVADHANANANDA",
    secondary_identifier="CHAYAPA DEJTHAMRONG K",
    full_name=("Nilavadhanananda", "Chayapa Dejthamrong Krasuang"),
    date_of_birth=date(1965, 12, 24),
    sex="F",
    place_of_birth=("Utopia",),
)
#: Both identifiers cut, so that something of the secondary one is left (the example of ICAO 9303-4 §4.2.3).
LONG: Final = Holder(
    primary_identifier="BENNELONG WOOLOOMOOLOO WARRANDYTE W",
    secondary_identifier="DI",
    full_name=("Bennelong Wooloomooloo Warrandyte Warnambool", "Dingo Potoroo"),
    date_of_birth=date(1958, 4, 1),
    sex="M",
    place_of_birth=("Utopia",),
)
#: Names that fill the field to its last position and are not cut, which nobody can see (ICAO 9303-4 §4.2.3).
FULL: Final = Holder(
    primary_identifier="PAPANDROPOULOUS",
    secondary_identifier="JONATHON WARREN TREVOR",
    full_name=("Papandropoulous", "Jonathon Warren Trevor"),
    date_of_birth=date(1961, 9, 19),
    sex="M",
    place_of_birth=("Utopia",),
)
#: One name only (ICAO 9303-3 §4.6).
SINGLE: Final = Holder(
    primary_identifier="SUKARNO",
    secondary_identifier="",
    full_name=("Sukarno", ""),
    date_of_birth=date(1982, 7, 7),
    sex="M",
    place_of_birth=("Utopia",),
)
#: An apostrophe is left out (ICAO 9303-3 §4.6).
APOSTROPHED: Final = Holder(
    primary_identifier="OCONNOR",
    secondary_identifier="ENYA SIOBHAN",
    full_name=("O’Connor", "Enya Siobhán"),
    date_of_birth=date(1975, 10, 10),
    sex="F",
    place_of_birth=("Utopia",),
)
#: A hyphen becomes a filler (ICAO 9303-3 §4.6).
HYPHENED: Final = Holder(
    primary_identifier="BERNADOTTE LINDE",
    secondary_identifier="JEAN BAPTISTE",
    full_name=("Bernadotte-Linde", "Jean-Baptiste"),
    date_of_birth=date(2001, 3, 3),
    sex="<",
    place_of_birth=("Utopia",),
)
#: A birth of which the year alone is known.
UNKNOWN_DAY: Final = Holder(
    primary_identifier="HASSAN",
    secondary_identifier="AMINA",
    full_name=("Hassan", "Amina"),
    date_of_birth=None,
    sex="F",
    place_of_birth=("Utopia",),
    printed_date_of_birth="68<<<<",
    full_date_of_birth_text="19680000",
)
#: A birth of which nothing is known.
UNKNOWN_BIRTH: Final = Holder(
    primary_identifier="DOE",
    secondary_identifier="JO",
    full_name=("Doe", "Jo"),
    date_of_birth=None,
    sex="<",
    place_of_birth=("Utopia",),
    full_date_of_birth_text="",
)

#: By name.
HOLDERS: Final = MappingProxyType(
    {
        "marta": MARTA,
        "swedish": SWEDISH,
        "german": GERMAN,
        "arabic": ARABIC,
        "arabic-by-sound": ARABIC_BY_SOUND,
        "chinese": CHINESE,
        "cyrillic": CYRILLIC,
        "greek": GREEK,
        "truncated": TRUNCATED,
        "long": LONG,
        "full": FULL,
        "single": SINGLE,
        "apostrophed": APOSTROPHED,
        "hyphened": HYPHENED,
        "unknown-day": UNKNOWN_DAY,
        "unknown-birth": UNKNOWN_BIRTH,
    }
)
