"""Links, CRLs, list signers, lists and LDIF, judged by pyca, asn1crypto and OpenSSL."""

from __future__ import annotations

import base64
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mrtd.asn1 import oids
from mrtd.inspection import CheckStatus
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.specimen import authorities, list_recipes
from mrtd.specimen.algorithm_profiles import ALL_PROFILES
from mrtd.specimen.crl_breakage import RECIPES as CRL_RECIPES
from mrtd.specimen.encoding import serial_number
from mrtd.specimen.ldif import PkdAttribute, ldif
from mrtd.specimen.recipe import AT, Setting
from mrtd.specimen.trust_breakage import generation, neighbour
from tests.mrtd.specimen.judging import sources

#: RSA, because pyca reads no explicit curve parameters.
RSA = Setting(ALL_PROFILES["rsa-2048-e3"])


def test_a_link_is_signed_by_the_old_key_over_the_new_one() -> None:
    named = Setting(ALL_PROFILES["all-secp256r1-named"])
    old, new = generation(named, 1), generation(named, 0)
    link = x509.load_der_x509_certificate(authorities.link(old, new))
    old_csca, new_csca = (x509.load_der_x509_certificate(one.csca_certificate) for one in (old, new))
    link.verify_directly_issued_by(old_csca)
    assert link.public_key() == new_csca.public_key() != old_csca.public_key()
    assert link.subject == new_csca.subject == old_csca.subject
    assert link.serial_number not in (old_csca.serial_number, new_csca.serial_number)
    assert old_csca.not_valid_before_utc < link.not_valid_before_utc < old_csca.not_valid_after_utc
    parsed = asn1_x509.Certificate.load(link.public_bytes(Encoding.DER))
    assert parsed.authority_key_identifier == old.csca_key.key_identifier()
    assert parsed.key_identifier == new.csca_key.key_identifier()


def test_the_path_over_a_link_by_openssl(tmp_path: Path) -> None:
    named = Setting(ALL_PROFILES["all-secp256r1-named"])
    old, new = generation(named, 1), generation(named, 0)
    files = {"old": old.csca_certificate, "link": authorities.link(old, new), "dsc": new.dsc_certificate}
    for name, der in files.items():
        pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
        (tmp_path / f"{name}.pem").write_bytes(pem)
    # path length 0 counts CAs below, and a self-issued one does not count (RFC 5280 §4.2.1.9)
    command = [
        "openssl", "verify", "-ignore_critical", "-attime", str(int(AT.timestamp())), "-CAfile",
        str(tmp_path / "old.pem"), "-untrusted", str(tmp_path / "link.pem"), str(tmp_path / "dsc.pem"),
    ]  # fmt: skip
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_crl_by_pyca() -> None:
    issuer = RSA.issuer()
    crl = x509.load_der_x509_crl(authorities.crl(issuer, 7, 9, number=3))
    key = x509.load_der_x509_certificate(issuer.csca_certificate).public_key()
    assert crl.is_signature_valid(key)
    assert [entry.serial_number for entry in crl] == [7, 9]
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 3
    assert crl.next_update_utc is not None
    assert crl.next_update_utc - crl.last_update_utc == timedelta(days=90)


@pytest.mark.parametrize(
    ("name", "oid", "critical"),
    [
        ("crl_delta", "2.5.29.27", True),
        ("crl_indirect", "2.5.29.28", True),
        ("crl_unknown_critical", "2.25.162189327346810437518421470217932170881", True),
    ],
)
def test_extensions_of_crls(name: str, oid: str, critical: bool) -> None:
    der = CRL_RECIPES[name].present().trust["UTO_0.crl"]
    crl = x509.load_der_x509_crl(der)
    found = {extension.oid.dotted_string: extension.critical for extension in crl.extensions}
    assert found[oid] is critical


def test_values_of_crl_extensions() -> None:
    delta = x509.load_der_x509_crl(CRL_RECIPES["crl_delta"].present().trust["UTO_0.crl"])
    assert delta.extensions.get_extension_for_class(x509.DeltaCRLIndicator).value.crl_number == 1
    indirect = x509.load_der_x509_crl(CRL_RECIPES["crl_indirect"].present().trust["UTO_0.crl"])
    assert indirect.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value.indirect_crl
    (entry,) = x509.load_der_x509_crl(CRL_RECIPES["crl_with_reasons"].present().trust["UTO_0.crl"])
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.key_compromise
    other = asn1_crl.CertificateList.load(CRL_RECIPES["crl_entry_of_another"].present().trust["UTO_0.crl"])
    (named,) = other["tbs_cert_list"]["revoked_certificates"]
    assert named.certificate_issuer_value.native[0]["country_name"] == "XX"


def test_profile_of_a_list_signer_by_asn1crypto() -> None:
    signer = authorities.list_signer(RSA.issuer())
    certificate = asn1_x509.Certificate.load(signer.certificate, strict=True)
    # ICAO 9303-12 §7.1, table 6: extKeyUsage is critical, keyUsage digitalSignature alone
    assert certificate.extended_key_usage_value.native == ["2.23.136.1.1.3"]
    assert "extended_key_usage" in certificate.critical_extensions
    assert certificate.key_usage_value.native == {"digital_signature"}
    assert certificate.basic_constraints_value is None


@pytest.mark.parametrize("name", list_recipes.MASTER_LISTS)
def test_how_the_signer_of_a_list_is_judged(name: str) -> None:
    recipe = list_recipes.MASTER_LISTS[name]
    store = TrustStore.from_sources(sources(dict(recipe.sources())), Realm.SPECIMEN, at=AT)
    found = store.list_signers["UTO.ml"]
    assert (found.status, found.reason) == (CheckStatus[recipe.status], recipe.reason)


def test_a_master_list_holds_the_certificates_as_they_are() -> None:
    issuer, foreign = Setting().issuer(), neighbour(Setting())
    listed = sorted((issuer.csca_certificate, foreign.csca_certificate))
    (source,) = sources({"UTO.ml": authorities.master_list_content(listed)})
    assert sorted(source.certificates) == listed


def test_the_neighbour_is_another_state() -> None:
    certificate = asn1_x509.Certificate.load(neighbour(Setting()).dsc_certificate)
    assert certificate.subject.native["country_name"] == certificate.issuer.native["country_name"] == "XX"


def test_serial_number_by_asn1crypto() -> None:
    issuer = Setting().issuer()
    assert serial_number(issuer.dsc_certificate) == asn1_x509.Certificate.load(issuer.dsc_certificate).serial_number


def test_lines_of_an_ldif() -> None:
    issuer = Setting().issuer()
    text = ldif(((PkdAttribute.CERTIFICATE, issuer.dsc_certificate), (PkdAttribute.CRL, issuer.crl)))
    lines = text.decode("ascii").split("\n")
    assert lines[0] == "version: 1"
    # RFC 2849, note 2: at most 76 characters, continued behind one blank
    assert max(len(line) for line in lines if not line.startswith("dn")) == 76
    unfolded = text.decode("ascii").replace("\n ", "").split("\n")
    values = [line.partition(":: ")[2] for line in unfolded if ":: " in line]
    assert [base64.b64decode(value) for value in values] == [issuer.dsc_certificate, issuer.crl]


def test_purposes_are_those_of_the_standard() -> None:
    assert (oids.CSCA_MASTER_LIST_SIGNING_KEY, oids.DEVIATION_LIST_SIGNING_KEY) == (
        "2.23.136.1.1.3",
        "2.23.136.1.1.8",
    )
