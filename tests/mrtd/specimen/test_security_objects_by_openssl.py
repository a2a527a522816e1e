"""EF.SOD, EF.CardSecurity and signed lists before `openssl cms -verify`: another implementation of RFC 5652."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pyasn1.codec.ber.decoder import decode as decode_ber

from mrtd.asn1 import oids
from mrtd.asn1.cms import ContentInfo
from mrtd.evidence import ElementaryFile
from mrtd.lds import sod
from mrtd.specimen import authorities, list_recipes
from mrtd.specimen.algorithm_profiles import ALL_PROFILES
from mrtd.specimen.recipe import AT, Presentation, Setting
from mrtd.specimen.recipes import GENUINE, RECIPES

#: OpenSSL wants NULL in DigestInfo (RFC 8017 §9.2, note 1), whatever signers do; `test_signing_key` judges those.
WITHOUT_NULL = "rsa-sha384-no-null"
JUDGED = [name for name in GENUINE if RECIPES[name].algorithms.name != WITHOUT_NULL]
#: Encodings and signers that depart from ICAO 9303 and keep to RFC 5652.
TOLERATED = (
    "ber_indefinite", "ber_long_length", "unordered_attributes", "signed_data_version_1", "several_signers",
    "signer_by_key_identifier", "several_certificates", "plain_rsa_encryption", "digest_parameters_null",
    "pss_defaults_written", "no_signed_attributes", "legacy_content_type_1", "foreign_content_type",
)  # fmt: skip
REFUSED = (
    "signature_changed", "content_changed", "e3_garbage_in_security_object", "pss_other_salt", "raw_ecdsa",
    "message_digest_absent", "two_signers_genuine_first", "resealed",
)  # fmt: skip
#: OpenSSL takes the hash from digestAlgorithm alone and does not look at the contentType attribute; RFC 5652 §5.3 and
#: §11.1 ask for both, so the verifier here refuses what OpenSSL accepts.
ACCEPTED_BY_OPENSSL = ("algorithms_disagree", "content_type_differs")


def verifies(content_info: bytes, folder: Path) -> bool:
    """Whether OpenSSL accepts the signatures by the enclosed certificates; chains are not judged."""
    (folder / "in").write_bytes(content_info)
    command = [
        "openssl", "cms", "-verify", "-noverify", "-inform", "DER", "-in", str(folder / "in"),
        "-out", str(folder / "out"),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def content_info(presentation: Presentation) -> bytes:
    return sod.parse(presentation.chip.document.files[ElementaryFile.SOD]).cms


@pytest.mark.parametrize("name", JUDGED)
def test_genuine(name: str, tmp_path: Path) -> None:
    data = content_info(RECIPES[name].present())
    assert verifies(data, tmp_path)
    content = asn1_cms.ContentInfo.load(data, strict=True)["content"]["encap_content_info"]["content"]
    assert (tmp_path / "out").read_bytes() == content.contents


@pytest.mark.parametrize("name", TOLERATED)
def test_departures_that_keep_to_the_syntax(name: str, tmp_path: Path) -> None:
    assert verifies(content_info(RECIPES[name].present()), tmp_path)


@pytest.mark.parametrize("name", REFUSED)
def test_broken(name: str, tmp_path: Path) -> None:
    assert not verifies(content_info(RECIPES[name].present()), tmp_path)


@pytest.mark.parametrize("name", ACCEPTED_BY_OPENSSL)
def test_what_openssl_does_not_look_at(name: str, tmp_path: Path) -> None:
    assert verifies(content_info(RECIPES[name].present()), tmp_path)


def test_without_null_the_block_is_otherwise_right() -> None:
    presentation = RECIPES["genuine_rsa_sha384_no_null"].present()
    signer = asn1_cms.ContentInfo.load(content_info(presentation))["content"]["signer_infos"][0]
    key = Setting(ALL_PROFILES[WITHOUT_NULL]).issuer().dsc_key.private
    assert isinstance(key, rsa.RSAPrivateKey)
    recovered = key.public_key().recover_data_from_signature(signer["signature"].native, padding.PKCS1v15(), None)
    # SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.2 }, OCTET STRING (48) }
    assert recovered[:17].hex().upper() == "303F300B0609608648016503040202" + "0430"


@pytest.mark.parametrize("name", ["ber_indefinite", "ber_long_length"])
def test_ber_holds_the_same_values(name: str) -> None:
    """pyasn1 decodes the octets to the same content and the same signed attributes as those of the DER original."""
    plain, odd = (decode_ber(content_info(RECIPES[which].present()), asn1Spec=ContentInfo())[0]
                  for which in ("genuine_brainpoolp256r1", name))  # fmt: skip
    for member in ("encapContentInfo", "signerInfos", "certificates"):
        assert odd["content"][member] == plain["content"][member]


def test_indefinite_lengths_are_there() -> None:
    data = content_info(RECIPES["ber_indefinite"].present())
    assert data[:2] == b"\x30\x80"
    # SignedData, [0] and ContentInfo end at once
    assert data.endswith(bytes(6))
    assert b"\x24\x80\x04" in data, "a constructed OCTET STRING of segments"


def test_card_security(tmp_path: Path) -> None:
    files = RECIPES["card_security"].present().chip.document.files
    data = files[ElementaryFile.CARD_SECURITY]
    assert verifies(data, tmp_path)
    # id-SecurityObject (BSI TR-03110-3 §A.1.2.5); its content repeats EF.CardAccess
    info = asn1_cms.ContentInfo.load(data)["content"]["encap_content_info"]
    assert info["content_type"].dotted == "0.4.0.127.0.7.3.2.1"
    card_access = files[ElementaryFile.CARD_ACCESS]
    assert card_access[2:] in (tmp_path / "out").read_bytes()
    tampered = RECIPES["card_security_tampered"].present().chip.document.files[ElementaryFile.CARD_SECURITY]
    assert not verifies(tampered, tmp_path)


@pytest.mark.parametrize("name", [name for name in list_recipes.MASTER_LISTS if name not in ("bare_content", "ldif")])
def test_master_lists(name: str, tmp_path: Path) -> None:
    data = list_recipes.MASTER_LISTS[name].sources()["UTO.ml"]
    assert verifies(data, tmp_path) == (name not in ("content_changed", "no_signer_certificate"))


def test_deviation_lists(tmp_path: Path) -> None:
    for data in (list_recipes.own_deviation_list(), list_recipes.foreign_deviation_list()):
        assert verifies(data, tmp_path)
        assert asn1_cms.ContentInfo.load(data)["content"]["encap_content_info"]["content_type"].dotted == (
            oids.DEVIATION_LIST
        )


def test_edits_of_a_list_reach_its_signature(tmp_path: Path) -> None:
    issuer = Setting().issuer()
    signer = authorities.list_signer(issuer)
    good = authorities.master_list((issuer.csca_certificate,), signer, AT)
    assert verifies(good, tmp_path)
    assert not verifies(good[:-1] + bytes([good[-1] ^ 1]), tmp_path)
