"""What people decide, and what they may not (SECURITY.md 4.1, 4.4, 4.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.x509 import load_der_x509_certificate

from mrtd.pki.administration import (
    ProposalError,
    accept,
    allow_name,
    based_on,
    distrust,
    pin_anchors,
    pin_publisher,
    remove_publisher,
    resolve,
    take_lists,
    trust_again,
    unpin,
)
from mrtd.pki.holdings import Holdings, Publisher
from mrtd.pki.holdings_codec import decode, encode
from mrtd.pki.oids import SPECIMEN_MARK
from mrtd.pki.realm import Realm
from mrtd.specimen.algorithm_profiles import ALL_PROFILES
from mrtd.specimen.issuer import SpecimenIssuer
from tests.mrtd.pki.administration.build import SIGNED, ListPublisher, holdings, pinned
from tests.mrtd.pki.support import AT, Identity, csca, dsc, name

MARK = (x509.UnrecognizedExtension(x509.ObjectIdentifier(SPECIMEN_MARK), b"\x05\x00"), True)
FRANCE = csca(Identity.new("CSCA", "FR"))
NOBODY = "0" * 64


def refused(use: Callable[[], object]) -> str:
    with pytest.raises(ProposalError) as raised:
        use()
    return raised.value.code


def probation(made: Holdings) -> set[str]:
    return {anchor.sha256 for anchor in resolve(made).store.anchors if anchor.provenance.probation}


# --- publishers


def test_a_publisher_is_named_by_its_cscas() -> None:
    de = ListPublisher()
    made = pin_publisher(holdings(), "de", pinned(de.root, de.root), "https://lists.example.org/de.ml")
    assert made.publishers["de"] == Publisher("de", pinned(de.root), "https://lists.example.org/de.ml")
    assert decode(encode(made)) == made
    assert resolve(made).store.anchors == ()
    assert (
        refused(lambda: pin_publisher(made, "de", pinned(de.root), "https://lists.example.org/de.ml")) == "unchanged"
    )


def test_a_new_generation_keeps_the_lists() -> None:
    de = ListPublisher()
    link = csca(de.state.rekeyed(), de.state)
    made = take_lists(pin_publisher(holdings(), "de", pinned(de.root)), "de", [de.list(FRANCE)], AT).holdings
    changed = pin_publisher(made, "de", pinned(link, de.root))
    assert set(changed.publishers["de"].signer_cscas) == {link.raw, de.root.raw}
    assert changed.publishers["de"].master_list == made.publishers["de"].master_list
    assert len(resolve(changed).store.anchors) == 1
    # without the key that signed the active list's signer, the list does not count any more
    assert resolve(pin_publisher(made, "de", pinned(link))).store.anchors == ()


def test_publishers_that_are_refused() -> None:
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    made = holdings(Publisher("de", pinned(de.root)))
    for bad in ("", "DE", "-de", "de/nl", "d" * 41):
        assert refused(lambda bad=bad: pin_publisher(made, bad, pinned(nl.root))) == "bad_publisher_name"
    for url in ("file:///etc/passwd", "https://", "https://a b"):
        assert refused(lambda url=url: pin_publisher(made, "nl", pinned(nl.root), url)) == "bad_url"
    for cscas, code in (
        ((), "no_signer_csca"),
        (pinned(csca(Identity.new("CSCA", None))), "no_state"),
        (pinned(nl.root, csca(Identity.new("CSCA", "FR"))), "several_states"),
        (pinned(dsc(nl.state)), "not_a_ca"),
        (pinned(nl.signer), "not_a_ca"),
        ((b"\x30\x00",), "malformed"),
        (pinned(csca(Identity.new("CSCA", "UT"))), "test_state"),
        (pinned(csca(de.state, serial=4711)), "signer_pinned_twice"),
    ):
        assert refused(lambda cscas=cscas: pin_publisher(made, "nl", cscas)) == code
    distrusted = replace(made, distrusted={nl.root.sha256: "stolen"})
    assert refused(lambda: pin_publisher(distrusted, "nl", pinned(nl.root))) == "distrusted"


def test_no_more_publishers_than_holdings_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mrtd.pki.administration.decisions.MAX_PUBLISHERS", 1)
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    made = pin_publisher(holdings(), "de", pinned(de.root))
    assert refused(lambda: pin_publisher(made, "nl", pinned(nl.root))) == "too_many_publishers"


def test_a_publisher_goes_with_its_anchors() -> None:
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    portugal = csca(Identity.new("CSCA", "PT"))
    made = holdings(de.publisher(FRANCE, portugal), nl.publisher(FRANCE, name="nl"))
    without = remove_publisher(made, "de")
    assert [anchor.sha256 for anchor in resolve(without).store.anchors] == [FRANCE.sha256]
    assert refused(lambda: remove_publisher(without, "de")) == "publisher_unknown"


# --- pins


def test_pins_come_and_go() -> None:
    link = csca(Identity.new("CSCA", "SE").rekeyed(), Identity.new("CSCA", "SE"))
    made = pin_anchors(holdings(), pinned(FRANCE, link, FRANCE))
    assert set(made.pins) == {FRANCE.raw, link.raw}
    assert {anchor.sha256 for anchor in resolve(made).store.anchors} == {FRANCE.sha256, link.sha256}
    assert refused(lambda: pin_anchors(made, pinned(FRANCE))) == "unchanged"
    assert unpin(made, [link.sha256]).pins == (FRANCE.raw,)
    assert refused(lambda: unpin(made, [FRANCE.sha256, NOBODY])) == "not_pinned"
    assert refused(lambda: unpin(made, ["x"])) == "bad_fingerprint"
    assert refused(lambda: unpin(made, [])) == "unchanged"


def test_production_pins_no_test() -> None:
    issuer = SpecimenIssuer.create(next(iter(ALL_PROFILES.values())), now=AT)
    public = load_der_x509_certificate(issuer.csca_certificate).public_key()
    # our own specimen key under a real country and without the mark
    laundered = Identity(name("CSCA", "FR"), SimpleNamespace(public_key=lambda: public))
    for der, code in (
        (csca(Identity.new("CSCA", "FR"), extra=(MARK,)).raw, "specimen_mark"),
        (issuer.csca_certificate, "specimen_mark"),
        (csca(Identity.new("CSCA", "UT")).raw, "test_state"),
        (csca(laundered, Identity.new("CSCA", "FR")).raw, "test_key"),
        (csca(Identity.new("CSCA TEST", "FR")).raw, "test_name"),
        (dsc(Identity.new("CSCA", "FR")).raw, "not_a_ca"),
        (b"\x30\x00", "malformed"),
    ):
        assert refused(lambda der=der: pin_anchors(holdings(), [der])) == code
    assert pin_anchors(Holdings(Realm.SPECIMEN), [issuer.csca_certificate]).pins == (issuer.csca_certificate,)


def test_a_name_that_sounds_like_a_test_is_allowed_with_a_reason() -> None:
    sounds = csca(Identity.new("Mock Turtle Authority", "FR"))
    allowed = allow_name(holdings(), sounds.sha256, "its real name")
    assert pin_anchors(allowed, pinned(sounds)).pins == (sounds.raw,)
    for reason in ("", "  ", "x" * 501):
        assert refused(lambda reason=reason: allow_name(holdings(), sounds.sha256, reason)) == "bad_reason"
    assert refused(lambda: allow_name(holdings(), sounds.sha256[:-1], "why")) == "bad_fingerprint"
    assert refused(lambda: allow_name(holdings(), sounds.sha256.upper(), "why")) == "bad_fingerprint"
    assert refused(lambda: allow_name(allowed, sounds.sha256, "its real name")) == "unchanged"


def test_a_distrusted_certificate_is_not_pinned() -> None:
    made = distrust(holdings(), FRANCE.sha256, "stolen")
    assert refused(lambda: pin_anchors(made, pinned(FRANCE))) == "distrusted"


# --- probation


def test_only_what_is_on_probation_is_accepted() -> None:
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    portugal, home = csca(Identity.new("CSCA", "PT")), csca(Identity.new("CSCA", "SE"))
    made = holdings(de.publisher(FRANCE, portugal, home), nl.publisher(FRANCE, name="nl"))
    assert probation(made) == {portugal.sha256}
    accepted = accept(made, [portugal.sha256])
    assert probation(accepted) == set()
    for certificate in (FRANCE, home):
        assert refused(lambda certificate=certificate: accept(made, [certificate.sha256])) == "not_on_probation"
    assert refused(lambda: accept(accepted, [portugal.sha256])) == "not_on_probation"
    assert refused(lambda: accept(made, [portugal.sha256, NOBODY])) == "not_on_probation"
    assert refused(lambda: accept(made, ["Portugal"])) == "bad_fingerprint"
    assert refused(lambda: accept(made, [])) == "unchanged"


def test_a_draft_begins_with_what_the_active_store_had_settled() -> None:
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    pin, portugal = csca(Identity.new("CSCA", "AT")), csca(Identity.new("CSCA", "PT"))
    active = holdings(de.publisher(FRANCE, portugal), nl.publisher(FRANCE, name="nl"), pins=pinned(pin))
    draft = based_on(active)
    assert draft == replace(active, settled=frozenset({FRANCE.sha256}))
    assert probation(draft) == {portugal.sha256}
    # the second source goes, the anchor stays settled; what was on probation stays there, however often
    alone = remove_publisher(draft, "nl")
    assert probation(based_on(based_on(alone))) == {portugal.sha256}


def test_a_new_generation_in_the_next_list() -> None:
    """With a link it is settled, without one it is new, whoever published the list before."""
    de = ListPublisher()
    old = Identity.new("CSCA", "FR")
    linked, unlinked = old.rekeyed(), old.rekeyed()
    root = csca(old)
    first = holdings(de.publisher(root), accepted=frozenset({root.sha256}))
    listed = (root, csca(linked, old), csca(linked), csca(unlinked))
    raw = de.list(*listed, signed_at=SIGNED.replace(month=11))
    second = take_lists(based_on(first), "de", [raw], AT).holdings
    assert probation(second) == {listed[3].sha256}


# --- distrust


def test_distrust_and_trust_again() -> None:
    de = ListPublisher()
    made = holdings(de.publisher(FRANCE))
    distrusted = distrust(made, FRANCE.sha256, "key stolen")
    assert resolve(distrusted).store.anchors == ()
    assert distrust(distrusted, FRANCE.sha256, "key stolen in May").distrusted == {FRANCE.sha256: "key stolen in May"}
    assert refused(lambda: distrust(distrusted, FRANCE.sha256, "key stolen")) == "unchanged"
    assert refused(lambda: distrust(made, FRANCE.sha256, " ")) == "bad_reason"
    assert refused(lambda: distrust(made, "FR", "why")) == "bad_fingerprint"
    assert trust_again(distrusted, FRANCE.sha256) == made
    assert refused(lambda: trust_again(made, FRANCE.sha256)) == "not_distrusted"
    assert refused(lambda: trust_again(made, "FR")) == "bad_fingerprint"


def test_people_may_distrust_what_is_not_held_yet() -> None:
    de = ListPublisher()
    made = distrust(holdings(Publisher("de", pinned(de.root))), FRANCE.sha256, "stolen")
    assert resolve(take_lists(made, "de", [de.list(FRANCE)], AT).holdings).store.anchors == ()


def test_no_more_decisions_than_holdings_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mrtd.pki.administration.decisions.MAX_MEMBERS", 1)
    made = distrust(holdings(), NOBODY, "stolen")
    assert refused(lambda: distrust(made, FRANCE.sha256, "stolen")) == "too_many"
    assert refused(lambda: pin_anchors(holdings(), pinned(FRANCE, csca(Identity.new("CSCA", "PT"))))) == "too_many"
