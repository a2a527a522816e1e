"""What people see before they activate a store."""

from __future__ import annotations

import json
from dataclasses import replace

from cryptography import x509

from mrtd.pki.administration import accept, diff, distrust, pin_anchors, resolve, take_lists
from mrtd.pki.certificate import Certificate
from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.pki.trust_store import AnchorKind, TrustStore
from tests.mrtd.pki.administration.build import SIGNED, ListPublisher, holdings, pinned
from tests.mrtd.pki.support import AT, Identity, crl, csca, dsc


def store(made: Holdings) -> TrustStore:
    return resolve(made).store


def of(lines: tuple[object, ...]) -> list[tuple[str | None, str]]:
    return [(line.state, line.sha256) for line in lines]


def named(*certificates: Certificate) -> list[tuple[str | None, str]]:
    return sorted((one.country, one.sha256) for one in certificates)


def test_nothing_changes() -> None:
    de = ListPublisher()
    made = holdings(de.publisher(csca(Identity.new("CSCA", "FR"))), signers=(dsc(de.state).raw,))
    found = diff(store(made), store(made)).to_json()
    digest = store(made).digest
    assert found == {
        "before": digest,
        "after": digest,
        "anchors": {"added": {}, "removed": {}, "changed": {}},
        "states": {"gained": [], "lost": []},
        "links": {"added": 0, "removed": 0},
        "crls": {"added": [], "removed": []},
        "serials": {"newly_revoked": {}, "no_longer_revoked": {}},
        "deviation_lists": {"added": [], "removed": []},
        "signers": {"added": 0, "removed": 0},
    }


def test_a_new_edition_of_a_list() -> None:
    de = ListPublisher()
    stays, goes, comes, last = (csca(Identity.new("CSCA", country)) for country in ("FR", "PT", "AT", "FR"))
    before = holdings(de.publisher(stays, goes))
    raw = de.list(stays, comes, last, signed_at=SIGNED.replace(month=11))
    found = diff(store(before), store(take_lists(before, "de", [raw], AT).holdings))
    assert of(found.anchors_added) == named(comes, last)
    assert of(found.anchors_removed) == named(goes)
    # that it stands in a newer list now is no change of its standing
    assert found.anchors_changed == ()
    assert (found.states_gained, found.states_lost) == (("AT",), ("PT",))


def test_how_an_anchor_is_described() -> None:
    de = ListPublisher()
    anchor = csca(Identity.new("Country Signing CA", "FR"))
    made = holdings(de.publisher(anchor))
    (line,) = diff(TrustStore.empty(), store(made)).to_json()["anchors"]["added"]["FR"]
    assert line == {
        "sha256": anchor.sha256,
        "common_name": "Country Signing CA",
        "not_before": "2020-01-01T00:00:00Z",
        "not_after": "2035-01-01T00:00:00Z",
        "key": "secp256r1",
        "kind": "master_list",
        "source": "de",
        "probation": True,
        "list_sha256": made.publishers["de"].master_list.sha256,
        "list_signed_at": "2026-10-01T00:00:00Z",
    }
    nameless = csca(Identity(x509.Name([]), Identity.new().key))
    found = diff(TrustStore.empty(), store(holdings(pins=pinned(nameless))))
    (line,) = found.to_json()["anchors"]["added"]["-"]
    assert (line["common_name"], line["kind"], line["list_signed_at"]) == (None, "pin", None)
    assert found.states_gained == ()


def test_a_key_that_cannot_be_read() -> None:
    odd = csca(Identity.new("CSCA", "FR"))
    # the identifier of P-256 becomes one that nobody knows
    unknown = Certificate.parse(odd.raw.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d03017f")))
    (line,) = diff(TrustStore.empty(), store(holdings(pins=pinned(unknown)))).anchors_added
    assert line.key is None


def test_standing_changes() -> None:
    de = ListPublisher()
    accepted, pin, same = (csca(Identity.new("CSCA", country)) for country in ("FR", "AT", "PT"))
    before = holdings(de.publisher(accepted, pin, same))
    after = pin_anchors(accept(before, [accepted.sha256]), pinned(pin))
    found = diff(store(before), store(after))
    assert [(change.after.sha256, change.before.probation) for change in found.anchors_changed] == [
        (pin.sha256, True),
        (accepted.sha256, True),
    ]
    first, second = found.anchors_changed
    assert (first.before.kind, first.after.provenance.kind) == (AnchorKind.MASTER_LIST, AnchorKind.PIN)
    assert not second.after.provenance.probation
    changed = found.to_json()["anchors"]["changed"]
    assert list(changed) == ["AT", "FR"]
    assert changed["AT"][0]["before"]["kind"] == "master_list"
    assert (found.anchors_added, found.anchors_removed) == ((), ())
    # settled before and after, but from now on by a pin
    again = diff(store(after), store(pin_anchors(after, pinned(accepted))))
    assert [(one.after.sha256, one.before.kind) for one in again.anchors_changed] == [
        (accepted.sha256, AnchorKind.MASTER_LIST)
    ]


def test_crls_and_serial_numbers() -> None:
    france, portugal = Identity.new("CSCA", "FR"), Identity.new("CSCA", "PT")
    nobody = Identity(x509.Name([]), Identity.new().key)
    old, new = crl(france, number=1, revoked=(1, 2, 3)), crl(france, number=2, revoked=(2, 3, 4, 5))
    other, stateless = crl(portugal, number=None, revoked=(9,)), crl(nobody, revoked=(7,))
    delta = crl(portugal, number=2, revoked=(8,), extra=((x509.DeltaCRLIndicator(1), True),))
    made = holdings(pins=pinned(csca(france), csca(portugal), csca(nobody)))
    before, after = store(replace(made, crls=(old, other))), store(replace(made, crls=(new, stateless, delta)))
    found = diff(before, after)
    assert found.newly_revoked == {"-": 1, "FR": 2}
    assert found.no_longer_revoked == {"FR": 1, "PT": 1}
    assert [(line.state, line.number, line.revoked) for line in found.crls_added] == [
        (None, 1, 1),
        ("FR", 2, 4),
        ("PT", 2, 1),
    ]
    removed = found.to_json()["crls"]["removed"]
    assert [(line["state"], line["number"], line["revoked"]) for line in removed] == [("FR", "1", 3), ("PT", None, 1)]
    assert (removed[0]["this_update"], removed[0]["next_update"]) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")


def test_links_signers_and_deviation_lists() -> None:
    de = ListPublisher()
    link, signers = csca(Identity.new("CSCA", "PT")), (dsc(de.state).raw, dsc(de.state).raw)
    one, two = de.deviations(words="one"), de.deviations(words="two", signed_at=SIGNED.replace(month=11))
    before = holdings(Publisher("de", pinned(de.root), deviation_list=HeldList(one, SIGNED, AT)), others=pinned(link))
    after = replace(take_lists(before, "de", [two], AT).holdings, others=(), signers=signers)
    found = diff(store(before), store(after))
    assert (found.links_added, found.links_removed) == (0, 1)
    assert (found.signers_added, found.signers_removed) == (2, 0)
    assert [(line.state, line.deviations) for line in found.deviations_added] == [("DE", 1)]
    assert [line["state"] for line in found.to_json()["deviation_lists"]["removed"]] == ["DE"]
    assert diff(store(after), store(before)).signers_removed == 2


def test_what_a_distrust_would_take() -> None:
    de = ListPublisher()
    old = Identity.new("CSCA", "FR")
    root, link = csca(old), csca(old.rekeyed(), old)
    made = holdings(de.publisher(root, link), accepted=frozenset({root.sha256}))
    found = diff(store(made), store(distrust(made, root.sha256, "stolen")))
    assert of(found.anchors_removed) == named(root)
    assert [change.after.sha256 for change in found.anchors_changed] == [link.sha256]
    assert found.anchors_changed[0].after.provenance.probation
    assert found.states_lost == ()


def test_json_is_json_and_the_order_is_settled() -> None:
    de = ListPublisher()
    listed = [csca(Identity.new("CSCA", country)) for country in ("FR", "AT", None, "FR", "PT")]
    one, two = store(holdings(de.publisher(*listed))), store(holdings(de.publisher(*reversed(listed))))
    first, second = (diff(TrustStore.empty(), each).to_json()["anchors"] for each in (one, two))
    assert list(first["added"]) == ["-", "AT", "FR", "PT"]
    assert [line["sha256"] for line in first["added"]["FR"]] == sorted(
        line["sha256"] for line in second["added"]["FR"]
    )
    assert json.loads(json.dumps(first)) == first
