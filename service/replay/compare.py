"""Expectations against findings, and findings against findings, check by check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from service.replay.case import ExpectedInspection
from service.replay.finding import Finding, FoundCheck, ServiceEnd


class Kind(StrEnum):
    """Where two replays can differ."""

    ERROR = "error"
    CHECK = "check"
    VERDICT = "verdict"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where what was found is not what was expected.

    `place` names it: check and subject, or policy and member. `expected` or `found` None: not there at all.
    """

    kind: Kind
    place: tuple[str, ...]
    expected: tuple[str | None, ...] | None
    found: tuple[str | None, ...] | None

    def to_json(self, expected: str = "expected", found: str = "found") -> dict[str, object]:
        """An item of `diff`."""
        names = {
            Kind.CHECK: (("id", "subject"), ("status", "reason")),
            Kind.VERDICT: (("policy", "member"), ("word",)),
            Kind.SERVICE: (("member",), ("word",)),
            Kind.ERROR: ((), ("code",)),
        }
        places, values = names[self.kind]

        def side(words: tuple[str | None, ...] | None) -> object:
            return None if words is None else words[0] if len(values) == 1 else dict(zip(values, words, strict=True))

        return {
            "kind": self.kind.value,
            **dict(zip(places, self.place, strict=True)),
            expected: side(self.expected),
            found: side(self.found),
        }

    def text(self, expected: str = "expected", found: str = "found") -> str:
        """The same for people, on one line."""
        where = " ".join((self.kind.value, *self.place))
        return f"{where}: {expected} {_said(self.expected)}, {found} {_said(self.found)}"


def compare_inspection(
    expected: ExpectedInspection, found: Finding, policies: tuple[str, ...] | None = None
) -> tuple[Difference, ...]:
    """What `inspect` and the policies said against what they must say.

    Args:
        expected: of the case.
        found: by the library.
        policies: the policies to compare, None for all that the case speaks of.
    """
    if expected.error != found.error:
        return (_difference(Kind.ERROR, (), expected.error, found.error),)
    verdicts = {name: words for name, words in expected.verdicts.items() if policies is None or name in policies}
    return (
        *_checks(expected.checks, found.checks, exhaustive=expected.exhaustive),
        *_verdicts(verdicts, found.verdicts),
    )


def compare_service(expected: ServiceEnd, found: ServiceEnd | None) -> tuple[Difference, ...]:
    """Where the service left the verification against where it must leave it."""
    wanted, got = expected.to_json(), {} if found is None else found.to_json()
    return tuple(
        _difference(Kind.SERVICE, (name,), _word(word), _word(got.get(name)))
        for name, word in wanted.items()
        if word != got.get(name)
    )


def compare_findings(first: Finding, second: Finding) -> tuple[Difference, ...]:
    """Everything in which two recorded findings differ; `expected` is the first."""
    if first.error != second.error:
        return (_difference(Kind.ERROR, (), first.error, second.error),)
    both = [policy for policy in first.verdicts if policy in second.verdicts]
    differences = (
        *_checks(first.checks, second.checks, exhaustive=True),
        *_verdicts({policy: first.verdicts[policy] for policy in both}, second.verdicts),
    )
    if first.service is None or second.service is None:
        return differences
    return (*differences, *compare_service(first.service, second.service))


def _checks(
    expected: tuple[FoundCheck, ...], found: tuple[FoundCheck, ...], *, exhaustive: bool
) -> Iterator[Difference]:
    """One check can end more than once for a subject (one reason a deviation), so each side is a bag of ends."""
    wanted, got = _by_place(expected), _by_place(found)
    for place in dict.fromkeys((*wanted, *got) if exhaustive else wanted):
        missing = sorted((wanted.get(place, Counter()) - got.get(place, Counter())).elements(), key=_order)
        extra = sorted((got.get(place, Counter()) - wanted.get(place, Counter())).elements(), key=_order)
        pairs = zip_longest(missing, extra) if exhaustive else zip_longest(missing, extra[: len(missing)])
        for one, other in pairs:
            yield Difference(Kind.CHECK, place, one, other)


def _by_place(checks: tuple[FoundCheck, ...]) -> dict[tuple[str, str], Counter[tuple[str, str | None]]]:
    found: dict[tuple[str, str], Counter[tuple[str, str | None]]] = {}
    for check in checks:
        found.setdefault((check.id, check.subject), Counter())[check.status.value, check.reason] += 1
    return found


def _order(end: tuple[str, str | None]) -> tuple[str, str]:
    return end[0], end[1] or ""


def _verdicts(
    expected: Mapping[str, Mapping[str, str]], found: Mapping[str, Mapping[str, str]]
) -> Iterator[Difference]:
    for policy, words in expected.items():
        got = found.get(policy, {})
        for member, word in words.items():
            if word != got.get(member):
                yield _difference(Kind.VERDICT, (policy, member), word, got.get(member))


def _difference(kind: Kind, place: tuple[str, ...], expected: str | None, found: str | None) -> Difference:
    return Difference(kind, place, None if expected is None else (expected,), None if found is None else (found,))


def _word(value: object) -> str | None:
    return None if value is None else str(value)


def _said(words: tuple[str | None, ...] | None) -> str:
    return "nothing" if words is None else " ".join(word for word in words if word is not None)
