"""Certificates and CRLs of the specimen state, judged by pyca, asn1crypto and OpenSSL."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from mrtd.asn1 import oids
from mrtd.pki.oids import SPECIMEN_MARK
from mrtd.specimen import certificates
from mrtd.specimen.algorithm_profiles import ALL_PROFILES
from mrtd.specimen.issuer import Edits, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1, RSA_2048, EcKeySpec, KeySpec
from tests.mrtd.specimen.conftest import NOW

#: ICAO 9303-12 §7.1, table 6: presence m, and which are critical.
CSCA_EXTENSIONS = {
    "2.5.29.14": False,
    "2.5.29.35": False,
    "2.5.29.15": True,
    "2.5.29.16": False,
    "2.5.29.17": False,
    "2.5.29.18": False,
    "2.5.29.19": True,
    "2.5.29.31": False,
    SPECIMEN_MARK: True,
}
DSC_EXTENSIONS = {
    "2.5.29.14": False,
    "2.5.29.35": False,
    "2.5.29.15": True,
    "2.5.29.16": False,
    "2.5.29.17": False,
    "2.5.29.18": False,
    "2.5.29.31": False,
    "2.23.136.1.1.6.2": False,
    SPECIMEN_MARK: True,
}


def test_profiles_by_asn1crypto(issuer: SpecimenIssuer) -> None:
    for der, extensions in ((issuer.csca_certificate, CSCA_EXTENSIONS), (issuer.dsc_certificate, DSC_EXTENSIONS)):
        certificate = asn1_x509.Certificate.load(der, strict=True)
        tbs = certificate["tbs_certificate"]
        assert tbs["version"].native == "v3"
        assert 0 < certificate.serial_number.bit_length() < 160
        assert certificate.issuer.native["country_name"] == certificate.subject.native["country_name"] == "UT"
        assert {item["extn_id"].dotted: item["critical"].native for item in tbs["extensions"]} == extensions
        assert certificate.dump(force=True) == der, "DER, as asn1crypto encodes it"


def test_values_of_extensions_by_asn1crypto(issuer: SpecimenIssuer) -> None:
    csca = asn1_x509.Certificate.load(issuer.csca_certificate, strict=True)
    dsc = asn1_x509.Certificate.load(issuer.dsc_certificate, strict=True)
    assert csca.key_usage_value.native == {"key_cert_sign", "crl_sign"}
    assert dsc.key_usage_value.native == {"digital_signature"}
    assert csca.basic_constraints_value.native == {"ca": True, "path_len_constraint": 0}
    assert dsc.basic_constraints_value is None
    assert csca.authority_key_identifier == csca.key_identifier == csca.public_key.sha1
    assert dsc.authority_key_identifier == csca.key_identifier
    assert dsc.key_identifier == dsc.public_key.sha1
    names = dsc.subject_alt_name_value.native
    assert {"locality_name": "UTO"} in [dict(name) for name in names if isinstance(name, dict)]
    period = dsc.private_key_usage_period_value.native
    assert period["not_before"] == dsc.not_valid_before
    assert (period["not_after"] - period["not_before"]).days == 92
    # ICAO 9303-12, Appendix A, example 3: a DSC outlives its key by the ten years of a document.
    assert (dsc.not_valid_after - period["not_after"]).days == 3653
    assert csca.not_valid_before < dsc.not_valid_before
    assert csca.not_valid_after > dsc.not_valid_after


def test_document_types_of_the_dsc(issuer: SpecimenIssuer) -> None:
    certificate = x509.load_der_x509_certificate(issuer.dsc_certificate)
    value = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier("2.23.136.1.1.6.2")).value
    assert isinstance(value, x509.UnrecognizedExtension)
    # SEQUENCE { INTEGER 0, SET { PrintableString "P" } }
    assert value.value == bytes.fromhex("30080201003103130150")


def test_signatures_by_pyca(issuer: SpecimenIssuer) -> None:
    csca = x509.load_der_x509_certificate(issuer.csca_certificate)
    dsc = x509.load_der_x509_certificate(issuer.dsc_certificate)
    crl = x509.load_der_x509_crl(issuer.crl)
    key = issuer.csca_key.private.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        csca.verify_directly_issued_by(csca)
        dsc.verify_directly_issued_by(csca)
        assert crl.is_signature_valid(key)
        return
    # pyca refuses to load explicit parameters, so it is given the key under the curve's name.
    assert isinstance(key, ec.EllipticCurvePublicKey)
    for signed in (csca, dsc):
        assert signed.signature_hash_algorithm is not None
        key.verify(signed.signature, signed.tbs_certificate_bytes, ec.ECDSA(signed.signature_hash_algorithm))
    assert crl.signature_hash_algorithm is not None
    key.verify(crl.signature, crl.tbs_certlist_bytes, ec.ECDSA(crl.signature_hash_algorithm))


def test_crl_by_asn1crypto(issuer: SpecimenIssuer) -> None:
    crl = asn1_crl.CertificateList.load(issuer.crl, strict=True)
    csca = asn1_x509.Certificate.load(issuer.csca_certificate)
    tbs = crl["tbs_cert_list"]
    assert crl.issuer.dump() == csca.subject.dump()
    assert tbs["version"].native == "v2"
    assert tbs["this_update"].native <= NOW < tbs["next_update"].native
    assert (tbs["next_update"].native - tbs["this_update"].native).days == 90
    assert tbs["revoked_certificates"].native is None
    assert crl.authority_key_identifier == csca.key_identifier
    assert crl.crl_number_value.native == 1


def test_chain_by_openssl(tmp_path: Path) -> None:
    issuer = SpecimenIssuer.create(RSA_2048, now=NOW)
    assert _openssl_verify(issuer, tmp_path, "-ignore_critical") == 0
    assert _openssl_verify(issuer, tmp_path) != 0, "other software refuses the specimen mark"


def _spells_out_a_curve(*keys: KeySpec) -> bool:
    return any(isinstance(key, EcKeySpec) and key.explicit_parameters for key in keys)


@pytest.mark.parametrize("name", [name for name in ALL_PROFILES if not name.startswith("aa-")])
def test_chain_of_every_profile_by_openssl(name: str, tmp_path: Path) -> None:
    profile = ALL_PROFILES[name]
    accepted = _openssl_verify(
        SpecimenIssuer.create(profile, now=NOW), tmp_path, "-ignore_critical", "-auth_level", "0"
    )
    # OpenSSL has refused explicit curve parameters since 1.1.1h (X509_V_ERR_EC_KEY_EXPLICIT_PARAMS),
    # and it wants NULL in DigestInfo (RFC 8017 §9.2, note 1); ICAO 9303-12 §4.1.6 and real signers do otherwise.
    refused = _spells_out_a_curve(profile.csca_key, profile.dsc_key) or name == "rsa-sha384-no-null"
    assert (accepted == 0) != refused


def test_revoked_dsc_by_openssl(tmp_path: Path) -> None:
    plain = SpecimenIssuer.create(RSA_2048, now=NOW)

    def revoking(template: certificates.CrlTemplate) -> certificates.CrlTemplate:
        return replace(template, revoked=((plain.dsc_template.serial, template.this_update),))

    issuer = SpecimenIssuer.create(RSA_2048, now=NOW, edits=Edits(crl=revoking))
    assert _openssl_verify(issuer, tmp_path, "-ignore_critical") != 0
    (entry,) = x509.load_der_x509_crl(issuer.crl)
    assert entry.serial_number == plain.dsc_template.serial


def test_explicit_parameters_are_those_of_the_curve() -> None:
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW)
    key = asn1_x509.Certificate.load(issuer.dsc_certificate).public_key
    parameters = key["algorithm"]["parameters"].chosen.native
    # RFC 5639 §3.4, brainpoolP256r1
    assert f"{parameters['field_id']['parameters']:X}" == (
        "A9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377"
    )
    assert parameters["curve"]["a"].hex().upper() == (
        "7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9"
    )
    assert parameters["curve"]["b"].hex().upper() == (
        "26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6"
    )
    assert f"{parameters['order']:X}" == "A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7"
    assert parameters["cofactor"] == 1


def test_a_late_certificate_has_a_generalized_time() -> None:
    # RFC 5280 §4.1.2.5: from 2050 on
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW.replace(year=2041))
    validity = asn1_x509.Certificate.load(issuer.dsc_certificate)["tbs_certificate"]["validity"]
    assert (validity["not_before"].name, validity["not_after"].name) == ("utc_time", "general_time")


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW.replace(tzinfo=None))


def test_templates_can_be_edited() -> None:
    template = SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW).dsc_template
    assert oids.KEY_USAGE not in {entry.oid for entry in template.without(oids.KEY_USAGE).extensions}
    twice = template.with_extension(certificates.key_usage("keyCertSign"))
    assert [entry.oid for entry in twice.extensions].count(oids.KEY_USAGE) == 1


def _openssl_verify(issuer: SpecimenIssuer, folder: Path, *options: str) -> int:
    """Exit status of `openssl verify` of the DSC against the CSCA, with the CRL, at the issuer's time."""
    files = {"csca": issuer.csca_certificate, "dsc": issuer.dsc_certificate}
    for name, der in files.items():
        certificate = x509.load_der_x509_certificate(der)
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "crl.pem").write_bytes(x509.load_der_x509_crl(issuer.crl).public_bytes(Encoding.PEM))
    command = [
        "openssl", "verify", *options, "-check_ss_sig", "-crl_check_all", "-attime", str(int(NOW.timestamp())),
        "-CAfile", str(folder / "csca.pem"), "-CRLfile", str(folder / "crl.pem"), str(folder / "dsc.pem"),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, check=False).returncode
