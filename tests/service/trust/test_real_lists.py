"""The lists of Germany and the Netherlands in a production store, counted by asn1crypto, and real passports by it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from asn1crypto import x509

from mrtd.pki.realm import Realm
from service import wiring
from service.settings import Settings
from tests.mrtd.pki.corpus import from_file
from tests.service.conftest import ManualClock
from tests.service.trust.world import ANNA, Office, material

GERMANY = ("DE_ML_2025-03-05-08-05-28.ml", "DE_ML_2026-05-28-08-28-45.ml")
NETHERLANDS = "NL_ML_2026-07-22.ml"


@pytest.fixture
def ministry(tmp_path: Path, clock: ManualClock) -> Iterator[Office]:
    """An office of the production realm."""
    settings = Settings(data_dir=tmp_path / "data", realm=Realm.PRODUCTION)
    trust = wiring.administer_trust(settings, clock=clock)
    yield Office(trust)
    trust.close()


def take(office: Office, real_data: Path, publisher: str, list_name: str, signer: str):
    from service.usecases.trust_import import ImportRequest

    folder = real_data / "csca"
    pinned = ((folder / "certs" / signer).read_bytes(),)
    data = (folder / "masterlists" / list_name).read_bytes()
    return office.trust.take(ANNA, ImportRequest((material(data, list_name),), publisher, pinned))


def countries(real_data: Path, list_name: str) -> dict[str, str]:
    """SHA-256 of each different certificate -> the country of its subject, by asn1crypto."""
    found = {}
    for der in from_file(real_data / "csca" / "masterlists" / list_name):
        country = x509.Certificate.load(der).subject.native.get("country_name", "")
        found[hashlib.sha256(der).hexdigest()] = str(country).upper()
    return found


@pytest.mark.real
def test_one_publisher_alone_is_on_probation(ministry: Office, real_data: Path) -> None:
    """Every certificate of the list becomes an anchor but those of the home state (SECURITY.md 4.4)."""
    imported = take(ministry, real_data, "de", GERMANY[1], "DE_ROOT_CA_CSCA07.cer")
    assert imported.refused == ()
    listed = countries(real_data, GERMANY[1])
    home = {sha256 for sha256, country in listed.items() if country == "SE"}
    assert len(home) == 5
    store = ministry.trust.show().draft_store
    assert {anchor.sha256 for anchor in store.anchors} == set(listed) - home
    assert all(anchor.provenance.probation for anchor in store.anchors)
    assert {(one.sha256, one.reason.value) for one in imported.staged.left_out} == {
        (sha256, "home_state_not_pinned") for sha256 in home
    }


@pytest.mark.real
def test_an_older_list_comes_back_only_by_decision(ministry: Office, real_data: Path) -> None:
    take(ministry, real_data, "de", GERMANY[0], "DE_ROOT_CA_CSCA07.cer")
    first = ministry.activate()
    take(ministry, real_data, "de", GERMANY[1], "DE_ROOT_CA_CSCA07.cer")
    ministry.activate()
    imported = take(ministry, real_data, "de", GERMANY[0], "DE_ROOT_CA_CSCA07.cer")
    assert [one.code for one in imported.refused] == ["list_older"]
    ministry.trust.return_to(ANNA, first.digest)
    assert ministry.activate("the new list was withdrawn").digest == first.digest


@pytest.mark.real
def test_what_two_states_publish_is_settled(ministry: Office, real_data: Path) -> None:
    """A certificate that both lists hold is no single publisher's word any more."""
    take(ministry, real_data, "de", GERMANY[1], "DE_ROOT_CA_CSCA07.cer")
    imported = take(ministry, real_data, "nl", NETHERLANDS, "NL_ROOT_CA.cer")
    assert imported.refused == ()
    both = set(countries(real_data, GERMANY[1])) & set(countries(real_data, NETHERLANDS))
    store = ministry.trust.show().draft_store
    settled = {anchor.sha256 for anchor in store.anchors if not anchor.provenance.probation}
    home = {sha256 for sha256, country in countries(real_data, GERMANY[1]).items() if country == "SE"}
    assert both - home <= settled
    assert settled & home == set()
