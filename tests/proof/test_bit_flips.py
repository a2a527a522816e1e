"""A deterministic sample of `tests.proof.bit_flips`; `make exhaustive` flips everything."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.proof.bit_flips import (
    ALPHABET,
    PRINTED,
    SAMPLE,
    Part,
    flip,
    flip_all,
    flipped,
    other_character,
    parts,
    spread,
    table,
)
from tests.proof.specimens import ALGORITHMS, genuine


@pytest.mark.parametrize("algorithms", ALGORITHMS)
def test_without_a_flip_it_is_verified(algorithms):
    assert genuine(algorithms).outcome() == "verified"


@pytest.mark.parametrize("part", list(parts()), ids=lambda part: f"{part.algorithms}-{part.name}")
def test_a_flip_is_never_verified(part: Part):
    numbers = spread(part.flips, SAMPLE[part.name])
    outcomes = flip(part, numbers)
    assert not outcomes.wrong
    assert outcomes.counts.total() == min(part.flips, SAMPLE[part.name])


def test_what_is_verified_after_all_is_told(monkeypatch):
    """The sample would be green with a `flip` that looks at nothing."""
    monkeypatch.setattr("tests.proof.bit_flips.flipped", lambda data, _: data)
    assert flip(Part("rsa-2048", "EF.DG1"), [3]).wrong == [(3, "verified")]


def test_the_check_digit_of_the_optional_data_is_compared_too():
    """`<` and `0` are both right over optional data that hold fillers alone (ICAO 9303-4 §4.2.2.2)."""
    document, part = genuine("brainpoolp256r1"), Part("brainpoolp256r1", PRINTED)
    assert document.lines[1][42] == "<"
    numbers = range((44 + 42) * 36, (44 + 43) * 36)
    assert {part.place(number) for number in numbers} == {"line 2, position 43"}
    assert not flip(part, numbers).wrong


def test_the_table_names_the_place():
    part = Part("rsa-2048", "EF.DG1")
    found = flip_all([part], {"EF.DG1": 3}, 1)
    found[part].wrong.append((9, "verified"))
    lines = list(table(found))
    assert lines[1].split() == ["rsa-2048", "EF.DG1", "3", "3", "0"]
    assert lines[2].split() == ["all", "3", "3", "0"]
    assert lines[3] == "rsa-2048 EF.DG1 octet 1, bit 6: verified"


def test_what_is_raised_is_told(monkeypatch):
    def broken(*_: object) -> bytes:
        raise LookupError

    monkeypatch.setattr("tests.proof.bit_flips.flipped", broken)
    assert flip(Part("rsa-2048", "EF.DG1"), [3]).wrong == [(3, "raised LookupError")]


def test_every_bit_is_flipped_once():
    data = bytes(range(32))
    assert len({flipped(data, bit) for bit in range(256)} - {data}) == 256
    assert all((int.from_bytes(flipped(data, bit)) ^ int.from_bytes(data)).bit_count() == 1 for bit in range(256))


def test_every_other_character_stands_once_in_every_place():
    document = genuine("rsa-2048")
    lines = {other_character(document.lines, number) for number in range(Part("rsa-2048", PRINTED).flips)}
    assert len(lines) == 88 * 36
    assert document.lines not in lines
    assert {"".join(line) for line in lines}.isdisjoint({"".join(document.lines)})
    assert all(set("".join(line)) <= set(ALPHABET) and [*map(len, line)] == [44, 44] for line in lines)


@pytest.mark.parametrize(("total", "count"), [(1, 1), (2, 1), (744, 30), (72_808, 2_000), (16_000, 200), (64, 5)])
def test_a_sample_is_spread(total, count):
    """No number comes twice, no gap is far larger than an even one, and every bit of an octet has its share."""
    numbers = sorted(spread(total, count))
    assert len(set(numbers)) == count
    assert all(0 <= number < total for number in numbers)
    gaps = [after - before for before, after in zip([-1, *numbers], [*numbers, total], strict=True)]
    assert max(gaps) <= 3 * total / count + 1
    if count >= 200:
        assert min(Counter(number % 8 for number in numbers).values()) > count / 16


def test_a_whole_part_is_every_flip():
    assert list(spread(5, None)) == list(spread(5, 9)) == [0, 1, 2, 3, 4]
