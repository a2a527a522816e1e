"""Administered stores of the specimen world: what lies in them, and that each story is the one it tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrtd.errors import MalformedError
from mrtd.files import load_trust
from mrtd.inspection import InspectionReport, inspect
from mrtd.pki import store_file
from mrtd.pki.administration import LeftOutReason, resolve
from mrtd.pki.realm import Realm
from mrtd.pki.search import MAX_ATTEMPTS
from mrtd.pki.trust_store import AnchorKind, TrustStore
from mrtd.specimen import stores
from mrtd.specimen.cases import kept, links, published, standing
from mrtd.specimen.cases.case import AT, Case
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import Edits
from mrtd.specimen.namesake_recipes import RECIPES
from mrtd.specimen.recipe import Setting
from mrtd.specimen.signed_data_edits import without_certificates

SETTING = Setting()
CASES = {
    case.id.partition("::")[2]: case
    for chapter in (kept, links, published, standing)
    for case in chapter.cases()
}  # fmt: skip


def store_of(case: Case) -> TrustStore:
    """The store that a case is judged by, from the one file of its folder."""
    (folder,) = case.make().trust.values()
    assert list(folder) == [stores.STORE_FILE]
    return store_file.read(folder[stores.STORE_FILE])


@pytest.mark.parametrize("name", CASES)
def test_every_story_names_its_own_store(name: str) -> None:
    case = CASES[name]
    assert list(case.make().trust) in (
        [f"administered-{name}"],
        ["administered-specimen-in-production"],
    )
    assert store_of(case).realm is case.realm


def test_a_folder_with_a_store_file_is_opened_as_that_store(tmp_path: Path) -> None:
    held = stores.holdings(pins=(SETTING.issuer().csca_certificate,), crls=(SETTING.issuer().crl,))
    (tmp_path / stores.STORE_FILE).write_bytes(stores.files(held)[stores.STORE_FILE])
    opened = load_trust(tmp_path, realm=Realm.SPECIMEN)
    assert opened.digest == resolve(held).store.digest
    assert [anchor.provenance.kind for anchor in opened.anchors] == [AnchorKind.PIN]


def test_the_doctored_store_passes_for_one_and_no_rule_would_make_it(tmp_path: Path) -> None:
    made = stores.doctored(SETTING.issuer().csca_certificate)[stores.STORE_FILE]
    (tmp_path / stores.STORE_FILE).write_bytes(made)
    assert len(load_trust(tmp_path, realm=Realm.PRODUCTION).anchors) == 1
    with pytest.raises(MalformedError, match="other_realm"):
        load_trust(tmp_path, realm=Realm.SPECIMEN)
    resolution = resolve(store_file.read_holdings(made))
    assert resolution.store.anchors == ()
    assert [one.reason for one in resolution.left_out] == [LeftOutReason.SPECIMEN_MARK]


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("own-deviation-list", 1),
        ("own-deviation-list-of-other-documents", 1),
        ("deviating-hash", 1),
        # it is accepted, and speaks of documents of its own state only
        ("foreign-deviation-list", 1),
        ("deviation-list-of-a-list-signer", 0),
        ("deviation-list-under-a-namesake", 0),
    ],
)
def test_deviation_lists_in_the_stores(name: str, accepted: int) -> None:
    assert len(store_of(CASES[name]).deviations) == accepted


@pytest.mark.parametrize(
    ("name", "crls"),
    [("crl-of-tomorrow-beside-todays", [7]), ("crl-of-a-kept-namesake", [1]), ("anchor-pinned", [1])],
)
def test_crls_in_the_stores(name: str, crls: list[int]) -> None:
    assert [stored.crl.number for stored in store_of(CASES[name]).crls] == crls


@pytest.mark.parametrize(
    ("name", "others"),
    [("strangers-of-the-name", MAX_ATTEMPTS), ("rogue-beside-the-anchor", 1), ("six-links", 6), ("rogue-csca", 0)],
)
def test_what_is_kept_beside_the_anchors(name: str, others: int) -> None:
    assert len(store_of(CASES[name]).others) == others


def test_the_strangers_have_the_name_and_keys_of_their_own() -> None:
    store = store_of(CASES["strangers-of-the-name"])
    (anchor,) = store.anchors
    assert {entry.subject for entry in store.others} == {anchor.entry.subject}
    assert len({entry.key for entry in (anchor.entry, *store.others)}) == MAX_ATTEMPTS + 1


def test_the_rogue_has_name_and_key_identifier_of_the_anchor() -> None:
    store = store_of(CASES["rogue-beside-the-anchor"])
    (anchor,), (rogue,) = store.anchors, store.others
    assert (rogue.subject, rogue.key_identifier) == (anchor.entry.subject, anchor.entry.key_identifier)
    assert rogue.key != anchor.entry.key


def test_the_respelt_link_holds_the_key_of_the_anchor() -> None:
    presentation = RECIPES["respelt_link_beside_the_anchor"].present()
    store = resolve(stores.pinned(presentation)).store
    (anchor,), (link,) = store.anchors, store.others
    assert link.key == anchor.entry.key
    assert link.certificate.spki != anchor.certificate.spki


@pytest.mark.parametrize(("supplied", "origin"), [(True, "trust_store"), (False, None)])
def test_where_the_certificate_of_the_signer_came_from(supplied: bool, origin: str | None) -> None:
    issuer = SETTING.issuer()
    document = SETTING.issuer(Edits(signed_data=without_certificates)).issue(MARTA)
    held = stores.holdings(
        pins=(issuer.csca_certificate,), crls=(issuer.crl,), signers=(issuer.dsc_certificate,) if supplied else ()
    )
    report: InspectionReport = inspect(SpecimenChip(document).evidence(bytes(8)), None, resolve(held).store, AT)
    (found,) = [check for check in report.checks if check.id == "pa.sod.signer_certificate"]
    assert found.facts.get("certificate_from") == origin
    assert found.status.value == ("PASSED" if supplied else "FAILED")


def test_two_makings_are_byte_identical() -> None:
    for name in ("anchor-of-two-publishers", "six-links", "deviating-hash"):
        assert CASES[name].make().trust == CASES[name].make().trust
