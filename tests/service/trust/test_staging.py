"""The draft: what gets in, what is refused and why, and how it becomes the store in use."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mrtd.pki.administration import ProposalError
from mrtd.specimen import authorities
from mrtd.specimen.issuer import SpecimenIssuer
from service import wiring
from service.domain.trust import Actor, TrustError, TrustProblem
from service.usecases.trust_import import Offered, Use
from service.usecases.trust_recording import TrustChange
from tests.service.conftest import NOW
from tests.service.trust.world import ANNA, BERTIL, Office, list_of


def codes(imported) -> list[tuple[str, str, str]]:
    return [(one.kind.value, one.code, one.detail) for one in imported.refused]


def refused(do) -> TrustProblem:
    with pytest.raises(TrustError) as error:
        do()
    return error.value.code


def anchors(office: Office) -> set[tuple[str, str, bool]]:
    store = office.trust.show().draft_store
    assert store is not None
    return {(one.sha256, one.provenance.source, one.provenance.probation) for one in store.anchors}


def test_a_signed_list_of_a_pinned_publisher(office: Office, issuer: SpecimenIssuer) -> None:
    imported = office.lists(issuer, list_of(issuer), issuer.crl)
    assert codes(imported) == []
    assert [(one.kind, one.count) for one in imported.taken] == [
        (Offered.PUBLISHER, 1),
        (Offered.LIST, 1),
        (Offered.CRL, 1),
    ]
    draft = imported.staged.draft
    assert draft is not None
    assert (draft.based_on, draft.staged_by, draft.staged_at) == (None, "anna", NOW)
    # one publisher alone: new anchors are on probation until two people accept them (SECURITY.md 4.4)
    ((fingerprint, source, probation),) = anchors(office)
    assert (source, probation) == ("uto", True)
    assert imported.staged.difference.states_gained == ("UT",)
    office.trust.decide.accept(ANNA, [fingerprint])
    assert anchors(office) == {(fingerprint, "uto", False)}
    activation = office.activate()
    assert (activation.first, activation.second, activation.previous) == ("anna", "bertil", None)
    assert office.trust.show().active == activation


def test_what_may_not_come_in(office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer) -> None:
    """Each with its own code; nothing of it is in the draft."""
    office.lists(issuer, list_of(issuer))
    before = office.trust.show().draft
    stranger = list_of(others, signed_at=NOW)
    by_dsc = authorities.master_list((issuer.csca_certificate,), authorities.dsc_as_list_signer(issuer), NOW)
    older = list_of(issuer, others.csca_certificate, signed_at=NOW - timedelta(days=11))
    tomorrow = list_of(issuer, signed_at=NOW + timedelta(days=2))
    bare = authorities.master_list_content((issuer.csca_certificate,))
    imported = office.lists(issuer, stranger, by_dsc, older, tomorrow, bare, others.crl, list_of(issuer))
    assert codes(imported) == [
        ("list", "list_signer", "no_csca"),
        ("list", "list_signer", "extended_key_usage"),
        ("list", "list_older", ""),
        ("list", "list_from_the_future", ""),
        ("list", "list_unsigned", ""),
        ("list", "list_unchanged", ""),
        ("crl", "crl_untrusted", ""),
    ]
    assert imported.taken == ()
    assert imported.staged.draft == office.trust.show().draft == before


def test_somebody_must_say_what_it_is_for(office: Office, issuer: SpecimenIssuer) -> None:
    """A CSCA that lies in a folder becomes nothing by itself, nor does a list without its publisher."""
    imported = office.imports(issuer.csca_certificate, list_of(issuer))
    assert codes(imported) == [("certificate", "use_not_said", ""), ("list", "publisher_not_said", "")]
    assert imported.staged.draft is None
    assert office.trust.show().draft is None
    assert codes(office.imports(list_of(issuer), publisher="uto")) == [("list", "publisher_unknown", "")]


def test_a_list_cannot_vouch_for_its_own_signer(office: Office, issuer: SpecimenIssuer, others) -> None:
    """The CSCA of the signer stands in the list only; another one is pinned for the publisher."""
    imported = office.lists(others, list_of(issuer))
    assert [code for _, code, _ in codes(imported)] == ["list_signer"]


def test_the_content_says_what_a_file_is(office: Office, issuer: SpecimenIssuer) -> None:
    imported = office.imports(issuer.dsc_certificate, issuer.csca_certificate, issuer.crl, use=Use.PIN)
    assert codes(imported) == []
    store = office.trust.show().draft_store
    assert (len(store.anchors), len(store.signers), len(store.crls)) == (1, 1, 1)


def test_for_links_alone(office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer) -> None:
    office.pins(issuer.csca_certificate)
    link = authorities.link(issuer, others)
    imported = office.imports(link, use=Use.LINKS)
    assert [(one.kind, one.count) for one in imported.taken] == [(Offered.LINK, 1)]
    store = office.trust.show().draft_store
    assert (len(store.anchors), len(store.others)) == (1, 1)


def test_a_draft_is_begun_from_the_store_in_use(office: Office, issuer: SpecimenIssuer, others) -> None:
    office.lists(issuer, list_of(issuer))
    office.trust.decide.accept(ANNA, None)
    first = office.activate()
    later = list_of(issuer, issuer.csca_certificate, others.csca_certificate, signed_at=NOW)
    staged = office.lists(issuer, later).staged
    assert staged.draft.based_on == first.digest
    # what was in use without probation is not new any more; the other key is
    assert sorted(probation for _, _, probation in anchors(office)) == [False, True]
    assert [line.provenance.probation for line in staged.difference.anchors_added] == [True]


def test_discard(office: Office, issuer: SpecimenIssuer) -> None:
    assert refused(lambda: office.trust.discard(ANNA)) is TrustProblem.NO_DRAFT
    office.pins(issuer.csca_certificate)
    office.trust.discard(ANNA)
    assert office.trust.show().draft is None


def test_someone_activates_between(office: Office, issuer: SpecimenIssuer, others, administered, clock) -> None:
    """A change that was begun from a store that is not in use any more is refused, and so is its activation."""
    beside = wiring.administer_trust(administered, clock=clock)
    office.pins(issuer.csca_certificate)

    def change(holdings, _at):
        office.activate()
        from mrtd.pki.administration import pin_anchors

        return pin_anchors(holdings, (others.csca_certificate,)), None

    assert refused(lambda: beside.take.stage(BERTIL, TrustChange.IMPORT, change)) is TrustProblem.DRAFT_OUTDATED
    assert office.trust.show().draft is None
    beside.close()


def test_someone_else_changes_the_draft_meanwhile(office: Office, issuer, others, administered, clock) -> None:
    from mrtd.pki.administration import pin_anchors

    beside = wiring.administer_trust(administered, clock=clock)

    def change(holdings, _at):
        office.pins(issuer.csca_certificate)
        return pin_anchors(holdings, (others.csca_certificate,)), None

    assert refused(lambda: beside.take.stage(BERTIL, TrustChange.IMPORT, change)) is TrustProblem.DRAFT_CHANGED
    assert {name for name, _, _ in anchors(office)} == {_sha256(issuer.csca_certificate)}
    beside.close()


def test_someone_else_discards_the_draft_meanwhile(office: Office, issuer, others, administered, clock) -> None:
    from mrtd.pki.administration import pin_anchors

    beside = wiring.administer_trust(administered, clock=clock)
    office.pins(issuer.csca_certificate)

    def change(holdings, _at):
        office.trust.discard(ANNA)
        return pin_anchors(holdings, (others.csca_certificate,)), None

    assert refused(lambda: beside.take.stage(BERTIL, TrustChange.IMPORT, change)) is TrustProblem.DRAFT_CHANGED
    assert office.trust.show().draft is None
    beside.close()


def _sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def test_two_different_people(office: Office, issuer: SpecimenIssuer) -> None:
    office.pins(issuer.csca_certificate)
    digest = office.trust.show().draft.digest
    same = Actor.named(" ANNA ")
    assert refused(lambda: office.trust.activate(digest, ANNA, same)) is TrustProblem.SECOND_PERSON_REQUIRED
    assert office.trust.show().active is None
    assert office.trust.activate(digest[:16], ANNA, BERTIL).digest == digest


def test_back_to_an_earlier_store(office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer) -> None:
    """A list that is older than the active one cannot be imported; two people can go back, with a reason."""
    old, new = list_of(issuer), list_of(issuer, others.csca_certificate, signed_at=NOW)
    office.lists(issuer, old)
    first = office.activate()
    office.lists(issuer, new)
    second = office.activate()
    assert codes(office.lists(issuer, old)) == [("list", "list_older", "")]
    draft = office.trust.return_to(BERTIL, first.digest).draft
    assert (draft.digest, draft.based_on, draft.staged_by) == (first.digest, second.digest, "bertil")
    assert refused(office.activate) is TrustProblem.REASON_REQUIRED
    third = office.activate("the new list was withdrawn")
    assert (third.digest, third.previous) == (first.digest, second.digest)
    shown = office.trust.show()
    assert shown.history == (first, second, third)
    assert set(office.trust.show.since(shown).values()) == {third}
    assert refused(lambda: office.trust.return_to(ANNA, third.digest)) is TrustProblem.ALREADY_ACTIVE
    assert refused(lambda: office.trust.return_to(ANNA, "0" * 64)) is TrustProblem.UNKNOWN_STORE


def test_away_from_a_damaged_store(office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer, judging) -> None:
    """It is shown as damaged, nothing can be begun from it, and two people can return to an earlier one."""
    from sqlalchemy import update

    from service.adapters.db import tables

    office.pins(issuer.csca_certificate)
    first = office.activate()
    office.pins(others.csca_certificate)
    second = office.activate()
    with judging.database.engine.begin() as connection:
        table = tables.trust_stores
        connection.execute(update(table).where(table.c.digest == second.digest).values(file=b"nothing"))
    shown = office.trust.show()
    assert (shown.active, shown.problem, shown.difference) == (second, TrustProblem.STORE_DAMAGED, None)
    assert refused(lambda: office.pins(issuer.csca_certificate)) is TrustProblem.STORE_DAMAGED
    office.trust.return_to(ANNA, first.digest)
    office.activate("the database was damaged")
    assert office.trust.show().problem is None
    assert judging.trust.current().digest == first.digest


def test_since_when_an_anchor_is_trusted(office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer) -> None:
    office.pins(issuer.csca_certificate)
    first = office.activate()
    office.pins(others.csca_certificate)
    second = office.activate()
    shown = office.trust.show()
    since = office.trust.show.since(shown)
    assert since == {_sha256(issuer.csca_certificate): first, _sha256(others.csca_certificate): second}


def test_decisions_can_be_taken_back(office: Office, issuer: SpecimenIssuer) -> None:
    office.lists(issuer, list_of(issuer))
    ((fingerprint, _, _),) = anchors(office)
    office.trust.decide.distrust(ANNA, fingerprint, "stolen")
    assert anchors(office) == set()
    office.trust.decide.trust_again(ANNA, fingerprint)
    assert len(anchors(office)) == 1
    with pytest.raises(ProposalError) as error:
        office.trust.decide.accept(ANNA, ["0" * 64])
    assert error.value.code == "not_on_probation"
    office.trust.decide.remove_publisher(ANNA, "uto")
    assert anchors(office) == set()
    office.pins(issuer.csca_certificate)
    office.trust.decide.unpin(ANNA, fingerprint)
    assert anchors(office) == set()


def test_the_file_of_a_store(office: Office, issuer: SpecimenIssuer) -> None:
    """What is handed out opens as the administered store that it is."""
    from mrtd.pki import store_file

    office.pins(issuer.csca_certificate)
    digest = office.trust.show().draft.digest
    stored = office.trust.show.stored(digest[:16])
    assert store_file.read(stored.file, sha256=stored.file_sha256).digest == digest
    assert refused(lambda: office.trust.show.stored("f" * 16)) is TrustProblem.UNKNOWN_STORE
    assert refused(lambda: office.trust.show.stored(digest[:8])) is TrustProblem.BAD_DIGEST
