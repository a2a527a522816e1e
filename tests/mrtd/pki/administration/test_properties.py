"""What holds for all holdings, good, strange and hostile."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from mrtd.errors import MrtdError
from mrtd.pki.administration import (
    ProposalError,
    Resolution,
    diff,
    resolve,
    take_crls,
    take_links,
    take_lists,
    take_signers,
)
from mrtd.pki.certificate import Certificate
from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.pki.holdings_codec import decode, encode
from mrtd.pki.sources import read_source
from mrtd.pki.trust_store import AnchorKind
from tests.budgets import light
from tests.mrtd.pki.administration.build import SIGNED, ListPublisher, holdings, pinned
from tests.mrtd.pki.mutations import deeply_mutated
from tests.mrtd.pki.support import AT, Identity, crl, csca, dsc

#: Each example signs lists and makes stores of them, which takes as long as a dozen of other ones.
stores = settings(light, max_examples=light.max_examples // 4)
BROKEN = b"\x30\x00"


def _family(country: str | None) -> tuple[list[Identity], list[Certificate]]:
    """Three generations, the links between them, a re-issue of the first, and a stranger of the same name."""
    first = Identity.new("CSCA", country)
    second = first.rekeyed()
    third = second.rekeyed()
    stranger = first.rekeyed()
    made = [
        csca(first),
        csca(second, first),
        csca(second),
        csca(third, second),
        csca(third),
        csca(first),
        csca(stranger),
    ]
    return [first, second, third], made


FAMILIES = [_family(country) for country in ("SE", "FR", "PT", None)]
IDENTITIES = [identity for identities, _ in FAMILIES for identity in identities]
CERTIFICATES = [certificate for _, certificates in FAMILIES for certificate in certificates]
BY_HASH = {certificate.sha256: certificate for certificate in CERTIFICATES}
PUBLISHERS = {"de": ListPublisher("DE"), "de-2": ListPublisher("DE"), "nl": ListPublisher("NL")}
CRLS = [
    crl(identity, number=number, revoked=revoked)
    for identity in IDENTITIES
    for number, revoked in ((1, ()), (2, (CERTIFICATES[0].serial, CERTIFICATES[7].serial)))
]
SIGNERS = [dsc(IDENTITIES[0]), dsc(IDENTITIES[3])]

certificates = st.lists(st.sampled_from(CERTIFICATES), unique_by=lambda one: one.sha256, max_size=7)
few = st.lists(st.sampled_from(CERTIFICATES), unique_by=lambda one: one.sha256, max_size=2)
fingerprints = st.sets(st.sampled_from(sorted(BY_HASH)), max_size=4).map(frozenset)


@st.composite
def held(draw: st.DrawFn) -> Holdings:
    publishers = [
        PUBLISHERS[name].publisher(*draw(certificates), name=name)
        for name in draw(st.lists(st.sampled_from(sorted(PUBLISHERS)), unique=True))
    ]
    return holdings(
        *publishers,
        pins=(*pinned(*draw(few)), *draw(st.sampled_from([(), (BROKEN,)]))),
        others=pinned(*draw(few)),
        signers=pinned(*draw(st.lists(st.sampled_from(SIGNERS), max_size=2))),
        crls=tuple(draw(st.lists(st.sampled_from(CRLS), max_size=3))),
        accepted=draw(fingerprints),
        settled=draw(fingerprints),
        distrusted=dict.fromkeys(draw(st.sets(st.sampled_from(sorted(BY_HASH)), max_size=1)), "stolen"),
    )


def anchors(resolution: Resolution) -> set[str]:
    return {anchor.sha256 for anchor in resolution.store.anchors}


def probation(resolution: Resolution) -> set[str]:
    return {anchor.sha256 for anchor in resolution.store.anchors if anchor.provenance.probation}


@stores
@given(held())
def test_nothing_is_left_out_silently_and_the_store_is_always_the_same(made: Holdings) -> None:
    resolution = resolve(made)
    again = resolve(decode(encode(made)))
    assert (again.store, again.store.digest, again.left_out) == (
        resolution.store,
        resolution.store.digest,
        resolution.left_out,
    )
    named = {one.sha256 for one in resolution.left_out}
    offered = {certificate.sha256 for raw in made.pins for certificate in BY_HASH.values() if certificate.raw == raw}
    for publisher in made.publishers.values():
        assert publisher.master_list is not None
        offered |= {one.sha256 for one in CERTIFICATES if one.raw in publisher.master_list.raw}
    assert offered <= anchors(resolution) | named
    assert anchors(resolution) <= offered
    assert not anchors(resolution) & set(made.distrusted)
    kept = {stored.crl.raw for stored in resolution.store.crls}
    assert len({*made.crls} - kept) == sum(one.what == "crl" for one in resolution.left_out)
    assert diff(resolution.store, again.store).to_json()["anchors"] == {"added": {}, "removed": {}, "changed": {}}


@stores
@given(held())
def test_the_home_state_rests_on_pins(made: Holdings) -> None:
    """With no pin of it, no list, decision or link makes an anchor of the home state."""
    without = replace(made, pins=tuple(raw for raw in made.pins if raw not in {one.raw for one in FAMILIES[0][1]}))
    store = resolve(without).store
    assert all(anchor.certificate.country != "SE" for anchor in store.anchors)
    for anchor in resolve(made).store.anchors:
        if anchor.provenance.kind is AnchorKind.PIN or anchor.certificate.country == "SE":
            assert not anchor.provenance.probation


@stores
@given(held(), fingerprints)
def test_accepting_changes_no_anchor_and_adds_no_probation(made: Holdings, more: frozenset[str]) -> None:
    before, after = resolve(made), resolve(replace(made, accepted=made.accepted | more))
    assert anchors(after) == anchors(before)
    assert probation(after) <= probation(before) - more


@stores
@given(certificates, certificates, certificates, few)
def test_publishers_of_one_state_settle_nothing(
    one: list[Certificate], two: list[Certificate], three: list[Certificate], others: list[Certificate]
) -> None:
    """Whatever lists it signs and under how many names: without a decision or another state all is on probation."""
    made = holdings(
        PUBLISHERS["de"].publisher(*one),
        PUBLISHERS["de-2"].publisher(*two, name="de-2"),
        others=pinned(*others),
    )
    resolution = resolve(made)
    assert probation(resolution) == anchors(resolution)
    raw = PUBLISHERS["de"].list(*three, signed_at=SIGNED.replace(month=11))
    later = resolve(take_lists(made, "de", [raw], AT).holdings)
    assert probation(later) == anchors(later)


FILES = [
    CERTIFICATES[1].raw,
    SIGNERS[0].raw,
    CRLS[1],
    PUBLISHERS["de"].list(*CERTIFICATES[7:12]),
    PUBLISHERS["de"].deviations(),
]


@stores
@given(deeply_mutated(FILES), held())
def test_hostile_octets_are_left_out(raw: bytes, made: Holdings) -> None:
    """Whatever stands in holdings, there is a store; offered from outside, there is a typed error at most."""
    hostile = HeldList(raw, SIGNED, AT)
    strange = Publisher("strange", (raw, PUBLISHERS["de"].root.raw), None, hostile, hostile)
    mixed = replace(
        made,
        pins=(*made.pins, raw),
        others=(*made.others, raw),
        signers=(*made.signers, raw),
        crls=(*made.crls, raw),
        publishers={**made.publishers, "strange": strange},
    )
    assert anchors(resolve(mixed)) <= {*BY_HASH, hashlib.sha256(raw).hexdigest()}
    with suppress(ProposalError):
        take_lists(mixed, "strange", [raw], AT)
    try:
        offered = [found] if (found := read_source(raw, "file")) else []
    except MrtdError:
        return
    for take in (
        lambda: take_crls(made, offered, AT),
        lambda: take_links(made, offered),
        lambda: take_signers(made, offered),
    ):
        with suppress(ProposalError):
            take()
