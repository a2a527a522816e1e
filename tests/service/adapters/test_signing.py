"""The signing keys: one for each realm and its owner alone; they are turned over, and one is found compromised."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from mrtd.pki.realm import Realm
from service.adapters.signing import FileSigner, RefusingSigner
from service.domain.errors import ConfigurationError
from service.domain.signing_keys import KeyState, UnknownKeyError
from tests.service.conftest import NOW, ManualClock


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The folder of the keys."""
    return tmp_path / "keys"


def private_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jwk.json"))


def claims_of(token: str, signer: FileSigner) -> dict:
    """What joserfc reads with the published keys."""
    return jwt.decode(token, KeySet.import_key_set(dict(signer.public_keys())), algorithms=["ES256"]).claims


def test_a_key_is_kept(keys: Path, clock: ManualClock) -> None:
    first = FileSigner.open(keys, Realm.SPECIMEN, clock).public_keys()
    assert FileSigner.open(keys, Realm.SPECIMEN, clock).public_keys() == first
    assert FileSigner.open(keys, Realm.PRODUCTION, clock).public_keys() != first


def test_only_the_owner_reads_it(keys: Path, clock: ManualClock) -> None:
    FileSigner.open(keys, Realm.SPECIMEN, clock)
    (path,) = private_files(keys)
    assert (path.stat().st_mode & 0o777, keys.stat().st_mode & 0o777) == (0o600, 0o700)
    (register,) = keys.glob("*.jwks.json")
    assert '"d"' not in register.read_text()
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        FileSigner.open(keys, Realm.SPECIMEN, clock)


def test_processes_that_start_together_agree(keys: Path, clock: ManualClock) -> None:
    barrier = threading.Barrier(8)

    def start(_: int) -> str:
        barrier.wait()
        return json.dumps(dict(FileSigner.open(keys, Realm.SPECIMEN, clock).public_keys()))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(8)))) == 1
    assert len(private_files(keys)) == 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"kty": "oct", "k": "AAAA", "realm": "specimen"}',
        '{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "realm": "specimen"}',
        "no json",
    ],
)
def test_what_is_no_key_is_refused(keys: Path, clock: ManualClock, content: str) -> None:
    FileSigner.open(keys, Realm.SPECIMEN, clock)
    private_files(keys)[0].write_text(content)
    with pytest.raises(ConfigurationError, match="key"):
        FileSigner.open(keys, Realm.SPECIMEN, clock)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "[]",
        lambda text: "{}",
        lambda text: text.replace('"kid"', '"name"'),
        lambda text: text.replace('"P-256"', '"P-384"'),
        lambda text: text.replace('"iat"', '"iat_"'),
        lambda text: text.replace('"keys": [', '"keys": [1, '),
        lambda text: json.dumps({**json.loads(text), "keys": json.loads(text)["keys"] * 2}),
    ],
)
def test_a_damaged_register_is_never_repaired_silently(keys: Path, clock: ManualClock, damage) -> None:
    FileSigner.open(keys, Realm.SPECIMEN, clock)
    (register,) = keys.glob("*.jwks.json")
    register.write_text(damage(register.read_text()))
    with pytest.raises(ConfigurationError, match="register"):
        FileSigner.open(keys, Realm.SPECIMEN, clock)
    assert len(private_files(keys)) == 1


def test_no_private_part_is_published(keys: Path, clock: ManualClock) -> None:
    (key,) = FileSigner.open(keys, Realm.SPECIMEN, clock).public_keys()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")


def test_the_newest_key_signs_and_the_old_one_verifies(keys: Path, clock: ManualClock) -> None:
    signer, other_process = (FileSigner.open(keys, Realm.SPECIMEN, clock) for _ in range(2))
    before = signer.sign({"n": 1}, "x")
    clock.advance(days=30)
    made = signer.rotate()
    after = other_process.sign({"n": 2}, "x")
    assert other_process.key_of(after) == made.kid != other_process.key_of(before)
    assert [claims_of(token, signer)["n"] for token in (before, after)] == [1, 2]
    old, new = signer.public_keys()["keys"]
    assert old["exp"] == int(NOW.timestamp()) + 30 * 86_400
    assert "exp" not in new
    assert [key.state for key in signer.all()] == [KeyState.RETIRED, KeyState.SIGNING]


def test_the_private_part_of_an_old_key_is_destroyed(keys: Path, clock: ManualClock) -> None:
    signer = FileSigner.open(keys, Realm.SPECIMEN, clock)
    made = signer.rotate()
    (path,) = private_files(keys)
    assert made.kid in path.name


def test_an_old_key_is_published_as_long_as_results_are_evidence(keys: Path, clock: ManualClock) -> None:
    signer = FileSigner.open(keys, Realm.SPECIMEN, clock)
    signer.rotate()
    clock.advance(days=3652)
    assert len(signer.public_keys()["keys"]) == 2
    clock.advance(days=1)
    assert [key["kid"] for key in signer.public_keys()["keys"]] == [signer.all()[-1].kid]


def test_a_compromised_key_verifies_nothing_any_more(keys: Path, clock: ManualClock) -> None:
    signer = FileSigner.open(keys, Realm.SPECIMEN, clock)
    stolen = signer.all()[0].kid
    token = signer.sign({"n": 1}, "x")
    clock.advance(hours=1)
    assert signer.mark_compromised(stolen).state is KeyState.COMPROMISED
    assert stolen not in {key["kid"] for key in signer.public_keys()["keys"]}
    with pytest.raises(InvalidKeyIdError):
        claims_of(token, signer)
    assert signer.key_of(signer.sign({}, "x")) == signer.all()[-1].kid != stolen
    assert [key.state for key in signer.all()] == [KeyState.COMPROMISED, KeyState.SIGNING]
    # said twice, it is as it was; a retired one leaves the signing one alone
    clock.advance(hours=1)
    assert signer.mark_compromised(stolen).compromised_at == signer.all()[0].compromised_at
    assert len(signer.all()) == 2
    signing = signer.rotate().kid
    signer.mark_compromised(signer.all()[1].kid)
    assert [key.state for key in signer.all()] == [KeyState.COMPROMISED, KeyState.COMPROMISED, KeyState.SIGNING]
    assert signer.all()[-1].kid == signing
    with pytest.raises(UnknownKeyError):
        signer.mark_compromised("unknown")


def test_rotations_at_the_same_time_lose_none(keys: Path, clock: ManualClock) -> None:
    signers = [FileSigner.open(keys, Realm.SPECIMEN, clock) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda signer: signer.rotate().kid, signers))
    assert {key.kid for key in signers[0].all()} > set(made)
    assert [key.state for key in signers[0].all()] == [KeyState.RETIRED] * 6 + [KeyState.SIGNING]
    assert signers[3].key_of(signers[3].sign({}, "x")) == signers[0].all()[-1].kid


def test_a_specimen_key_never_signs_in_production(keys: Path, clock: ManualClock) -> None:
    """SECURITY.md 4.5: neither the files under other names, nor their content."""
    FileSigner.open(keys, Realm.SPECIMEN, clock)
    for path in [*keys.glob("*.jwks.json"), *keys.glob("*.jwk.json")]:
        path.rename(path.with_name(path.name.replace("specimen", "production")))
    (register,) = keys.glob("*.jwks.json")
    with pytest.raises(ConfigurationError, match="keys of the realm specimen"):
        FileSigner.open(keys, Realm.PRODUCTION, clock)
    register.write_text(register.read_text().replace("specimen", "production"))
    with pytest.raises(ConfigurationError, match="a key of the realm specimen"):
        FileSigner.open(keys, Realm.PRODUCTION, clock)


def test_a_key_that_both_realms_know_signs_in_none(keys: Path, clock: ManualClock) -> None:
    FileSigner.open(keys, Realm.SPECIMEN, clock)
    for path in [*keys.glob("*.jwks.json"), *keys.glob("*.jwk.json")]:
        copy = path.with_name(path.name.replace("specimen", "production"))
        copy.write_text(path.read_text().replace("specimen", "production"))
        copy.chmod(0o600)
    with pytest.raises(ConfigurationError, match="other realm"):
        FileSigner.open(keys, Realm.PRODUCTION, clock)


def test_a_missing_key_is_not_made_anew(keys: Path, clock: ManualClock) -> None:
    """A new one would be a rotation that nobody asked for."""
    FileSigner.open(keys, Realm.SPECIMEN, clock)
    private_files(keys)[0].unlink()
    with pytest.raises(ConfigurationError, match="missing"):
        FileSigner.open(keys, Realm.SPECIMEN, clock)


def test_a_lost_register_does_not_change_the_key(keys: Path, clock: ManualClock) -> None:
    """As after a first start that was cut off; with two keys nobody can say which one signs."""
    first = FileSigner.open(keys, Realm.SPECIMEN, clock).public_keys()
    (register,) = keys.glob("*.jwks.json")
    register.unlink()
    assert FileSigner.open(keys, Realm.SPECIMEN, clock).public_keys() == first
    register.unlink()
    (path,) = private_files(keys)
    second = path.with_name(path.name.replace("specimen-", "specimen-x"))
    second.write_text(path.read_text())
    with pytest.raises(ConfigurationError, match="no register says which one"):
        FileSigner.open(keys, Realm.SPECIMEN, clock)


def test_a_crash_at_any_moment_of_a_rotation(keys: Path, clock: ManualClock, monkeypatch) -> None:
    """Before the register is replaced the old key signs, afterwards the new one; a start is possible either way."""
    signer = FileSigner.open(keys, Realm.SPECIMEN, clock)
    before = signer.all()[0].kid
    replace = os.replace
    for fatal in (1, 2):
        calls = iter(range(1, 10))

        def failing(source: str, target: Path, calls=calls, fatal: int = fatal) -> None:
            if next(calls) == fatal:
                raise OSError(28, "No space left on device")
            replace(source, target)

        with monkeypatch.context() as patch:
            patch.setattr("service.adapters.signing_register.os.replace", failing)
            with pytest.raises(OSError, match="No space"):
                signer.rotate()
        assert FileSigner.open(keys, Realm.SPECIMEN, clock).key_of(signer.sign({}, "x")) == before
        assert not list(keys.glob(".signing-*"))
        assert len(private_files(keys)) == 1
    made = signer.rotate()
    with monkeypatch.context() as patch:
        patch.setattr("service.adapters.signing_files.FileKeys.destroy", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            signer.rotate()
    assert FileSigner.open(keys, Realm.SPECIMEN, clock).all()[-1].kid not in (before, made.kid)


def test_the_signer_without_a_key_is_loud() -> None:
    with pytest.raises(ConfigurationError, match="switched off"):
        RefusingSigner().sign({}, "x")
    assert RefusingSigner().public_keys() == {"keys": []}
