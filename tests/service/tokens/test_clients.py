"""`passkoll client`: registering systems, changing their keys, ending them."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from mrtd.pki.realm import Realm
from service.adapters.client_keys import generate, public_jwk, thumbprint_of
from service.adapters.system import SystemRandomness
from service.cli.app import app
from service.domain.clients import Client, ClientError, ClientKind, ClientProblem
from service.usecases.manage_clients import ManageClients
from tests.service.tokens.keys import Key, RsaKey
from tests.service.tokens.world import ORGANISATION, PORTAL, World

AUDIENCE = "https://third.example"


def problem(act) -> ClientProblem:
    """Why it was not done."""
    with pytest.raises(ClientError) as caught:
        act()
    return caught.value.code


def manage(world: World, **changes) -> ManageClients:
    """The use cases."""
    made = ManageClients(world.services.database, world.clock, SystemRandomness(), Realm.SPECIMEN, ORGANISATION)
    return replace(made, **changes)


def added(world: World, key: Key, **changes) -> Client:
    """A new portal."""
    asked = {
        "kind": ClientKind.PORTAL,
        "name": "Third",
        "audience": AUDIENCE,
        "scopes": (),
        "key": json.dumps(key.jwk),
    } | changes
    return manage(world).add("operator", **asked)


class TestRegistration:
    """Who may ask at all."""

    def test_a_portal_gets_tokens(self, world: World) -> None:
        key = Key()
        client = added(world, key)
        assert client.scopes == {"orders", "results", "verifications"}
        assert world.open(key, world.given(key, client.id)).status_code == 201

    def test_cases_of_protected_people_are_asked_for_by_name(self, world: World) -> None:
        key = Key()
        client = added(world, key, scopes=["verifications", "protected_identity"])
        assert world.token(key, client.id).json()["scope"] == "protected_identity verifications"
        refused = world.token(world.portal, PORTAL, scope="protected_identity")
        assert refused.json()["error"] == "invalid_scope"

    def test_with_less(self, world: World) -> None:
        key = Key()
        assert world.token(key, added(world, key, scopes=["results"]).id).json()["scope"] == "results"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"name": " "}, "bad_name"),
            ({"name": "x" * 129}, "bad_name"),
            ({"name": "a\nb"}, "bad_name"),
            ({"audience": "portal"}, "bad_audience"),
            ({"audience": "https://a b"}, "bad_audience"),
            ({"audience": "https://å.example"}, "bad_audience"),
            ({"audience": "https://" + "x" * 250}, "bad_audience"),
            ({"audience": "https://portal.example"}, "audience_taken"),
            ({"scopes": ["capture"]}, "bad_scope"),
            ({"scopes": ["results", "x"]}, "bad_scope"),
            ({"kind": ClientKind.HARNESS, "scopes": ["results"]}, "bad_scope"),
        ],
        ids=repr,
    )
    def test_what_cannot_be(self, world: World, changes: dict, code: str) -> None:
        assert problem(lambda: added(world, Key(), **changes)) == code

    def test_harnesses_are_for_specimens(self, world: World) -> None:
        production = manage(world, realm=Realm.PRODUCTION)
        asked = ("operator", ClientKind.HARNESS, "x", AUDIENCE, (), json.dumps(Key().jwk))
        assert problem(lambda: production.add(*asked)) == "harness_refused"

    def test_an_audience_is_free_again_after_its_client_ended(self, world: World) -> None:
        first = added(world, Key())
        assert problem(lambda: added(world, Key())) == "audience_taken"
        manage(world).revoke("operator", first.id)
        assert added(world, Key()).audience == AUDIENCE

    def test_each_change_is_in_the_audit_trail(self, world: World) -> None:
        client = added(world, Key())
        manage(world).rotate("operator", client.id, json.dumps(Key().jwk))
        manage(world).revoke("operator", client.id)
        with world.services.database.reading() as work:
            rows = [row for row in work.audit.rows() if row["action"].startswith("client_")]
            assert {work.audit.person(row["actor"]) for row in rows} == {"operator"}
        assert [(row["action"], json.loads(row["details"])) for row in rows] == [
            ("client_added", {"client": client.id, "kind": "portal"}),
            ("client_keys_changed", {"client": client.id, "at_once": False}),
            ("client_revoked", {"client": client.id, "tokens": 0}),
        ]


class TestChanges:
    """Keys change while a portal runs; one that may be stolen ends at once."""

    def test_two_keys_count_while_they_change(self, world: World) -> None:
        old, new, newest = Key(), Key(), Key()
        client = added(world, old)
        manage(world).rotate("operator", client.id, json.dumps(new.jwk))
        assert [world.token(key, client.id).status_code for key in (old, new)] == [200, 200]
        manage(world).rotate("operator", client.id, json.dumps(newest.jwk))
        assert [world.token(key, client.id).status_code for key in (old, new, newest)] == [400, 200, 200]

    def test_at_once(self, world: World) -> None:
        old, new = Key(), Key()
        client = added(world, old)
        token = world.given(old, client.id)
        manage(world).rotate("operator", client.id, json.dumps(new.jwk), at_once=True)
        assert world.token(old, client.id).json()["error"] == "invalid_client"
        assert world.open(old, token).status_code == 401
        assert world.token(new, client.id).status_code == 200

    def test_the_end(self, world: World) -> None:
        key = Key()
        client = added(world, key)
        token = world.given(key, client.id)
        manage(world).revoke("operator", client.id)
        assert world.token(key, client.id).json()["error"] == "invalid_client"
        assert world.open(key, token).status_code == 401
        assert problem(lambda: manage(world).revoke("operator", client.id)) == "revoked"
        assert problem(lambda: manage(world).rotate("operator", client.id, json.dumps(key.jwk))) == "revoked"

    def test_those_of_others_are_unknown(self, world: World) -> None:
        client = added(world, Key())
        stranger = manage(world, organisation="Another organisation")
        assert problem(lambda: stranger.revoke("operator", client.id)) == "unknown_client"
        assert client.id not in {known.id for known in stranger.all()}
        assert problem(lambda: manage(world).revoke("operator", "cl_x")) == "unknown_client"


class TestKeyFiles:
    """What operators send."""

    def pem(self, private) -> bytes:
        """A public key file."""
        return private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def test_in_each_form(self) -> None:
        key = Key()
        for octets in (
            json.dumps(key.jwk).encode(),
            json.dumps({"keys": [key.jwk]}).encode(),
            json.dumps(key.jwk | {"use": "sig", "kid": "mine"}).encode(),
            self.pem(key.private),
            b"\n" + self.pem(key.private),
        ):
            found = json.loads(public_jwk(octets))
            assert found == key.jwk | {"kid": key.thumbprint}
            assert thumbprint_of(json.dumps(found)) == key.thumbprint

    def test_rsa(self) -> None:
        key = RsaKey(rsa.generate_private_key(65537, 2048))
        for octets in (json.dumps(key.jwk).encode(), self.pem(key.private)):
            found = json.loads(public_jwk(octets))
            assert {name: found[name] for name in ("kty", "n", "e")} == key.jwk

    def test_what_is_none(self) -> None:
        private = Key().private
        for octets in (
            b"",
            b"[]",
            b"null",
            b'{"keys": []}',
            b"x" * 20_000,
            b"[" * 10_000,
            json.dumps({"keys": [Key().jwk, Key().jwk]}).encode(),
            json.dumps(Key().jwk | {"d": "AAAA"}).encode(),
            private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
            self.pem(ec.generate_private_key(ec.SECP384R1())),
            self.pem(ed25519.Ed25519PrivateKey.generate()),
            b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        ):
            assert problem(lambda octets=octets: public_jwk(octets)) == "unusable_key", octets[:40]

    @given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: json.dumps({"kty": text}).encode()))
    def test_any_octets_are_a_key_or_refused(self, octets: bytes) -> None:
        assert problem(lambda: public_jwk(octets)) == "unusable_key"

    def test_a_generated_pair_belongs_together(self) -> None:
        pem, public = generate()
        private = serialization.load_pem_private_key(pem, None)
        assert json.loads(public) == Key(private).jwk | {"kid": Key(private).thumbprint}


class TestCommandLine:
    """`passkoll client add|list|rotate|revoke`, over a database of its own."""

    @pytest.fixture
    def run(self, tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch):
        """A command; its exit status and its lines of JSON."""
        data = tmp_path / "data"
        data.mkdir(mode=0o700)
        (data / migrated_file.name).write_bytes(migrated_file.read_bytes())
        monkeypatch.chdir(tmp_path)

        def command(*words: str) -> tuple[int, list[dict], str]:
            done = CliRunner().invoke(app, ["client", *words, "--data", str(data)])
            lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            return done.exit_code, lines, done.output

        return command

    def test_the_life_of_a_client(self, run, tmp_path: Path) -> None:
        asked = ("--as", "operator", "--name", "Cards", "--audience", AUDIENCE, "--json")
        status, (client,), _ = run("add", *asked, "--generate", "portal.pem")
        assert status == 0
        key = Key(serialization.load_pem_private_key((tmp_path / "portal.pem").read_bytes(), None))
        assert stat.S_IMODE((tmp_path / "portal.pem").stat().st_mode) == 0o600
        assert client["keys"] == [key.jwk | {"kid": key.thumbprint}]
        assert (client["kind"], client["audience"], client["revoked_at"]) == ("portal", AUDIENCE, None)
        new = Key()
        (tmp_path / "new.json").write_text(json.dumps(new.jwk))
        status, (changed,), _ = run("rotate", client["client_id"], "--as", "operator", "--key", "new.json", "--json")
        assert (status, [known["kid"] for known in changed["keys"]]) == (0, [new.thumbprint, key.thumbprint])
        assert run("revoke", client["client_id"], "--as", "operator")[0] == 0
        status, (listed,), _ = run("list", "--json")
        assert (status, listed["client_id"]) == (0, client["client_id"])
        assert listed["revoked_at"] is not None
        assert "REVOKED" in run("list")[2]

    def test_a_key_is_never_written_over(self, run, tmp_path: Path) -> None:
        (tmp_path / "portal.pem").write_text("in use")
        asked = ("--as", "operator", "--name", "Cards", "--audience", AUDIENCE)
        status, _, said = run("add", *asked, "--generate", "portal.pem")
        assert (status, (tmp_path / "portal.pem").read_text()) == (2, "in use")
        assert "File exists" in said
        assert run("list", "--json")[1] == []

    def test_one_key_is_named(self, run) -> None:
        asked = ("--as", "operator", "--name", "Cards", "--audience", AUDIENCE)
        for words in ((), ("--key", "a", "--generate", "b")):
            assert run("add", *asked, *words)[0] == 2

    def test_each_problem_has_words(self, run, tmp_path: Path) -> None:
        from service.cli.client_app import _WORDS

        assert _WORDS.keys() == set(ClientProblem)
        (tmp_path / "private.json").write_text(json.dumps(Key().jwk | {"d": "AAAA"}))
        asked = ("--as", "operator", "--name", "Cards", "--audience", AUDIENCE)
        status, _, said = run("add", *asked, "--key", "private.json")
        assert status == 2
        assert "unusable_key" in said
        assert "AAAA" not in said
