"""Signing keys in a PKCS#11 token: SoftHSM of Debian, a token of its own for each test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from mrtd.pki.realm import Realm
from service.adapters.signing import KeyRing
from service.adapters.signing_opening import open_signer
from service.domain.errors import ConfigurationError, ProblemCode, ServiceError
from service.domain.signing_keys import KeyState
from service.settings import Settings
from tests.service.conftest import ManualClock

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "271828"

if os.environ.get("CI") != "true" and not MODULE.exists():
    pytest.skip("needs Debian's softhsm2", allow_module_level=True)
pkcs11 = pytest.importorskip("pkcs11") if os.environ.get("CI") != "true" else __import__("pkcs11")


@dataclass(frozen=True)
class Token:
    """A token and where the register of its keys lies."""

    label: str
    folder: Path

    def ring(
        self, clock: ManualClock, *, key: str = "results", realm: Realm = Realm.SPECIMEN, pin: str = PIN
    ) -> KeyRing:
        from service.adapters.signing_pkcs11 import TokenKeys, TokenSession

        ring = KeyRing(self.folder, realm, TokenKeys(TokenSession(str(MODULE), self.label, pin), key), clock)
        ring.start()
        return ring

    def session(self, *, signed_in: bool = True):
        """A session beside the ring's; who is signed in to a token is shared by a whole process."""
        token = pkcs11.lib(str(MODULE)).get_token(token_label=self.label)
        return token.open(rw=True, user_pin=None if signed_in else PIN)


@pytest.fixture(scope="module")
def _softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """SoftHSM reads where tokens lie once a process."""
    folder = tmp_path_factory.mktemp("softhsm")
    configuration = folder / "softhsm2.conf"
    (folder / "tokens").mkdir()
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    pkcs11.unload(str(MODULE))
    yield
    pkcs11.unload(str(MODULE))
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@pytest.fixture
def token(_softhsm: None, tmp_path: Path) -> Token:
    """An initialised token without keys."""
    label = f"t{abs(hash(tmp_path)):x}"[:30]
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "31415926"]
    subprocess.run(command, check=True, capture_output=True)
    pkcs11.lib(str(MODULE)).reinitialize()
    folder = tmp_path / "keys"
    folder.mkdir()
    return Token(label, folder)


def claims_of(signed: str, ring: KeyRing) -> dict:
    """What joserfc reads with the published keys: the signature is the token's, the verifier is OpenSSL."""
    return jwt.decode(signed, KeySet.import_key_set(dict(ring.public_keys())), algorithms=["ES256"]).claims


def test_the_token_signs_and_joserfc_verifies(token: Token, clock: ManualClock) -> None:
    ring = token.ring(clock)
    signed = ring.sign({"n": 1}, "specimen-result+jwt")
    assert claims_of(signed, ring) == {"n": 1}
    assert token.ring(clock).public_keys() == ring.public_keys()
    assert [path.name for path in token.folder.glob("*.json")] == ["signing-specimen.jwks.json"]


def test_the_key_never_leaves_the_token(token: Token, clock: ManualClock) -> None:
    ring = token.ring(clock)
    with token.session() as session:
        (private,) = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})
        assert private[pkcs11.Attribute.NEVER_EXTRACTABLE]
        assert private[pkcs11.Attribute.ALWAYS_SENSITIVE]
        with pytest.raises(pkcs11.AttributeSensitive):
            private[pkcs11.Attribute.VALUE]
    with pytest.raises(TypeError):
        ring._key().private_key.private_numbers()


# the search that the session is taken away from cannot be ended properly, and says so
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_ring_signs_in_again(token: Token, clock: ManualClock) -> None:
    """A token forgets sessions, and whoever signs out does so for the whole process."""
    ring = token.ring(clock)
    ring._private._session._session.close()
    assert claims_of(ring.sign({"n": 1}, "x"), ring) == {"n": 1}
    with token.session():
        ring._private._session._session.close()
        assert claims_of(ring.sign({"n": 2}, "x"), ring) == {"n": 2}


def test_rotation_and_compromise(token: Token, clock: ManualClock) -> None:
    ring = token.ring(clock)
    before = ring.sign({"n": 1}, "x")
    clock.advance(days=1)
    ring.rotate()
    after = ring.sign({"n": 2}, "x")
    assert [claims_of(signed, ring)["n"] for signed in (before, after)] == [1, 2]
    assert ring.key_of(before) != ring.key_of(after)
    with token.session() as session:
        assert len(list(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}))) == 1
    ring.mark_compromised(ring.key_of(after))
    assert [key.state for key in ring.all()] == [KeyState.RETIRED, KeyState.COMPROMISED, KeyState.SIGNING]
    assert claims_of(ring.sign({"n": 3}, "x"), ring) == {"n": 3}


def test_a_key_made_by_the_operator_is_taken_up(token: Token, clock: ManualClock, tmp_path: Path) -> None:
    """The register says which key signs; without one, a single key speaks for itself and several do not."""
    first = token.ring(clock).public_keys()
    (token.folder / "signing-specimen.jwks.json").unlink()
    assert token.ring(clock).public_keys() == first
    ring = token.ring(clock)
    ring._private.create()
    (token.folder / "signing-specimen.jwks.json").unlink()
    with pytest.raises(ConfigurationError, match="no register says which one"):
        token.ring(clock)


def test_one_key_signs_in_one_realm(token: Token, clock: ManualClock) -> None:
    token.ring(clock, realm=Realm.SPECIMEN)
    with pytest.raises(ConfigurationError, match="other realm"):
        token.ring(clock, realm=Realm.PRODUCTION)
    assert token.ring(clock, realm=Realm.PRODUCTION, key="production").sign({}, "x")


def test_a_key_that_can_be_taken_out_is_refused(token: Token, clock: ManualClock) -> None:
    from pkcs11.util.ec import encode_named_curve_parameters

    attribute = pkcs11.Attribute
    with token.session(signed_in=False) as session:
        curve = session.create_domain_parameters(
            pkcs11.KeyType.EC, {attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
        )
        loose = {attribute.SENSITIVE: False, attribute.EXTRACTABLE: True}
        curve.generate_keypair(store=True, label="results", id=b"1", private_template=loose)
    with pytest.raises(ConfigurationError, match="must never leave it"):
        token.ring(clock)


def test_another_curve_is_refused(token: Token, clock: ManualClock) -> None:
    from pkcs11.util.ec import encode_named_curve_parameters

    with token.session(signed_in=False) as session:
        curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp384r1")}
        parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
        parameters.generate_keypair(store=True, label="results", id=b"1")
    with pytest.raises(ConfigurationError, match="P-256"):
        token.ring(clock)


def test_another_pin_or_token_stops_the_start(token: Token, clock: ManualClock) -> None:
    with pytest.raises(ConfigurationError, match="PinIncorrect") as wrong:
        token.ring(clock, pin="999999")
    assert "999999" not in str(wrong.value)
    with pytest.raises(ConfigurationError, match="NoSuchToken"):
        Token("nowhere", token.folder).ring(clock)


def test_a_token_that_is_gone_is_not_ready(token: Token, clock: ManualClock) -> None:
    ring = token.ring(clock)
    with token.session() as session:
        for stored in list(session.get_objects({pkcs11.Attribute.LABEL: "results"})):
            stored.destroy()
    with pytest.raises(ServiceError) as refused:
        ring.sign({}, "x")
    assert (refused.value.code, refused.value.retry_after_s) == (ProblemCode.NOT_READY, 5)


def test_threads_wait_for_each_other(token: Token, clock: ManualClock) -> None:
    ring = token.ring(clock)
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(lambda number: ring.sign({"n": number}, "x"), range(40)))
    assert [claims_of(one, ring)["n"] for one in signed] == list(range(40))


def test_by_settings(token: Token, clock: ManualClock, tmp_path: Path) -> None:
    """`PASSKOLL_SIGNER=pkcs11`, the PIN in a file; nothing secret in a message or a repr."""
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n")
    named = {"data_dir": tmp_path / "data", "signer": "pkcs11", "pkcs11_pin_file": pin}
    whole = Settings(**named, pkcs11_module=MODULE, pkcs11_token=token.label)
    signer = open_signer(whole, clock)
    assert claims_of(signer.sign({"n": 1}, "x"), signer) == {"n": 1}
    with token.session() as session:
        (private,) = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})
        assert private.label == "passkoll-signing-specimen"
    assert not list((tmp_path / "data").rglob("*.jwk.json"))
    with pytest.raises(ConfigurationError, match="PASSKOLL_PKCS11_MODULE"):
        open_signer(Settings(**named), clock)
    with pytest.raises(ConfigurationError, match="PASSKOLL_PKCS11_PIN"):
        open_signer(whole.model_copy(update={"pkcs11_pin_file": None}), clock)
    assert PIN not in repr(whole)
