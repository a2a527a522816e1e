"""The name as a person reads it off the page of a passport, before anything rests on it (SECURITY.md 7.8)."""

from __future__ import annotations

import unicodedata
from typing import Final

from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.domain.holder import Names

#: Of one part. A zone holds 39 characters of both (ICAO 9303-4 §4.2.2); the page may say more, and no page says this.
MAX_LENGTH: Final = 100
#: What stands between the letters of names: space, hyphens, apostrophes, the stop of an initial (ICAO 9303-3 §4.6).
_BETWEEN: Final = frozenset(" -\u2010.'\u2019\u02bc`\u00b4")
#: Letters that no script owns have a name of their own kind, and mix with any.
_COMMON: Final = frozenset({"MODIFIER"})


def printed_name(family_name: str, given_name: str) -> Names:
    """The name as one person typed it: composed letters, one space between words (Unicode NFC).

    Raises:
        ServiceError: `validation_failed`, with a code for each part that is no name: `missing`, `too_long`,
            `control_character`, `not_a_letter`, `mixed_scripts`.
    """
    parts = {"family": _composed(family_name), "given": _composed(given_name)}
    wrong = [
        FieldError(f"/printed_name/{name}", code)
        for name, part in parts.items()
        if (code := _wrong(part, may_be_empty=name == "given")) is not None
    ]
    if not wrong and len(_scripts("".join(parts.values()))) > 1:
        # each part alone is of one script: together they are not
        wrong = [FieldError("/printed_name", "mixed_scripts")]
    if wrong:
        raise ServiceError(ProblemCode.VALIDATION_FAILED, errors=tuple(wrong))
    return Names(parts["family"], parts["given"])


def _composed(text: str) -> str:
    """Blanks between words are one space; any other blank is left, and refused as the control that it is."""
    return " ".join(word for word in unicodedata.normalize("NFC", text).split(" ") if word)


def _wrong(part: str, *, may_be_empty: bool) -> str | None:
    if len(part) > MAX_LENGTH:
        return "too_long"
    if any(unicodedata.category(character)[0] in "CZ" and character != " " for character in part):
        return "control_character"
    if not all(unicodedata.category(character)[0] in "LM" or character in _BETWEEN for character in part):
        return "not_a_letter"
    if not any(unicodedata.category(character)[0] == "L" for character in part):
        return None if may_be_empty and not part else "missing"
    return "mixed_scripts" if len(_scripts(part)) > 1 else None


def _scripts(text: str) -> frozenset[str]:
    """The scripts of the letters, by the first word of their Unicode names: LATIN, CYRILLIC, ARABIC ..."""
    letters = (character for character in text if unicodedata.category(character)[0] == "L")
    return frozenset(unicodedata.name(letter, "UNNAMED").split()[0] for letter in letters) - _COMMON
