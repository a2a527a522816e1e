"""What a live session saw, kept and read back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd.evidence import ChipAuthenticationProof, ElementaryFile, LiveSession, PaceCamProof
from service.domain import live_record

_DIGESTS = st.dictionaries(st.sampled_from(list(ElementaryFile)), st.binary(min_size=32, max_size=32).map(bytes.hex))
_PROOFS = st.builds(
    ChipAuthenticationProof, st.just("0.4.0.127.0.7.2.2.3.2.2"), st.binary(max_size=600), st.booleans(), st.booleans()
)
_CAMS = st.builds(PaceCamProof, st.binary(max_size=140), st.integers(1, 2**521), st.integers(0, 18))
_SESSIONS = st.builds(
    LiveSession,
    access=st.sampled_from(["BAC", "PACE-GM", "PACE-IM", "PACE-CAM"]),
    card_access_read=st.booleans(),
    length_quirk=st.booleans(),
    chip_authentication=st.none() | _PROOFS,
    pace_cam=st.none() | _CAMS,
    read_under_proof=_DIGESTS,
    failed_cam=st.booleans(),
    command_ms=st.none() | st.integers(0, 10_000),
    slow=st.none() | st.booleans(),
)


@given(_SESSIONS)
def test_there_and_back(session: LiveSession) -> None:
    octets = live_record.to_octets(session)
    assert live_record.from_octets(octets) == session
    assert live_record.to_octets(live_record.from_octets(octets)) == octets


@pytest.mark.parametrize("member", ["card_access_read", "failed_cam", "length_quirk"])
def test_a_flag_is_true_or_false(member: str) -> None:
    """`bool("false")` is true: what was tampered with must not become a better proof."""
    kept = live_record.to_json(LiveSession("BAC", card_access_read=False))
    with pytest.raises(TypeError):
        live_record.from_json(json.loads(json.dumps(kept | {member: "false"})))


def test_every_field_is_kept() -> None:
    kept = live_record.to_json(LiveSession("BAC", card_access_read=False))
    assert set(kept) == set(LiveSession.__dataclass_fields__)
