"""Real Android chains: each verifies at its time and reads as its publisher reads it (developer.android.com)."""

from __future__ import annotations

import base64
import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from mrtd.pki.certificate import Certificate
from service.adapters.attestation.android import AndroidJudge
from service.adapters.attestation.chains import extension_value, find_path, read_chain
from service.adapters.attestation.key_description import (
    KEY_ATTESTATION,
    AuthorizationList,
    KeyDescription,
    parse_key_description,
)
from service.adapters.attestation.roots import imported_roots, pinned_roots
from service.adapters.attestation.status_list import StatusList, parse_status_list
from service.domain.attestation import (
    AndroidEvidence,
    AttestationCheck,
    AttestationPolicy,
    AttestationReport,
    MalformedAttestationError,
    Refusal,
)
from service.domain.devices import KeyProtection, Platform
from tests.service.attestation.real import DEVICES, SAMPLES, android, device_chain, expected, pem_chain, sample_chain

pytestmark = pytest.mark.real

ROOTS = pinned_roots(Platform.ANDROID)
#: The publisher's name of a field and ours. Identifiers of a phone are not kept.
LISTS = {
    "purposes": "purposes",
    "blockModes": "block_modes",
    "digests": "digests",
    "paddings": "paddings",
    "rsaOaepMgfDigests": "mgf_digests",
}
NUMBERS = {
    "algorithms": "algorithm",
    "keySize": "key_size",
    "ecCurve": "ec_curve",
    "mlDsaVariant": "ml_dsa_variant",
    "rsaPublicExponent": "rsa_public_exponent",
    "activeDateTime": "active_date_time",
    "originationExpireDateTime": "origination_expire_date_time",
    "usageExpireDateTime": "usage_expire_date_time",
    "usageCountLimit": "usage_count_limit",
    "userAuthType": "user_auth_type",
    "authTimeout": "auth_timeout",
    "creationDateTime": "creation_date_time",
    "osVersion": "os_version",
    "osPatchLevel": "os_patch_level",
    "vendorPatchLevel": "vendor_patch_level",
    "bootPatchLevel": "boot_patch_level",
}
FLAGS = {
    "noAuthRequired": "no_auth_required",
    "allowWhileOnBody": "allow_while_on_body",
    "trustedUserPresenceRequired": "trusted_user_presence_required",
    "trustedConfirmationRequired": "trusted_confirmation_required",
    "unlockedDeviceRequired": "unlocked_device_required",
    "rollbackResistant": "rollback_resistant",
}
TEXTS = {
    "attestationIdBrand": "brand",
    "attestationIdDevice": "device",
    "attestationIdProduct": "product",
    "attestationIdManufacturer": "manufacturer",
    "attestationIdModel": "model",
}
NOT_KEPT = {"attestationIdSerial", "attestationIdImei", "attestationIdMeid", "attestationIdSecondImei"}
#: That tags are in order, this reader asks of every list.
OTHERS = {"origin", "rootOfTrust", "attestationApplicationId", "moduleHash", "areTagsOrdered"}


def in_the_publishers_words(read: AuthorizationList) -> dict[str, object]:
    """A list as the publisher's JSON has it."""
    words: dict[str, object] = {}
    for theirs, ours in LISTS.items():
        if (numbers := getattr(read, ours)) is not None:
            words[theirs] = sorted(map(str, numbers))
    for names in (NUMBERS, TEXTS):
        for theirs, ours in names.items():
            if (value := getattr(read, ours)) is not None:
                words[theirs] = str(value)
    words |= {theirs: True for theirs, ours in FLAGS.items() if getattr(read, ours)}
    if read.origin is not None:
        words["origin"] = read.origin.name
    if read.module_hash is not None:
        words["moduleHash"] = _base64(read.module_hash)
    if root := read.root_of_trust:
        words["rootOfTrust"] = {
            "verifiedBootKey": _base64(root.verified_boot_key),
            "deviceLocked": root.device_locked,
            "verifiedBootState": root.verified_boot_state.name,
            "verifiedBootHash": _base64(root.verified_boot_hash or b""),
        }
    if application := read.application_id:
        words["attestationApplicationId"] = {
            "packages": [{"name": name, "version": str(version)} for name, version in sorted(application.packages)],
            "signatures": sorted(map(_base64, application.signatures)),
        }
    return words


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _kept(published: dict[str, object]) -> dict[str, object]:
    assert set(published) <= {*LISTS, *NUMBERS, *FLAGS, *TEXTS, *OTHERS, *NOT_KEPT}
    return {name: value for name, value in published.items() if name not in {*NOT_KEPT, "areTagsOrdered"}}


def _description(chain: tuple[bytes, ...]) -> KeyDescription:
    value = extension_value(Certificate.parse(chain[0]), KEY_ATTESTATION)
    assert value is not None
    return parse_key_description(value)


def _made_at(description: KeyDescription) -> datetime:
    milliseconds = description.software.creation_date_time
    assert milliseconds is not None
    return datetime.fromtimestamp(milliseconds // 1000, UTC)


def _judged(chain: tuple[bytes, ...], at: datetime, key: str = "A" * 43) -> AttestationReport:
    status_list = StatusList(frozenset(), at)
    description = _description(chain)
    application = description.software.application_id
    assert application is not None
    policy = AttestationPolicy(
        packages=frozenset(name for name, _ in application.packages), signers=application.signatures
    )
    judge = AndroidJudge(ROOTS, lambda: status_list, policy)
    return judge.judge(AndroidEvidence(chain), key, description.challenge, at)


def _refusals(report: AttestationReport, check: AttestationCheck) -> tuple[Refusal, ...]:
    (finding,) = (finding for finding in report.findings if finding.check is check)
    return finding.refusals


@pytest.mark.parametrize("name", DEVICES)
def test_a_chain_reads_as_its_publisher_reads_it(real_data: Path, name: str) -> None:
    published, read = expected(real_data, name), _description(device_chain(real_data, name))
    assert read.attestation_version == int(published["attestationVersion"])
    assert read.attestation_level.name == published["attestationSecurityLevel"]
    assert read.keymint_version == int(published["keyMintVersion"])
    assert read.keymint_level.name == published["keyMintSecurityLevel"]
    assert read.challenge == base64.b64decode(published["attestationChallenge"])
    assert in_the_publishers_words(read.software) == _kept(published["softwareEnforced"])
    assert in_the_publishers_words(read.hardware) == _kept(published["hardwareEnforced"])


@pytest.mark.parametrize("name", DEVICES)
def test_a_chain_verifies_at_its_time(real_data: Path, name: str) -> None:
    chain = device_chain(real_data, name)
    report = _judged(chain, _made_at(_description(chain)))
    for check in (
        AttestationCheck.CHAIN,
        AttestationCheck.ROOT,
        AttestationCheck.VALIDITY,
        AttestationCheck.REVOCATION,
        AttestationCheck.EXTENSION,
        AttestationCheck.CHALLENGE,
        AttestationCheck.SECURITY_LEVEL,
        AttestationCheck.ORIGIN,
        AttestationCheck.CREATED,
        AttestationCheck.PATCH_LEVEL,
    ):
        assert _refusals(report, check) == (), check
    new_root = x509.load_pem_x509_certificate(json.loads((android(real_data) / "roots.json").read_text())[1].encode())
    ends_at_new = x509.load_der_x509_certificate(chain[-1]).subject == new_root.subject
    assert report.facts["root"] == ("google-2026" if ends_at_new else "google-2016")


@pytest.mark.parametrize("name", DEVICES)
def test_what_is_wrong_with_a_real_phone_is_named(real_data: Path, name: str) -> None:
    """By the publisher's words: most are developers' phones with an open boot loader."""
    published = expected(real_data, name)
    hardware = published["hardwareEnforced"]
    chain = device_chain(real_data, name)
    report = _judged(chain, _made_at(_description(chain)))
    boot = hardware["rootOfTrust"]
    assert (Refusal.BOOTLOADER_UNLOCKED in report.refusals) == (not boot["deviceLocked"])
    assert (Refusal.BOOT_NOT_VERIFIED in report.refusals) == (boot["verifiedBootState"] != "VERIFIED")
    assert (Refusal.KEY_PURPOSE in report.refusals) == (hardware["purposes"] != ["2"])
    assert (Refusal.KEY_DIGEST in report.refusals) == (hardware.get("digests") != ["4"])
    assert (Refusal.KEY_TYPE in report.refusals) == (hardware["algorithms"] != "3")
    assert Refusal.WRONG_KEY in report.refusals
    levels = {published["attestationSecurityLevel"], published["keyMintSecurityLevel"]}
    strong = levels == {"STRONG_BOX"}
    assert report.protection is (KeyProtection.STRONGBOX if strong else KeyProtection.TRUSTED_ENVIRONMENT)
    assert report.facts["provisioning"] == ("remote" if len(chain) == 5 else "factory")
    assert report.model == hardware.get("attestationIdModel")
    assert not report.accepted


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_chain_verifies_at_its_time(real_data: Path, name: str) -> None:
    """Those of StrongBox are of a prototype: they end at a root that is not published, and one has a wrong name."""
    chain = sample_chain(real_data, name)
    at = _made_at(_description(chain))
    report = _judged(chain, at)
    prototype = "StrongBox" in name
    assert _refusals(report, AttestationCheck.ROOT) == ((Refusal.ROOT_UNKNOWN,) if prototype else ())
    assert _refusals(report, AttestationCheck.CHAIN) == (
        (Refusal.CHAIN_BROKEN,) if name == "algorithm_EC_SecurityLevel_StrongBox" else ()
    )
    assert _refusals(report, AttestationCheck.VALIDITY) == ()
    assert report.protection is (KeyProtection.STRONGBOX if prototype else KeyProtection.TRUSTED_ENVIRONMENT)
    assert (Refusal.KEY_TYPE in report.refusals) == ("RSA" in name)


def test_the_published_list_reads(real_data: Path) -> None:
    listed = (android(real_data) / "google_sample" / "status.json").read_bytes()
    at = datetime(2018, 8, 1, tzinfo=UTC)
    status_list = parse_status_list(listed, at)
    named = json.loads(listed)["entries"]
    assert len(status_list.named) == len(named)
    for text in named:
        assert status_list.names(int(text, 16))
        if text.isdigit():
            assert status_list.names(int(text))
    assert not status_list.names(1)


def test_a_remotely_provisioned_chain_expires(real_data: Path) -> None:
    """Its certificates are made for some weeks: at the end of 2024 this one was over."""
    chain = device_chain(real_data, "akita/sdk34/TEE_EC_NONE")
    made_at = _made_at(_description(chain))
    assert _refusals(_judged(chain, made_at + timedelta(days=60)), AttestationCheck.VALIDITY) == (
        Refusal.CERTIFICATE_EXPIRED,
    )
    assert _refusals(_judged(chain, made_at - timedelta(days=60)), AttestationCheck.VALIDITY) == (
        Refusal.CERTIFICATE_EXPIRED,
    )


def test_an_old_root_certificate_does_not_expire_a_phone(real_data: Path) -> None:
    """The root of 2016 ended in May 2026; its key is pinned, and the phone's own certificates live until 2028."""
    chain = device_chain(real_data, "blueline/sdk28/TEE_EC_NONE")
    at = datetime(2026, 11, 25, tzinfo=UTC)
    assert x509.load_der_x509_certificate(chain[-1]).not_valid_after_utc < at
    report = _judged(chain, at)
    assert _refusals(report, AttestationCheck.ROOT) == ()
    assert _refusals(report, AttestationCheck.VALIDITY) == ()


def test_a_malformed_boolean_is_refused(real_data: Path) -> None:
    """`deviceLocked` is BOOLEAN 01, which is neither true nor false in DER (X.690 §11.1)."""
    chain = pem_chain(android(real_data) / "invalid" / "malformed_rot_device_locked.pem")
    certificates = read_chain(chain, shortest=2)
    assert find_path(certificates, ROOTS).chain == ()
    with pytest.raises(MalformedAttestationError, match="bad_boolean"):
        _description(chain)


def test_tags_out_of_order_are_refused(real_data: Path) -> None:
    chain = pem_chain(android(real_data) / "invalid" / "tags_not_in_ascending_order.pem")
    assert find_path(read_chain(chain, shortest=2), ROOTS).chain == (Refusal.CHAIN_BROKEN,)
    with pytest.raises(MalformedAttestationError, match="tags_not_ordered"):
        _description(chain)


def test_a_key_that_works_while_on_body_reads(real_data: Path) -> None:
    read = _description(pem_chain(android(real_data) / "allow_while_on_body.pem"))
    assert read.software.allow_while_on_body
    assert read.software.unlocked_device_required
    assert read.hardware.digests is not None


def test_a_chain_of_another_root_is_of_nobody(real_data: Path) -> None:
    """SHA-384 under P-256 keys, which the reader of signatures must take, up to a root of a test."""
    certificates = read_chain(pem_chain(android(real_data) / "p256_sha384_intermediate.pem"), shortest=2)
    path = find_path(certificates, ROOTS)
    assert path.chain == ()
    assert path.root is None


def test_the_pinned_keys_are_those_of_the_published_roots(real_data: Path) -> None:
    published = imported_roots((android(real_data) / "roots.json").read_bytes())
    assert set(published) == set(ROOTS)
    assert len(ROOTS) == 2


@pytest.mark.parametrize("name", DEVICES)
def test_an_independent_reader_finds_the_same_signatures(real_data: Path, name: str) -> None:
    """pyca's certificates, signature by signature."""
    chain = [x509.load_der_x509_certificate(der) for der in device_chain(real_data, name)]
    for child, issuer in itertools.pairwise(chain):
        child.verify_directly_issued_by(issuer)
