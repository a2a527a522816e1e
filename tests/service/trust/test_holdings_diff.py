"""What two people sign for beside the store: publishers, decisions with their reasons, and what is held."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.pki.realm import Realm
from mrtd.specimen.issuer import SpecimenIssuer
from service.usecases.trust_holdings import DecisionChange, ListLine, Members, holdings_diff
from tests.service.conftest import NOW
from tests.service.trust.world import ANNA, Office, list_of

EMPTY = Members((), ())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_nothing_changes() -> None:
    made = Holdings(Realm.SPECIMEN, pins=(b"a",), distrusted={"f" * 64: "stolen"})
    found = holdings_diff(made, made)
    assert (found.publishers, found.distrusted, found.allowed_names) == ((), (), ())
    assert {found.pins, found.others, found.signers, found.crls, found.accepted, found.settled} == {EMPTY}


def test_a_publisher_with_another_signer() -> None:
    """The store is the same, and the next list may be another's."""
    held = HeldList(b"list", NOW, NOW)
    before = Holdings(Realm.SPECIMEN, publishers={"de": Publisher("de", (b"old",), None, held)})
    after = Holdings(
        Realm.SPECIMEN, publishers={"de": Publisher("de", (b"new", b"old"), "https://lists.example", held)}
    )
    (change,) = holdings_diff(before, after).publishers
    assert change.name == "de"
    assert change.before.signer_cscas == (sha256(b"old"),)
    assert change.after.signer_cscas == tuple(sorted((sha256(b"old"), sha256(b"new"))))
    assert (change.before.url, change.after.url) == (None, "https://lists.example")
    assert change.before.master_list == change.after.master_list == ListLine(sha256(b"list"), NOW)
    (gone,) = holdings_diff(after, Holdings(Realm.SPECIMEN)).publishers
    assert (gone.name, gone.before, gone.after) == ("de", change.after, None)


def test_decisions_and_members() -> None:
    one, two = "1" * 64, "2" * 64
    before = Holdings(Realm.SPECIMEN, distrusted={one: "stolen"}, accepted=frozenset({one}), others=(b"x",))
    after = Holdings(
        Realm.SPECIMEN,
        distrusted={one: "lost", two: "stolen"},
        allowed_names={two: "a surname"},
        accepted=frozenset({two}),
        settled=frozenset({one}),
        pins=(b"pin",),
        signers=(b"dsc",),
    )
    found = holdings_diff(before, after)
    assert found.distrusted == (DecisionChange(one, "stolen", "lost"), DecisionChange(two, None, "stolen"))
    assert found.allowed_names == (DecisionChange(two, None, "a surname"),)
    assert (found.accepted, found.settled) == (Members((two,), (one,)), Members((one,), ()))
    assert (found.pins, found.others) == (Members((sha256(b"pin"),), ()), Members((), (sha256(b"x"),)))
    assert (found.signers, found.crls) == (Members((sha256(b"dsc"),), ()), EMPTY)


def test_what_a_change_and_the_diff_say_is_the_same(
    office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer
) -> None:
    office.lists(issuer, list_of(issuer))
    office.activate()
    staged = office.lists(issuer, list_of(issuer, others.csca_certificate, signed_at=NOW - timedelta(days=1))).staged
    shown = office.trust.show()
    assert (shown.difference, shown.decided, shown.left_out) == (staged.difference, staged.decided, staged.left_out)
    (change,) = staged.decided.publishers
    assert (change.before.signer_cscas, change.after.signer_cscas) == ((sha256(issuer.csca_certificate),),) * 2
    assert change.after.master_list.signed_at == NOW - timedelta(days=1)
    # somebody distrusts a key that nothing holds: the stores are the same, what is signed for is not
    office.trust.discard(ANNA)
    staged = office.trust.decide.distrust(ANNA, "f" * 64, "reported stolen")
    assert (staged.difference.anchors_added, staged.difference.anchors_removed) == ((), ())
    assert staged.decided.distrusted == (DecisionChange("f" * 64, None, "reported stolen"),)
