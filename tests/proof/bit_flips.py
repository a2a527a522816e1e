"""Every flipped bit and every other character of a genuine document: never `verified`.

`python -m tests.proof.bit_flips` flips all of them (minutes on two processes), prints what became of them, and ends
with 1 if anything was verified or made the program raise.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

import mrz
from mrtd.evidence import ActiveAuthenticationResponse, ChipEvidence, ElementaryFile
from tests.proof.specimens import ALGORITHMS, Genuine, genuine

#: The characters of a machine readable zone (ICAO 9303-3 §4.3).
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"

PRINTED: Final = "printed MRZ"
RESPONSE: Final = "AA response"
CHALLENGE: Final = "AA challenge"

#: How many flips of each part a run makes: None means every one. DG2 is a picture under one hash, so it is sampled.
#: EF.COM is left out: nothing signs it (ICAO 9303-10 §4.6.1), and nothing is believed that stands in it.
WHOLE: Final[dict[str, int | None]] = {
    "EF.SOD": None,
    "EF.DG1": None,
    "EF.DG2": 2_000,
    "EF.DG11": None,
    "EF.DG12": None,
    "EF.DG14": None,
    "EF.DG15": None,
    RESPONSE: None,
    CHALLENGE: None,
    PRINTED: None,
}
#: A document in the ordinary run of the tests.
SAMPLE: Final[dict[str, int | None]] = {
    "EF.SOD": 200,
    "EF.DG1": 30,
    "EF.DG2": 20,
    "EF.DG11": 10,
    "EF.DG12": 10,
    "EF.DG14": 20,
    "EF.DG15": 20,
    RESPONSE: 10,
    CHALLENGE: 5,
    PRINTED: 50,
}
#: Flips that one process makes before it reports.
CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part of one document whose flips are numbered: bits, or for the printed MRZ other characters."""

    algorithms: str
    name: str

    @property
    def flips(self) -> int:
        """How many there are."""
        document = genuine(self.algorithms)
        if self.name == PRINTED:
            return sum(map(len, document.lines)) * (len(ALPHABET) - 1)
        return 8 * len(_octets(document, self.name))

    def place(self, number: int) -> str:
        """Where a flip stands: counted from 1 in the MRZ, from 0 in octets, bit 7 the most significant."""
        if self.name != PRINTED:
            return f"octet {number // 8}, bit {7 - number % 8}"
        first, _ = genuine(self.algorithms).lines
        line, column = divmod(number // (len(ALPHABET) - 1), len(first))
        return f"line {line + 1}, position {column + 1}"

    def outcome(self, number: int) -> str:
        """What becomes of the document with that flip; `no MRZ` if the lines are none any more."""
        document = genuine(self.algorithms)
        if self.name != PRINTED:
            spoiled = flipped(_octets(document, self.name), number)
            return document.outcome(evidence=_with(document, self.name, spoiled))
        try:
            printed = document.printed(other_character(document.lines, number))
        except mrz.MrzError:
            return "no MRZ"
        return document.outcome(printed=printed)


@dataclass(slots=True)
class Outcomes:
    """What became of the flips of one part; `wrong` are those that were verified or raised, with the outcome."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[int, str]] = field(default_factory=list)

    def __iadd__(self, other: Outcomes) -> Outcomes:
        self.counts += other.counts
        self.wrong += other.wrong
        return self


def flipped(data: bytes, bit: int) -> bytes:
    """`data` with one bit flipped; bit 0 is the most significant of the first octet."""
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def other_character(lines: tuple[str, str], number: int) -> tuple[str, str]:
    """The lines with one character replaced: numbered by place, then by the other characters of the alphabet."""
    place, choice = divmod(number, len(ALPHABET) - 1)
    text = "\n".join(lines)
    place += place >= len(lines[0])  # the line break is no character of the zone
    other = [character for character in ALPHABET if character != text[place]][choice]
    first, second = (text[:place] + other + text[place + 1 :]).split("\n")
    return first, second


def spread(total: int, count: int | None) -> Sequence[int]:
    """`count` different numbers below `total`, evenly spread over it and over the bits of an octet, the same always.

    Steps of about the golden ratio of the range, coprime to it, so that no number comes twice.
    """
    if count is None or count >= total:
        return range(total)
    step = round(total * (math.sqrt(5) - 1) / 2)
    while math.gcd(step, total) != 1:
        step += 1
    return [number * step % total for number in range(count)]


def flip(part: Part, numbers: Iterable[int]) -> Outcomes:
    """Make these flips, one at a time."""
    found = Outcomes()
    for number in numbers:
        try:
            outcome = part.outcome(number)
        except Exception as error:  # whatever escapes is what this looks for
            outcome = f"raised {type(error).__name__}"
        found.counts[outcome] += 1
        if outcome not in ("refused", "review", "no MRZ"):
            found.wrong.append((number, outcome))
    return found


def parts(documents: Iterable[str] = ALGORITHMS) -> Iterator[Part]:
    """Every part of these documents."""
    return (Part(algorithms, name) for algorithms in documents for name in WHOLE)


def flip_all(chosen: Iterable[Part], amounts: dict[str, int | None], processes: int) -> dict[Part, Outcomes]:
    """The flips of these parts, over some processes."""
    jobs: list[tuple[Part, Sequence[int]]] = []
    for part in chosen:
        numbers = spread(part.flips, amounts[part.name])
        jobs += [(part, numbers[start : start + CHUNK]) for start in range(0, len(numbers), CHUNK)]
    found: dict[Part, Outcomes] = {part: Outcomes() for part, _ in jobs}
    with ProcessPoolExecutor(processes) as pool:
        for (part, _), outcomes in zip(jobs, pool.map(flip, *zip(*jobs, strict=True)), strict=True):
            found[part] += outcomes
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Flip everything and print what became of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.bit_flips", description=__doc__)
    parser.add_argument("documents", nargs="*", help=f"of {', '.join(ALGORITHMS)}; by default all")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    documents = options.documents or list(ALGORITHMS)
    for algorithms in documents:
        if genuine(algorithms).outcome() != "verified":
            sys.stdout.write(f"{algorithms}: not verified even without a flip\n")
            return 1
    found = flip_all(parts(documents), WHOLE, options.processes)
    sys.stdout.writelines(f"{line}\n" for line in table(found))
    return 1 if any(outcomes.wrong for outcomes in found.values()) else 0


def table(found: dict[Part, Outcomes]) -> Iterator[str]:
    """A line a part, their sum, and each flip that went wrong with its place."""
    columns = sorted({outcome for outcomes in found.values() for outcome in outcomes.counts} | {"verified"})
    yield f"{'document':16} {'part':12} {'flips':>7}" + "".join(f" {column:>9}" for column in columns)
    rows = [(part.algorithms, part.name, outcomes.counts) for part, outcomes in found.items()]
    total = sum((counts for _, _, counts in rows), Counter[str]())
    for document, name, counts in (*rows, ("all", "", total)):
        numbers = "".join(f" {counts[column]:>9}" for column in columns)
        yield f"{document:16} {name:12} {counts.total():>7}{numbers}"
    for part, outcomes in found.items():
        for number, outcome in outcomes.wrong:
            yield f"{part.algorithms} {part.name} {part.place(number)}: {outcome}"


def _answer(document: Genuine) -> ActiveAuthenticationResponse:
    answer = document.evidence.active_authentication
    if answer is None:
        raise ValueError("the specimens have Active Authentication")
    return answer


def _octets(document: Genuine, name: str) -> bytes:
    if name == RESPONSE:
        return _answer(document).response
    if name == CHALLENGE:
        return _answer(document).challenge
    return document.evidence.files[ElementaryFile(name)]


def _with(document: Genuine, name: str, data: bytes) -> ChipEvidence:
    """The evidence with other octets in one part; the answer of the chip stays the genuine one."""
    evidence = document.evidence
    if name == RESPONSE:
        return replace(evidence, active_authentication=replace(_answer(document), response=data))
    if name == CHALLENGE:
        return replace(evidence, active_authentication=replace(_answer(document), challenge=data))
    return replace(evidence, files={**evidence.files, ElementaryFile(name): data})


if __name__ == "__main__":
    sys.exit(main())
