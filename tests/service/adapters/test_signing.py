"""The signing key: made once, for its owner alone, another for each realm."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from mrtd.pki.realm import Realm
from service.adapters.signing import FileSigner, RefusingSigner
from service.domain.errors import ConfigurationError


def test_a_key_is_kept(tmp_path) -> None:
    first = FileSigner.open(tmp_path / "keys", Realm.SPECIMEN).public_keys()
    assert FileSigner.open(tmp_path / "keys", Realm.SPECIMEN).public_keys() == first
    assert FileSigner.open(tmp_path / "keys", Realm.PRODUCTION).public_keys() != first


def test_only_the_owner_reads_it(tmp_path) -> None:
    FileSigner.open(tmp_path / "keys", Realm.SPECIMEN)
    (path,) = (tmp_path / "keys").iterdir()
    assert path.name == "signing-specimen.jwk.json"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        FileSigner.open(tmp_path / "keys", Realm.SPECIMEN)


def test_two_processes_that_start_together_agree(tmp_path) -> None:
    with ThreadPoolExecutor(8) as pool:
        signers = pool.map(lambda _: FileSigner.open(tmp_path / "keys", Realm.SPECIMEN), range(8))
        assert len({json.dumps(dict(signer.public_keys())) for signer in signers}) == 1
    assert len(list((tmp_path / "keys").iterdir())) == 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"kty": "oct", "k": "AAAA"}',
        '{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}',
        "no json",
    ],
)
def test_what_is_no_key_is_refused(tmp_path, content: str) -> None:
    path = tmp_path / "signing-specimen.jwk.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="key"):
        FileSigner.open(tmp_path, Realm.SPECIMEN)


def test_no_private_part_is_published(tmp_path) -> None:
    (key,) = FileSigner.open(tmp_path, Realm.SPECIMEN).public_keys()["keys"]
    assert "d" not in key
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")


def test_the_signer_without_a_key_is_loud() -> None:
    with pytest.raises(ConfigurationError, match="switched off"):
        RefusingSigner().sign({}, "x")
    assert RefusingSigner().public_keys() == {"keys": []}
