"""How the name of an order or a register agrees with the name of a document (RULES.md section 4).

A code for people to look at: it never decides alone, and the result always carries the document's name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mrz.names import NameMatch as Spelling
from mrz.names import compare, variants
from service.domain.holder import Names

#: Words before a name that are no part of it; dropped only where a name is left.
TITLES: Final = frozenset({"DR", "PROF", "PROFESSOR", "DOCENT", "HERR", "FRU", "MR", "MRS", "MS"})
#: A shorter word with one letter changed is another name as easily as a slip (ANNA, ANJA).
FUZZY_LETTERS: Final = 5
#: Far beyond every zone (39 characters hold 20 names of one letter) and every register.
MAX_TOKENS: Final = 40


class NameMatch(StrEnum):
    """How two names agree, best first."""

    EXACT = "exact"
    TRANSLITERATED = "transliterated"
    ORDER = "order"
    SUBSET_GIVEN = "subset_given"
    TRUNCATED = "truncated"
    PARTIAL_FAMILY = "partial_family"
    FUZZY = "fuzzy"
    MISMATCH = "mismatch"


class BirthMatch(StrEnum):
    """How the date of birth of the register agrees with the document's.

    `NUMBER_ONLY`: only the date part of a Swedish identity number differs; those of some days have run out (RULES.md
    section 1), so it proves nothing.
    """

    EQUAL = "equal"
    NUMBER_ONLY = "number_only"
    DIFFERS = "differs"


class Agreement(StrEnum):
    """What name and date of birth mean together: go on, go on with a written reason of both people, or stop."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True, repr=False)
class DocumentName:
    """The name of a document: as the zone prints it, as EF.DG11 spells it if it does, and whether the zone cut it."""

    printed: Names
    native: Names | None = None
    truncated: bool = False


_GREEN: Final = frozenset(
    {
        NameMatch.EXACT,
        NameMatch.TRANSLITERATED,
        NameMatch.ORDER,
        NameMatch.SUBSET_GIVEN,
        NameMatch.TRUNCATED,
    }
)
_APOSTROPHES: Final = re.compile("['\u2019\u02bc`\u00b4]")
_BREAKS: Final = re.compile(r"[\s<,.\-\u2010-\u2015]+")

_Tokens = tuple[str, ...]
_SameToken = Callable[[str, str], bool]


def match_names(document: DocumentName, expected: Names) -> NameMatch:
    """The best code that holds for the name that an order expects (RULES.md section 4)."""
    wanted = (_tokens(expected.family_name), _tokens(expected.given_name))
    printed = (_tokens(document.printed.family_name), _tokens(document.printed.given_name))
    if not (wanted[0] or wanted[1]) or max(map(len, (*wanted, *printed))) > MAX_TOKENS:
        return NameMatch.MISMATCH
    if wanted in _spellings(document):
        return NameMatch.EXACT
    rules = {
        NameMatch.TRANSLITERATED: _same_in_order(wanted[0], printed[0]) and _same_in_order(wanted[1], printed[1]),
        NameMatch.ORDER: _same_tokens(wanted[0] + wanted[1], printed[0] + printed[1], _spells),
        NameMatch.SUBSET_GIVEN: _same_in_order(wanted[0], printed[0]) and _shared(wanted[1], printed[1]) > 0,
        NameMatch.TRUNCATED: document.truncated and _cut(expected, document.printed),
        NameMatch.PARTIAL_FAMILY: _partial_family(wanted, printed),
        NameMatch.FUZZY: _nearly_in_order(wanted[0], printed[0]) and _nearly_in_order(wanted[1], printed[1]),
    }
    return next((code for code, holds in rules.items() if holds), NameMatch.MISMATCH)


def agreement(name: NameMatch, birth: BirthMatch, *, others_agree: bool) -> Agreement:
    """What a match means (RULES.md section 4).

    Args:
        name: how the names agree.
        birth: how the dates of birth agree.
        others_agree: nationality and, where the order names one, document number are the document's.
    """
    if not others_agree or birth is BirthMatch.DIFFERS or name is NameMatch.MISMATCH:
        return Agreement.RED
    return Agreement.GREEN if name in _GREEN and birth is BirthMatch.EQUAL else Agreement.YELLOW


def confirmed_print(printed: Names, words: Sequence[Names | None]) -> Names | None:
    """The name on the page as every reviewer wrote it (SECURITY.md 7.8).

    None unless all of them wrote the same, and the zone's name of the signed DG1 is one of its spellings in both
    parts (ICAO 9303-3 §6): what people read off a page can only add diacritics, never another name.
    """
    written = [None if word is None else _composed(word) for word in words]
    if not written or written[0] is None or any(word != written[0] for word in written):
        return None
    name = written[0]
    parts = ((name.family_name, printed.family_name), (name.given_name, printed.given_name))
    spelled = all(compare(native, zone, truncated=False) is Spelling.MATCH for native, zone in parts)
    return name if spelled else None


def _composed(name: Names) -> Names:
    """The same name in one form: composed letters, one space between words."""
    family, given = (
        " ".join(unicodedata.normalize("NFC", part).split()) for part in (name.family_name, name.given_name)
    )
    return Names(family, given)


def _tokens(name: str) -> _Tokens:
    """The words of a name in capitals, without apostrophes and leading titles."""
    words = [word for word in _BREAKS.split(_APOSTROPHES.sub("", unicodedata.normalize("NFC", name).upper())) if word]
    while len(words) > 1 and words[0] in TITLES:
        words = words[1:]
    return tuple(words)


def _spellings(document: DocumentName) -> list[tuple[_Tokens, _Tokens]]:
    names = (document.printed, document.native)
    return [(_tokens(name.family_name), _tokens(name.given_name)) for name in names if name is not None]


def _spells(wanted: str, printed: str) -> bool:
    """Whether one word is the other, or spelled as the zone would print it."""
    return wanted == printed or compare(wanted, printed, truncated=False) is Spelling.MATCH


def _nearly(wanted: str, printed: str) -> bool:
    if _spells(wanted, printed):
        return True
    if min(len(wanted), len(printed)) < FUZZY_LETTERS:
        return False
    return any(_one_edit_apart(spelling, printed) for spelling in (wanted, *variants(wanted)))


def _one_edit_apart(one: str, other: str) -> bool:
    """Levenshtein distance at most 1: one letter changed, left out or put in."""
    if abs(len(one) - len(other)) > 1:
        return False
    same = next((index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if same is None:
        return True
    return one[same + 1 :] == other[same + 1 :] or one[same:] == other[same + 1 :] or one[same + 1 :] == other[same:]


def _same_in_order(wanted: _Tokens, printed: _Tokens) -> bool:
    # joined: a space of the register can be nothing in the zone, and a letter two
    return compare(" ".join(wanted), " ".join(printed), truncated=False) is Spelling.MATCH


def _nearly_in_order(wanted: _Tokens, printed: _Tokens) -> bool:
    return len(wanted) == len(printed) and all(map(_nearly, wanted, printed))


def _same_tokens(wanted: _Tokens, printed: _Tokens, same: _SameToken) -> bool:
    return len(wanted) == len(printed) == _pairs(wanted, printed, same)


def _shared(wanted: _Tokens, printed: _Tokens) -> int:
    return _pairs(wanted, printed, _spells)


def _partial_family(wanted: tuple[_Tokens, _Tokens], printed: tuple[_Tokens, _Tokens]) -> bool:
    """One of several family names is shared, and a given name, or nobody has one."""
    several = max(len(wanted[0]), len(printed[0])) > 1
    given = _shared(wanted[1], printed[1]) > 0 or not (wanted[1] or printed[1])
    return several and given and _shared(wanted[0], printed[0]) > 0


def _cut(expected: Names, printed: Names) -> bool:
    parts = ((expected.family_name, printed.family_name), (expected.given_name, printed.given_name))
    return all(
        compare(" ".join(_tokens(native)), zone, truncated=True) is Spelling.MATCH for native, zone in parts if native
    ) and bool(expected.given_name) >= bool(printed.given_name)


def _pairs(wanted: _Tokens, printed: _Tokens, same: _SameToken) -> int:
    """The most words that can be paired, each once (Kuhn's augmenting paths): one word may spell several."""
    owner: dict[int, int] = {}

    def place(index: int, seen: set[int]) -> bool:
        for place_in, word in enumerate(printed):
            if place_in in seen or not same(wanted[index], word):
                continue
            seen.add(place_in)
            if place_in not in owner or place(owner[place_in], seen):
                owner[place_in] = index
                return True
        return False

    return sum(place(index, set()) for index in range(len(wanted)))
