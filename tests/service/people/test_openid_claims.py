"""What counts of an ID token, whatever else stands in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.passkeys import WebAuthnAuthenticators
from service.domain.accounts import RelyingParty, UnprovenError
from service.domain.openid import Asserted, ClaimNames, Expected, OpenIdRefusedError, asserted
from tests.service.conftest import NOW

SECONDS = int(NOW.timestamp())
EXPECTED = Expected("https://idp.example", "client", "nonce", frozenset({"loa3"}), ClaimNames())
GOOD: dict[str, Any] = {
    "iss": "https://idp.example",
    "aud": "client",
    "sub": "subject",
    "nonce": "nonce",
    "acr": "loa3",
    "exp": SECONDS + 60,
    "iat": SECONDS,
    "auth_time": SECONDS - 5,
    "employeeHsaId": "SE2321000016-1003",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def test_the_good_one_counts() -> None:
    found = asserted(GOOD, EXPECTED, NOW)
    assert (found.hsa_id, found.personal_number, found.names) == ("SE2321000016-1003", None, None)
    assert found.at.timestamp() == SECONDS - 5
    assert "SE2321000016" not in repr(found)


@pytest.mark.parametrize("name", GOOD)
def test_every_claim_is_needed(name: str) -> None:
    with pytest.raises(OpenIdRefusedError):
        asserted({other: value for other, value in GOOD.items() if other != name}, EXPECTED, NOW)


@given(st.sampled_from(sorted(GOOD)), JSON)
def test_no_other_value_is_an_error_of_ours(name: str, value: object) -> None:
    """It counts as another time or another audience may, or it is refused; nothing else comes out."""
    try:
        found = asserted({**GOOD, name: value}, EXPECTED, NOW)
    except OpenIdRefusedError:
        return
    assert isinstance(found, Asserted)
    free = ("sub", "exp", "iat", "auth_time")
    assert name in free or value == GOOD[name] or (name, value) == ("aud", ["client"])


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=6))
def test_arbitrary_claims_prove_nothing(claims: dict[str, object]) -> None:
    with pytest.raises(OpenIdRefusedError):
        asserted(claims, EXPECTED, NOW)


@given(st.text(max_size=200) | st.dictionaries(st.sampled_from(["id", "rawId", "type", "response"]), JSON).map(repr))
def test_arbitrary_answers_of_authenticators_prove_nothing(text: str) -> None:
    keys, party = WebAuthnAuthenticators(), RelyingParty("passkoll.example", ("https://passkoll.example",))
    with pytest.raises(UnprovenError):
        keys.registered(text, party, b"challenge")
    with pytest.raises(UnprovenError):
        keys.answered(text)
