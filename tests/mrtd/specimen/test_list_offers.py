"""Lists that are offered to an administration: what it takes, and that the rest makes no anchor by any other way."""

from __future__ import annotations

import hashlib

import pytest
from asn1crypto import cms

from mrtd.errors import MrtdError
from mrtd.pki.administration import LeftOutReason, ProposalError, resolve, take_lists
from mrtd.pki.sources import read_source
from mrtd.specimen.list_offers import OFFERS, PUBLISHER, Offer
from mrtd.specimen.recipe import AT, Setting

SETTING = Setting()
TAKEN = [offer for offer in OFFERS.values() if offer.code is None]
REFUSED = [offer for offer in OFFERS.values() if offer.code is not None]
#: Wrong in themselves; the others are refused for what is active, or for the clock.
BY_THE_SIGNER = [offer for offer in REFUSED if offer.code == "list_signer" and "deviations" not in offer.name]


def of_utopia(certificates: tuple[str, ...]) -> bool:
    return hashlib.sha256(SETTING.issuer().csca_certificate).hexdigest() in certificates


@pytest.mark.parametrize("offer", TAKEN, ids=lambda offer: offer.name)
def test_what_is_taken(offer: Offer) -> None:
    held, offered = offer.active(SETTING), offer.offered(SETTING)
    taken = take_lists(held, PUBLISHER, [offered], AT)
    publisher = taken.holdings.publishers[PUBLISHER]
    assert offered in [one.raw for one in (publisher.master_list, publisher.deviation_list) if one is not None]
    assert taken.left_out == ()


@pytest.mark.parametrize("offer", REFUSED, ids=lambda offer: offer.name)
def test_what_is_refused(offer: Offer) -> None:
    with pytest.raises(ProposalError) as refused:
        take_lists(offer.active(SETTING), PUBLISHER, [offer.offered(SETTING)], AT)
    reason = refused.value.reason
    assert (refused.value.code, None if reason is None else reason.value) == (offer.code, offer.reason)


def test_nobody_publishes_under_an_unknown_name() -> None:
    with pytest.raises(MrtdError) as refused:
        take_lists(OFFERS["good"].active(SETTING), "yy", [OFFERS["good"].offered(SETTING)], AT)
    assert refused.value.code == "publisher_unknown"


@pytest.mark.parametrize("offer", BY_THE_SIGNER, ids=lambda offer: offer.name)
def test_a_list_that_was_written_past_the_import_makes_no_anchor(offer: Offer) -> None:
    resolution = resolve(offer.written_past(SETTING))
    assert resolution.store.anchors == ()
    assert LeftOutReason.LIST_UNTRUSTED in {one.reason for one in resolution.left_out}


def test_the_good_list_makes_anchors() -> None:
    """The control of the test above."""
    store = resolve(OFFERS["good"].written_past(SETTING)).store
    assert of_utopia(tuple(anchor.sha256 for anchor in store.anchors))
    assert len(store.anchors) == 2


def test_the_older_list_has_what_the_active_one_lacks() -> None:
    offer = OFFERS["older"]
    assert not of_utopia(tuple(anchor.sha256 for anchor in resolve(offer.active(SETTING)).store.anchors))
    source = read_source(offer.offered(SETTING), "UTO.ml")
    assert source is not None
    assert SETTING.issuer().csca_certificate in source.certificates
    # it says itself when it was signed, so that writing it in under a later date does not help either
    assert resolve(offer.written_past(SETTING)).store.anchors == ()


@pytest.mark.parametrize(("name", "dated"), [("good", True), ("undated", False)])
def test_signing_time_by_asn1crypto(name: str, dated: bool) -> None:
    signed = cms.ContentInfo.load(OFFERS[name].offered(SETTING))["content"]
    attributes = {attribute["type"].native for attribute in signed["signer_infos"][0]["signed_attrs"]}
    assert ("signing_time" in attributes) is dated
