"""Cases of Active Authentication: answers and challenges (ICAO 9303-11 §6.1)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.specimen.algorithm_profiles import ALL_PROFILES
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, ChipAnswers, Importance, ServiceEnd, Specimen, Standard
from mrtd.specimen.cases.chapter import (
    Chapter,
    failed,
    not_applicable,
    passed,
    undecided,
)
from mrtd.specimen.cases.chip_dumps import EC_PROFILE, as_json
from mrtd.specimen.cases.verdicts import (
    ATTENTION,
    CLONE,
    GOOD,
    UNPROVEN,
    by_policy,
    everywhere,
)
from mrtd.specimen.chip import BEHAVIOURS, SpecimenChip
from mrtd.specimen.holder import MARTA
from mrtd.specimen.scheme import AlgorithmProfile

_CHAPTER: Final = Chapter(__name__)
_RSA: Final = ALL_PROFILES["aa-rsa2048-sha256"]
_BAD_ANSWER: Final = failed("aa.signature", "AA", R.BAD_SIGNATURE)
#: Ways to answer that no standard allows, and what is wrong with them.
_WRONG_RSA: Final[Mapping[str, tuple[str, Standard]]] = {
    "leading-zero-left-out": ("An answer shorter than the modulus", std.AA_RSA),
    "zero-before": ("An answer longer than the modulus", std.AA_RSA),
    "empty": ("An empty answer", std.AA_RSA),
    "zeros": ("An answer of zeros", std.AA_RSA),
    "ones": ("An answer of ones, larger than the modulus", std.AA_RSA),
    "one-bit-changed": ("One bit of the answer changed", std.AA_RSA),
    "another-message": ("An answer to another message than the challenge", std.NONCE),
    "longer-message": ("An answer to the challenge and an octet more", std.NONCE),
    "total-recovery-header": ("The header of total recovery", std.AA_RSA),
    "padded-header": ("A padded header", std.AA_RSA),
    "trailer-of-ripemd-160": ("The trailer of a hash that may not be used", std.AA_TRAILER),
    "trailer-33cc": ("SHA-1 named in the trailer, where it is implicit", std.AA_TRAILER),
    "trailer-bc-over-sha256": ("The trailer of SHA-1 over a SHA-256", std.AA_TRAILER),
    "trailer-of-another-hash": ("The trailer of another hash than was used", std.AA_TRAILER),
    "no-trailer": ("No trailer", std.AA_TRAILER),
}
_WRONG_EC: Final[Mapping[str, tuple[str, Standard]]] = {
    "zero-before": ("An octet more than r and s have", std.AA_ECDSA),
    "last-octet-left-out": ("An octet less than r and s have", std.AA_ECDSA),
    "empty": ("An empty answer", std.AA_ECDSA),
    "zeros": ("Both numbers r and s are 0", std.AA_ECDSA),
    "one-bit-changed": ("One bit of the answer changed", std.AA_ECDSA),
    "another-message": ("An answer to another message than the challenge", std.NONCE),
    "sha512-instead": ("Another hash than DG14 declares", std.AA_ECDSA),
}


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _genuine()
    yield from _answers()
    yield from _challenges()


def _genuine() -> Iterator[Case]:
    yield _CHAPTER.case(
        "genuine",
        "A passport with which everything is in order, its chip answers the server's challenge",
        std.ACTIVE_AUTHENTICATION,
        lambda: bench.specimen(bench.passport()),
    )
    yield _CHAPTER.case(
        "genuine-without-proof",
        "A passport whose chip has no way to prove itself",
        std.ACTIVE_AUTHENTICATION,
        lambda: bench.specimen(bench.passport(bench.WITHOUT_CHIP_PROOF)),
        verdicts=everywhere(replace(GOOD, outcome="review", chip_genuine="not_supported")),
        reason=R.NOT_SUPPORTED,
    )
    yield _CHAPTER.case(
        "genuine-with-chip-authentication",
        "A passport with both protocols: the answer to the challenge is enough",
        std.CHIP_AUTHENTICATION_KEY,
        lambda: bench.specimen(
            bench.passport(replace(bench.PASSPORT, chip_authentication=True)), chip_authentication=True
        ),
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "chip-authentication-alone",
        "A passport with Chip Authentication alone, which needs a live reading",
        std.CHIP_AUTHENTICATION,
        lambda: bench.specimen(
            bench.passport(replace(bench.WITHOUT_CHIP_PROOF, chip_authentication=True)), chip_authentication=True
        ),
        verdicts=everywhere(UNPROVEN),
        reason=R.NOT_PERFORMED,
    )
    for number in (1024, 2048):
        for hash_name in ("sha1", "sha224", "sha256", "sha384", "sha512"):
            profile = ALL_PROFILES[f"aa-rsa{number}-{hash_name}"]
            weak = number < 2048 or hash_name == "sha1"
            yield _CHAPTER.case(
                f"rsa-{number}-{hash_name}",
                f"Active Authentication by RSA of {number} bits and {hash_name.upper()}",
                std.AA_TRAILER,
                _answering(profile),
                [passed("pa.algorithms", "AA", R.WEAK_ALGORITHM)] if weak else [],
                importance=Importance.MEDIUM,
                features=("rsa", hash_name),
            )
    for profile in (p for name, p in ALL_PROFILES.items() if name.startswith("aa-") and "rsa" not in name):
        weak_hash = profile.active_authentication_hash == "sha1"
        yield _CHAPTER.case(
            profile.name.removeprefix("aa-"),
            f"Active Authentication by ECDSA: {profile.name.removeprefix('aa-').replace('-', ' and ')}",
            std.AA_ECDSA,
            _answering(profile),
            [passed("pa.algorithms", "AA", R.WEAK_ALGORITHM)] if weak_hash else [],
            importance=Importance.MEDIUM,
            features=("ec", profile.active_authentication_hash),
        )
    yield _CHAPTER.case(
        "rsa-complement",
        "The chip answers n - J instead of J, by the older form of the signature",
        std.AA_BOTH_SCHEMES,
        _answering(_RSA, complement=True),
        features=("rsa",),
    )
    for profile, kind in ((_RSA, "rsa"), (EC_PROFILE, "ec")):
        yield _CHAPTER.case(
            f"{kind}-leading-zero",
            "An answer that begins with a zero octet, which has to be sent as well",
            std.AA_RSA if kind == "rsa" else std.AA_ECDSA,
            _answering(profile, behaviour="leading-zero"),
            features=(kind,),
        )
    yield _CHAPTER.case(
        "ec-der-encoded",
        "The chip answers in DER instead of r and s, as some do",
        std.AA_ECDSA,
        _answering(EC_PROFILE, behaviour="der-encoded"),
        passed("aa.signature", "AA", R.DER_ENCODED),
        importance=Importance.MEDIUM,
        features=("ec",),
    )


def _answers() -> Iterator[Case]:
    for profile, kind, wrong in ((_RSA, "rsa", _WRONG_RSA), (EC_PROFILE, "ec", _WRONG_EC)):
        yield _CHAPTER.case(
            f"{kind}-clone",
            "All files of a genuine passport on another chip, whose key is another",
            std.ACTIVE_AUTHENTICATION,
            _answering(profile, key="clone-chip"),
            _BAD_ANSWER,
            verdicts=everywhere(CLONE),
            reason=R.BAD_SIGNATURE,
            importance=Importance.CRITICAL,
            features=("clone", kind),
        )
        for behaviour, (title, standard) in wrong.items():
            yield _CHAPTER.case(
                f"{kind}-{behaviour}",
                title,
                standard,
                _answering(profile, behaviour=behaviour),
                _BAD_ANSWER,
                verdicts=everywhere(CLONE),
                reason=R.BAD_SIGNATURE,
                importance=Importance.CRITICAL,
                features=(kind,),
            )


def _challenges() -> Iterator[Case]:
    yield _CHAPTER.case(
        "no-answer",
        "A chip that was asked nothing, or does not answer",
        std.ACTIVE_AUTHENTICATION,
        lambda: bench.specimen(bench.passport(), chip=None),
        verdicts=everywhere(UNPROVEN),
        reason=R.NOT_SENT,
    )
    yield _CHAPTER.case(
        "other-challenge",
        "A good answer to another challenge than the server's",
        std.NONCE,
        _answering(EC_PROFILE, answers="other_challenge"),
        failed("aa.challenge_bound", "AA", R.OTHER_CHALLENGE),
        verdicts=everywhere(CLONE),
        reason=R.OTHER_CHALLENGE,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "challenge-used",
        "A good answer to a challenge that was answered before",
        std.NONCE_REUSE,
        _answering(EC_PROFILE, answers="used"),
        failed("aa.challenge_bound", "AA", R.CHALLENGE_USED),
        verdicts=everywhere(CLONE),
        # the service judges the first answer, and takes no second
        service=ServiceEnd("checked", "wait_review_1", None, "wrong_state"),
        importance=Importance.CRITICAL,
    )
    slow = passed("evidence.freshness", "evidence", R.SLOW)
    yield _CHAPTER.case(
        "challenge-expired",
        "A good answer two minutes and a second after the challenge",
        std.NONCE,
        _answering(EC_PROFILE, answers="late"),
        undecided("aa.challenge_bound", "AA", R.CHALLENGE_EXPIRED),
        slow,
        verdicts=everywhere(UNPROVEN),
        reason=R.CHALLENGE_EXPIRED,
        read_again=True,
    )
    yield _CHAPTER.case(
        "challenge-slow",
        "A good answer a minute and a half after the challenge",
        std.NONCE,
        _answering(EC_PROFILE, age_s=90),
        slow,
        verdicts=by_policy(ATTENTION, GOOD, GOOD),
        at_the_counter=False,
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "recorded-answer",
        "A dump that brings its own challenge and answer: a claim, whoever sends it",
        std.NONCE,
        _recorded,
        undecided("aa.challenge_bound", "AA", R.CLAIMED),
        not_applicable("evidence.freshness", "evidence", R.NO_EVIDENCE),
        verdicts=everywhere(UNPROVEN),
        reason=R.CLAIMED,
        importance=Importance.CRITICAL,
        features=("json",),
    )
    yield _CHAPTER.case(
        "recorded-short-challenge",
        "A recorded answer to a challenge of four octets",
        std.NONCE,
        lambda: _recorded(b"\x00\x01\x02\x03"),
        _BAD_ANSWER,
        undecided("aa.challenge_bound", "AA", R.CLAIMED),
        not_applicable("evidence.freshness", "evidence", R.NO_EVIDENCE),
        verdicts=everywhere(CLONE),
        reason=R.BAD_SIGNATURE,
        features=("json",),
    )


# --- recipes


def _answering(
    profile: AlgorithmProfile,
    *,
    key: str = "chip",
    answers: str = "server_challenge",
    age_s: int | None = None,
    behaviour: str | None = None,
    complement: bool = False,
) -> Callable[[], Specimen]:
    """A passport of the usual chain whose chip answers in some way; the chain does not depend on the chip's key."""
    if behaviour is not None and behaviour not in BEHAVIOURS:
        raise ValueError(behaviour)
    chip = ChipAnswers(key, profile.name, answers, age_s, behaviour, complement)

    def make() -> Specimen:
        issuer = replace(bench.state(), algorithms=profile)
        return bench.specimen(issuer.issue(MARTA, bench.PASSPORT), chip=chip)

    return make


def _recorded(challenge: bytes = bytes(range(8))) -> Specimen:
    """A dump with an answer that was recorded at some time, by whomever."""
    response = SpecimenChip(bench.passport()).sign_challenge(bytes(range(8)))
    answer = {
        name: base64.b64encode(data).decode() for name, data in (("challenge", challenge), ("response", response))
    }
    recorded = ChipAnswers("chip", EC_PROFILE.name, "recorded")
    return as_json(bench.passport(), {"active_authentication": answer}, recorded)
