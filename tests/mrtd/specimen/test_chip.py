"""Active Authentication of specimen chips: the answers taken apart by hand and by pyca, then by the verifier."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from mrtd.crypto.keys import parse_spki
from mrtd.evidence import ElementaryFile
from mrtd.lds import dg15
from mrtd.protocols import active_authentication
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1, RSA_2048
from tests.budgets import light
from tests.mrtd.specimen.conftest import NOW

CHALLENGE = bytes.fromhex("0123456789ABCDEF")
#: ISO/IEC 9796-2 with the hash identifiers of ISO/IEC 10118-3, as ICAO 9303-11 §6.1 lists them.
TRAILER = {
    "sha1": "BC",
    "sha224": "38CC",
    "sha256": "34CC",
    "sha384": "36CC",
    "sha512": "35CC",
}


@pytest.fixture(scope="module")
def rsa_document() -> SpecimenDocument:
    return SpecimenIssuer.create(RSA_2048, now=NOW).issue(MARTA)


@pytest.mark.parametrize("complement", [False, True], ids=["J", "n-J"])
@pytest.mark.parametrize("name", TRAILER)
def test_iso9796_representative(rsa_document: SpecimenDocument, name: str, complement: bool) -> None:
    chip = SpecimenChip(replace(rsa_document, active_authentication_hash=name), complement=complement)
    answer = chip.sign_challenge(CHALLENGE)
    assert len(answer) == 256
    key = rsa_document.active_authentication_key
    assert key is not None
    assert isinstance(key.private, rsa.RSAPrivateKey)
    numbers = key.private.public_key().public_numbers()
    power = pow(int.from_bytes(answer), numbers.e, numbers.n)
    block = (numbers.n - power if complement else power).to_bytes(256)
    trailer = bytes.fromhex(TRAILER[name])
    size = hashlib.new(name).digest_size
    m1, digest = block[1 : -size - len(trailer)], block[-size - len(trailer) : -len(trailer)]
    assert block[:1] == b"\x6a"
    assert block.endswith(trailer)
    assert digest == hashlib.new(name, m1 + CHALLENGE).digest()


def test_plain_ecdsa_by_pyca() -> None:
    document = SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW).issue(MARTA)
    answer = SpecimenChip(document).sign_challenge(CHALLENGE)
    assert len(answer) == 64
    key = document.active_authentication_key
    assert key is not None
    public = key.private.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    signature = encode_dss_signature(int.from_bytes(answer[:32]), int.from_bytes(answer[32:]))
    public.verify(signature, CHALLENGE, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(signature, bytes(8), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("complement", [False, True], ids=["J", "n-J"])
def test_the_verifier_accepts_the_answer(document: SpecimenDocument, complement: bool) -> None:
    key = parse_spki(dg15.parse(document.files[ElementaryFile.DG15]).spki)
    answer = SpecimenChip(document, complement=complement).sign_challenge(CHALLENGE)
    assert active_authentication.verify(key, CHALLENGE, answer, declared_hash="sha256").verified
    assert not active_authentication.verify(key, bytes(8), answer, declared_hash="sha256").verified


def test_the_seed_makes_the_random_part(rsa_document: SpecimenDocument) -> None:
    answers = {SpecimenChip(rsa_document, seed=seed).sign_challenge(CHALLENGE) for seed in (b"a", b"b")}
    assert len(answers) == 2
    assert SpecimenChip(rsa_document).sign_challenge(CHALLENGE) == SpecimenChip(rsa_document).sign_challenge(
        CHALLENGE
    )


def test_evidence_holds_files_and_answer(document: SpecimenDocument) -> None:
    chip = SpecimenChip(document)
    evidence = chip.evidence(CHALLENGE)
    assert dict(evidence.files) == dict(document.files)
    assert evidence.active_authentication is not None
    assert evidence.active_authentication.challenge == CHALLENGE
    assert evidence.active_authentication.response == chip.sign_challenge(CHALLENGE)
    assert chip.evidence().active_authentication is None


def test_json_body_is_that_of_the_api(document: SpecimenDocument) -> None:
    body = SpecimenChip(document).to_json_body(CHALLENGE)
    files = body["files"]
    assert isinstance(files, dict)
    assert {name: _from_base64url(text) for name, text in files.items()} == {
        name.value: data for name, data in document.files.items()
    }
    answer = body["active_authentication"]
    assert isinstance(answer, dict)
    assert answer["challenge"] == "ASNFZ4mrze8"
    assert _from_base64url(answer["response"]) == SpecimenChip(document).sign_challenge(CHALLENGE)


def test_a_chip_without_the_protocol_gives_files_only() -> None:
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW)
    chip = SpecimenChip(issuer.issue(MARTA, IssuingProfile(active_authentication=False)))
    assert ElementaryFile.DG15 not in chip.document.files
    assert chip.evidence(CHALLENGE).active_authentication is None
    with pytest.raises(ValueError, match="no Active Authentication"):
        chip.sign_challenge(CHALLENGE)


@light
@given(challenge=st.binary(max_size=32).filter(lambda value: len(value) != 8))
def test_only_challenges_of_eight_octets_are_signed(challenge: bytes) -> None:
    chip = SpecimenChip(SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW).issue(MARTA))
    with pytest.raises(ValueError, match="8 octets"):
        chip.sign_challenge(challenge)


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
