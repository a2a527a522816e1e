"""A store in a file: the same store comes back, damage is seen, and holdings go there and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd import files
from mrtd.errors import MalformedError, MrtdError
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki import store_file
from mrtd.pki.crl_acceptance import StoredCrl
from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.pki.holdings_codec import decode, encode, holdings_digest, read_plain_cbor
from mrtd.pki.master_list import SignerJudgement
from mrtd.pki.path import build_path
from mrtd.pki.realm import Realm
from mrtd.pki.trust_store import Anchor, AnchorKind, AnchorProvenance, TrustStore
from tests.mrtd.pki.support import AT, Identity, crl, csca, dsc, source

STATE = Identity.new()
ROOT, SIGNER, REVOKED = csca(STATE), dsc(STATE), dsc(STATE)
NEXT = STATE.rekeyed()
LINK = csca(NEXT, STATE)
HELD = HeldList(b"list", datetime(2026, 5, 28, 6, 28, 45, tzinfo=UTC), AT)
HOLDINGS = Holdings(
    Realm.PRODUCTION,
    pins=(ROOT.raw,),
    publishers={"de": Publisher("de", (ROOT.raw,), "https://lists.example/de", HELD, None), "nl": Publisher("nl")},
    others=(LINK.raw,),
    signers=(SIGNER.raw,),
    crls=(crl(STATE, revoked=(REVOKED.serial,)),),
    accepted=frozenset({ROOT.sha256}),
    settled=frozenset({LINK.sha256}),
    allowed_names={LINK.sha256: "the office is called so"},
    distrusted={SIGNER.sha256: "key lost"},
)


def a_store(holdings: Holdings = HOLDINGS) -> TrustStore:
    """A store with something in every place."""
    made = TrustStore.from_sources(
        [source(ROOT, SIGNER, crls=holdings.crls)], Realm.PRODUCTION, untrusted=[source(LINK)], at=AT
    )
    judged = SignerJudgement(CheckStatus.PASSED, None, SIGNER.sha256)
    provenance = AnchorProvenance("de", AnchorKind.MASTER_LIST, judged, HELD.sha256, HELD.signed_at, probation=True)
    anchors = tuple(Anchor(anchor.entry, provenance) for anchor in made.anchors)
    return replace(
        made,
        anchors=anchors,
        holdings=holdings_digest(holdings),
        refused={"malformed": 3},
        list_signers={"de": judged, "nl": SignerJudgement(CheckStatus.FAILED, Reason.EXPIRED)},
        untrusted_crls={ROOT.subject.digest: 2},
    )


FILE = store_file.write(HOLDINGS, a_store())


def test_the_same_store_comes_back() -> None:
    store, opened = a_store(), store_file.read(FILE)
    assert (opened, opened.digest) == (store, store.digest)
    assert opened.refused == store.refused
    assert opened.list_signers == store.list_signers
    assert opened.untrusted_crls_of(ROOT.subject) == 2
    assert opened.anchors[0].provenance == store.anchors[0].provenance
    for document in (SIGNER, REVOKED, dsc(NEXT), dsc(Identity.new())):
        assert build_path(document, opened, AT) == build_path(document, store, AT)
    assert [type(stored) for stored in opened.crls] == [StoredCrl]


def test_nothing_is_read_before_it_is_needed() -> None:
    opened = store_file.read(FILE)
    assert not any("certificate" in entry.__dict__ for entry in opened.others)
    build_path(dsc(NEXT), opened, AT)
    assert all("certificate" in entry.__dict__ for entry in opened.others)


def test_the_same_store_gives_the_same_file() -> None:
    assert store_file.write(HOLDINGS, a_store()) == FILE


def test_a_store_of_other_holdings_is_not_written() -> None:
    with pytest.raises(ValueError, match="holdings"):
        store_file.write(replace(HOLDINGS, home_state="NO"), a_store())


def test_every_changed_octet_is_seen() -> None:
    for place in range(0, len(FILE), 7):
        changed = bytearray(FILE)
        changed[place] ^= 0x40
        with pytest.raises(MalformedError):
            store_file.read(bytes(changed))


def resealed(tree: Mapping[str, object]) -> bytes:
    """A file whose digest was made anew, as whoever changes a file would."""
    body = store_file.MAGIC + cbor2.dumps(dict(tree), canonical=True)
    return body + hashlib.sha256(body).digest()


def taken_apart() -> dict[str, object]:
    return cbor2.loads(FILE[len(store_file.MAGIC) : -32])


def test_a_changed_and_resealed_file_is_seen_by_who_kept_the_digest() -> None:
    noted = hashlib.sha256(FILE).hexdigest()
    assert store_file.read(FILE, sha256=noted).digest == a_store().digest
    tree = taken_apart()
    tree["compiled"]["anchors"][0][4] = False
    with pytest.raises(MalformedError, match="store_file_changed"):
        store_file.read(resealed(tree), sha256=noted)


@pytest.mark.parametrize(
    "change",
    [
        lambda compiled: compiled["anchors"].append([*compiled["others"][0], compiled["anchors"][0][9]]),
        lambda compiled: compiled["anchors"][0][9].__setitem__(5, False),
        lambda compiled: compiled["crls"].clear(),
        lambda compiled: compiled["others"].clear(),
        lambda compiled: compiled["signers"].clear(),
        lambda compiled: compiled.__setitem__("realm", "specimen"),
    ],
    ids=["anchor", "probation", "crl", "link", "signer", "realm"],
)
def test_what_a_store_says_of_itself_must_fit_what_it_holds(change: object) -> None:
    tree = taken_apart()
    change(tree["compiled"])  # type: ignore[operator]
    with pytest.raises(MalformedError, match="store_file_changed"):
        store_file.read(resealed(tree))


def test_holdings_go_there_and_back() -> None:
    assert decode(encode(HOLDINGS)) == HOLDINGS
    assert store_file.read_holdings(FILE) == HOLDINGS
    assert encode(decode(encode(HOLDINGS))) == encode(HOLDINGS)
    assert holdings_digest(HOLDINGS) != holdings_digest(replace(HOLDINGS, accepted=frozenset()))


def test_the_octets_of_holdings_are_canonical_cbor() -> None:
    """RFC 8949 §4.2.1: an independent encoder of the same tree gives the same."""
    tree = cbor2.loads(encode(HOLDINGS))
    assert cbor2.dumps(dict(reversed(tree.items())), canonical=True) == encode(HOLDINGS)
    assert tree["publishers"]["de"]["master_list"] == [b"list", "2026-05-28T06:28:45Z", "2026-11-24T12:00:00Z"]


@given(st.binary(max_size=400))
def test_only_typed_errors_escape_from_any_octets(data: bytes) -> None:
    for read in (decode, store_file.read, store_file.read_holdings):
        for given_data in (data, store_file.MAGIC + data, resealed({"holdings": data, "compiled": {"version": 1}})):
            with pytest.raises(MrtdError):
                read(given_data)


_LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.binary(max_size=5))
_TREES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)


@given(st.sampled_from(sorted(cbor2.loads(encode(HOLDINGS)))), _TREES)
def test_only_typed_errors_escape_from_any_tree(name: str, value: object) -> None:
    tree = cbor2.loads(encode(HOLDINGS))
    tree[name] = value
    with suppress(MrtdError):
        assert isinstance(decode(cbor2.dumps(tree)), Holdings)


@given(st.sampled_from(["anchors", "others", "signers", "crls", "deviations", "refused", "untrusted_crls"]), _TREES)
def test_only_typed_errors_escape_from_any_compiled_store(name: str, value: object) -> None:
    tree = taken_apart()
    tree["compiled"][name] = value
    with suppress(MrtdError):
        assert isinstance(store_file.read(resealed(tree)), TrustStore)


@pytest.mark.parametrize("tag", [*range(1100), 43000, 55799, 2**40])
def test_no_tag_is_followed(tag: int) -> None:
    """A decimal fraction of eight octets can stand for a number of a million digits."""
    for value in (b"\x01", [1, 1], "1", 1):
        with pytest.raises(MalformedError, match="code"):
            read_plain_cbor(cbor2.dumps({"x": cbor2.CBORTag(tag, value)}), "code")


def test_load_trust_opens_a_store_file_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "store.passkoll").write_bytes(FILE)
    opened = files.load_trust(tmp_path)
    assert (opened.digest, opened.anchors[0].provenance.kind) == (a_store().digest, AnchorKind.MASTER_LIST)
    with pytest.raises(MalformedError, match="other_realm"):
        files.load_trust(tmp_path, realm=Realm.SPECIMEN)
    (tmp_path / "root.cer").write_bytes(ROOT.raw)
    with pytest.raises(MalformedError, match="store_file_beside_others"):
        files.load_trust(tmp_path)
