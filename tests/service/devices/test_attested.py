"""Keys in hardware: let in by what the maker of the phone says, and asked for it again (SECURITY.md 7.7)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest

from mrtd.pki.realm import Realm
from service import wiring
from service.domain.errors import ConfigurationError
from service.settings import Settings
from tests.service.attestation.authorities import APP, AndroidAuthority, p256
from tests.service.attestation.key_descriptions import PACKAGE, SIGNER, STRONGBOX, Stated
from tests.service.conftest import ManualClock
from tests.service.devices.conftest import ANDROID, APPLE, DAYS
from tests.service.devices.test_enrolment import problem
from tests.service.devices.world import NONE, Console, Phone, World, android
from tests.service.tokens.keys import Key, base64url

STRANGER = AndroidAuthority("somebody in a cellar")
APP_KEY = p256("key of App Attest")
UNREADABLE = {"format": "android", "chain": ["AAAA"]}


def octets(text: str) -> bytes:
    """From base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def chain(world: World, key: Key, challenge: str, *, by: AndroidAuthority = ANDROID, **stated: object) -> dict:
    """What the keystore of a phone attests of a key that it made a moment ago."""
    said = replace(Stated(challenge=octets(challenge), created_at=world.clock.now()), **stated)
    return android(*by.evidence(key.private.public_key(), said).chain)


def apple(key: Key, challenge: str) -> dict:
    """What App Attest gives for the key of the Secure Enclave."""
    evidence = APPLE.evidence(APP_KEY, octets(challenge) + octets(key.thumbprint))
    return {"format": "apple", "attestation": base64url(evidence.attestation), "key_id": base64url(evidence.key_id)}


def reasons(answer) -> list[str]:
    """Why an attestation is not accepted."""
    assert problem(answer) == (422, "attestation_refused"), answer.text
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/attestation"}
    return [error["code"] for error in answer.json()["errors"]]


@pytest.fixture
def first(strict: World) -> Console:
    """An administrator."""
    return strict.person("FIRST")


@pytest.fixture
def second(strict: World) -> Console:
    """Another one."""
    return strict.person("SECOND")


def let_in(world: World, first: Console, second: Console, *, of_apple: bool = False) -> Phone:
    """A phone whose key is attested."""
    phone, invitation = world.phone(), first.invite()
    attestation = (apple if of_apple else lambda *of: chain(world, *of))(phone.key, invitation["challenge"])
    answer = phone.enrol(invitation["code"], attestation)
    assert answer.status_code == 201, answer.text
    assert second.confirm(phone).status_code == 200
    return phone


def test_an_android_phone(strict: World, first: Console, second: Console) -> None:
    phone = strict.phone()
    invitation = first.invite()
    answer = phone.enrol(
        invitation["code"],
        chain(
            strict, phone.key, invitation["challenge"], level=STRONGBOX, keymint_level=STRONGBOX, model=b"Pixel 10"
        ),
    )
    assert answer.status_code == 201
    assert (answer.json()["platform"], answer.json()["protection"]) == ("android", "strongbox")
    second.confirm(phone)
    (listed,) = first.get("/v1/devices").json()["devices"]
    assert listed["model"] == "Pixel 10"
    assert listed["attested_at"] is not None
    assert phone.ask_token().status_code == 200


def test_what_a_key_was_let_in_on_stays_in_the_trail(strict: World, first: Console, second: Console) -> None:
    """Long after the chain is gone an auditor sees which hardware, patches and app two people let in."""
    phone = let_in(strict, first, second)
    enrolled = dict(strict.recorded())["device_enrolled"]
    assert enrolled == {
        "device": phone.id,
        "key": phone.key.thumbprint,
        "platform": "android",
        "protection": "trusted_environment",
        "model": None,
        "attentions": "",
        "attestation_version": "400",
        "attestation_level": "trusted_environment",
        "keymint_level": "trusted_environment",
        "provisioning": "factory",
        "root": "test",
        "os_patch_level": "202610",
        "app": f"{PACKAGE}@1",
        "app_signers": SIGNER.hex(),
    }
    assert dict(strict.recorded())["device_confirmed"] == {
        "device": phone.id,
        "key": phone.key.thumbprint,
        "platform": "android",
        "protection": "trusted_environment",
        "attested_at": strict.clock.now().isoformat(),
    }


def test_what_apple_says_stays_as_well(strict: World, first: Console, second: Console) -> None:
    let_in(strict, first, second, of_apple=True)
    enrolled = dict(strict.recorded())["device_enrolled"]
    assert enrolled["app"] == hashlib.sha256(APP.encode()).hexdigest()
    assert (enrolled["environment"], enrolled["protection"]) == ("production", "secure_enclave")


def test_an_iphone(strict: World, first: Console, second: Console) -> None:
    phone = let_in(strict, first, second, of_apple=True)
    (listed,) = first.get("/v1/devices").json()["devices"]
    assert (listed["platform"], listed["protection"]) == ("ios", "secure_enclave")
    assert phone.ask_token().status_code == 200


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"level": 0}, "software_key"),
        ({"locked": False}, "bootloader_unlocked"),
        ({"packages": ("se.example.other",)}, "wrong_app"),
        ({"signers": (bytes(32),)}, "wrong_app_signer"),
        ({"origin": 2}, "key_imported"),
        ({"by": STRANGER}, "root_unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_others_stay_outside_and_use_nothing_up(strict: World, first: Console, stated: dict, expected: str) -> None:
    phone, invitation = strict.phone(), first.invite()
    refused = phone.enrol(invitation["code"], chain(strict, phone.key, invitation["challenge"], **stated))
    assert reasons(refused) == [expected]
    assert strict.recorded()[-1] == ("attestation_refused", {"reasons": expected})
    good = phone.enrol(invitation["code"], chain(strict, phone.key, invitation["challenge"]))
    assert good.status_code == 201


def test_the_challenge_of_another_invitation_is_none(strict: World, first: Console) -> None:
    phone, one, other = strict.phone(), first.invite(), first.invite()
    answer = phone.enrol(one["code"], chain(strict, phone.key, other["challenge"]))
    assert reasons(answer) == ["wrong_challenge"]


@pytest.mark.parametrize("of_apple", [False, True], ids=["android", "apple"])
def test_the_attestation_of_another_key_is_none(strict: World, first: Console, of_apple: bool) -> None:
    """A thief shows the chain of a good phone, and a key of their own."""
    good, thief, invitation = strict.phone(), strict.phone(), first.invite()
    attestation = (
        apple(good.key, invitation["challenge"]) if of_apple else chain(strict, good.key, invitation["challenge"])
    )
    # of Apple's object nobody can say which of its two parts is another's
    assert reasons(thief.enrol(invitation["code"], attestation)) in (["wrong_key"], ["wrong_challenge"])


def test_a_key_of_software_stays_outside(strict: World, first: Console) -> None:
    assert reasons(strict.phone().enrol(first.invite()["code"], NONE)) == ["not_attested"]


def test_the_production_realm_does_not_start_with_keys_of_software(tmp_path) -> None:
    settings = Settings(data_dir=tmp_path, realm=Realm.PRODUCTION, device_keys="software")
    with pytest.raises(ConfigurationError, match="PASSKOLL_DEVICE_KEYS=attested"):
        wiring.device_policy(settings)


@pytest.mark.parametrize("chosen", [None, "attested"])
def test_the_production_realm_takes_none(tmp_path, chosen: str | None) -> None:
    settings = Settings(data_dir=tmp_path, realm=Realm.PRODUCTION, device_keys=chosen)
    assert not wiring.device_policy(settings).software_keys


def test_what_cannot_be_read_is_a_wrong_request(strict: World, first: Console) -> None:
    code = first.invite()["code"]
    answer = strict.phone().enrol(code, UNREADABLE)
    assert problem(answer) == (422, "validation_failed")
    assert answer.json()["errors"][0]["pointer"] == "/attestation"


@pytest.mark.parametrize(
    "attestation",
    [
        {"format": "android", "chain": []},
        {"format": "android", "chain": ["AAAA"] * 11},
        {"format": "android", "chain": ["AB"]},
        {"format": "android", "chain": ["AAA="]},
        {"format": "android", "chain": ["A+/A"]},
        {"format": "android", "chain": ["A" * 21846]},
        {"format": "apple", "attestation": "AAAA", "key_id": "AAAA"},
        {"format": "apple", "attestation": "AAAA"},
        {"format": "none", "chain": ["AAAA"]},
        {"format": "other"},
        {},
        "none",
    ],
    ids=range(12),
)
def test_the_form_of_an_attestation(strict: World, first: Console, attestation: object) -> None:
    code = first.invite()["code"]
    phone = strict.phone()
    body = {"code": code, "attestation": attestation}
    answer = strict.client.post("/v1/devices", json=body, headers={"DPoP": phone.proof("POST", "/v1/devices")})
    assert problem(answer) == (422, "validation_failed")


class TestRenewal:
    """After some months a phone shows again what it is."""

    def test_a_phone_whose_attestation_is_old_gets_no_token_for_people(
        self, strict: World, first: Console, second: Console, clock: ManualClock
    ) -> None:
        phone = let_in(strict, first, second)
        clock.advance(days=DAYS - 1, hours=23)
        console = strict.console(first.person)
        assert strict.signed_in(phone, console)
        clock.advance(hours=1)
        console = strict.console(first.person)
        path, code = console.pair()
        claimed = phone.claim(code).json()
        assert console.post(f"{path}/confirm").status_code == 200
        assert phone.exchange(claimed["sign_in_code"]).json()["error"] == "unauthorized_client"

    def test_android_shows_a_new_key(
        self, strict: World, first: Console, second: Console, clock: ManualClock
    ) -> None:
        phone = let_in(strict, first, second)
        clock.advance(days=DAYS)
        old_token = phone.token()
        new = Key()
        answer = self.renew(strict, phone, new)
        assert answer.status_code == 200, answer.text
        assert answer.json()["fingerprint"] != phone.fingerprint
        # what the old key has opens nothing any more, and it proves nobody
        old = replace(phone, key=phone.key)
        path = f"/v1/devices/{phone.id}/challenges"
        assert old.post(path, old_token).status_code == 401
        assert old.ask_token().json()["error"] == "invalid_client"
        phone.key = new
        assert strict.signed_in(phone, strict.console(first.person))
        (renewed,) = [details for action, details in strict.recorded() if action == "attestation_renewed"]
        assert (renewed["key"], renewed["new_key"]) == (new.thumbprint, True)
        assert renewed["os_patch_level"] == "202610"
        # and no phone is ever enrolled with it
        invitation = strict.console(first.person).invite()
        attestation = chain(strict, old.key, invitation["challenge"])
        assert problem(strict.phone(old.key).enrol(invitation["code"], attestation)) == (409, "conflict")

    def test_an_iphone_shows_the_same_key(
        self, strict: World, first: Console, second: Console, clock: ManualClock
    ) -> None:
        phone = let_in(strict, first, second, of_apple=True)
        clock.advance(days=DAYS)
        token = phone.token()
        challenge = phone.post(f"/v1/devices/{phone.id}/challenges", token).json()["challenge"]
        body = {"attestation": apple(phone.key, challenge)}
        answer = phone.post(f"/v1/devices/{phone.id}/attestations", token, body)
        assert answer.status_code == 200
        assert answer.json()["fingerprint"] == phone.fingerprint
        assert strict.signed_in(phone, strict.console(first.person))

    def test_the_new_key_is_proved(self, strict: World, first: Console, second: Console) -> None:
        """The chain of a key that somebody else holds."""
        phone = let_in(strict, first, second)
        new, other = Key(), Key()
        assert problem(self.renew(strict, phone, new, proved_by=None))[1] == "attestation_refused"
        assert reasons(self.renew(strict, phone, new, proved_by=other)) == ["wrong_key"]
        assert phone.ask_token().status_code == 200

    def test_one_challenge_one_try(self, strict: World, first: Console, second: Console) -> None:
        phone = let_in(strict, first, second)
        token = phone.token()
        challenge = phone.post(f"/v1/devices/{phone.id}/challenges", token).json()["challenge"]
        assert reasons(self.renew(strict, phone, Key(), challenge, locked=False)) == ["bootloader_unlocked"]
        assert reasons(self.renew(strict, phone, Key(), challenge)) == ["wrong_challenge"]

    def test_a_challenge_lives_five_minutes(
        self, strict: World, first: Console, second: Console, clock: ManualClock
    ) -> None:
        phone = let_in(strict, first, second)
        challenge = phone.post(f"/v1/devices/{phone.id}/challenges", phone.token()).json()["challenge"]
        clock.advance(minutes=5)
        assert reasons(self.renew(strict, phone, Key(), challenge)) == ["wrong_challenge"]

    def test_another_kind_of_phone_is_another_phone(self, strict: World, first: Console, second: Console) -> None:
        phone = let_in(strict, first, second, of_apple=True)
        assert reasons(self.renew(strict, phone, Key())) == ["other_platform"]

    def test_only_for_itself(self, strict: World, first: Console, second: Console) -> None:
        phone, other = let_in(strict, first, second), let_in(strict, first, second)
        token = phone.token()
        assert problem(phone.post(f"/v1/devices/{other.id}/challenges", token)) == (404, "not_found")
        challenge = other.post(f"/v1/devices/{other.id}/challenges", other.token()).json()["challenge"]
        new = Key()
        body = {"attestation": chain(strict, new, challenge)}
        path = f"/v1/devices/{other.id}/attestations"
        assert problem(phone.post(path, token, body)) == (404, "not_found")

    def test_not_with_the_key_of_another_phone(self, strict: World, first: Console, second: Console) -> None:
        phone, other = let_in(strict, first, second), let_in(strict, first, second)
        assert problem(self.renew(strict, phone, other.key)) == (409, "conflict")
        assert other.ask_token().status_code == 200

    def renew(
        self, world: World, phone: Phone, new: Key, challenge: str | None = None, proved_by: object = "new", **stated
    ):
        """Ask for a renewal with a new key."""
        token = phone.token()
        if challenge is None:
            challenge = phone.post(f"/v1/devices/{phone.id}/challenges", token).json()["challenge"]
        path = f"/v1/devices/{phone.id}/attestations"
        body = {"attestation": chain(world, new, challenge, **stated)}
        key = new if proved_by == "new" else proved_by
        if key is not None:
            body["proof"] = Phone(world.client, world.clock, key).proof("POST", path)
        return phone.post(path, token, body)


def test_the_thumbprint_is_what_both_makers_attest() -> None:
    """The helper above binds Apple's object as USERS.md says: SHA-256 over challenge and thumbprint."""
    key = Key()
    canonical = f'{{"crv":"P-256","kty":"EC","x":"{key.jwk["x"]}","y":"{key.jwk["y"]}"}}'
    assert octets(key.thumbprint) == hashlib.sha256(canonical.encode()).digest()
