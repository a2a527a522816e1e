"""How national characters are written in A to Z (ICAO 9303-3 section 6).

A table gives every spelling that a state may have chosen, the recommended one first. The standard's
tables are whole; where practice knows more (older editions, national laws), the extra spellings stand in a
table of their own, so that both can be laid beside their source. Errata of the printed Cyrillic table
(0402, 04BA, 0492, which mean Ђ, Ћ, Ѓ) are resolved here.
"""

from __future__ import annotations

from typing import Final

Spellings = tuple[str, ...]


def _table(text: str) -> dict[str, Spellings]:
    """`Ä AE/A` pairs; `-` stands for a character that is not encoded."""
    pairs = (entry.split(" ") for entry in text.split("  "))
    return {char: tuple(s.replace("-", "") for s in spellings.split("/")) for char, spellings in pairs}


#: Section 6.A, but for the letters whose spelling is the letter without its mark (À, Č, Ž ...).
LATIN: Final = _table(
    "Ä AE/A  Å AA/A  Æ AE  Ð D  Ñ N/NXX  Ö OE/O  Ø OE  Ü UE/UXX/U  Þ TH  Đ D  Ħ H  ı I  Ĳ IJ  Ł L  Ŋ N"
    "  Œ OE  Ŧ T  ẞ SS"
)
#: Spellings on real documents: Ø as O and Ð as DH (older tables), Đ as DJ, Ə of Azerbaijan.
LATIN_PRACTICE: Final = _table("Ø O  Ð DH  Đ DJ  Ə E/A  Ɓ B  Ɗ D  Ƙ K  Ɖ D  Ɛ E  Ɔ O")

#: Section 6.B, with its exceptions by language as further spellings.
CYRILLIC: Final = _table(
    "А A  Б B  В V  Г G/H  Д D  Е E  Ё E/IO  Ж ZH/Z  З Z  И I/Y  Й I/Y  К K  Л L  М M  Н N  О O  П P  Р R  С S"
    "  Т T  У U  Ф F  Х KH/H  Ц TS/C  Ч CH/C  Ш SH/S  Щ SHCH/SHT  Ъ IE  Ы Y  Э E  Ю IU/YU  Я IA/YA"
    "  Ђ D  Ѓ G/GJ  Є IE/YE  Ѕ DZ  І I  Ї I/YI  Ј J  Љ LJ  Њ NJ  Ћ C  Ќ K/KJ  Ў U  Џ DZ/DJ  Ѫ U  Ѵ Y  Ґ G  Ғ G  Һ C"
)
#: Soft and hard sign left out, Bulgarian Ъ (law of 2009), older Russian and Serbian spellings.
CYRILLIC_PRACTICE: Final = _table("Ь -  Ъ -/A/Y  Ё YO  Ђ DJ  Х KH  Ж J  Ѳ F  Ѣ E")

#: Section 6.C. Vowel signs and tatweel are not encoded; shadda (doubling) is no entry but a rule.
ARABIC: Final = _table(
    "ء XE  آ XAA  أ XAE  ؤ U  إ I  ئ XI  ا A  ب B  ة XTA/XAH  ت T  ث XTH  ج J  ح XH  خ XKH  د D  ذ XDH  ر R  ز Z"
    "  س S  ش XSH  ص XSS  ض XDZ  ط XTT  ظ XZZ  ع E  غ G  ـ -  ف F  ق Q  ك K  ل L  م M  ن N  ه H  و W  ى XAY  ي Y"
    "  \u064b -  \u064c -  \u064d -  \u064e -  \u064f -  \u0650 -  \u0652 -  \u0670 -  \u0671 XXA  \u0679 XXT"
    "  \u067c XRT  \u067e P  \u0681 XKE  \u0685 XXH  \u0686 XC  \u0688 XXD  \u0689 XDR  \u0691 XXR  \u0693 XRR"
    "  \u0696 XRX  \u0698 XJ  \u069a XXS  \u069c -  \u06a2 -  \u06a7 -  \u06a8 -  \u06a9 XKK  \u06ab XXK"
    "  \u06ad XNG  \u06af XGG  \u06ba XNN  \u06bc XXN  \u06be XDO  \u06c0 XYH  \u06c1 XXG  \u06c2 XGE  \u06c3 XTG"
    "  \u06cc XYA  \u06cd XXY  \u06d0 Y  \u06d2 XYB  \u06d3 XBE"
)
SHADDA: Final = "\u0651"

#: ELOT 743 (ISO 843, type 2), the spelling of Greek passports; 9303-3 has no Greek table. These pairs
#: are spelled together.
GREEK_PAIRS: Final = _table(
    "ΑΥ AV/AF  ΕΥ EV/EF  ΗΥ IV/IF  ΟΥ OU  ΓΓ NG  ΓΞ NX  ΓΧ NCH  ΓΚ GK/G  ΜΠ MP/B  ΝΤ NT/D  ΤΖ TZ"
)
GREEK: Final = _table(
    "Α A  Β V  Γ G  Δ D  Ε E  Ζ Z  Η I  Θ TH  Ι I  Κ K  Λ L  Μ M  Ν N  Ξ X  Ο O  Π P  Ρ R  Σ S  Τ T  Υ Y  Φ F"
    "  Χ CH  Ψ PS  Ω O"
)


def _joined(*tables: dict[str, Spellings]) -> dict[str, Spellings]:
    joined: dict[str, Spellings] = {}
    for table in tables:
        for char, spellings in table.items():
            joined[char] = tuple(dict.fromkeys(joined.get(char, ()) + spellings))
    return joined


#: Every character with an entry of its own, from the standard and from practice.
SPELLINGS: Final = _joined(LATIN, LATIN_PRACTICE, CYRILLIC, CYRILLIC_PRACTICE, ARABIC, GREEK)
