"""Cases of forgers who have everything that is public: signers mixed and matched, e = 3 (ICAO 9303-11 §5.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.specimen import breakage, forgeries, security_object
from mrtd.specimen import signed_data_edits as edits
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Importance, Specimen
from mrtd.specimen.cases.chapter import Chapter, but, failed, not_performed, passed
from mrtd.specimen.cases.genuine import CHIP_BARRED, NO_CSCA, NO_CSCA_2, NO_DSC, SECOND_SIGNER
from mrtd.specimen.cases.verdicts import ATTENTION, FORGED, everywhere
from mrtd.specimen.issuer import Edits
from mrtd.specimen.recipe import Presentation, Setting
from mrtd.specimen.security_object import SignedDataTemplate

_CHAPTER: Final = Chapter(__name__)
_SOD: Final = "EF.SOD"
#: The recipes keep certificates and signers in their order, and so the attributes of the one who signs now.
_AS_STORED: Final = passed("pa.sod.encoding", _SOD, R.UNORDERED_ATTRIBUTES)
_AS_STORED_2: Final = passed("pa.sod.encoding", f"{_SOD}#2", R.UNORDERED_ATTRIBUTES)
_WRONG_KEY: Final = failed("pa.path", "DSC", R.BAD_ISSUER_SIGNATURE)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _one_signer()
    yield from _two_signers()
    yield from _small_exponent()
    yield _CHAPTER.case(
        "hashes-replaced",
        "Another MRZ, and its hash put into the genuine EF.SOD: the messageDigest tells",
        std.DIGEST,
        bench.presented(forgeries.resealed),
        failed("pa.sod.message_digest", _SOD, R.MISMATCH),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.MISMATCH,
        importance=Importance.CRITICAL,
    )


def _one_signer() -> Iterator[Case]:
    for genuine_first, place in ((True, "first"), (False, "last")):
        yield _CHAPTER.case(
            f"stranger-genuine-dsc-{place}",
            f"A stranger signs forged hashes and lays the genuine DSC beside his own certificate, {place}",
            std.PATH,
            bench.presented(forgeries.stranger_signs(genuine_first=genuine_first, named="stranger")),
            _AS_STORED,
            _WRONG_KEY,
            NO_CSCA,
            verdicts=everywhere(FORGED),
            reason=R.BAD_ISSUER_SIGNATURE,
            importance=Importance.CRITICAL,
            features=("mix_and_match",),
        )
        yield _CHAPTER.case(
            f"stranger-names-genuine-dsc-{place}",
            f"The same, and the signer identifier names the genuine DSC, which lies {place}",
            std.SIGNER_IDENTIFIER,
            bench.presented(forgeries.stranger_signs(genuine_first=genuine_first, named="genuine")),
            _AS_STORED,
            passed("pa.sod.signer_certificate", _SOD, R.SID_MISMATCH),
            _WRONG_KEY,
            NO_CSCA,
            verdicts=everywhere(FORGED),
            reason=R.BAD_ISSUER_SIGNATURE,
            importance=Importance.CRITICAL,
            features=("mix_and_match",),
        )


def _two_signers() -> Iterator[Case]:
    yield _CHAPTER.case(
        "two-signers-genuine-first",
        "A genuine signer of other hashes, then a stranger who signed these",
        std.SOD_ONE_SIGNER,
        bench.presented(forgeries.two_signers(genuine_first=True)),
        failed("pa.sod.message_digest", _SOD, R.MISMATCH),
        but(SECOND_SIGNER, _AS_STORED_2, failed("pa.path", "DSC#2", R.BAD_ISSUER_SIGNATURE), *NO_CSCA_2),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.MISMATCH,
        importance=Importance.CRITICAL,
        features=("mix_and_match",),
    )
    yield _CHAPTER.case(
        "two-signers-genuine-last",
        "A stranger who signed these hashes, then a genuine signer of others",
        std.SOD_ONE_SIGNER,
        bench.presented(forgeries.two_signers(genuine_first=False)),
        _AS_STORED,
        _WRONG_KEY,
        NO_CSCA,
        but(SECOND_SIGNER, failed("pa.sod.message_digest", f"{_SOD}#2", R.MISMATCH)),
        verdicts=everywhere(FORGED),
        reason=R.MISMATCH,
        importance=Importance.CRITICAL,
        features=("mix_and_match",),
    )
    yield _CHAPTER.case(
        "stranger-signs-too",
        "A genuine EF.SOD that a stranger signed as well: authentic, and never just ignored",
        std.SOD_ONE_SIGNER,
        lambda: bench.specimen(bench.edited(Edits(signed_data=_stranger_too))),
        _AS_STORED,
        but(SECOND_SIGNER, failed("pa.path", "DSC#2", R.BAD_ISSUER_SIGNATURE), *NO_CSCA_2),
        verdicts=everywhere(ATTENTION),
        features=("mix_and_match",),
    )
    yield _CHAPTER.case(
        "two-good-signers",
        "Two document signers of the state signed the same hashes",
        std.SOD_ONE_SIGNER,
        bench.presented(edits.several_signers),
        _AS_STORED,
        SECOND_SIGNER,
        importance=Importance.MEDIUM,
    )


def _small_exponent() -> Iterator[Case]:
    yield _CHAPTER.case(
        "e3-garbage-in-sod",
        "A cube root signs EF.SOD in the name of the genuine DSC, whose exponent is 3",
        std.PKCS1,
        _by_cube_root(forgeries.security_object_with_garbage),
        not_performed("pa.sod.signer_certificate", _SOD, R.EARLIER_STEP),
        failed("pa.sod.signature", _SOD, R.BAD_SIGNATURE),
        NO_DSC,
        verdicts=everywhere(FORGED),
        reason=R.BAD_SIGNATURE,
        importance=Importance.CRITICAL,
        features=("rsa", "e3"),
    )
    yield _CHAPTER.case(
        "e3-garbage-in-dsc",
        "A cube root signs a forger's DSC in the name of the genuine CSCA, whose exponent is 3",
        std.PKCS1,
        _by_cube_root(forgeries.certificate_with_garbage),
        _WRONG_KEY,
        NO_CSCA,
        verdicts=everywhere(FORGED),
        reason=R.BAD_ISSUER_SIGNATURE,
        importance=Importance.CRITICAL,
        features=("rsa", "e3"),
    )


# --- recipes


def _by_cube_root(make: Callable[[Setting], Presentation]) -> Callable[[], Specimen]:
    return bench.presented(make, forgeries.EXPONENT_3)


def _stranger_too(template: SignedDataTemplate) -> SignedDataTemplate:
    stranger = breakage.impostor(bench.state())
    theirs = replace(template, issuer=stranger.dsc_template.issuer, serial=stranger.dsc_template.serial)
    signer = security_object.signer_info(theirs, security_object.sign(theirs, stranger.dsc_key))
    return replace(
        template,
        certificates=(*template.certificates, stranger.dsc_certificate),
        other_signers=(signer,),
        sorted_sets=False,
    )
