"""Names in national characters against names in the zone (ICAO 9303-3 §4.6 and section 6).

One character can have several spellings, so a name of n characters can have exponentially many. They are
never listed to compare: the comparison walks the name once and keeps the set of places in the printed name
that the characters so far can have led to. Its cost is bounded by the product of the two lengths.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from typing import Final

from mrz.charset import DIGITS, FILLER, LETTERS
from mrz.transliteration import ARABIC, GREEK, GREEK_PAIRS, SHADDA, SPELLINGS

#: DG11 names are short; a longer text is no name, and is not compared.
MAX_NATIVE_LENGTH: Final = 512
#: No zone prints more characters than TD1 in all its lines.
MAX_PRINTED_LENGTH: Final = 90
#: Enough for a person to look at, or for an index; the comparison needs none of them.
MAX_VARIANTS: Final = 64

_PRINTED: Final = LETTERS | DIGITS
_SEPARATORS: Final = frozenset(" <,")
_APOSTROPHES: Final = frozenset("'\u2019\u02bc`\u00b4")
#: Left out by the standard; some issuers print a filler all the same.
_APOSTROPHE_SPELLINGS: Final = ("", " ")

#: One step through a name: how many characters it takes, and how these may be spelled.
Step = tuple[int, tuple[str, ...]]
#: A name component as, for each of its characters, the steps that may begin there.
Component = tuple[tuple[Step, ...], ...]


class NameMatch(StrEnum):
    """Whether a name in national characters can be the printed one."""

    MATCH = "match"
    DIFFERS = "differs"
    UNDETERMINED = "undetermined"


class _UndeterminedError(Exception):
    """A character of a script whose spelling no table gives, or a text that is too long for a name."""


def matches(native: str, mrz_identifier: str, *, truncated: bool) -> bool:
    """Whether some spelling of `native` is the printed identifier (ICAO 9303-3 §4.6).

    False both for a different name and for a script without a table; `compare` tells these apart.

    Args:
        native: One identifier in national characters.
        mrz_identifier: The same from the zone, with fillers or spaces.
        truncated: The printed name may have been cut (ICAO 9303-4 to -7, truncation of names).
    """
    return compare(native, mrz_identifier, truncated=truncated) is NameMatch.MATCH


def compare(native: str, mrz_identifier: str, *, truncated: bool) -> NameMatch:
    """As `matches`, with a third answer where the tables cannot decide.

    UNDETERMINED: a script without a table, an overlong text, or no match in Arabic or Greek, where states
    seldom print what a table says (Arabic names are transcribed by sound).
    """
    if len(native) > MAX_NATIVE_LENGTH or len(mrz_identifier) > MAX_PRINTED_LENGTH:
        return NameMatch.UNDETERMINED
    target = " ".join(mrz_identifier.replace(FILLER, " ").split())
    try:
        components = _components(native)
    except _UndeterminedError:
        return NameMatch.UNDETERMINED
    if not components or not target:
        return NameMatch.MATCH if not components and not target else NameMatch.DIFFERS
    if _reaches_end(components, target, truncated=truncated):
        return NameMatch.MATCH
    return NameMatch.UNDETERMINED if _is_transcribed(native) else NameMatch.DIFFERS


def full_name_matches(native_full_name: str, primary: str, secondary: str, truncated: bool) -> NameMatch:
    """Whether a full name (DG11, ICAO 9303-10) can be the name in the zone.

    `<<` or a comma in the full name separates primary and secondary identifier. Without either the name
    may stand in any of the two orders, since documents write both.
    """
    name = native_full_name.strip(" <")
    for separator in (FILLER * 2, ","):
        native_primary, found, native_secondary = name.partition(separator)
        if found:
            return _both(
                compare(native_primary, primary, truncated=truncated),
                compare(native_secondary, secondary, truncated=truncated),
            )
    orders = (f"{primary} {secondary}", f"{secondary} {primary}")
    results = [compare(name, order, truncated=truncated) for order in orders]
    for answer in (NameMatch.MATCH, NameMatch.UNDETERMINED):
        if answer in results:
            return answer
    return NameMatch.DIFFERS


def variants(native: str, *, limit: int = MAX_VARIANTS) -> Iterator[str]:
    """At most `limit` spellings of a name as the zone prints it, the recommended one first.

    Nothing for a script without a table.
    """
    if len(native) > MAX_NATIVE_LENGTH:
        return
    try:
        components = _components(native)
    except _UndeterminedError:
        return
    seen: set[str] = set()
    # Distinct paths can spell the same; what is looked at is bounded too.
    for spelling in islice(_spell(components), 8 * limit):
        if len(seen) < limit and spelling not in seen:
            seen.add(spelling)
            yield spelling


def _both(first: NameMatch, second: NameMatch) -> NameMatch:
    if NameMatch.DIFFERS in (first, second):
        return NameMatch.DIFFERS
    return NameMatch.MATCH if first is second is NameMatch.MATCH else NameMatch.UNDETERMINED


def _components(native: str) -> tuple[Component, ...]:
    """The components of a name, fully composed and in capitals, each as its steps.

    Hyphens and commas separate like blanks; apostrophes and other punctuation are left out.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", native).upper())
    if len(text) > MAX_NATIVE_LENGTH:  # one character can be composed of eighteen
        raise _UndeterminedError
    spaced = "".join(" " if char in _SEPARATORS or _is_dash(char) else char for char in text)
    components = (_component(word) for word in spaced.split())
    return tuple(component for component in components if component)


def _component(word: str) -> Component:
    chars = [char for char in word if char in _APOSTROPHES or not _is_left_out(char)]
    if all(char in _APOSTROPHES for char in chars):
        return ()
    steps: list[tuple[Step, ...]] = []
    for index, char in enumerate(chars):
        single = _spellings(char)
        if chars[index + 1 : index + 2] == [SHADDA]:
            steps.append(((2, tuple(_doubled(spelling) for spelling in single)),))
            continue
        pair = GREEK_PAIRS.get(_bare("".join(chars[index : index + 2])))
        steps.append(((2, pair), (1, single)) if pair else ((1, single),))
    return tuple(steps)


def _doubled(spelling: str) -> str:
    """A spelling under shadda: XDZ becomes XDZDZ, its leading X said once (9303-3 section 6.C)."""
    return spelling + spelling.removeprefix("X")


def _spellings(char: str) -> tuple[str, ...]:
    """How one character may be printed: by its entry, or as the letter without its marks.

    Raises:
        _UndeterminedError: No table knows the character.
    """
    if char in _PRINTED:
        return (char,)
    if char in _APOSTROPHES:
        return _APOSTROPHE_SPELLINGS
    if char == SHADDA:
        return ("",)
    for known in (char, _bare(char)):
        if known in SPELLINGS:
            return SPELLINGS[known]
    bare = _bare(char)
    if bare in LETTERS:
        return (bare,)
    raise _UndeterminedError


def _bare(text: str) -> str:
    """Text without combining marks."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if not unicodedata.category(char).startswith("M"))


def _is_dash(char: str) -> bool:
    return unicodedata.category(char) == "Pd"


def _is_left_out(char: str) -> bool:
    """Punctuation, signs, modifier letters, format controls; marks that did not compose with a letter."""
    category = unicodedata.category(char)
    if char in SPELLINGS or char == SHADDA:
        return False
    return category[0] in "PSC" or category in ("Lm", "Mn")


def _is_transcribed(native: str) -> bool:
    """Whether the name is in a script that states transcribe by sound rather than by a table."""
    return any(char in ARABIC or _bare(char) in GREEK for char in native.upper())


def _reaches_end(components: tuple[Component, ...], target: str, *, truncated: bool) -> bool:
    """Whether the components, in order, spell the whole of `target`.

    If the name may have been cut, a component may end early or be missing; never the first.
    """
    starts = {0}
    for index, component in enumerate(components):
        ends = _ends(component, target, starts, cut=truncated)
        last = index == len(components) - 1
        if (last or truncated) and len(target) in ends:
            return True
        following = {end + 1 for end in ends if target[end : end + 1] == " "}
        starts = following | starts if truncated and index else following
        if not starts:
            return False
    return False


def _ends(component: Component, target: str, starts: set[int], *, cut: bool) -> set[int]:
    """Where in `target` the component can end, begun at any of `starts`."""
    reached: list[set[int]] = [set() for _ in range(len(component) + 1)]
    reached[0] = set(starts)
    early: set[int] = set()
    for index, steps in enumerate(component):
        for taken, spellings in steps:
            following = reached[min(index + taken, len(component))]
            for spelling in spellings:
                for position in reached[index]:
                    if target.startswith(spelling, position):
                        following.add(position + len(spelling))
                    if cut:
                        early |= _early_ends(spelling, target, position)
    return reached[-1] | early


def _early_ends(spelling: str, target: str, position: int) -> set[int]:
    """Where a component that is cut within or after this spelling ends: before a blank or at the end."""
    ends = set()
    for length in range(1, len(spelling) + 1):
        end = position + length
        if target.startswith(spelling[:length], position) and target[end : end + 1] in ("", " "):
            ends.add(end)
    return ends


def _spell(components: tuple[Component, ...]) -> Iterator[str]:
    """Every spelling, depth first; the caller bounds how many are taken."""
    flat: list[tuple[Step, ...]] = []
    for component in components:
        if flat:
            flat.append(((1, (FILLER,)),))
        flat.extend(component)
    stack: list[tuple[int, str]] = [(0, "")]
    while stack:
        index, spelled = stack.pop()
        if index >= len(flat):
            yield spelled.replace(" ", FILLER)
            continue
        following = [
            (index + taken, spelled + spelling) for taken, spellings in flat[index] for spelling in spellings
        ]
        stack.extend(reversed(following))
