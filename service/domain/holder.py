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
        names = Names(_words(primary), _words(secondary))
        return names if names.family_name and bool(names.given_name) == bool(self.given_name) else None


def _words(text: str) -> str:
    return " ".join(text.replace("<", " ").split())


@dataclass(frozen=True, slots=True, repr=False)
class Holder:
    """The person and the document, from signed data groups.

    `printed` is the spelling of the MRZ; `native` that of EF.DG11, where the chip has one. States are three-letter
    codes (`DEU` for the MRZ's `D`). A date that the document leaves unknown is None.
    """

    printed: Names
    native: Names | None
    date_of_birth: date | None
    nationality: str
    document_number: str
    date_of_expiry: date | None
    document_code: str
    issuing_state: str


def three_letter_state(code: str) -> str:
    """The three-letter code of an MRZ state code."""
    return _ALPHA_3.get(code, code)
