"""A genuine document for every chain of keys and schemes, weak ones too (ICAO 9303-12 §4.1.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.specimen.algorithm_profiles import ALL_PROFILES
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Finding, Importance, Specimen, Standard, Verdicts
from mrtd.specimen.cases.chapter import Chapter, passed
from mrtd.specimen.cases.verdicts import ATTENTION, GOOD, REFUSED_BY_POLICY, by_policy, everywhere
from mrtd.specimen.elliptic_curves import domain_parameters
from mrtd.specimen.holder import MARTA
from mrtd.specimen.scheme import AlgorithmProfile, EcKeySpec, KeySpec, SchemeKind

_CHAPTER: Final = Chapter(__name__)
_SHA1: Final = "sha1"
#: What counts as weak (docs/checks.md, pa.algorithms).
_MIN_RSA_BITS: Final = 2048
_MIN_CURVE_BITS: Final = 224


def cases() -> Iterator[Case]:
    """One a chain; the chains that differ in the chip's key alone belong to Active Authentication."""
    for name, profile in ALL_PROFILES.items():
        if name.startswith("aa-"):
            continue
        yield _CHAPTER.case(
            f"chain-{name}",
            f"Chain {name}: CSCA {_key(profile.csca_key)}, DSC {_key(profile.dsc_key)},"
            f" EF.SOD by {profile.sod_scheme.kind.value} and {profile.sod_scheme.hash.upper()}",
            _standard(profile),
            _genuine(profile),
            _weak(profile),
            verdicts=_verdicts(profile),
            reason=R.WEAK_ALGORITHM if _weak_chain(profile) else None,
            importance=Importance.MEDIUM,
            features=_features(profile),
        )


def _genuine(profile: AlgorithmProfile) -> Callable[[], Specimen]:
    named = any(isinstance(key, EcKeySpec) and not key.explicit_parameters for key in _chain(profile))

    def make() -> Specimen:
        state = bench.state(profile)
        trust = {bench.store(profile): state.trust()}
        document = state.issue(MARTA, bench.PASSPORT)
        return bench.specimen(document, trust=trust, algorithms=profile, named_curve=named)

    return make


def _weak(profile: AlgorithmProfile) -> list[Finding]:
    """Where SHA-1, RSA below 2048 bits or a curve below 224 bits is used."""
    uses = {
        "SOD": profile.sod_scheme.hash == _SHA1 or _weak_key(profile.dsc_key),
        "DSC": profile.csca_scheme.hash == _SHA1 or _weak_key(profile.dsc_key),
        "CSCA": profile.csca_scheme.hash == _SHA1 or _weak_key(profile.csca_key),
        "DG hash": profile.digest == _SHA1,
        "AA": profile.active_authentication_hash == _SHA1 or _weak_key(profile.active_authentication_key),
    }
    return [passed("pa.algorithms", use, R.WEAK_ALGORITHM) for use, weak in uses.items() if weak]


def _verdicts(profile: AlgorithmProfile) -> Verdicts:
    """`strict-level3` refuses weak keys of the chain and watches SHA-1, `default` watches weak keys."""
    if _weak_chain(profile):
        return by_policy(REFUSED_BY_POLICY, ATTENTION, GOOD)
    hashes = (profile.sod_scheme.hash, profile.digest, profile.csca_scheme.hash)
    return by_policy(ATTENTION, GOOD, GOOD) if _SHA1 in hashes else everywhere(GOOD)


def _weak_chain(profile: AlgorithmProfile) -> bool:
    return any(_weak_key(key) for key in _chain(profile))


def _weak_key(key: KeySpec) -> bool:
    if isinstance(key, EcKeySpec):
        return domain_parameters(key.curve).p.bit_length() < _MIN_CURVE_BITS
    return key.bits < _MIN_RSA_BITS


def _chain(profile: AlgorithmProfile) -> tuple[KeySpec, KeySpec]:
    return profile.csca_key, profile.dsc_key


def _standard(profile: AlgorithmProfile) -> Standard:
    if profile.sod_scheme.kind is not SchemeKind.ECDSA:
        return std.RSA
    explicit = isinstance(profile.dsc_key, EcKeySpec) and profile.dsc_key.explicit_parameters
    return std.EXPLICIT_PARAMETERS if explicit else std.ALGORITHMS


def _key(key: KeySpec) -> str:
    if isinstance(key, EcKeySpec):
        return f"{key.curve}{'' if key.explicit_parameters else ' (named)'}"
    return f"RSA {key.bits}{'' if key.exponent == 65537 else f' e={key.exponent}'}"


def _features(profile: AlgorithmProfile) -> tuple[str, ...]:
    words = {profile.sod_scheme.kind.value, profile.sod_scheme.hash, profile.digest}
    words |= {key.curve if isinstance(key, EcKeySpec) else f"rsa{key.bits}" for key in _chain(profile)}
    return tuple(sorted(words))
