"""Which anchors follow from holdings, and what is left out (SECURITY.md 4.1 to 4.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from cryptography import x509

from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki import store_file
from mrtd.pki.administration import (
    HeldKind,
    LeftOutReason,
    Resolution,
    based_on,
    distrust,
    resolve,
    trust_again,
)
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import revocation
from mrtd.pki.holdings import HeldList, Publisher
from mrtd.pki.holdings_codec import decode, encode, holdings_digest
from mrtd.pki.oids import SPECIMEN_MARK
from mrtd.pki.path import MAX_LINKS, build_path
from mrtd.pki.realm import Realm
from mrtd.pki.trust_store import AnchorKind
from tests.mrtd.pki.administration.build import SIGNED, ListPublisher, holdings, pinned
from tests.mrtd.pki.support import AT, END, Identity, crl, csca, dsc, issue

MARK = (x509.UnrecognizedExtension(x509.ObjectIdentifier(SPECIMEN_MARK), b"\x05\x00"), True)


def anchors(resolution: Resolution) -> set[str]:
    return {anchor.sha256 for anchor in resolution.store.anchors}


def probation(resolution: Resolution) -> set[str]:
    return {anchor.sha256 for anchor in resolution.store.anchors if anchor.provenance.probation}


def of(*certificates: Certificate) -> set[str]:
    return {certificate.sha256 for certificate in certificates}


def left(resolution: Resolution) -> set[tuple[HeldKind, str, LeftOutReason]]:
    return {(one.what, one.sha256, one.reason) for one in resolution.left_out}


def generations(count: int, country: str = "FR") -> tuple[list[Identity], list[Certificate], list[Certificate]]:
    """Keys of one name, their self-signed certificates, and the links from each to the next."""
    keys = [Identity.new("CSCA", country)]
    for _ in range(count - 1):
        keys.append(keys[-1].rekeyed())
    links = [csca(new, old) for old, new in pairwise(keys)]
    return keys, [csca(key) for key in keys], links


# --- where anchors come from


def test_pins_and_lists_and_their_provenance() -> None:
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    pin, common, german = (csca(Identity.new("CSCA", country)) for country in ("AT", "FR", "PT"))
    made = holdings(
        nl.publisher(common, pin, name="nl"), de.publisher(common, german, pin, name="de"), pins=pinned(pin)
    )
    resolution = resolve(made)
    provenance = {anchor.sha256: anchor.provenance for anchor in resolution.store.anchors}
    assert set(provenance) == of(pin, common, german)
    assert (provenance[pin.sha256].kind, provenance[pin.sha256].list_sha256) == (AnchorKind.PIN, None)
    for certificate in (common, german):
        found = provenance[certificate.sha256]
        assert (found.kind, found.source, found.list_signed_at) == (AnchorKind.MASTER_LIST, "de", SIGNED)
        assert found.list_sha256 == made.publishers["de"].master_list.sha256
        assert found.list_signer.status is CheckStatus.PASSED
    assert resolution.left_out == ()
    assert resolution.store.refused == {}
    assert set(resolution.store.list_signers) == {"de", "nl"}
    assert resolution.store.holdings == holdings_digest(made)


def test_the_same_holdings_give_the_same_store() -> None:
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    listed = [csca(Identity.new("CSCA", country)) for country in ("FR", "PT", "SE", "ES")]
    made = holdings(
        de.publisher(*listed),
        nl.publisher(*listed[:2], name="nl"),
        pins=pinned(csca(Identity.new("CSCA", "AT")), csca(Identity.new("CSCA", "CH"))),
        others=pinned(csca(Identity.new("CSCA", "IT")), csca(Identity.new("CSCA", "MT"))),
        signers=(b"\x30\x00", dsc(de.state).raw, dsc(nl.state).raw),
    )
    first, again = resolve(made), resolve(decode(encode(made)))
    assert first.store == again.store
    assert first.store.digest == again.store.digest
    assert first.left_out == again.left_out
    assert first.store.refused == again.store.refused == {"home_state_not_pinned": 1, "malformed": 1}


def test_others_are_no_anchors_and_signers_are_trusted_for_nothing() -> None:
    de = ListPublisher("DE")
    listed, other = csca(Identity.new("CSCA", "FR")), csca(Identity.new("CSCA", "PT"))
    signer = dsc(de.state)
    made = holdings(de.publisher(listed), others=pinned(listed, other), signers=(signer.raw, other.raw))
    resolution = resolve(made)
    assert anchors(resolution) == of(listed)
    assert {entry.sha256 for entry in resolution.store.others} == of(other)
    assert resolution.store.signers.digests == (signer.sha256,)
    assert left(resolution) == {(HeldKind.SIGNER, other.sha256, LeftOutReason.NOT_A_DSC)}


def test_a_signer_of_documents_in_a_list_is_no_anchor() -> None:
    de = ListPublisher("DE")
    signer = dsc(de.state)
    resolution = resolve(holdings(de.publisher(signer, de.signer)))
    assert anchors(resolution) == set()
    assert len(resolution.store.signers) == 0
    assert left(resolution) == {(HeldKind.LISTED, one.sha256, LeftOutReason.NOT_A_CA) for one in (signer, de.signer)}


# --- lists whose signers do not count


@pytest.mark.parametrize(
    ("pins", "because"),
    [("stranger", Reason.NO_CSCA), ("nobody", Reason.NO_TRUST_ANCHOR), ("namesake", Reason.BAD_ISSUER_SIGNATURE)],
)
def test_a_list_counts_by_what_is_pinned_for_its_publisher_alone(pins: str, because: Reason) -> None:
    """That the right CSCA is an anchor, stands in the list and is pinned for another publisher is to no avail."""
    de, other = ListPublisher("DE"), ListPublisher("NL")
    namesake = csca(replace(de.state.rekeyed()), ski=de.state.key_identifier)
    cscas = {"stranger": (other.root,), "nobody": (), "namesake": (namesake,)}[pins]
    published = replace(de.publisher(de.root, csca(Identity.new("CSCA", "FR"))), signer_cscas=pinned(*cscas))
    resolution = resolve(holdings(published, Publisher("other", pinned(de.root)), pins=pinned(de.root)))
    assert anchors(resolution) == of(de.root)
    (one,) = resolution.left_out
    assert (one.what, one.reason, one.because) == (HeldKind.MASTER_LIST, LeftOutReason.LIST_UNTRUSTED, because)
    assert one.sha256 == published.master_list.sha256
    assert resolution.store.list_signers["de"].status is not CheckStatus.PASSED


def test_the_signer_is_judged_at_the_import() -> None:
    de = ListPublisher("DE", end=datetime(2026, 10, 15, tzinfo=UTC))
    listed = csca(Identity.new("CSCA", "FR"))
    assert anchors(resolve(holdings(de.publisher(listed, judged_at=datetime(2026, 10, 15, tzinfo=UTC))))) == of(
        listed
    )
    late = resolve(holdings(de.publisher(listed, judged_at=datetime(2026, 10, 16, tzinfo=UTC))))
    assert [(one.reason, one.because) for one in late.left_out] == [(LeftOutReason.LIST_UNTRUSTED, Reason.EXPIRED)]


def test_doctored_lists_are_left_out() -> None:
    de = ListPublisher("DE")
    good = de.publisher(csca(Identity.new("CSCA", "FR")))
    backdated = replace(good.master_list, signed_at=SIGNED + timedelta(seconds=1))
    for held, reason, because in (
        (backdated, LeftOutReason.LIST_UNTRUSTED, Reason.MISMATCH),
        (HeldList(b"\x30\x00", SIGNED, AT), LeftOutReason.LIST_MALFORMED, None),
        (HeldList(de.deviations(), SIGNED, AT), LeftOutReason.LIST_MALFORMED, None),
    ):
        resolution = resolve(holdings(replace(good, master_list=held)))
        assert anchors(resolution) == set()
        assert [(one.reason, one.because) for one in resolution.left_out] == [(reason, because)]


def test_what_a_refused_list_holds_is_not_reported_for_itself() -> None:
    de = ListPublisher("DE")
    published = replace(de.publisher(csca(Identity.new("CSCA", "UT")), dsc(de.state)), signer_cscas=())
    assert [one.what for one in resolve(holdings(published)).left_out] == [HeldKind.MASTER_LIST]


# --- realm (SECURITY.md 4.5)


def test_production_leaves_out_tests_and_specimens() -> None:
    de = ListPublisher("DE")
    marked = csca(Identity.new("CSCA", "FR"), extra=(MARK,))
    test_state, test_name = csca(Identity.new("CSCA", "UT")), csca(Identity.new("CSCA TEST", "PT"))
    listed = (marked, test_state, test_name)
    made = holdings(de.publisher(*listed), pins=pinned(marked), others=(test_state.raw, b"\x00"))
    resolution = resolve(made)
    assert anchors(resolution) == set()
    assert resolution.store.others == ()
    assert resolution.store.refused == {"malformed": 1, "specimen_mark": 2, "test_name": 1, "test_state": 2}
    allowed = resolve(replace(made, allowed_names={one.sha256: "its real name" for one in listed}))
    assert anchors(allowed) == of(test_name)
    specimen = resolve(replace(made, realm=Realm.SPECIMEN))
    assert anchors(specimen) == of(*listed)
    assert specimen.store.realm is Realm.SPECIMEN


def test_a_specimen_csca_pinned_for_a_publisher_does_not_count() -> None:
    de = ListPublisher("UT")
    resolution = resolve(holdings(de.publisher(csca(Identity.new("CSCA", "FR")))))
    assert anchors(resolution) == set()
    assert {(one.what, one.reason) for one in resolution.left_out} == {
        (HeldKind.SIGNER_CSCA, LeftOutReason.TEST_STATE),
        (HeldKind.MASTER_LIST, LeftOutReason.LIST_UNTRUSTED),
    }


# --- distrust


def test_distrust_takes_the_key_and_what_rests_on_it() -> None:
    de = ListPublisher("DE")
    (first, second), (root, successor), (link,) = generations(2)
    re_issued = csca(first, serial=99)
    document = dsc(second)
    made = holdings(de.publisher(root, re_issued), others=pinned(link, successor))
    before = resolve(made)
    assert build_path(document, before.store, AT).status is CheckStatus.PASSED
    after = resolve(replace(made, distrusted={root.sha256: "key stolen"}))
    assert anchors(after) == set()
    assert build_path(document, after.store, AT).status is not CheckStatus.PASSED
    assert left(after) == {(HeldKind.LISTED, one.sha256, LeftOutReason.DISTRUSTED) for one in (root, re_issued)}
    assert {one.state for one in after.left_out} == {"FR"}


def test_a_key_stays_distrusted_when_no_list_holds_its_certificate_any_more() -> None:
    """The next list leaves the certificate out, and a link from the pin leads to the same key."""
    (first, second), (root, successor), (link,) = generations(2)
    made = distrust(holdings(pins=pinned(root), others=pinned(successor)), successor.sha256, "key stolen")
    later = replace(based_on(made), others=pinned(link))
    document = dsc(second)
    assert build_path(document, resolve(later).store, AT).status is not CheckStatus.PASSED
    assert build_path(dsc(first), resolve(later).store, AT).status is CheckStatus.PASSED
    assert build_path(document, resolve(trust_again(later, successor.sha256)).store, AT).status is CheckStatus.PASSED


def test_a_stranger_in_one_list_revokes_nobody() -> None:
    """A rogue of the state's name, on probation, signs a CRL: the settled anchor's signers stay what they are."""
    de = ListPublisher("DE")
    genuine = Identity.new("CSCA", "FR")
    rogue = genuine.rekeyed()
    root, stranger = csca(genuine), csca(rogue)
    document = dsc(genuine)
    revoking = crl(rogue, revoked=(document.serial,), number=9)
    made = holdings(de.publisher(root, stranger), settled=frozenset({root.sha256}), crls=(revoking,))
    store = resolve(made).store
    assert {anchor.sha256: anchor.provenance.probation for anchor in store.anchors} == {
        root.sha256: False,
        stranger.sha256: True,
    }
    assert store.crls == ()
    assert revocation(document, store, AT).reason is Reason.NO_CRL
    alone = resolve(holdings(de.publisher(stranger), crls=(revoking,))).store
    assert len(alone.crls) == 1, "where all are on probation, nobody's word is better"


def test_the_crl_of_a_linked_key_counts() -> None:
    """The newest key signs the CRL (ICAO 9303-12); it may be reached by a link that no list holds."""
    (first, second), (root, _), (link,) = generations(2)
    document = dsc(first)
    made = holdings(pins=pinned(root), others=pinned(link), crls=(crl(second, revoked=(document.serial,)),))
    store = resolve(made).store
    assert revocation(document, store, AT).reason is Reason.REVOKED
    assert revocation(document, store_file.read(store_file.write(made, store)), AT).reason is Reason.REVOKED


def test_distrust_stays_within_the_state() -> None:
    """An anchor is a key of a state: a stranger's list cannot have another state's anchor distrusted."""
    de = ListPublisher("DE")
    genuine = Identity.new("CSCA", "FR")
    root, elsewhere = csca(genuine), csca(Identity(Identity.new("CSCA", "PT").name, genuine.key))
    made = holdings(de.publisher(root, elsewhere), distrusted={elsewhere.sha256: "not theirs"})
    assert anchors(resolve(made)) == of(root)


def test_distrust_reaches_pins_others_and_publishers() -> None:
    de = ListPublisher("DE")
    pin, other = csca(Identity.new("CSCA", "AT")), csca(Identity.new("CSCA", "PT"))
    listed = csca(Identity.new("CSCA", "FR"))
    made = holdings(
        de.publisher(listed),
        pins=pinned(pin),
        others=pinned(other),
        distrusted={one.sha256: "stolen" for one in (pin, other, de.root)},
    )
    resolution = resolve(made)
    assert anchors(resolution) == set()
    assert resolution.store.others == ()
    assert left(resolution) == {
        (HeldKind.PIN, pin.sha256, LeftOutReason.DISTRUSTED),
        (HeldKind.OTHER, other.sha256, LeftOutReason.DISTRUSTED),
        (HeldKind.SIGNER_CSCA, de.root.sha256, LeftOutReason.DISTRUSTED),
        (HeldKind.MASTER_LIST, made.publishers["de"].master_list.sha256, LeftOutReason.LIST_UNTRUSTED),
    }


def test_a_distrusted_pin_does_not_open_its_state_to_lists() -> None:
    de = ListPublisher("DE")
    pin, listed = csca(Identity.new("CSCA", "AT")), csca(Identity.new("CSCA", "at"))
    made = holdings(de.publisher(listed), pins=pinned(pin), distrusted={pin.sha256: "stolen"})
    assert anchors(resolve(made)) == set()
    assert (HeldKind.LISTED, listed.sha256, LeftOutReason.PINNED_STATE) in left(resolve(made))


# --- the home state and pinned states (SECURITY.md 4.4)


@pytest.mark.parametrize("country", ["SE", "se", "SWE"])
def test_lists_alone_make_no_anchor_of_the_home_state(country: str) -> None:
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    home = csca(Identity.new("CSCA", country))
    made = holdings(
        de.publisher(home),
        nl.publisher(home, name="nl"),
        accepted=frozenset({home.sha256}),
        settled=frozenset({home.sha256}),
    )
    resolution = resolve(made)
    assert anchors(resolution) == set()
    (one,) = resolution.left_out
    assert (one.reason, one.state) == (LeftOutReason.HOME_STATE_NOT_PINNED, "SE")
    elsewhere = resolve(replace(made, home_state="NO"))
    assert anchors(elsewhere) == of(home)


@pytest.mark.parametrize(
    ("country", "reason"), [("SE", LeftOutReason.HOME_STATE), ("FR", LeftOutReason.PINNED_STATE)]
)
def test_a_pinned_state_takes_from_lists_what_links_from_its_pins_reach(country: str, reason: LeftOutReason) -> None:
    de = ListPublisher("DE")
    (zero, *_), roots, links = generations(4, country)
    stranger = csca(Identity(zero.name, Identity.new().key))
    listed = (*roots, links[0], links[2], stranger)
    made = holdings(de.publisher(*listed), pins=pinned(roots[1]), others=pinned(links[1]))
    resolution = resolve(made)
    # the link 1 -> 2 stands apart from the list, 2 -> 3 in it; nothing leads back to 0, and 0 -> 1 says nothing new
    assert anchors(resolution) == of(roots[1], roots[2], roots[3], links[2])
    assert probation(resolution) == set()
    assert left(resolution) == {(HeldKind.LISTED, one.sha256, reason) for one in (roots[0], links[0], stranger)}
    without = resolve(replace(made, others=()))
    assert anchors(without) == of(roots[1])


def test_a_strangers_words_around_a_pinned_key_are_left_out() -> None:
    """Another validity or another name for the pinned key is a change by list."""
    de = ListPublisher("DE")
    home = Identity.new("CSCA", "SE")
    forged = csca(home, signer=Identity.new().key, end=END + timedelta(days=3650))
    made = holdings(de.publisher(forged), pins=pinned(csca(home)))
    assert left(resolve(made)) == {(HeldKind.LISTED, forged.sha256, LeftOutReason.HOME_STATE)}


def test_a_link_of_another_state_reaches_nothing() -> None:
    de = ListPublisher("DE")
    norway, home = Identity.new("CSCA", "NO"), Identity.new("CSCA", "SE")
    link, root = csca(home, norway), csca(home)
    made = holdings(de.publisher(link, root), pins=pinned(csca(norway), csca(Identity.new("CSCA", "SE"))))
    assert left(resolve(made)) == {(HeldKind.LISTED, one.sha256, LeftOutReason.HOME_STATE) for one in (link, root)}


def test_a_link_begins_inside_the_validity_of_the_old_key() -> None:
    de = ListPublisher("DE")
    old = Identity.new("CSCA", "SE")
    new = old.rekeyed()
    pin = csca(old, end=datetime(2024, 1, 1, tzinfo=UTC))
    for begins, counts in ((datetime(2024, 1, 1, tzinfo=UTC), True), (datetime(2024, 1, 2, tzinfo=UTC), False)):
        link = csca(new, old, start=begins)
        assert anchors(resolve(holdings(de.publisher(link), pins=pinned(pin)))) == (
            of(pin, link) if counts else of(pin)
        )


def test_at_most_five_links() -> None:
    de = ListPublisher("DE")
    _, roots, links = generations(MAX_LINKS + 2, "SE")
    resolution = resolve(holdings(de.publisher(*links, *roots), pins=pinned(roots[0])))
    assert anchors(resolution) == of(*links[:MAX_LINKS], *roots[: MAX_LINKS + 1])
    assert left(resolution) == {
        (HeldKind.LISTED, one.sha256, LeftOutReason.HOME_STATE) for one in (links[MAX_LINKS], roots[MAX_LINKS + 1])
    }


def test_many_namesakes_hide_no_link() -> None:
    de = ListPublisher("DE")
    (old, _), (pin, root), (link,) = generations(2, "SE")
    namesakes = [csca(old.rekeyed(), ski=old.key_identifier) for _ in range(40)]
    resolution = resolve(holdings(de.publisher(link, root, *namesakes), pins=pinned(pin)))
    assert anchors(resolution) == of(pin, link, root)


# --- CRLs (SECURITY.md 4.1, 4.3)


def test_a_link_from_a_revoked_key_reaches_nothing() -> None:
    de = ListPublisher("DE")
    (old, _), (pin, root), (link,) = generations(2, "SE")
    twin = csca(old, serial=4711)
    made = holdings(de.publisher(link, root, twin), pins=pinned(pin))
    assert anchors(resolve(made)) == of(pin, link, root, twin)
    for serial in (pin.serial, link.serial, twin.serial):
        revoked = resolve(replace(made, crls=(crl(old, revoked=(serial,)),)))
        assert anchors(revoked) == of(pin, twin)
        assert {one.reason for one in revoked.left_out} == {LeftOutReason.HOME_STATE}


def test_what_the_new_key_says_of_the_old_one_holds() -> None:
    """The old key is revoked by whom it handed over to: neither the link nor the old key is trusted any more."""
    de = ListPublisher("DE")
    (_, new), (pin, root), (link,) = generations(2, "SE")
    revoking = crl(new, revoked=(pin.serial,))
    resolution = resolve(holdings(de.publisher(link, root), pins=pinned(pin), crls=(revoking,)))
    assert anchors(resolution) == of(pin)
    assert [stored.crl.raw for stored in resolution.store.crls] == [revoking]


def test_crls_count_by_anchors_of_their_name() -> None:
    de = ListPublisher("DE")
    state = Identity.new("CSCA", "FR")
    namesake, delta = state.rekeyed(), (x509.DeltaCRLIndicator(1), True)
    good, old = crl(state, number=2, revoked=(1,)), crl(state, number=1)
    stranger, unusable = crl(namesake, number=9), crl(state, number=3, extra=(delta,))
    made = holdings(de.publisher(csca(state)), crls=(old, good, stranger, unusable, b"\x30\x00"))
    resolution = resolve(made)
    assert {stored.crl.raw for stored in resolution.store.crls} == {good, unusable}
    assert resolution.store.refused == {"crl_malformed": 1, "crl_superseded": 1, "crl_untrusted": 1}
    assert {one.state for one in resolution.left_out if one.reason is not LeftOutReason.CRL_MALFORMED} == {"FR"}
    assert sum(resolution.store.untrusted_crls.values()) == 1


def test_an_unusable_crl_revokes_no_key() -> None:
    de = ListPublisher("DE")
    (old, _), (pin, root), (link,) = generations(2, "SE")
    partial = crl(old, revoked=(pin.serial,), extra=((x509.DeltaCRLIndicator(1), True),))
    assert anchors(resolve(holdings(de.publisher(link, root), pins=pinned(pin), crls=(partial,)))) == of(
        pin, link, root
    )


# --- deviation lists (SECURITY.md 4.2)


def test_a_deviation_list_of_the_publishers_own_state() -> None:
    de = ListPublisher("DE")
    raw = de.deviations()
    published = Publisher("de", pinned(de.root), deviation_list=HeldList(raw, SIGNED, AT))
    resolution = resolve(holdings(published))
    assert resolution.store.deviations == (raw,)
    assert [found.state for found in resolution.store.deviation_lists] == ["DE"]
    assert resolution.left_out == ()


@pytest.mark.parametrize("case", ["foreign", "by_a_signer_of_master_lists", "malformed", "backdated"])
def test_deviation_lists_that_do_not_count(case: str) -> None:
    de, other = ListPublisher("DE"), ListPublisher("NL")
    raw = {"foreign": other.deviations(), "malformed": b"\x30\x00"}.get(case, de.deviations())
    if case == "by_a_signer_of_master_lists":
        de.deviation_signer = de.signer
        raw = de.deviations()
    signed_at = SIGNED - timedelta(days=1) if case == "backdated" else SIGNED
    published = Publisher("de", pinned(de.root), deviation_list=HeldList(raw, signed_at, AT))
    # that the other state's CSCA is an anchor makes its list no list of this publisher
    resolution = resolve(holdings(published, pins=pinned(other.root)))
    assert resolution.store.deviations == ()
    reason = LeftOutReason.DEVIATIONS_MALFORMED if case == "malformed" else LeftOutReason.DEVIATIONS_UNTRUSTED
    assert [(one.what, one.reason) for one in resolution.left_out] == [(HeldKind.DEVIATION_LIST, reason)]


# --- probation (SECURITY.md 4.4)


def test_one_publisher_alone_settles_nothing() -> None:
    de, same_state = ListPublisher("DE"), ListPublisher("DE")
    listed = csca(Identity.new("CSCA", "FR"))
    assert probation(resolve(holdings(de.publisher(listed)))) == of(listed)
    # two publishers of one state are one source under two names
    both = resolve(holdings(de.publisher(listed), same_state.publisher(listed, name="de-2")))
    assert probation(both) == of(listed)


@pytest.mark.parametrize("unclear", [(), ("DE", "FR")])
def test_a_publisher_without_one_state_is_no_second_source(unclear: tuple[str, ...]) -> None:
    de, nl = ListPublisher("DE"), ListPublisher(None if not unclear else "NL")
    cscas = (nl.root, *(csca(Identity.new("CSCA", country)) for country in unclear))
    listed = csca(Identity.new("CSCA", "PT"))
    second = replace(nl.publisher(listed, name="nl"), signer_cscas=pinned(*cscas))
    assert probation(resolve(holdings(de.publisher(listed), second))) == of(listed)


def test_two_independent_publishers_settle_a_key() -> None:
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    state, other = Identity.new("CSCA", "FR"), Identity.new("CSCA", "PT")
    # the same key in two certificates, one in each list
    one, two = csca(state, serial=1), csca(state, serial=2)
    # the same key for two states is not the same anchor
    as_france, as_portugal = csca(Identity(state.name, other.key)), csca(other)
    resolution = resolve(holdings(de.publisher(one, as_france), nl.publisher(two, as_portugal, name="nl")))
    assert anchors(resolution) == of(one, two, as_france, as_portugal)
    assert probation(resolution) == of(as_france, as_portugal)


def test_a_list_that_does_not_count_is_no_second_source() -> None:
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    listed = csca(Identity.new("CSCA", "FR"))
    untrusted = replace(nl.publisher(listed, name="nl"), signer_cscas=pinned(csca(Identity.new("CSCA", "NL"))))
    assert probation(resolve(holdings(de.publisher(listed), untrusted))) == of(listed)


@pytest.mark.parametrize("how", ["accepted", "settled"])
def test_a_decision_settles_a_key_and_what_links_reach(how: str) -> None:
    de = ListPublisher("DE")
    (first, *_), roots, links = generations(3)
    twin = csca(first, serial=4711)
    made = holdings(
        de.publisher(*roots, links[1], twin), others=pinned(links[0]), **{how: frozenset({roots[0].sha256})}
    )
    assert probation(resolve(made)) == set()
    # without the link from the first key, the later two are new
    assert probation(resolve(replace(made, others=()))) == of(roots[1], roots[2], links[1])
    assert probation(resolve(replace(made, **{how: frozenset()}))) == of(*roots, links[1], twin)


def test_links_of_a_revoked_key_settle_nothing() -> None:
    de = ListPublisher("DE")
    (first, _), (root, successor), (link,) = generations(2)
    made = holdings(de.publisher(root, successor, link), accepted=frozenset({root.sha256}))
    assert probation(resolve(made)) == set()
    revoked = replace(made, crls=(crl(first, revoked=(root.serial,)),))
    assert probation(resolve(revoked)) == of(successor, link)


def test_a_link_from_an_anchor_on_probation_settles_nothing() -> None:
    de = ListPublisher("DE")
    _, roots, links = generations(2)
    assert probation(resolve(holdings(de.publisher(*roots, *links)))) == of(*roots, *links)


def test_without_a_country_only_people_settle() -> None:
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    state = Identity.new("CSCA", None)
    root, link = csca(state), csca(state.rekeyed(), state)
    made = holdings(de.publisher(root, link), nl.publisher(root, name="nl"))
    assert probation(resolve(made)) == of(root, link)
    assert probation(resolve(replace(made, accepted=frozenset({root.sha256})))) == of(link)
    assert probation(resolve(replace(made, pins=pinned(root)))) == of(link)


def test_spellings_of_one_state_are_one_state() -> None:
    """Kosovo and the United Nations sign under two codes each (`SAME_ISSUER`), Lithuania once under three letters."""
    de = ListPublisher("DE")
    for one, two in (("KS", "XK"), ("ZZ", "UN"), ("LTU", "LT"), ("ro", "RO")):
        old = Identity.new("CSCA", one)
        new = Identity.new("CSCA", two)
        root, link = csca(old), csca(new, old)
        made = holdings(de.publisher(root, link), accepted=frozenset({root.sha256}))
        assert probation(resolve(made)) == set(), (one, two)


def test_a_certificate_that_may_not_issue_hands_nothing_over() -> None:
    de = ListPublisher("DE")
    old = Identity.new("CSCA", "SE")
    pin = issue(old, old, ca=False, usage=("key_cert_sign",))
    link = csca(old.rekeyed(), old)
    assert anchors(resolve(holdings(de.publisher(link), pins=pinned(pin)))) == of(pin)
