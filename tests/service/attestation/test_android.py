"""Chains of an authority of these tests: one as it should be, and each way to be wrong with its own reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ObjectIdentifier
from pyasn1.codec.der.encoder import encode
from pyasn1.type import univ

from service.adapters.attestation.android import AndroidJudge
from service.adapters.attestation.status_list import StatusList
from service.domain.attestation import (
    REQUIRED,
    AndroidEvidence,
    Attention,
    AttestationPolicy,
    AttestationReport,
    MalformedAttestationError,
    Refusal,
)
from service.domain.devices import KeyProtection, Platform
from tests.service.attestation.authorities import (
    KEY_ATTESTATION,
    PROVISIONING_INFO,
    AndroidAuthority,
    Issuer,
    PrivateKey,
    named,
    p256,
    thumbprint,
)
from tests.service.attestation.key_descriptions import NOW, PACKAGE, SIGNER, STRONGBOX, VERIFY, Stated

AUTHORITY = AndroidAuthority()
KEY = p256("key of the phone")
POLICY = AttestationPolicy(packages=frozenset({PACKAGE}), signers=frozenset({SIGNER}))
FRESH = StatusList(frozenset({"1234"}), NOW - timedelta(days=1))


def judged(
    evidence: AndroidEvidence,
    *,
    policy: AttestationPolicy = POLICY,
    listed: StatusList | None = FRESH,
    challenge: bytes = b"challenge",
    at: datetime = NOW,
    key: ec.EllipticCurvePrivateKey = KEY,
) -> AttestationReport:
    judge = AndroidJudge(AUTHORITY.roots, lambda: listed, policy)
    return judge.judge(evidence, thumbprint(key), challenge, at)


def of(stated: Stated) -> AndroidEvidence:
    return AUTHORITY.evidence(KEY.public_key(), stated)


def test_a_phone_as_it_should_be() -> None:
    report = judged(of(Stated(model=b"Pixel 10")))
    assert report.refusals == ()
    assert report.attentions == ()
    assert report.accepted
    assert {finding.check for finding in report.findings} == REQUIRED[Platform.ANDROID]
    assert report.key == thumbprint(KEY)
    assert report.protection is KeyProtection.TRUSTED_ENVIRONMENT
    assert report.model == "Pixel 10"
    assert report.facts == {
        "attestation_version": "400",
        "attestation_level": "trusted_environment",
        "keymint_level": "trusted_environment",
        "provisioning": "factory",
        "root": "test",
        "os_patch_level": "202610",
        "app": f"{PACKAGE}@1",
        "app_signers": SIGNER.hex(),
    }


@pytest.mark.parametrize(
    "stated",
    [
        Stated(level=STRONGBOX, keymint_level=STRONGBOX),
        Stated(curve=None),
        Stated(version=1),
        Stated(version=500),
        Stated(created_at=NOW - timedelta(minutes=9)),
        Stated(created_at=NOW + timedelta(minutes=1)),
    ],
    ids=["strongbox", "without-curve", "version-1", "version-500", "some-minutes-ago", "clock-ahead"],
)
def test_other_good_phones(stated: Stated) -> None:
    assert judged(of(stated)).accepted


@pytest.mark.parametrize(
    ("stated", "refusals"),
    [
        (Stated(challenge=b"of another"), (Refusal.WRONG_CHALLENGE,)),
        (Stated(challenge=b""), (Refusal.WRONG_CHALLENGE,)),
        (Stated(level=0), (Refusal.SOFTWARE_KEY,)),
        (Stated(keymint_level=0), (Refusal.SOFTWARE_KEY,)),
        (Stated(purposes=(2, VERIFY)), (Refusal.KEY_PURPOSE,)),
        (Stated(purposes=(7,)), (Refusal.KEY_PURPOSE,)),
        (Stated(purposes=()), (Refusal.KEY_PURPOSE,)),
        (Stated(digests=(0,)), (Refusal.KEY_DIGEST,)),
        (Stated(digests=(0, 4)), (Refusal.KEY_DIGEST,)),
        (Stated(algorithm=1), (Refusal.KEY_TYPE,)),
        (Stated(curve=0), (Refusal.KEY_TYPE,)),
        (Stated(origin=2), (Refusal.KEY_IMPORTED,)),
        (Stated(origin=4), (Refusal.KEY_IMPORTED,)),
        (Stated(origin=None), (Refusal.KEY_IMPORTED,)),
        (Stated(locked=False), (Refusal.BOOTLOADER_UNLOCKED,)),
        (Stated(boot_state=1), (Refusal.BOOT_NOT_VERIFIED,)),
        (Stated(boot_state=2), (Refusal.BOOT_NOT_VERIFIED,)),
        (Stated(boot_state=3), (Refusal.BOOT_NOT_VERIFIED,)),
        (Stated(root_of_trust=False), (Refusal.BOOTLOADER_UNLOCKED, Refusal.BOOT_NOT_VERIFIED)),
        (Stated(packages=("se.example.other",)), (Refusal.WRONG_APP,)),
        (Stated(packages=(PACKAGE, "se.example.other")), (Refusal.WRONG_APP,)),
        (Stated(packages=()), (Refusal.WRONG_APP,)),
        (Stated(signers=(bytes(32),)), (Refusal.WRONG_APP_SIGNER,)),
        (Stated(signers=(SIGNER, bytes(32))), (Refusal.WRONG_APP_SIGNER,)),
        (Stated(signers=()), (Refusal.WRONG_APP_SIGNER,)),
        (Stated(application=False), (Refusal.WRONG_APP, Refusal.WRONG_APP_SIGNER)),
        (Stated(created_at=NOW - timedelta(minutes=11)), (Refusal.CREATION_TIME,)),
        (Stated(created_at=NOW + timedelta(minutes=3)), (Refusal.CREATION_TIME,)),
        (Stated(created_at=None), (Refusal.CREATION_TIME,)),
    ],
    ids=lambda value: None if isinstance(value, Stated) else "-".join(value),
)
def test_a_phone_that_is_refused(stated: Stated, refusals: tuple[Refusal, ...]) -> None:
    report = judged(of(stated))
    assert report.refusals == refusals
    assert not report.accepted


def test_every_check_is_made() -> None:
    """Whatever else is wrong is still named."""
    report = judged(of(Stated(locked=False, purposes=(2, 3), origin=2, packages=("x",))), listed=None)
    assert report.refusals == (
        Refusal.STATUS_LIST_MISSING,
        Refusal.WRONG_APP,
        Refusal.KEY_PURPOSE,
        Refusal.KEY_IMPORTED,
        Refusal.BOOTLOADER_UNLOCKED,
    )
    assert {finding.check for finding in report.findings} == REQUIRED[Platform.ANDROID]


def test_what_software_states_of_the_key_does_not_count() -> None:
    """Purpose, origin and boot in the list of software alone are the word of an app."""
    stated = Stated(
        origin=None,
        root_of_trust=False,
        patch_level=None,
        more_software={702: univ.Integer(0), 706: univ.Integer(202610)},
    )
    policy = replace(POLICY, minimum_patch_level=202601)
    assert judged(of(stated), policy=policy).refusals == (
        Refusal.KEY_IMPORTED,
        Refusal.BOOTLOADER_UNLOCKED,
        Refusal.BOOT_NOT_VERIFIED,
        Refusal.PATCH_LEVEL_OLD,
    )


def test_the_protection_is_the_weaker_of_two() -> None:
    report = judged(of(Stated(level=STRONGBOX, keymint_level=1)))
    assert report.protection is KeyProtection.TRUSTED_ENVIRONMENT
    strict = replace(POLICY, protections=frozenset({KeyProtection.STRONGBOX}))
    assert judged(of(Stated()), policy=strict).refusals == (Refusal.PROTECTION_NOT_ALLOWED,)
    assert judged(of(Stated(level=STRONGBOX, keymint_level=STRONGBOX)), policy=strict).accepted


@pytest.mark.parametrize(("level", "accepted"), [(202601, True), (202512, False), (None, False), (0, False)])
def test_a_patch_level(level: int | None, accepted: bool) -> None:
    report = judged(of(Stated(patch_level=level)), policy=replace(POLICY, minimum_patch_level=202601))
    assert report.accepted is accepted
    assert report.refusals == (() if accepted else (Refusal.PATCH_LEVEL_OLD,))


def test_an_empty_policy_lets_nobody_in() -> None:
    assert judged(of(Stated()), policy=AttestationPolicy()).refusals == (Refusal.WRONG_APP, Refusal.WRONG_APP_SIGNER)


def test_another_key_than_the_one_that_asks() -> None:
    assert judged(of(Stated()), key=p256("thief")).refusals == (Refusal.WRONG_KEY,)


def test_a_challenge_must_be_asked() -> None:
    """An empty one is nobody's, even where the phone states an empty one."""
    assert judged(of(Stated(challenge=b"")), challenge=b"").refusals == (Refusal.WRONG_CHALLENGE,)


@pytest.mark.parametrize(
    "public",
    [
        lambda: rsa.generate_private_key(65537, 2048).public_key(),
        lambda: ec.generate_private_key(ec.SECP384R1()).public_key(),
        lambda: ec.generate_private_key(ec.BrainpoolP256R1()).public_key(),
    ],
    ids=["rsa", "p-384", "brainpool"],
)
def test_a_key_of_another_type(public: Callable[[], object]) -> None:
    """Even where the description says P-256."""
    evidence = AUTHORITY.evidence(public(), Stated())
    assert judged(evidence).refusals == (Refusal.KEY_TYPE, Refusal.WRONG_KEY)


# --- the chain


def test_a_leaf_that_a_stranger_signed() -> None:
    stranger = AndroidAuthority("authority ")  # the same words, other keys
    forged = Issuer(stranger.phone_key, AUTHORITY.phone.name)
    leaf = forged.certify("x", KEY.public_key(), ca=False, extensions=((KEY_ATTESTATION, Stated().der(), False),))
    assert judged(AndroidEvidence((leaf, *AUTHORITY.above))).refusals == (Refusal.CHAIN_BROKEN,)


def test_a_chain_of_a_stranger() -> None:
    report = judged(AndroidAuthority("stranger").evidence(KEY.public_key(), Stated()))
    assert report.refusals == (Refusal.ROOT_UNKNOWN,)
    assert "root" not in report.facts


def test_a_certificate_of_the_root_that_is_over() -> None:
    """The key is pinned and not its certificate; one that is not pinned is a certificate like others."""
    long_ago = (NOW - timedelta(days=3650), NOW - timedelta(days=183))
    root = AUTHORITY.root.certify("authority root", AUTHORITY.root_key.public_key(), valid=long_ago)
    chain = (*of(Stated()).chain[:-1], root)
    assert judged(AndroidEvidence(chain)).accepted
    elsewhere = AndroidJudge({}, lambda: FRESH, POLICY).judge(
        AndroidEvidence(chain), thumbprint(KEY), b"challenge", NOW
    )
    assert elsewhere.refusals == (Refusal.ROOT_UNKNOWN, Refusal.CERTIFICATE_EXPIRED)


def test_a_root_of_the_right_name_and_a_strangers_key() -> None:
    """A name binds nothing: the key is pinned."""
    stranger = p256("stranger")
    root = Issuer(stranger, AUTHORITY.root.name)
    above = (
        AUTHORITY.phone_certificate,
        root.certify("authority intermediate", AUTHORITY.intermediate_key.public_key()),
        root.certify("authority root", stranger.public_key()),
    )
    leaf = AUTHORITY.leaf(KEY.public_key(), Stated())
    assert judged(AndroidEvidence((leaf, *above))).refusals == (Refusal.ROOT_UNKNOWN,)


def test_a_chain_without_its_root_certificate() -> None:
    """The pinned key verifies the last one as well."""
    chain = of(Stated()).chain[:-1]
    assert judged(AndroidEvidence(chain)).accepted


def test_an_issuer_of_another_name() -> None:
    other = Issuer(AUTHORITY.phone_key, named("another"))
    leaf = other.certify("x", KEY.public_key(), ca=False, extensions=((KEY_ATTESTATION, Stated().der(), False),))
    assert judged(AndroidEvidence((leaf, *AUTHORITY.above))).refusals == (Refusal.CHAIN_BROKEN,)


def test_an_issuer_that_may_not_issue() -> None:
    phone = AUTHORITY.intermediate.certify("authority phone", AUTHORITY.phone_key.public_key(), ca=False)
    chain = (AUTHORITY.leaf(KEY.public_key(), Stated()), phone, *AUTHORITY.above[1:])
    assert judged(AndroidEvidence(chain)).refusals == (Refusal.CHAIN_BROKEN,)


def test_an_issuer_with_a_critical_extension_that_nobody_knows() -> None:
    unknown = (ObjectIdentifier("1.2.3.4"), b"\x05\x00", True)
    key = AUTHORITY.phone_key.public_key()
    phone = AUTHORITY.intermediate.certify("authority phone", key, extensions=(unknown,))
    chain = (AUTHORITY.leaf(KEY.public_key(), Stated()), phone, *AUTHORITY.above[1:])
    assert judged(AndroidEvidence(chain)).refusals == (Refusal.CHAIN_BROKEN,)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ec.generate_private_key(ec.SECP224R1()),
        lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505 - that it is weak is what is tested
    ],
    ids=["p-224", "rsa-1024"],
)
def test_a_weak_issuer(make: Callable[[], PrivateKey]) -> None:
    """It verifies, and is weaker than anything a maker signs with."""
    weak = make()
    phone = AUTHORITY.intermediate.certify("weak", weak.public_key())
    extension = (KEY_ATTESTATION, Stated().der(), False)
    leaf = Issuer(weak, named("weak")).certify("x", KEY.public_key(), ca=False, extensions=(extension,))
    assert judged(AndroidEvidence((leaf, phone, *AUTHORITY.above[1:]))).refusals == (Refusal.CHAIN_BROKEN,)


def test_a_weak_hash() -> None:
    key = AUTHORITY.phone_key.public_key()
    phone = AUTHORITY.intermediate.certify("authority phone", key, hash_=hashes.SHA224())
    chain = (AUTHORITY.leaf(KEY.public_key(), Stated()), phone, *AUTHORITY.above[1:])
    assert judged(AndroidEvidence(chain)).refusals == (Refusal.CHAIN_BROKEN,)


def test_what_the_phone_dated_does_not_matter() -> None:
    """The leaf is made by the phone, by its clock."""
    later = (NOW + timedelta(days=365), NOW + timedelta(days=366))
    extensions = ((KEY_ATTESTATION, Stated().der(), False),)
    leaf = AUTHORITY.phone.certify("x", KEY.public_key(), ca=False, valid=later, extensions=extensions)
    assert judged(AndroidEvidence((leaf, *AUTHORITY.above))).accepted


def test_a_key_that_signs_at_two_places() -> None:
    twice = AUTHORITY.intermediate.certify("authority intermediate", AUTHORITY.intermediate_key.public_key())
    chain = (*of(Stated()).chain[:2], twice, *AUTHORITY.above[1:])
    assert judged(AndroidEvidence(chain)).refusals == (Refusal.KEY_REUSED,)


@pytest.mark.parametrize("days", [-31, 31], ids=["not-yet", "over"])
def test_an_intermediate_that_is_not_valid_now(days: int) -> None:
    at = NOW + timedelta(days=days)
    report = judged(of(Stated(created_at=at)), at=at, listed=StatusList(frozenset(), at))
    assert report.refusals == (Refusal.CERTIFICATE_EXPIRED,)


# --- attestations below attestations


def test_a_chain_that_an_app_made_longer() -> None:
    """An app signs a chain of its own with its attested key: the statement below is the app's."""
    innocent = p256("attested key of an app")
    attested = AUTHORITY.phone.certify(
        "authority app", innocent.public_key(), extensions=((KEY_ATTESTATION, Stated(purposes=(2, 3)).der(), False),)
    )
    extension = (KEY_ATTESTATION, Stated().der(), False)
    app = Issuer(innocent, named("authority app"))
    leaf = app.certify("x", KEY.public_key(), ca=False, extensions=(extension,))
    report = judged(AndroidEvidence((leaf, attested, *AUTHORITY.above)))
    # the nearest to the root is the one that is judged: its purposes, its key
    assert report.refusals == (Refusal.CHAIN_EXTENDED, Refusal.WRONG_KEY, Refusal.KEY_PURPOSE)
    bare = app.certify("x", KEY.public_key(), ca=False)
    assert Refusal.CHAIN_EXTENDED in judged(AndroidEvidence((bare, attested, *AUTHORITY.above))).refusals


def test_a_chain_without_an_attestation() -> None:
    leaf = AUTHORITY.phone.certify("x", KEY.public_key(), ca=False)
    report = judged(AndroidEvidence((leaf, *AUTHORITY.above)))
    assert report.refusals == (Refusal.NOT_ATTESTED,)
    assert report.protection is KeyProtection.SOFTWARE
    assert {finding.check for finding in report.findings} == REQUIRED[Platform.ANDROID]


def test_remote_provisioning() -> None:
    """The certificate that holds the extension is the one right above the attestation."""
    info = (PROVISIONING_INFO, b"\xa1\x01\x08", False)
    key = AUTHORITY.phone_key.public_key()
    provisioned = AUTHORITY.intermediate.certify("authority phone", key, extensions=(info,))
    leaf = AUTHORITY.leaf(KEY.public_key(), Stated())
    report = judged(AndroidEvidence((leaf, provisioned, *AUTHORITY.above[1:])))
    assert report.accepted
    assert report.facts["provisioning"] == "remote"
    between = p256("between")
    middle = Issuer(AUTHORITY.phone_key, named("authority phone")).certify("between", between.public_key())
    extension = (KEY_ATTESTATION, Stated().der(), False)
    lower = Issuer(between, named("between")).certify("x", KEY.public_key(), ca=False, extensions=(extension,))
    extended = judged(AndroidEvidence((lower, middle, provisioned, *AUTHORITY.above[1:])))
    assert extended.refusals == (Refusal.CHAIN_EXTENDED,)


# --- revocation


@pytest.mark.parametrize("named_as", [f"{0xABCDEF:x}", str(0xABCDEF)], ids=["hexadecimal", "decimal"])
def test_a_certificate_that_the_list_names(named_as: str) -> None:
    listed = StatusList(frozenset({named_as}), NOW)
    assert judged(of(Stated()), listed=listed).refusals == (Refusal.CERTIFICATE_REVOKED,)


def test_an_old_list_refuses_or_is_told() -> None:
    old = StatusList(frozenset(), NOW - timedelta(days=8))
    assert judged(of(Stated()), listed=old).refusals == (Refusal.STATUS_LIST_OLD,)
    lenient = replace(POLICY, old_status_list_refuses=False)
    report = judged(of(Stated()), listed=old, policy=lenient)
    assert report.accepted
    assert report.attentions == (Attention.STATUS_LIST_OLD,)
    revoked = StatusList(frozenset({"abcdef"}), NOW - timedelta(days=8))
    assert judged(of(Stated()), listed=revoked, policy=lenient).refusals == (Refusal.CERTIFICATE_REVOKED,)


def test_a_list_from_the_future_is_of_nobody_knows_when() -> None:
    listed = StatusList(frozenset(), NOW + timedelta(hours=2))
    assert judged(of(Stated()), listed=listed).refusals == (Refusal.STATUS_LIST_OLD,)


def test_no_list_refuses_whatever_the_policy_says() -> None:
    lenient = replace(POLICY, old_status_list_refuses=False)
    assert judged(of(Stated()), listed=None, policy=lenient).refusals == (Refusal.STATUS_LIST_MISSING,)


# --- what cannot be read


def test_chains_that_cannot_be_read() -> None:
    chain = of(Stated()).chain
    for bad, code in (
        ((), "chain_length"),
        (chain[:1], "chain_length"),
        (chain * 3, "chain_length"),
        ((b"\x30\x03\x02\x01\x00", *chain[1:]), "bad_certificate"),
        ((chain[0] + b"\x00", *chain[1:]), "trailing_bytes"),
        ((chain[0] + bytes(17_000), *chain[1:]), "certificate_too_long"),
    ):
        with pytest.raises(MalformedAttestationError, match=code):
            judged(AndroidEvidence(bad))


def test_two_attestations_in_one_certificate() -> None:
    """cryptography writes no extension twice, so the identifier of another is made that of the attestation."""
    both = ((KEY_ATTESTATION, Stated().der(), False), (PROVISIONING_INFO, b"\xa0", False))
    certificate = AUTHORITY.phone.certify("x", KEY.public_key(), ca=False, extensions=both)
    attestation, provisioning = (encode(univ.ObjectIdentifier(oid.dotted_string)) for oid, _, _ in both)
    assert certificate.count(provisioning) == 1
    doubled = certificate.replace(provisioning, attestation)
    with pytest.raises(MalformedAttestationError, match="duplicate_extension"):
        judged(AndroidEvidence((doubled, *AUTHORITY.above)))


def test_a_thumbprint_that_is_none() -> None:
    judge = AndroidJudge(AUTHORITY.roots, lambda: FRESH, POLICY)
    with pytest.raises(ValueError, match="no RFC 7638 thumbprint"):
        judge.judge(of(Stated()), "ö" * 43, b"challenge", NOW)


def test_nothing_of_the_phone_is_in_a_repr() -> None:
    evidence = of(Stated())
    assert repr(evidence) == "AndroidEvidence()"
