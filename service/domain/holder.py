"""Who the chip says the person is, as far as a result says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

#: The one MRZ code that is neither ISO 3166-1 alpha-3 nor a three-letter code of ICAO 9303-3 §5.
_ALPHA_3: Final = {"D": "DEU"}


@dataclass(frozen=True, slots=True, repr=False)
class Names:
    """Primary and secondary identifier in one spelling."""

    family_name: str
    given_name: str

    def respelt(self, full_name: str) -> Names | None:
        """The same names as EF.DG11 spells them (ICAO 9303-10 §4.7.11: `primary<<secondary`, one `<` for a space).

        None where DG11 does not say which part is which: a result never guesses that.
        """
        primary, _, secondary = full_name.partition("<<")
        names = Names(words(primary), words(secondary))
        return names if names.family_name and bool(names.given_name) == bool(self.given_name) else None


@dataclass(frozen=True, slots=True, repr=False)
class Holder:
    """The person and the document, from signed data groups.

    `printed` is the spelling of the MRZ; `native` that of EF.DG11, where the chip has one. `confirmed` is the name on
    the page as both reviewers wrote it, the one thing here that no chip signed. States are three-letter codes (`DEU`
    for the MRZ's `D`). A date that the document leaves unknown, or unknown in part, is None. `place_of_birth` is a
    text of EF.DG11; `date_of_issuance` and `issuing_authority` are of EF.DG12: neither stands in the MRZ.
    """

    printed: Names
    native: Names | None
    date_of_birth: date | None
    nationality: str
    document_number: str
    date_of_expiry: date | None
    document_code: str
    issuing_state: str
    place_of_birth: str | None = None
    date_of_issuance: date | None = None
    issuing_authority: str | None = None
    confirmed: Names | None = None

    @property
    def names(self) -> Names:
        """The name of the result: signed before confirmed, diacritics before transliteration (SECURITY.md 7.8)."""
        return self.native or self.confirmed or self.printed

    @property
    def names_are_confirmed(self) -> bool:
        """Whether the name of the result rests on what people read off the page."""
        return self.native is None and self.confirmed is not None


def three_letter_state(code: str) -> str:
    """The three-letter code of an MRZ state code."""
    return _ALPHA_3.get(code, code)


def words(text: str) -> str:
    """A text of a data group with spaces for its fillers."""
    return " ".join(text.replace("<", " ").split())


def parts(text: str) -> str | None:
    """A text whose parts `<` separates (ICAO 9303-10 §4.7.11), as one line; None where nothing is said.

    No standard says which part is the town and which the country, so they stay together.
    """
    said = [words(part) for part in text.split("<")]
    return ", ".join(part for part in said if part.strip(" -")) or None
