"""Forgeries by somebody without the state's keys: each signature looks right to a careless verifier.

The forger has everything that is public: certificates, names, serial numbers, identifiers of keys, public keys.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from mrtd.specimen import breakage, certificates, security_object
from mrtd.specimen.algorithm_profiles import mixed
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.forged_keys import cube_root_signature, generator_key, generator_parameters
from mrtd.specimen.holder import MARTA, machine_readable_zone
from mrtd.specimen.issuer import Edits, SpecimenIssuer
from mrtd.specimen.recipe import (
    Make,
    Presentation,
    Recipe,
    Setting,
    failed,
    not_performed,
    passed,
)
from mrtd.specimen.scheme import RsaKeySpec, SchemeKind, SignatureScheme
from mrtd.specimen.security_object import SignedDataTemplate
from mrtd.specimen.signing_key import SigningKey

_SOD: Final = "EF.SOD"
_PKCS1: Final = SignatureScheme(SchemeKind.RSA_PKCS1, "sha256")
#: Everything with the public exponent 3.
EXPONENT_3: Final = mixed("rsa-2048-e3", (RsaKeySpec(2048, 3), _PKCS1), (RsaKeySpec(2048, 3), _PKCS1))
#: The forger's private scalar; any will do.
_SCALAR: Final = 0x5EC2E7


def security_object_with_garbage(setting: Setting) -> Presentation:
    """EF.SOD with a forged e = 3 signature of the genuine DSC."""
    genuine = setting.issuer()

    def edit(template: SignedDataTemplate) -> SignedDataTemplate:
        forged.append(cube_root_signature(genuine.dsc_key, security_object.to_be_signed(template)))
        return template

    forged: list[bytes] = []
    issuer = setting.issuer(Edits(signed_data=edit, signature=lambda _: forged[-1]))
    return Presentation(SpecimenChip(issuer.issue(MARTA)), genuine.trust())


def certificate_with_garbage(setting: Setting) -> Presentation:
    """A DSC of the forger's own key with a forged e = 3 signature of the genuine CSCA."""
    genuine = setting.issuer()

    def forge(certificate: bytes) -> bytes:
        tbs = certificates.signed_part(certificate)
        return certificates.with_signature(certificate, lambda _: cube_root_signature(genuine.csca_key, tbs))

    impostor = setting.issuer(Edits(dsc_certificate=forge), dsc_role="impostor-dsc-e3")
    return Presentation(SpecimenChip(impostor.issue(MARTA)), genuine.trust())


def changed_generator(*, scalar: int = _SCALAR) -> Make:
    """A DSC with the genuine public point and serial number, but a generator for which the forger knows the scalar.

    With G' = Q / d the key d belongs to the genuine point Q: whoever compares points and names only is deceived
    (CVE-2020-0601). The state's signature stays under the certificate and no longer fits it.
    """

    def make(setting: Setting) -> Presentation:
        genuine = setting.issuer()
        key = generator_key(genuine.dsc_key, scalar)
        spki = genuine.dsc_key.spki(parameters=generator_parameters(genuine.dsc_key, scalar))
        forger = _with_dsc(genuine, key, spki, genuine.dsc_certificate)
        return Presentation(SpecimenChip(forger.issue(MARTA)), genuine.trust())

    return make


def _with_dsc(genuine: SpecimenIssuer, key: SigningKey, spki: bytes, certificate: bytes) -> SpecimenIssuer:
    """The state with a forged DSC: another key, the old signature."""
    template = replace(genuine.dsc_template, spki=spki)
    tbs = certificates.build_certificate(template)
    signature = certificates.signature_of(certificate)
    forged = certificates.wrap_certificate(tbs, template.scheme, signature)
    return replace(genuine, dsc_key=key, dsc_template=template, dsc_certificate=forged)


def stranger_signs(*, genuine_first: bool, named: str) -> Make:
    """The forger signs another MRZ with a key of his own and lays the genuine DSC beside his certificate.

    Args:
        genuine_first: the order of the two certificates in EF.SOD.
        named: `genuine` names the genuine DSC as the signer, `stranger` the forger's certificate.
    """

    def make(setting: Setting) -> Presentation:
        genuine = setting.issuer()
        stranger = breakage.impostor(genuine)
        sets = (genuine.dsc_certificate, stranger.dsc_certificate)

        def edit(template: SignedDataTemplate) -> SignedDataTemplate:
            stored = sets if genuine_first else sets[::-1]
            edited = replace(template, certificates=stored, sorted_sets=False)
            if named == "stranger":
                return edited
            return replace(edited, issuer=genuine.dsc_template.issuer, serial=genuine.dsc_template.serial)

        forger = replace(stranger, edits=Edits(signed_data=edit))
        return Presentation(SpecimenChip(forger.issue(replace(MARTA, sex="M"))), genuine.trust())

    return make


def two_signers(*, genuine_first: bool) -> Make:
    """A genuine SignerInfo of another content beside the forger's good one over a forged content, in either order."""

    def make(setting: Setting) -> Presentation:
        genuine = setting.issuer()
        stranger = breakage.impostor(genuine)
        taken: list[bytes] = []

        def keep(template: SignedDataTemplate) -> SignedDataTemplate:
            taken.append(security_object.signer_info(template, security_object.sign(template, genuine.dsc_key)))
            return template

        replace(genuine, edits=Edits(signed_data=keep)).issue(MARTA)

        def edit(template: SignedDataTemplate) -> SignedDataTemplate:
            return replace(
                template,
                certificates=(genuine.dsc_certificate, stranger.dsc_certificate),
                other_signers=tuple(taken),
                others_first=genuine_first,
                sorted_sets=False,
            )

        forger = replace(stranger, edits=Edits(signed_data=edit))
        return Presentation(SpecimenChip(forger.issue(replace(MARTA, sex="M"))), genuine.trust())

    return make


def resealed(setting: Setting) -> Presentation:
    """Another MRZ with its hash put into the genuine EF.SOD: the messageDigest tells."""
    genuine = setting.issuer()
    lines = machine_readable_zone(
        MARTA, document_number="UT9999999", date_of_expiry=setting.now.date() + timedelta(days=900)
    )
    document = genuine.issue(MARTA)
    return Presentation(SpecimenChip(breakage.resealed_dg1(document, lines)), genuine.trust())


def wrong_csca(setting: Setting) -> Presentation:
    """A whole chain of a forger who copies names and the identifier of the CSCA's key."""
    genuine = setting.issuer()
    return Presentation(SpecimenChip(breakage.wrong_csca(genuine, MARTA)), genuine.trust())


_RECIPES: Final = (
    Recipe(
        "e3_garbage_in_security_object", "e = 3: a cube root signs EF.SOD (SECURITY.md 3.3)",
        security_object_with_garbage, (failed("pa.sod.signature", _SOD, "bad_signature"),), EXPONENT_3,
    ),
    Recipe(
        "e3_garbage_in_certificate", "e = 3: a cube root signs the DSC (SECURITY.md 3.3)",
        certificate_with_garbage, (failed("pa.path", "DSC", "bad_issuer_signature"),), EXPONENT_3,
    ),
    Recipe(
        "changed_generator", "the genuine point over a generator of the forger (CVE-2020-0601)", changed_generator(),
        (failed("pa.sod.signature", _SOD, "bad_key"),),
    ),
    Recipe(
        "changed_generator_scalar_one", "the genuine point as its own generator (CVE-2020-0601)",
        changed_generator(scalar=1), (failed("pa.sod.signature", _SOD, "bad_key"),),
    ),
    Recipe(
        "stranger_named_genuine_first", "a stranger signs, the genuine DSC lies first",
        stranger_signs(genuine_first=True, named="stranger"),
        (failed("pa.path", "DSC", "bad_issuer_signature"),),
    ),
    Recipe(
        "stranger_named_genuine_last", "a stranger signs, the genuine DSC lies last",
        stranger_signs(genuine_first=False, named="stranger"),
        (failed("pa.path", "DSC", "bad_issuer_signature"),),
    ),
    Recipe(
        "genuine_named_genuine_first", "a stranger signs in the name of the genuine DSC, which lies first",
        stranger_signs(genuine_first=True, named="genuine"),
        (
            passed("pa.sod.signer_certificate", _SOD, "sid_mismatch"),
            failed("pa.path", "DSC", "bad_issuer_signature"),
        ),
    ),
    Recipe(
        "genuine_named_genuine_last", "a stranger signs in the name of the genuine DSC, which lies last",
        stranger_signs(genuine_first=False, named="genuine"),
        (
            passed("pa.sod.signer_certificate", _SOD, "sid_mismatch"),
            failed("pa.path", "DSC", "bad_issuer_signature"),
        ),
    ),
    Recipe(
        "two_signers_genuine_first", "a genuine SignerInfo of another content, then the stranger's",
        two_signers(genuine_first=True),
        (
            failed("pa.sod.message_digest", _SOD, "mismatch"),
            failed("pa.path", "DSC#2", "bad_issuer_signature"),
        ),
    ),
    Recipe(
        "two_signers_genuine_last", "the stranger's SignerInfo, then a genuine one of another content",
        two_signers(genuine_first=False),
        (
            failed("pa.path", "DSC", "bad_issuer_signature"),
            failed("pa.sod.message_digest", f"{_SOD}#2", "mismatch"),
        ),
    ),
    Recipe(
        "resealed", "another MRZ, its hash put into the genuine EF.SOD", resealed,
        (failed("pa.sod.message_digest", _SOD, "mismatch"),),
    ),
    Recipe(
        "wrong_csca", "a whole chain of a forger", wrong_csca,
        (
            failed("pa.path", "DSC", "bad_issuer_signature"),
            not_performed("pa.csca.trusted", "CSCA", "earlier_step"),
            *(
                not_performed(check, subject, "pa_not_passed")
                for check, subject in (
                    ("aa.key", "EF.DG15"), ("aa.algorithm_declared", "EF.DG14"), ("aa.signature", "AA"),
                    ("aa.challenge_bound", "AA"), ("ca.key", "EF.DG14"), ("ca.secure_messaging", "CA"),
                    ("ca.rebind", "CA"), ("ca.claimed", "CA"), ("pace_cam.token", "PACE-CAM"),
                    ("pace_cam.card_security", "PACE-CAM"), ("pace_cam.mapping", "PACE-CAM"),
                    ("pace_cam.same_session", "PACE-CAM"),
                )
            ),
        ),
    ),
)  # fmt: skip

#: By name.
RECIPES: Final = MappingProxyType({recipe.name: recipe for recipe in _RECIPES})
