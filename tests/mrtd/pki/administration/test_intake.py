"""Lists, CRLs, signers and links, taken and refused (SECURITY.md 4.2, 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509

from mrtd.inspection.reason import Reason
from mrtd.pki.administration import (
    HeldKind,
    LeftOutReason,
    ProposalError,
    resolve,
    take_crls,
    take_links,
    take_lists,
    take_signers,
)
from mrtd.pki.certificate import Certificate
from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.pki.holdings_codec import decode, encode
from mrtd.pki.sources import Source
from tests.mrtd.pki.administration.build import SIGNED, ListPublisher, holdings, pinned
from tests.mrtd.pki.support import AT, Identity, crl, csca, dsc, issue, source
from tests.mrtd.pki.test_sources import content

FRANCE = csca(Identity.new("CSCA", "FR"))
DAY = timedelta(days=1)


def refused(use: Callable[[], object]) -> tuple[str, Reason | None]:
    with pytest.raises(ProposalError) as raised:
        use()
    return raised.value.code, raised.value.reason


def following(de: ListPublisher, **lists: HeldList) -> Holdings:
    return holdings(Publisher("de", pinned(de.root), **lists))


# --- lists


def test_a_master_list_and_a_deviation_list() -> None:
    de = ListPublisher()
    raw, deviations = de.list(FRANCE), de.deviations()
    before = following(de)
    taken = take_lists(before, "de", [raw, deviations, raw], AT + timedelta(microseconds=5))
    assert taken.left_out == ()
    publisher = taken.holdings.publishers["de"]
    assert publisher.master_list == HeldList(raw, SIGNED, AT)
    assert publisher.deviation_list == HeldList(deviations, SIGNED, AT)
    assert before == following(de)
    assert decode(encode(taken.holdings)) == taken.holdings
    assert [anchor.sha256 for anchor in resolve(taken.holdings).store.anchors] == [FRANCE.sha256]


def test_times_are_kept_in_utc() -> None:
    de = ListPublisher()
    local = AT.astimezone(timezone(timedelta(hours=2)))
    held = take_lists(following(de), "de", [de.list(FRANCE)], local).holdings.publishers["de"].master_list
    assert held is not None
    assert (held.judged_at, held.judged_at.tzinfo) == (AT, UTC)


def test_the_next_list_replaces_the_active_one_and_an_older_one_never() -> None:
    de = ListPublisher()
    old, new = de.list(FRANCE, signed_at=SIGNED), de.list(signed_at=SIGNED + DAY)
    same_time = de.list(signed_at=SIGNED)
    first = take_lists(following(de), "de", [old], AT).holdings
    second = take_lists(first, "de", [new], AT).holdings
    assert second.publishers["de"].master_list == HeldList(new, SIGNED + DAY, AT)
    assert refused(lambda: take_lists(second, "de", [old], AT)) == ("list_older", None)
    assert refused(lambda: take_lists(first, "de", [same_time], AT)) == ("list_older", None)
    assert refused(lambda: take_lists(second, "de", [new], AT)) == ("list_unchanged", None)


def test_deviation_lists_have_an_order_of_their_own() -> None:
    de = ListPublisher()
    first = take_lists(following(de), "de", [de.list(FRANCE, signed_at=SIGNED + DAY)], AT).holdings
    second = take_lists(first, "de", [de.deviations()], AT).holdings
    assert second.publishers["de"].master_list == first.publishers["de"].master_list
    older = de.deviations(signed_at=SIGNED - DAY)
    assert refused(lambda: take_lists(second, "de", [older], AT)) == ("list_older", None)


@pytest.mark.parametrize(("ahead", "taken"), [(DAY, True), (DAY + timedelta(seconds=1), False)])
def test_a_list_from_the_future(ahead: timedelta, taken: bool) -> None:
    """It would keep every later list out."""
    de = ListPublisher()
    raw = de.list(FRANCE, signed_at=AT + ahead)
    if taken:
        assert take_lists(following(de), "de", [raw], AT).holdings.publishers["de"].master_list is not None
    else:
        assert refused(lambda: take_lists(following(de), "de", [raw], AT)) == ("list_from_the_future", None)


def by_dsc(de: ListPublisher) -> bytes:
    de.signer = issue(de.key, de.state, usage=("digital_signature",))
    return de.list(FRANCE)


def by_deviation_signer(de: ListPublisher) -> bytes:
    return de.list(FRANCE, signer=de.deviation_signer)


def by_another_state(de: ListPublisher) -> bytes:
    return ListPublisher("NL").list(FRANCE)


def by_an_impostor(de: ListPublisher) -> bytes:
    """A namesake of the state, who lists its own CSCA."""
    impostor = ListPublisher("DE")
    return impostor.list(FRANCE, impostor.root)


def tampered(de: ListPublisher) -> bytes:
    raw = de.list(FRANCE)
    assert raw.count(FRANCE.raw) == 1
    return raw.replace(FRANCE.raw, FRANCE.raw[:-1] + bytes([FRANCE.raw[-1] ^ 1]))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (by_dsc, Reason.EXTENDED_KEY_USAGE),
        (by_deviation_signer, Reason.EXTENDED_KEY_USAGE),
        (by_another_state, Reason.NO_CSCA),
        (by_an_impostor, Reason.NO_CSCA),
        (tampered, Reason.MISMATCH),
    ],
)
def test_signers_that_do_not_count(make: Callable[[ListPublisher], bytes], reason: Reason) -> None:
    de = ListPublisher()
    raw = make(de)
    assert refused(lambda: take_lists(following(de), "de", [raw], AT)) == ("list_signer", reason)


def test_what_is_an_anchor_or_pinned_elsewhere_vouches_for_no_list() -> None:
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    made = holdings(
        Publisher("de", pinned(de.root)),
        Publisher("nl", pinned(nl.root)),
        pins=pinned(nl.root),
        others=(nl.root.raw,),
    )
    raw = nl.list(FRANCE)
    assert refused(lambda: take_lists(made, "de", [raw], AT)) == ("list_signer", Reason.NO_CSCA)
    nobody = holdings(Publisher("nl"), pins=pinned(nl.root))
    assert refused(lambda: take_lists(nobody, "nl", [raw], AT)) == ("list_signer", Reason.NO_TRUST_ANCHOR)
    distrusted = replace(made, distrusted={nl.root.sha256: "stolen"})
    assert refused(lambda: take_lists(distrusted, "nl", [raw], AT)) == ("list_signer", Reason.NO_TRUST_ANCHOR)


@pytest.mark.parametrize(
    ("at", "reason"),
    [(datetime(2025, 12, 31, tzinfo=UTC), Reason.NOT_YET_VALID), (datetime(2026, 12, 2, tzinfo=UTC), Reason.EXPIRED)],
)
def test_the_signer_is_valid_at_the_import(at: datetime, reason: Reason) -> None:
    de = ListPublisher(start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 12, 1, tzinfo=UTC))
    raw = de.list(FRANCE)
    assert refused(lambda: take_lists(following(de), "de", [raw], at)) == ("list_signer", reason)


def test_a_revoked_signer() -> None:
    de = ListPublisher()
    raw = de.list(FRANCE)
    revoked = crl(de.state, revoked=(de.signer.serial,))
    namesake = crl(de.state.rekeyed(), revoked=(de.signer.serial,))
    assert take_lists(replace(following(de), crls=(namesake,)), "de", [raw], AT).left_out == ()
    made = replace(following(de), crls=(revoked,))
    assert refused(lambda: take_lists(made, "de", [raw], AT)) == ("list_signer", Reason.REVOKED)


def test_a_deviation_list_for_another_state() -> None:
    """Its signer chains to no CSCA of the publisher, so it is none of this publisher's."""
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    raw = nl.deviations()
    assert refused(lambda: take_lists(following(de), "de", [raw], AT)) == ("list_signer", Reason.NO_CSCA)


def test_what_is_no_signed_list() -> None:
    de = ListPublisher()
    made = following(de)
    assert refused(lambda: take_lists(made, "de", [content(FRANCE.raw)], AT)) == ("list_unsigned", None)
    assert refused(lambda: take_lists(made, "de", [de.list(signed_at=None)], AT)) == ("list_undated", None)
    assert refused(lambda: take_lists(made, "de", [de.deviations(signed_at=None)], AT)) == ("list_undated", None)
    for times in (("261001000000Z", "261001000000Z"), ("not a time",)):
        raw = de.list(signed_at=None, signing_times=times)
        assert refused(lambda raw=raw: take_lists(made, "de", [raw], AT)) == ("list_undated", None)
    assert refused(lambda: take_lists(made, "de", [FRANCE.raw], AT)) == ("list_malformed", None)
    assert refused(lambda: take_lists(made, "de", [], AT)) == ("no_list", None)
    assert refused(lambda: take_lists(made, "nl", [de.list(FRANCE)], AT)) == ("publisher_unknown", None)


def test_of_many_lists_the_publishers_own() -> None:
    """As a directory of all states holds them."""
    de, nl = ListPublisher("DE"), ListPublisher("NL")
    foreign, foreign_deviations, bare = nl.list(FRANCE), nl.deviations(), content(FRANCE.raw)
    taken = take_lists(following(de), "de", [foreign, de.list(FRANCE), foreign_deviations, bare, b"\x30\x00"], AT)
    assert taken.holdings.publishers["de"].master_list is not None
    assert {(one.what, one.reason, one.because) for one in taken.left_out} == {
        (HeldKind.MASTER_LIST, LeftOutReason.LIST_UNTRUSTED, Reason.NO_CSCA),
        (HeldKind.DEVIATION_LIST, LeftOutReason.DEVIATIONS_UNTRUSTED, Reason.NO_CSCA),
        (HeldKind.MASTER_LIST, LeftOutReason.LIST_UNTRUSTED, None),
        (HeldKind.MASTER_LIST, LeftOutReason.LIST_MALFORMED, None),
    }
    two = [de.list(FRANCE), de.list()]
    assert refused(lambda: take_lists(following(de), "de", two, AT)) == ("several_lists", None)


def test_errors_name_the_publisher_and_the_reason_only() -> None:
    de = ListPublisher()
    with pytest.raises(ProposalError) as raised:
        take_lists(following(de), "de", [by_another_state(de)], AT)
    assert str(raised.value) == "de: list_signer: no_csca"


# --- CRLs


def crl_source(*crls: bytes) -> Source:
    return source(crls=crls)


def with_anchor(*certificates: Certificate, **members: object) -> Holdings:
    return holdings(pins=pinned(*certificates), **members)


def test_crls_of_anchors_are_taken_and_superseded_ones_go() -> None:
    state = Identity.new("CSCA", "FR")
    one, two, three = (crl(state, number=number) for number in (1, 2, 3))
    first = take_crls(with_anchor(csca(state)), [crl_source(two)], AT).holdings
    assert first.crls == (two,)
    second = take_crls(first, [crl_source(three, two)], AT)
    assert (second.holdings.crls, second.left_out) == ((three,), ())
    assert refused(lambda: take_crls(second.holdings, [crl_source(one)], AT)) == ("crl_older", None)
    assert refused(lambda: take_crls(second.holdings, [crl_source(three)], AT)) == ("unchanged", None)
    assert refused(lambda: take_crls(second.holdings, [], AT)) == ("unchanged", None)


def test_each_key_of_a_name_keeps_a_crl_of_its_own() -> None:
    old = Identity.new("CSCA", "FR")
    new = old.rekeyed()
    of_old, of_new = crl(old, number=7), crl(new, number=2)
    made = with_anchor(csca(old), csca(new), crls=(of_old,))
    assert set(take_crls(made, [crl_source(of_new)], AT).holdings.crls) == {of_old, of_new}


def test_crls_that_are_not_taken() -> None:
    state = Identity.new("CSCA", "FR")
    made = with_anchor(csca(state))
    namesake = crl(state.rekeyed(), number=9)
    begins_later = crl(state, number=9, this_update=AT + timedelta(seconds=1))
    assert refused(lambda: take_crls(made, [crl_source(namesake)], AT)) == ("crl_untrusted", None)
    assert refused(lambda: take_crls(made, [crl_source(begins_later)], AT)) == ("crl_from_the_future", None)
    assert refused(lambda: take_crls(made, [crl_source(b"\x30\x00")], AT)) == ("crl_malformed", None)
    good, older = crl(state, number=3, this_update=AT), crl(state, number=2)
    taken = take_crls(made, [crl_source(namesake, begins_later), crl_source(b"\x30\x00", older, good)], AT)
    assert taken.holdings.crls == (good,)
    assert {one.reason for one in taken.left_out} == {
        LeftOutReason.CRL_UNTRUSTED,
        LeftOutReason.CRL_FROM_THE_FUTURE,
        LeftOutReason.CRL_MALFORMED,
        LeftOutReason.CRL_SUPERSEDED,
    }


def test_what_is_untrusted_for_now_stays_held() -> None:
    """A CRL whose anchor went counts again when the anchor comes back."""
    gone, state = Identity.new("CSCA", "PT"), Identity.new("CSCA", "FR")
    held, new = crl(gone), crl(state)
    assert take_crls(with_anchor(csca(state), crls=(held,)), [crl_source(new)], AT).holdings.crls == (held, new)


def test_an_unusable_crl_supersedes_no_usable_one() -> None:
    state = Identity.new("CSCA", "FR")
    complete = crl(state, number=1)
    delta = crl(state, number=2, extra=((x509.DeltaCRLIndicator(1), True),))
    made = with_anchor(csca(state), crls=(complete,))
    assert set(take_crls(made, [crl_source(delta)], AT).holdings.crls) == {complete, delta}


# --- signers and links


def test_signers_come_apart_from_documents() -> None:
    state = Identity.new("CSCA", "FR")
    one, two, root = dsc(state), dsc(state), csca(state)
    taken = take_signers(holdings(signers=(one.raw,)), [source(one, two, root), source(two)])
    assert taken.holdings.signers == (one.raw, two.raw)
    assert [(one.what, one.sha256, one.reason, one.state) for one in taken.left_out] == [
        (HeldKind.SIGNER, root.sha256, LeftOutReason.NOT_A_DSC, "FR")
    ]
    assert resolve(taken.holdings).store.anchors == ()
    assert refused(lambda: take_signers(taken.holdings, [source(two)])) == ("unchanged", None)
    assert refused(lambda: take_signers(holdings(), [source(root)])) == ("not_a_dsc", None)
    list_signer = ListPublisher().signer
    assert refused(lambda: take_signers(holdings(), [source(list_signer)])) == ("not_a_dsc", None)


def test_links_make_no_anchor() -> None:
    old = Identity.new("CSCA", "FR")
    link, signer = csca(old.rekeyed(), old), dsc(old)
    broken = replace(source(link, signer), certificates=(link.raw, signer.raw, b"\x30\x00"))
    taken = take_links(with_anchor(csca(old)), [broken])
    assert taken.holdings.others == (link.raw,)
    assert {one.reason for one in taken.left_out} == {LeftOutReason.NOT_A_CA, LeftOutReason.MALFORMED}
    store = resolve(taken.holdings).store
    assert [entry.sha256 for entry in store.others] == [link.sha256]
    assert len(store.anchors) == 1
    assert refused(lambda: take_links(taken.holdings, [source(link)])) == ("unchanged", None)
    assert refused(lambda: take_links(holdings(), [source(signer)])) == ("not_a_ca", None)
    assert refused(lambda: take_links(holdings(), [source(csca(Identity.new("CSCA", "UT")))])) == ("test_state", None)


def test_no_more_members_than_holdings_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mrtd.pki.administration.intake.MAX_MEMBERS", 1)
    state = Identity.new("CSCA", "FR")
    assert refused(lambda: take_signers(holdings(), [source(dsc(state), dsc(state))])) == ("too_many", None)
