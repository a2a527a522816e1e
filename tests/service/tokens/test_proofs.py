"""DPoP proofs: the worked examples of RFC 9449, what a proof must say, and what is none."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.proofs import JoseProofs, client_key
from service.domain.proofs import (
    MAX_PROOF,
    Proof,
    ProofRefusal,
    ProofRefusedError,
    ProvenKey,
    normal_address,
    require_fitting,
    require_key,
    same_address,
    token_hash,
)
from tests.service.tokens.keys import Key, RsaKey, base64url, compact, hs256

#: RFC 9449 §4.1, figure 1, and §7.1, figure 12: two proofs by one key.
AT_TOKEN_ENDPOINT = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
    "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJ"
    "qdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0Ijo"
    "xNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
AT_RESOURCE = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
    "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJ"
    "qdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXN"
    "vdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yR"
    "qzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
#: §7.1: the access token of that request; §6.1: the thumbprint of the key.
RFC_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
RFC_THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
URL = "https://passkoll.example/v1/verifications"
TOKEN = "T"
READER = JoseProofs()


def refusal(act) -> ProofRefusal:
    """Why something was refused."""
    with pytest.raises(ProofRefusedError) as caught:
        act()
    assert str(caught.value) == caught.value.code
    return caught.value.code


def test_the_examples_of_the_rfc() -> None:
    first, second = READER.proof(AT_TOKEN_ENDPOINT), READER.proof(AT_RESOURCE)
    assert first.key.thumbprint == second.key.thumbprint == RFC_THUMBPRINT
    assert (first.jti, first.htm, first.htu, first.iat, first.ath) == (
        "-BwC3ESc6acc2lTc",
        "POST",
        "https://server.example.com/token",
        1562262616,
        None,
    )
    made = datetime.fromtimestamp(1562262618, UTC)
    require_fitting(second, "GET", "https://resource.example.org/protectedresource", RFC_TOKEN, made)
    assert token_hash(RFC_TOKEN) == second.ath == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


@pytest.mark.parametrize("place", range(0, len(AT_RESOURCE), 7))
def test_no_character_of_an_example_may_change(place: int) -> None:
    other = "A" if AT_RESOURCE[place] != "A" else "B"
    changed = AT_RESOURCE[:place] + other + AT_RESOURCE[place + 1 :]
    assert refusal(lambda: READER.proof(changed)) in set(ProofRefusal)


class TestWhatAProofSays:
    """RFC 9449 §4.3, steps 8 to 12."""

    key = Key()

    def fits(self, text: str, method: str = "GET", url: str = URL, token: str | None = TOKEN, at: datetime = AT):
        """Judge a proof by this key."""
        require_fitting(READER.proof(text), method, url, token, at)

    def test_it_fits(self) -> None:
        self.fits(self.key.proof("GET", URL, AT, token="T"))

    @pytest.mark.parametrize("off", [-30, 30])
    def test_clocks_may_differ_by_half_a_minute(self, off: int) -> None:
        self.fits(self.key.proof("GET", URL, AT, token="T"), at=AT + timedelta(seconds=off))

    @pytest.mark.parametrize("off", [-31, 31, -86400, 86400])
    def test_and_by_no_more(self, off: int) -> None:
        proof = self.key.proof("GET", URL, AT, token="T")
        assert refusal(lambda: self.fits(proof, at=AT + timedelta(seconds=off))) is ProofRefusal.NOT_FRESH

    @pytest.mark.parametrize("method", ["POST", "get", "HEAD"])
    def test_it_is_for_one_method(self, method: str) -> None:
        proof = self.key.proof(method, URL, AT, token="T")
        assert refusal(lambda: self.fits(proof)) is ProofRefusal.WRONG_METHOD

    @pytest.mark.parametrize(
        "url",
        [
            "https://passkoll.example/v1/verifications/",
            "https://passkoll.example/v1/results",
            "https://passkoll.example.org/v1/verifications",
            "https://passkoll.example:444/v1/verifications",
            "http://passkoll.example/v1/verifications",
            "https://user@passkoll.example/v1/verifications",
            "https://passkoll.example\n/v1/verifications",
            "https://[passkoll.example/v1/verifications",
            "https://passkoll.example:99999/v1/verifications",
            "/v1/verifications",
            "passkoll.example",
        ],
    )
    def test_it_is_for_one_address(self, url: str) -> None:
        proof = self.key.proof("GET", url, AT, token="T")
        assert refusal(lambda: self.fits(proof)) is ProofRefusal.WRONG_ADDRESS

    def test_it_is_for_one_token(self) -> None:
        of_another = self.key.proof("GET", URL, AT, token="U")
        assert refusal(lambda: self.fits(of_another)) is ProofRefusal.WRONG_TOKEN
        of_none = self.key.proof("GET", URL, AT)
        assert refusal(lambda: self.fits(of_none)) is ProofRefusal.WRONG_TOKEN

    def test_one_of_a_token_proves_nothing_without_it(self) -> None:
        proof = self.key.proof("GET", URL, AT, token="T")
        assert refusal(lambda: self.fits(proof, token=None)) is ProofRefusal.WRONG_TOKEN

    def test_it_is_of_one_key(self) -> None:
        proof = READER.proof(self.key.proof("GET", URL, AT))
        require_key(proof, None)
        require_key(proof, self.key.thumbprint)
        assert refusal(lambda: require_key(proof, Key().thumbprint)) is ProofRefusal.WRONG_KEY


class TestWhatIsNoProof:
    """RFC 9449 §4.3, steps 1 to 7, and what RFC 8725 warns of."""

    key = Key()

    def proof(self, **changes) -> str:
        """A proof that is changed before it is signed."""
        return self.key.proof("GET", URL, AT, **changes)

    def test_the_type_is_that_of_a_proof(self) -> None:
        for typ in (None, "JWT", "at+jwt", "DPOP+JWT", ""):
            assert refusal(lambda typ=typ: READER.proof(self.proof(header={"typ": typ}))) is ProofRefusal.WRONG_TYPE

    @pytest.mark.parametrize("algorithm", ["none", "HS256", "ES384", "RS256", "es256", "", None, 5, ["ES256"]])
    def test_one_algorithm_counts(self, algorithm: object) -> None:
        text = self.proof(header={"alg": algorithm})
        assert refusal(lambda: READER.proof(text)) is ProofRefusal.ALGORITHM

    def test_a_public_key_is_no_secret(self) -> None:
        claims = {"jti": "j", "htm": "GET", "htu": URL, "iat": int(AT.timestamp())}
        for secret in (json.dumps(self.key.jwk).encode(), b""):
            text = hs256(secret, {"typ": "dpop+jwt", "jwk": self.key.jwk}, claims)
            assert refusal(lambda text=text: READER.proof(text)) is ProofRefusal.ALGORITHM

    def test_without_a_signature_it_is_none(self) -> None:
        header, payload, _ = self.proof().split(".")
        assert refusal(lambda: READER.proof(f"{header}.{payload}.")) is ProofRefusal.BAD_SIGNATURE

    def test_the_key_signed_it(self) -> None:
        stolen = self.proof(header={"jwk": Key().jwk})
        assert refusal(lambda: READER.proof(stolen)) is ProofRefusal.BAD_SIGNATURE

    @pytest.mark.parametrize(
        "change",
        [
            {"d": base64url(b"\1" * 32)},
            {"kty": "RSA"},
            {"kty": "oct", "k": base64url(b"secret")},
            {"crv": "P-384"},
            {"crv": "secp256k1"},
            {"x": base64url(b"\1" * 32)},  # not on the curve
            {"x": base64url(b"\0" * 40)},
            {"x": 5},
            {"y": None},
        ],
    )
    def test_the_key_is_a_public_key_on_the_curve(self, change: dict) -> None:
        text = self.proof(header={"jwk": self.key.jwk | change})
        assert refusal(lambda: READER.proof(text)) is ProofRefusal.UNUSABLE_KEY

    @pytest.mark.parametrize("jwk", [None, "key", [], 1, {}])
    def test_the_key_is_a_jwk(self, jwk: object) -> None:
        assert refusal(lambda: READER.proof(self.proof(header={"jwk": jwk}))) is ProofRefusal.UNUSABLE_KEY

    def test_a_key_has_one_spelling(self) -> None:
        """Zeros before a number would make another thumbprint of the same key."""
        octets = base64.urlsafe_b64decode(self.key.jwk["x"] + "=")
        longer = self.key.jwk | {"x": base64url(b"\0" + octets)}
        assert refusal(lambda: READER.proof(self.proof(header={"jwk": longer}))) is ProofRefusal.UNUSABLE_KEY

    def test_what_must_be_understood_is_refused(self) -> None:
        for header in ({"crit": ["b64"], "b64": False}, {"b64": True}, {"crit": ["exp"]}, {"crit": []}):
            text = self.proof(header=header)
            assert refusal(lambda text=text: READER.proof(text)) is ProofRefusal.MALFORMED

    def test_a_header_that_is_not_known_is_refused(self) -> None:
        assert refusal(lambda: READER.proof(self.proof(header={"x": 1}))) is ProofRefusal.BAD_SIGNATURE

    @pytest.mark.parametrize("name", ["jti", "htm", "htu", "iat"])
    @pytest.mark.parametrize("value", [None, [], {}, True, "", "x" * MAX_PROOF, 10**400])
    def test_it_says_what_it_must(self, name: str, value: object) -> None:
        assert refusal(lambda: READER.proof(self.proof(**{name: value}))) is ProofRefusal.MALFORMED

    def test_times_are_numbers(self) -> None:
        assert refusal(lambda: READER.proof(self.proof(iat="1562262616"))) is ProofRefusal.MALFORMED
        claims = '{"jti":"j","htm":"GET","htu":"https://a/","iat":%s}'
        for written in ("NaN", "Infinity", "1e999"):
            text = self.signed(claims % written)
            assert refusal(lambda text=text: READER.proof(text)) is ProofRefusal.MALFORMED

    def test_nothing_is_said_twice(self) -> None:
        text = self.signed('{"jti":"j","htm":"GET","htm":"POST","htu":"https://a/","iat":1}')
        assert refusal(lambda: READER.proof(text)) is ProofRefusal.MALFORMED

    def signed(self, payload: str) -> str:
        """A proof whose payload is this text."""
        header = base64url(json.dumps({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.jwk}).encode())
        signed = f"{header}.{base64url(payload.encode())}"
        return f"{signed}.{base64url(self.key.sign(signed.encode()))}"

    def test_the_signed_payload_is_otherwise_good(self) -> None:
        assert READER.proof(self.signed('{"jti":"j","htm":"GET","htu":"https://a/","iat":1.5}')).iat == 1.5


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}"))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert refusal(lambda: READER.proof(text)) in set(ProofRefusal)
    assert refusal(lambda: READER.assertion(text, [])) in set(ProofRefusal)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(["typ", "alg", "jwk", "kid", "crit", "b64", "x5c"]), JSON, max_size=4),
    st.dictionaries(st.sampled_from(["jti", "htm", "htu", "iat", "ath"]), JSON, max_size=4),
)
def test_any_members_are_read_or_refused(header: dict, claims: dict) -> None:
    key = TestWhatIsNoProof.key
    text = compact({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk} | header, claims, key.sign)
    assert refusal(lambda: READER.proof(text)) in set(ProofRefusal)


@given(JSON | st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e"]), JSON))
def test_any_json_is_a_key_or_refused(members: object) -> None:
    assert refusal(lambda: client_key(members)) is ProofRefusal.UNUSABLE_KEY


def test_nothing_of_a_proof_is_shown() -> None:
    proof = Proof(ProvenKey("thumb", "secret-key"), "secret-jti", "GET", "secret-url", 1, "secret-hash")
    assert "secret" not in repr(proof)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("https://a.example", "https://a.example/"),
        ("HTTPS://A.EXAMPLE:443/x", "https://a.example/x"),
        ("http://a.example:80/x", "http://a.example/x"),
        ("https://a.example/%7euser", "https://a.example/~user"),
        ("https://a.example/%c3%a5", "https://a.example/%C3%A5"),
        ("https://a.example/x?query#fragment", "https://a.example/x"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
    ],
)
def test_addresses_are_compared_after_normalisation(written: str, means: str) -> None:
    assert same_address(written, means)
    assert normal_address(written) == normal_address(means) is not None


@pytest.mark.parametrize(
    "other", ["https://a.example/x/", "https://a.example/X", "https://a.example/%2F", "ftp://a/x"]
)
def test_other_addresses_stay_others(other: str) -> None:
    assert not same_address(other, "https://a.example/x")
    assert not same_address(other, "https://a.example//")


@given(st.text(max_size=60))
def test_any_address_is_one_or_none(text: str) -> None:
    for written in (text, "https://" + text):
        found = normal_address(written)
        assert found is None or found[0] in ("http", "https")


class TestKeysOfSystems:
    """Which algorithm counts follows from the key."""

    def test_two_kinds_of_keys(self) -> None:
        keys = {"ES256": Key(), "PS256": RsaKey(rsa.generate_private_key(65537, 2048))}
        claims = {"iss": "c", "sub": "c", "aud": "a", "jti": "j", "exp": 1}
        for algorithm, key in keys.items():
            text = compact({"alg": algorithm}, claims, key.sign)
            assert READER.assertion(text, [json.dumps(key.jwk)]).subject == "c"
            for other in ("ES256", "PS256", "RS256", "HS256", "none", "EdDSA"):
                if other == algorithm:
                    continue
                forged = compact({"alg": other}, claims, key.sign)
                read = lambda forged=forged, key=key: READER.assertion(forged, [json.dumps(key.jwk)])  # noqa: E731
                assert refusal(read) is ProofRefusal.ALGORITHM

    @pytest.mark.parametrize("bits", [1024, 4098])
    def test_rsa_has_a_length(self, bits: int) -> None:
        key = RsaKey(rsa.generate_private_key(65537, bits))
        assert refusal(lambda: client_key(key.jwk)) is ProofRefusal.UNUSABLE_KEY

    def test_other_curves_are_none(self) -> None:
        numbers = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
        jwk = {
            "kty": "EC",
            "crv": "P-384",
            "x": base64url(numbers.x.to_bytes(48)),
            "y": base64url(numbers.y.to_bytes(48)),
        }
        assert refusal(lambda: client_key(jwk)) is ProofRefusal.UNUSABLE_KEY

    def test_two_keys_while_they_change(self) -> None:
        old, new, stranger = Key(), Key(), Key()
        registered = [json.dumps(old.jwk), json.dumps(new.jwk)]
        for key in (old, new):
            text = key.assertion("c", "a", AT)
            assert READER.assertion(text, registered).issuer == "c"
            named = key.assertion("c", "a", AT, header={"kid": key.thumbprint})
            assert READER.assertion(named, registered).issuer == "c"
            misnamed = key.assertion("c", "a", AT, header={"kid": (new if key is old else old).thumbprint})
            assert refusal(lambda text=misnamed: READER.assertion(text, registered)) is ProofRefusal.BAD_SIGNATURE
        forged = stranger.assertion("c", "a", AT)
        assert refusal(lambda: READER.assertion(forged, registered)) is ProofRefusal.BAD_SIGNATURE
        unknown = stranger.assertion("c", "a", AT, header={"kid": stranger.thumbprint})
        assert refusal(lambda: READER.assertion(unknown, registered)) is ProofRefusal.WRONG_KEY

    @pytest.mark.parametrize("typ", ["dpop+jwt", "at+jwt", "passkoll-result+jwt", ""])
    def test_a_jws_for_something_else_is_no_assertion(self, typ: str) -> None:
        key = Key()
        text = key.assertion("c", "a", AT, header={"typ": typ})
        assert refusal(lambda: READER.assertion(text, [json.dumps(key.jwk)])) is ProofRefusal.WRONG_TYPE

    def test_a_key_in_the_header_is_not_followed(self) -> None:
        registered, thief = Key(), Key()
        for header in ({"jwk": thief.jwk}, {"jku": "https://thief.example/keys"}):
            text = thief.assertion("c", "a", AT, header=header)
            assert refusal(lambda text=text: READER.assertion(text, [json.dumps(registered.jwk)])) in (
                ProofRefusal.BAD_SIGNATURE,
            )
