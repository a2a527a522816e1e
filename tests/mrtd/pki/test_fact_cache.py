"""The memory of earlier searches keeps facts and changes no result (SECURITY.md 3.9)."""

from __future__ import annotations

from datetime import timedelta

from mrtd.inspection import POLICIES, inspect, judge
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki.fact_cache import FactCache
from mrtd.pki.path import build_path
from mrtd.specimen.chip import SpecimenChip
from tests.mrtd.inspection import documents
from tests.mrtd.pki.support import AT, END, START, Identity, crl, csca, dsc, new_key
from tests.mrtd.pki.test_path import store


def test_a_cache_changes_no_result() -> None:
    old, other = Identity.new(), Identity.new("B")
    new = old.rekeyed()
    documents = [dsc(old), dsc(new), dsc(other), dsc(old, signer=new_key()), dsc(Identity.new("C"))]
    trusted = store(csca(old), others=(csca(new, old),))
    cache = FactCache("software")
    for _ in range(2):
        for signer in documents:
            assert build_path(signer, trusted, AT, cache) == build_path(signer, trusted, AT)
    assert cache.hits > 0
    assert cache.misses > 0


def test_a_cache_keeps_facts_and_no_status() -> None:
    """One DSC at two times, and after a CRL import: each is judged by what holds then."""
    old = Identity.new()
    new = old.rekeyed()
    root, link = csca(old), csca(new, old)
    signer = dsc(new)
    cache = FactCache("software")
    trusted = store(root, others=(link,))
    assert build_path(signer, trusted, AT, cache).status is CheckStatus.PASSED
    revoked = store(root, others=(link,), crls=(crl(old, revoked=(link.serial,)),))
    found = build_path(signer, revoked, AT, cache)
    assert (found.reason, found.facts["link"]) == (Reason.LINK_NOT_TRUSTED, "revoked")
    twins = [csca(new, start=START, end=end, serial=number) for number, end in enumerate((AT, END), start=1)]
    both = store(*twins)
    early, late = build_path(signer, both, AT, cache), build_path(signer, both, AT + timedelta(days=1), cache)
    assert early == build_path(signer, both, AT)
    assert late == build_path(signer, both, AT + timedelta(days=1))


def test_a_cache_is_of_one_store_and_one_software() -> None:
    state = Identity.new()
    signer, cache = dsc(state), FactCache("software")
    assert build_path(signer, store(csca(state)), AT, cache).status is CheckStatus.PASSED
    assert build_path(signer, store(csca(Identity.new("B"))), AT, cache).status is CheckStatus.INDETERMINATE
    assert build_path(signer, store(csca(state, issuer=None, serial=7)), AT, cache).anchor is not None


def test_a_cache_is_bounded_and_failures_push_out_only_failures() -> None:
    cache = FactCache("software", found=2, not_found=2)
    state = Identity.new()
    trusted = store(csca(state))
    signers = [dsc(state) for _ in range(3)]
    strangers = [dsc(Identity.new("B")) for _ in range(5)]
    for signer in (*signers, *strangers):
        build_path(signer, trusted, AT, cache)
    assert len(cache) == 4
    before = cache.hits
    build_path(signers[-1], trusted, AT, cache)
    assert cache.hits == before + 1, "the strangers did not push it out"


def test_one_dsc_under_two_policies_two_times_and_after_a_crl() -> None:
    """The words of SECURITY.md 3.9, on a whole document."""
    document, issuer = documents.genuine_document(), documents.genuine_issuer()
    cache = FactCache("software")
    without, with_crl = documents.trust_in(issuer, crl=False), documents.trust_in(issuer)
    for trust in (without, with_crl):
        for at in (documents.AT, documents.AT + timedelta(days=3650)):
            evidence, mrz = SpecimenChip(document).evidence(), documents.printed(document)
            cold = inspect(evidence, mrz, trust, at)
            for _ in range(2):
                warm = inspect(evidence, mrz, trust, at, cache=cache)
                assert warm.canonical() == cold.canonical()
                for policy in POLICIES.values():
                    assert judge(warm, policy) == judge(cold, policy)
    assert cache.hits >= 4
