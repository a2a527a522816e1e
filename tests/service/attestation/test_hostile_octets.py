"""Whatever a phone sends: a report that accepts nothing, or the one error. Real objects with a few octets changed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd.pki.certificate import Certificate
from service.adapters.attestation.android import AndroidJudge
from service.adapters.attestation.app_attest import read_assertion, read_attestation
from service.adapters.attestation.apple import AppleJudge
from service.adapters.attestation.chains import extension_value
from service.adapters.attestation.key_description import KEY_ATTESTATION, VERSIONS, parse_key_description
from service.adapters.attestation.roots import pinned_roots
from service.adapters.attestation.status_list import BadStatusListError, StatusList, parse_status_list
from service.domain.attestation import AndroidEvidence, AppleEvidence, AttestationPolicy, MalformedAttestationError
from service.domain.devices import Platform
from tests.budgets import heavy, light
from tests.service.attestation.authorities import AndroidAuthority, p256, thumbprint
from tests.service.attestation.key_descriptions import NOW, PACKAGE, SIGNER, Stated
from tests.service.attestation.real import APPLE, DEVICES, android, apple_records, device_chain

#: Place, octets put there, octets taken away: a change, an insertion, a cut.
CHANGES = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4), st.integers(0, 4)), min_size=1, max_size=4
)
AUTHORITY = AndroidAuthority()
POLICY = AttestationPolicy(packages=frozenset({PACKAGE}), signers=frozenset({SIGNER}))
KEY = p256("changed")
LEAF = AUTHORITY.leaf(KEY.public_key(), Stated())
LISTED = StatusList(frozenset(), NOW)


def changed(data: bytes, changes: list[tuple[float, bytes, int]]) -> bytes:
    """The same with a few octets changed."""
    for place, put, taken in changes:
        at = int(place * len(data))
        data = data[:at] + put + data[at + taken :]
    return data


@pytest.fixture(scope="module")
def descriptions(real_data: Path) -> list[bytes]:
    """The real ones."""
    leaves = (Certificate.parse(device_chain(real_data, name)[0]) for name in DEVICES)
    return [extension_value(leaf, KEY_ATTESTATION) or b"" for leaf in leaves]


@pytest.mark.real
@heavy
@given(st.data())
def test_real_descriptions(descriptions: list[bytes], data: st.DataObject) -> None:
    octets = changed(data.draw(st.sampled_from(descriptions)), data.draw(CHANGES))
    try:
        read = parse_key_description(octets)
    except MalformedAttestationError:
        return
    assert read.attestation_version in VERSIONS


@pytest.mark.real
@light
@given(st.data())
def test_real_chains(real_data: Path, data: st.DataObject) -> None:
    chain = list(device_chain(real_data, data.draw(st.sampled_from(DEVICES))))
    number = data.draw(st.integers(0, len(chain) - 1))
    chain[number] = changed(chain[number], data.draw(CHANGES))
    judge = AndroidJudge(pinned_roots(Platform.ANDROID), lambda: LISTED, POLICY)
    try:
        report = judge.judge(AndroidEvidence(tuple(chain)), "A" * 43, b"challenge", NOW)
    except MalformedAttestationError:
        return
    assert not report.accepted


@pytest.mark.real
@light
@given(st.data())
def test_real_app_attestations(real_data: Path, data: st.DataObject) -> None:
    """A changed object is accepted only where what was changed is the receipt, which nothing here looks at."""
    (record,) = apple_records(real_data, data.draw(st.sampled_from(APPLE)), "attestation")
    original = base64.b64decode(record["attestationBase64"])
    octets = changed(original, data.draw(CHANGES))
    app = f"{record['teamIdentifier']}.{record['bundleIdentifier']}"
    judge = AppleJudge(pinned_roots(Platform.IOS), AttestationPolicy(apps=frozenset({app}), development=True))
    evidence = AppleEvidence(octets, base64.b64decode(record["keyIdBase64"]))
    data_hash = base64.b64decode(record["clientDataHashSha256Base64"])
    try:
        report = judge.judge_hash(evidence, "A" * 43, data_hash, datetime.fromisoformat(record["timestamp"]))
    except MalformedAttestationError:
        return
    if report.accepted:
        read, real = read_attestation(octets), read_attestation(original)
        assert read.auth_data == real.auth_data
        assert [Certificate.parse(der).tbs for der in read.x5c] == [Certificate.parse(der).tbs for der in real.x5c]


@pytest.mark.real
@light
@given(st.data())
def test_real_assertions(real_data: Path, data: st.DataObject) -> None:
    record = apple_records(real_data, APPLE[0], "assertion")[0]
    octets = changed(base64.b64decode(record["assertionBase64"]), data.draw(CHANGES))
    try:
        read = read_assertion(octets)
    except MalformedAttestationError:
        return
    assert len(read.authenticator_data) == 37


@pytest.mark.real
@light
@given(st.data())
def test_a_real_status_list(real_data: Path, data: st.DataObject) -> None:
    original = (android(real_data) / "google_sample" / "status.json").read_bytes()
    try:
        read = parse_status_list(changed(original, data.draw(CHANGES)), datetime(2026, 1, 1, tzinfo=UTC))
    except BadStatusListError:
        return
    assert all(read.names(int(serial, 16)) for serial in read.named)


@heavy
@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    for read in (parse_key_description, read_attestation, read_assertion):
        with pytest.raises(MalformedAttestationError):
            read(octets)


@light
@given(CHANGES)
def test_a_changed_leaf_of_a_good_phone_is_not_accepted(changes: list[tuple[float, bytes, int]]) -> None:
    """Everything about this chain is as it should be; only the octets of the leaf differ."""
    octets = changed(LEAF, changes)
    judge = AndroidJudge(AUTHORITY.roots, lambda: LISTED, POLICY)

    def accepted(certificate: bytes) -> bool:
        evidence = AndroidEvidence((certificate, *AUTHORITY.above))
        return judge.judge(evidence, thumbprint(KEY), b"challenge", NOW).accepted

    assert accepted(LEAF)
    try:
        taken = accepted(octets)
    except MalformedAttestationError:
        return
    # the outer copy of the algorithm is not signed; the signed part decides
    assert not taken or Certificate.parse(octets).tbs == Certificate.parse(LEAF).tbs
