"""Expected verdicts and ends, by the rules of docs/checks.md: the words that a kind of trouble leads to."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mrtd.inspection.reason import Reason
from mrtd.specimen.cases.case import ServiceEnd, Verdicts, Words

#: Everything is in order and the chip answered the server's own challenge.
GOOD: Final = Words("verified", "authentic", "yes", "yes", "yes")
#: The data are not the issuing state's, or cannot be held to be.
FORGED: Final = Words("refused", "not_authentic", "undetermined", "yes", "yes")
#: Nothing speaks against the document, and something that must speak for it is missing; its chip counts for nothing.
OPEN: Final = Words("review", "inconclusive", "undetermined", "yes", "yes")
#: The data are the state's, and the chip is somebody else's.
CLONE: Final = Words("refused", "authentic", "no", "yes", "yes")
#: The data are the state's; whether the chip is, stayed open.
UNPROVEN: Final = Words("review", "authentic", "undetermined", "yes", "yes")
#: Everything is in order, and something wants the attention of people.
ATTENTION: Final = replace(GOOD, outcome="review")
#: The data are the state's, but for a mandatory check; the chip is genuine by facts alone.
REFUSED_BY_POLICY: Final = replace(GOOD, outcome="refused", authenticity="not_authentic")
#: The same where the mandatory check stayed open.
OPEN_BY_POLICY: Final = replace(GOOD, outcome="review", authenticity="inconclusive")


def everywhere(words: Words) -> Verdicts:
    """The same verdict by every shipped policy."""
    return Verdicts(words, words, words)


def by_policy(strict_level3: Words, default: Words, forensic: Words) -> Verdicts:
    """One verdict a policy."""
    return Verdicts(strict_level3, default, forensic)


def counter(words: Words, reason: Reason | None = None, *, read_again: bool = False) -> ServiceEnd:
    """Where a verification ends under a verdict (docs/administrators.md).

    Args:
        words: the verdict of `strict-level3`.
        reason: the one that is told first; None if nothing stands in the way of the reviews.
        read_again: a new reading of the same chip may still settle it.
    """
    told = None if reason is None else reason.value
    if words.outcome == "refused":
        return ServiceEnd("refused", "stop", told)
    if read_again:
        return ServiceEnd("mrz_captured", "retry_chip", told)
    if words.authenticity == "authentic" and words.document_valid == "yes":
        if words.mrz_matches_chip == "undetermined":
            return ServiceEnd("mrz_captured", "confirm_mrz", told)
        if words.chip_genuine == "undetermined":
            return ServiceEnd("mrz_captured", "read_chip_live", told)
        if words.chip_genuine == "yes":
            return ServiceEnd("checked", "wait_review_1")
    return ServiceEnd("checked", "stop", told)


def refused_dump(code: str) -> ServiceEnd:
    """A dump that cannot be read is a problem of the request; the verification stays where it was."""
    return ServiceEnd("mrz_captured", "read_chip_live", None, code)
