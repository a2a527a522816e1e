"""Cases of the way to an anchor (ICAO 9303-11 §5.1, 9303-12 §4.1.4, §6.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from mrtd.asn1 import oids
from mrtd.inspection.reason import Reason as R
from mrtd.specimen import authorities, breakage, certificates, forged_keys
from mrtd.specimen import signed_data_edits as edits
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import AT, Case, Importance, Specimen
from mrtd.specimen.cases.chapter import Chapter, failed, not_performed, passed, undecided
from mrtd.specimen.cases.generations import both_generations, forger, next_generation
from mrtd.specimen.cases.genuine import NO_CSCA, NO_DSC
from mrtd.specimen.cases.verdicts import FORGED, OPEN, everywhere
from mrtd.specimen.certificates import CertificateTemplate
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import Edits
from mrtd.specimen.security_object import SignedDataTemplate
from mrtd.specimen.signing_key import SigningKey

_CHAPTER: Final = Chapter(__name__)
#: The last octets of ecdsa-with-SHA384 in both places of a certificate, and of an identifier that nobody knows.
_SHA384_SIGNATURE: Final = bytes.fromhex("06082A8648CE3D040303")
_UNKNOWN_SIGNATURE: Final = bytes.fromhex("06082A8648CE3D040363")


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _anchors()
    yield from _generations()
    yield from _curves()


def _anchors() -> Iterator[Case]:
    yield _CHAPTER.case(
        "nobody-trusted",
        "The verifier trusts nobody",
        std.TRUST_ANCHOR,
        lambda: bench.specimen(bench.passport(), trust={}),
        undecided("pa.dsc.revocation", "DSC", R.NO_CRL),
        undecided("pa.path", "DSC", R.NO_TRUST_ANCHOR),
        NO_CSCA,
        verdicts=everywhere(OPEN),
        reason=R.NO_TRUST_ANCHOR,
    )
    yield _CHAPTER.case(
        "forger-with-the-names",
        "A whole chain of a forger who copies the names and the key identifier of the state",
        std.PATH,
        lambda: bench.specimen(breakage.wrong_csca(bench.state(), MARTA)),
        failed("pa.path", "DSC", R.BAD_ISSUER_SIGNATURE),
        NO_CSCA,
        verdicts=everywhere(FORGED),
        reason=R.BAD_ISSUER_SIGNATURE,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "forger-with-a-key-of-his-own",
        "A forger who copies the names only: his CSCA could be a generation that the verifier lacks",
        std.PATH,
        lambda: bench.specimen(forger().issue(MARTA, bench.PASSPORT)),
        undecided("pa.path", "DSC", R.NO_CSCA),
        NO_CSCA,
        verdicts=everywhere(OPEN),
        reason=R.NO_CSCA,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "dsc-signature-changed",
        "One bit of the CSCA's signature on the DSC changed",
        std.ISSUER_SIGNATURE,
        lambda: bench.specimen(bench.edited(Edits(dsc_certificate=_one_bit_of_signature))),
        failed("pa.path", "DSC", R.BAD_ISSUER_SIGNATURE),
        NO_CSCA,
        verdicts=everywhere(FORGED),
        reason=R.BAD_ISSUER_SIGNATURE,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "dsc-signed-by-itself",
        "A DSC that its own key signed",
        std.PATH,
        lambda: bench.specimen(_self_signed()),
        failed("pa.path", "DSC", R.BAD_ISSUER_SIGNATURE),
        NO_CSCA,
        verdicts=everywhere(FORGED),
        reason=R.BAD_ISSUER_SIGNATURE,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "dsc-unknown-algorithm",
        "The DSC is signed by an algorithm that nobody knows",
        std.ALGORITHMS,
        lambda: bench.specimen(
            bench.edited(Edits(dsc_certificate=lambda raw: raw.replace(_SHA384_SIGNATURE, _UNKNOWN_SIGNATURE)))
        ),
        undecided("pa.path", "DSC", R.UNSUPPORTED_ALGORITHM),
        NO_CSCA,
        verdicts=everywhere(OPEN),
        reason=R.UNSUPPORTED_ALGORITHM,
    )
    yield _CHAPTER.case(
        "csca-enclosed",
        "A forger's CSCA enclosed in EF.SOD: certificates of a document are no path",
        std.TRUST_ANCHOR,
        lambda: bench.specimen(_enclosed()),
        undecided("pa.path", "DSC", R.NO_CSCA),
        NO_CSCA,
        verdicts=everywhere(OPEN),
        reason=R.NO_CSCA,
        importance=Importance.CRITICAL,
    )


def _generations() -> Iterator[Case]:
    yield _CHAPTER.case(
        "generation-missing",
        "The verifier has the next generation of the CSCA, and not the one that issued the DSC",
        std.KEY_ROLLOVER,
        lambda: bench.specimen(bench.passport(), trust={"utopia-next": next_generation().trust()}),
        undecided("pa.path", "DSC", R.NO_CSCA),
        NO_CSCA,
        verdicts=everywhere(OPEN),
        reason=R.NO_CSCA,
    )
    yield _CHAPTER.case(
        "two-generations",
        "The verifier has two generations of the CSCA under one name, and the link between them",
        std.LINK,
        lambda: bench.specimen(bench.passport(), trust={"utopia-generations": both_generations()}),
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "next-generation",
        "A document of the next generation, whose link certificate the operator trusts",
        std.LINK,
        lambda: bench.specimen(
            next_generation().issue(MARTA, bench.PASSPORT), trust={"utopia-generations": both_generations()}
        ),
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "link-without-issuer-key",
        "The same with a link certificate that does not name the key that signed it",
        std.PROFILE,
        lambda: bench.specimen(
            next_generation().issue(MARTA, bench.PASSPORT), trust={"utopia-link-without-issuer-key": _nameless_link()}
        ),
        passed("pa.csca.profile", "CSCA", R.AUTHORITY_KEY_IDENTIFIER),
        importance=Importance.LOW,
    )
    yield _CHAPTER.case(
        "anchor-from-a-master-list",
        "The operator trusts a signed master list that holds the CSCA",
        std.TRUST_ANCHOR,
        lambda: bench.specimen(bench.passport(), trust={"utopia-master-list": _master_list()}),
        importance=Importance.MEDIUM,
    )


def _curves() -> Iterator[Case]:
    yield _CHAPTER.case(
        "dsc-changed-generator",
        "The DSC spells out its curve with another generator (CVE-2020-0601)",
        std.EXPLICIT_PARAMETERS,
        lambda: bench.specimen(bench.edited(Edits(dsc=_dsc_generator))),
        not_performed("pa.sod.signer_certificate", "EF.SOD", R.EARLIER_STEP),
        failed("pa.sod.signature", "EF.SOD", R.BAD_KEY),
        NO_DSC,
        verdicts=everywhere(FORGED),
        reason=R.BAD_KEY,
        importance=Importance.CRITICAL,
        features=("explicit_parameters",),
    )
    yield _CHAPTER.case(
        "dsc-wrong-curve",
        "The DSC names another curve of the same size than its key's, as one state did",
        std.EXPLICIT_PARAMETERS,
        bench.presented(edits.wrong_curve),
        not_performed("pa.sod.signer_certificate", "EF.SOD", R.EARLIER_STEP),
        undecided("pa.sod.signature", "EF.SOD", R.UNSUPPORTED_ALGORITHM),
        NO_DSC,
        verdicts=everywhere(OPEN),
        reason=R.UNSUPPORTED_ALGORITHM,
    )
    yield _CHAPTER.case(
        "dsc-unknown-curve",
        "The DSC names a curve that no travel document uses",
        std.EXPLICIT_PARAMETERS,
        bench.presented(edits.unknown_curve),
        not_performed("pa.sod.signer_certificate", "EF.SOD", R.EARLIER_STEP),
        undecided("pa.sod.signature", "EF.SOD", R.UNKNOWN_CURVE),
        NO_DSC,
        verdicts=everywhere(OPEN),
        reason=R.UNKNOWN_CURVE,
    )
    yield _CHAPTER.case(
        "csca-changed-generator",
        "A CSCA in the verifier's store spells out its curve with another generator",
        std.EXPLICIT_PARAMETERS,
        lambda: _of_state("utopia-changed-generator", Edits(csca=_csca_generator)),
        undecided("pa.dsc.revocation", "DSC", R.NO_CRL),
        undecided("pa.path", "DSC", R.UNKNOWN_CURVE),
        NO_CSCA,
        verdicts=everywhere(OPEN),
        reason=R.UNKNOWN_CURVE,
        importance=Importance.CRITICAL,
        features=("explicit_parameters",),
    )


# --- recipes


def _nameless_link() -> dict[str, bytes]:
    link = authorities.link(
        bench.state(), next_generation(), edit=lambda template: template.without(oids.AUTHORITY_KEY_IDENTIFIER)
    )
    return {**both_generations(), "UTO_CSCA_link.cer": link}


def _master_list() -> dict[str, bytes]:
    signer = authorities.list_signer(bench.state())
    return {
        "UTO.ml": authorities.master_list((bench.state().csca_certificate,), signer, AT),
        "UTO.crl": bench.state().crl,
    }


def _of_state(store: str, made: Edits) -> Specimen:
    state = bench.state_with(made)
    return bench.specimen(state.issue(MARTA, bench.PASSPORT), trust={store: state.trust()})


def _one_bit_of_signature(certificate: bytes) -> bytes:
    return certificates.with_signature(certificate, lambda signature: signature[:-1] + bytes([signature[-1] ^ 1]))


def _self_signed() -> SpecimenDocument:
    state = bench.state()
    own = certificates.issue_certificate(state.dsc_template, state.dsc_key)
    return bench.edited(Edits(dsc_certificate=lambda _: own))


def _enclosed() -> SpecimenDocument:
    impostor = forger()

    def edit(template: SignedDataTemplate) -> SignedDataTemplate:
        return replace(template, certificates=(*template.certificates, impostor.csca_certificate))

    return replace(impostor, edits=Edits(signed_data=edit)).issue(MARTA, bench.PASSPORT)


def _other_generator(key: SigningKey) -> bytes:
    """The key on its curve with another base point, for which the forger knows a scalar; the rest is true."""
    return key.spki(parameters=forged_keys.generator_parameters(key, scalar=2))


def _dsc_generator(template: CertificateTemplate) -> CertificateTemplate:
    return replace(template, spki=_other_generator(bench.state().dsc_key))


def _csca_generator(template: CertificateTemplate) -> CertificateTemplate:
    return replace(template, spki=_other_generator(bench.state().csca_key))
