"""Cases of revocation (ICAO 9303-12 §4.1.5; RFC 5280 §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.specimen import authorities
from mrtd.specimen import certificate_extensions as extensions
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import AT, Case, Importance, Specimen, Standard
from mrtd.specimen.cases.chapter import Chapter, failed, undecided
from mrtd.specimen.cases.generations import both_generations, forger, next_generation
from mrtd.specimen.cases.genuine import CHIP_BARRED
from mrtd.specimen.cases.verdicts import ATTENTION, FORGED, GOOD, by_policy, everywhere
from mrtd.specimen.certificates import CrlTemplate

_CHAPTER: Final = Chapter(__name__)
_DAY: Final = timedelta(days=1)
_WATCHED: Final = by_policy(ATTENTION, ATTENTION, GOOD)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _revoked()
    yield from _no_answer()


def _revoked() -> Iterator[Case]:
    dsc_revoked = (failed("pa.dsc.revocation", "DSC", R.REVOKED), CHIP_BARRED)
    stores: tuple[tuple[str, str, Standard, Callable[[], Mapping[str, bytes]]], ...] = (
        ("dsc-revoked", "The CRL lists the DSC", std.CRL_CHECK, lambda: _with_crl(_revoking(_dsc_serial()))),
        (
            "dsc-revoked-by-next-key",
            "The CRL of the next key lists a DSC of the old key",
            std.CRL_SCOPE,
            lambda: {
                **both_generations(),
                "UTO.crl": authorities.crl(next_generation(), _dsc_serial(), number=7),
            },
        ),
        (
            "dsc-revoked-by-a-stale-crl",
            "A CRL of last year lists the DSC: what is revoked stays revoked",
            std.CRL_CHECK,
            lambda: _with_crl(_revoking(_dsc_serial(), this_update=AT - 300 * _DAY)),
        ),
        (
            "dsc-revoked-lower-number",
            "Two CRLs of one key: the lower number, which lists nothing, does not replace the higher",
            std.CRL_PERIOD,
            lambda: {
                **bench.state().trust(),
                "UTO-9.crl": authorities.crl(bench.state(), _dsc_serial(), number=9, this_update=AT - 30 * _DAY),
            },
        ),
    )
    for name, title, standard, trust in stores:
        yield _CHAPTER.case(
            name,
            title,
            standard,
            _trusting(name, trust),
            dsc_revoked[0],
            *([undecided("pa.csca.revocation", "CSCA", R.CRL_STALE)] if name == "dsc-revoked-by-a-stale-crl" else []),
            dsc_revoked[1],
            verdicts=everywhere(FORGED),
            reason=R.REVOKED,
            importance=Importance.CRITICAL,
        )
    yield _CHAPTER.case(
        "csca-revoked",
        "The CRL lists the CSCA itself",
        std.CSCA_REVOKED,
        _trusting("csca-revoked", lambda: _with_crl(_revoking(bench.state().csca_template.serial))),
        failed("pa.csca.revocation", "CSCA", R.REVOKED),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.REVOKED,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "another-revoked",
        "The CRL lists another DSC of the state",
        std.CRL_CHECK,
        _trusting("another-revoked", lambda: _with_crl(_revoking(_dsc_serial() + 2))),
        importance=Importance.MEDIUM,
    )


def _no_answer() -> Iterator[Case]:
    stores: tuple[tuple[str, str, Standard, Callable[[], Mapping[str, bytes]], R], ...] = (
        ("no-crl", "The verifier has no CRL of the state", std.CRL_PERIOD, lambda: _with_crl(None), R.NO_CRL),
        (
            "crl-of-a-namesake",
            "The only CRL is signed by a forger of the same name, who lists the DSC",
            std.CRL_CHECK,
            lambda: _with_crl(authorities.crl(forger(), _dsc_serial())),
            R.NO_CRL,
        ),
        (
            "crl-stale",
            "The CRL is 98 days old: longer than a state may take, and than is forgiven",
            std.CRL_PERIOD,
            lambda: _with_crl(_revoking(this_update=AT - 98 * _DAY)),
            R.CRL_STALE,
        ),
        (
            "crl-of-tomorrow",
            "The CRL is dated tomorrow",
            std.CRL_CHECK,
            lambda: _with_crl(_revoking(this_update=AT + _DAY)),
            R.CRL_UNUSABLE,
        ),
        (
            "crl-unknown-extension",
            "The CRL has a critical extension that nobody knows",
            std.CRITICAL_EXTENSION,
            lambda: _with_crl(_edited_crl(lambda crl: crl.with_extension(extensions.unknown()))),
            R.CRL_UNUSABLE,
        ),
        (
            "delta-crl",
            "The CRL holds only what is new since another",
            std.CRL_PROFILE,
            lambda: _with_crl(_edited_crl(lambda crl: crl.with_extension(extensions.delta_crl(1)))),
            R.CRL_UNUSABLE,
        ),
        (
            "indirect-crl",
            "The CRL may speak of the certificates of others",
            std.CRL_PROFILE,
            lambda: _with_crl(_edited_crl(lambda crl: crl.with_extension(extensions.indirect_crl()))),
            R.CRL_UNUSABLE,
        ),
    )
    for name, title, standard, trust, reason in stores:
        yield _CHAPTER.case(
            name,
            title,
            standard,
            _trusting(name, trust),
            undecided("pa.dsc.revocation", "DSC", reason),
            undecided("pa.csca.revocation", "CSCA", reason),
            verdicts=_WATCHED,
        )
    yield _CHAPTER.case(
        "crl-some-days-late",
        "The CRL is 96 days old: some days late are forgiven",
        std.CRL_PERIOD,
        _trusting("crl-some-days-late", lambda: _with_crl(_revoking(this_update=AT - 96 * _DAY))),
        importance=Importance.MEDIUM,
    )


# --- recipes


def _dsc_serial() -> int:
    return bench.state().dsc_template.serial


def _revoking(*serials: int, this_update: datetime | None = None) -> bytes:
    return authorities.crl(bench.state(), *serials, this_update=this_update)


def _edited_crl(edit: Callable[[CrlTemplate], CrlTemplate]) -> bytes:
    return authorities.crl(bench.state(), edit=edit)


def _with_crl(crl: bytes | None) -> dict[str, bytes]:
    csca = {"UTO_CSCA.cer": bench.state().csca_certificate}
    return csca if crl is None else {**csca, "UTO.crl": crl}


def _trusting(store: str, trust: Callable[[], Mapping[str, bytes]]) -> Callable[[], Specimen]:
    return lambda: bench.specimen(bench.passport(), trust={f"utopia-{store}": trust()})
