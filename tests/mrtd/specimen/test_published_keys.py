"""The specimen CSCAs' keys are known to the production realm, mark or no mark (SECURITY.md 4.5)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from asn1crypto import x509

from mrtd.crypto.keys import key_digest, parse_spki
from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from mrtd.pki.published_keys import SPECIMEN_KEYS
from mrtd.pki.realm import Refusal, production_refusal
from mrtd.pki.sources import read_source
from mrtd.specimen.algorithm_profiles import ALL_PROFILES
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.recipes import RECIPES

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def authorities(trust: dict[str, bytes]) -> list[bytes]:
    sources = [read_source(data, name) for name, data in trust.items()]
    return [raw for source in sources if source is not None for raw in source.certificates]


def is_known(raw: bytes) -> bool:
    try:
        key = Certificate.parse(raw).public_key()
    except MrtdError:
        return True  # a key that nobody can use needs no refusal
    return key_digest(key).hex() in SPECIMEN_KEYS


@pytest.mark.parametrize("name", sorted(ALL_PROFILES))
def test_every_profile(name: str) -> None:
    issuer = SpecimenIssuer.create(ALL_PROFILES[name], now=NOW)
    assert all(is_known(raw) for raw in authorities(dict(issuer.trust())))


def test_every_recipe_but_those_with_broken_keys() -> None:
    unknown = {
        name
        for name, recipe in RECIPES.items()
        for raw in authorities(dict(recipe.present().trust))
        if Certificate.parse(raw).may_issue and not is_known(raw)
    }
    assert unknown == set()


def test_recertified_under_a_real_state_without_the_mark() -> None:
    issuer = SpecimenIssuer.create(ALL_PROFILES["rsa-2048"], now=NOW)
    (raw, *_) = authorities(dict(issuer.trust()))
    plain = x509.Certificate.load(raw)
    plain["tbs_certificate"]["extensions"] = [
        extension
        for extension in plain["tbs_certificate"]["extensions"]
        if not extension["extn_id"].dotted.startswith("2.25.")
    ]
    for name in ("subject", "issuer"):
        plain["tbs_certificate"][name] = x509.Name.build({"country_name": "SE", "common_name": "CSCA"})
    assert production_refusal(Certificate.parse(plain.dump(force=True))) is Refusal.TEST_KEY


def test_however_the_key_is_spelled() -> None:
    """RFC 3279 §2.3.1 wants NULL parameters; many readers take a key without them, and it is the same key."""
    issuer = SpecimenIssuer.create(ALL_PROFILES["rsa-2048"], now=NOW)
    (raw, *_) = authorities(dict(issuer.trust()))
    spelled = x509.Certificate.load(raw)
    algorithm = spelled["tbs_certificate"]["subject_public_key_info"]["algorithm"]
    info = spelled["tbs_certificate"]["subject_public_key_info"].dump()
    shortened = _shortened(info, algorithm.dump())
    assert algorithm.dump().endswith(b"\x05\x00")
    assert shortened != info
    assert key_digest(parse_spki(shortened)).hex() in SPECIMEN_KEYS


def _shortened(info: bytes, algorithm: bytes) -> bytes:
    inner = algorithm[2:-2]
    rest = info[info.index(algorithm) + len(algorithm) :]
    content = bytes((0x30, len(inner))) + inner + rest
    return b"\x30\x82" + len(content).to_bytes(2) + content
