"""`trust info`: counts of made and of real files."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mrtd.inspection.check import CheckStatus
from mrtd.pki.coverage import EXPIRING
from mrtd.pki.info import TrustOverview, trust_info
from mrtd.pki.issuing_states import ISSUERS
from mrtd.pki.sources import Source, SourceKind, read_source
from tests.mrtd.pki import corpus
from tests.mrtd.pki.support import AT, Identity, csca, dsc, source

#: The bound of the whole command is 2 s for all real lists; start and output take little of it.
MAX_SECONDS = 2.0


def test_counts() -> None:
    old = Identity.new()
    new = old.rekeyed()
    stranger = Identity.new("Stranger", "NO")
    root, newer, link = csca(old), csca(new, start=AT - timedelta(days=5)), csca(new, old)
    lost = csca(old.rekeyed(), stranger)
    claims = csca(old, serial=9, signer=stranger.key)
    file = source(root, newer, link, lost, claims, dsc(old), name="file")
    (info,) = trust_info([file], AT).files
    assert info.to_json() == {
        "file": "file",
        "kind": "pem",
        "certificates": 6,
        "parsed": 6,
        "with_key": 6,
        "self_signed": 3,
        "self_signed_verified": 2,
        "links": 2,
        "links_verified": 1,
        "signer": {"status": "NOT_APPLICABLE", "reason": None},
        "countries": {"SE": {"anchors": 5, "expiring_90_days": 0, "superseded": 3}},
        "expiring": [],
        "superseded": [
            {"sha256": digest, "state": "SE", "superseded_by": newer.sha256, "linked": linked}
            for digest, linked in sorted([(root.sha256, True), (claims.sha256, True), (lost.sha256, False)])
        ],
        "states_without_anchor": [state for state in ISSUERS if state != "SE"],
    }
    (found, _) = trust_info([file, source(csca(stranger), name="other")], AT).files
    assert found.links_verified == 2
    (found,) = trust_info([file], AT, trust=[source(csca(stranger), name="other")]).files
    assert found.links_verified == 2


def test_expiring() -> None:
    soon, later = (csca(Identity.new("A"), end=AT + days) for days in (timedelta(days=3), EXPIRING))
    overview = trust_info([source(later, soon)], AT)
    expected = {"sha256": soon.sha256, "state": "SE", "common_name": "A", "not_after": "2026-11-27T12:00:00Z"}
    for found in (overview.files[0].to_json(), overview.to_json()):
        assert found["expiring"] == [expected]


@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_countries_are_two_letter_codes() -> None:
    identities = [
        Identity.new("A", "se"),
        Identity.new("A", "LTU"),
        Identity.new("A", None),
        Identity.new("A", "QZQ"),
    ]
    (info,) = trust_info([source(*(csca(identity) for identity in identities))], AT).files
    one = {"anchors": 1, "expiring_90_days": 0, "superseded": 0}
    assert info.to_json()["countries"] == {"LT": one, "SE": one}
    assert len(info.coverage.anchors) == 4


def test_what_cannot_be_read_is_counted() -> None:
    root = csca(Identity.new())
    unknown_curve = root.raw.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d030109"))
    file = Source("x", SourceKind.PEM, (root.raw, unknown_curve, b"\x30\x00"), (), (), 0, "x")
    (info,) = trust_info([file], AT).files
    assert (info.certificates, info.parsed, info.with_key) == (3, 2, 1)


def test_agreement_of_files() -> None:
    both, first, second = csca(Identity.new("A")), csca(Identity.new("B", "NO")), csca(Identity.new("C", "FI"))
    one, other = source(both, first, name="one"), source(second, both, dsc(Identity.new("B", "NO")), name="other")

    def agreement(*sources: Source, trust: tuple[Source, ...] = ()) -> tuple[int, int]:
        found = trust_info(sources, AT, trust=trust)
        return found.in_one_file, found.in_several

    assert agreement() == (0, 0)
    assert agreement(one, other) == (2, 1)
    # neither a copy under another name nor what is only trusted is a file of its own
    assert agreement(one, replace(one, name="copy")) == (2, 0)
    assert agreement(one, trust=(other,)) == (2, 0)


def test_over_all_files() -> None:
    """A link in one file counts for the summary, and not for the other file."""
    old = Identity.new()
    new = old.rekeyed()
    root, link, newest = csca(old), csca(new, old, start=AT - timedelta(days=9)), csca(new, start=AT)
    overview = trust_info([source(root, newest, name="roots"), source(link, name="links")], AT)
    assert [info.to_json()["superseded"] for info in overview.files] == [
        [{"sha256": root.sha256, "state": "SE", "superseded_by": newest.sha256, "linked": False}],
        [],
    ]
    summary = overview.to_json()
    assert summary["superseded"] == [
        {"sha256": root.sha256, "state": "SE", "superseded_by": newest.sha256, "linked": True}
    ]
    assert summary["countries"] == {
        "SE": {
            "anchors": 3,
            "expiring_90_days": 0,
            "superseded": 1,
            "links": 1,
            "keys": 2,
            "valid_keys": 2,
            "valid_from": "2020-01-01T00:00:00Z",
            "valid_until": "2035-01-01T00:00:00Z",
            "signs_until": None,
        }
    }
    assert (summary["files"], summary["anchors"], summary["in_one_file"], summary["in_several"]) == (2, 3, 3, 0)


@pytest.fixture(scope="module")
def real_sources(real_data: Path) -> list[Source]:
    """The lists and the single certificates."""
    paths = [path for folder in ("masterlists", "certs") for path in sorted((real_data / "csca" / folder).glob("*"))]
    return [s for path in paths if (s := read_source(path.read_bytes(), path.name))]


@pytest.fixture(scope="module")
def real_overview(real_sources: list[Source]) -> TrustOverview:
    return trust_info(real_sources, AT)


@pytest.mark.real
def test_real_lists(real_overview: TrustOverview) -> None:
    infos = {info.file: info for info in real_overview.files}
    sizes = {
        name: (info.certificates, len(info.coverage.states))
        for name, info in infos.items()
        if info.kind.startswith("master_list")
    }
    # ANALYSIS.md section 1; IT writes the country of two states in both letter cases, which count once here
    assert sizes == {
        "DE_ML_2024-04-10.ml": (526, 107),
        "DE_ML_2025-03-05-08-05-28.ml": (557, 110),
        "DE_ML_2026-05-28-08-28-45.ml": (588, 112),
        "ICAO_ML_2023-09.ml": (394, 78),
        "IT_ML_old.ml": (333, 53),
        "NL_ML_2025-07-29.ml": (394, 120),
        "NL_ML_2026-07-22.ml": (411, 129),
        "bare_masterList_tananaev.bin": (581, 112),
        "bare_masterlist-content_bc.bin": (3, 3),
    }
    for info in infos.values():
        assert info.parsed == info.with_key == info.certificates
        assert info.self_signed == info.self_signed_verified
    unverified = {name: info.links - info.links_verified for name, info in infos.items()}
    assert {name: count for name, count in unverified.items() if count} == {
        "DE_ML_2024-04-10.ml": 1,
        "IT_ML_old.ml": 1,
    }
    assert infos["DE_ML_2026-05-28-08-28-45.ml"].signer.status is CheckStatus.PASSED
    assert infos["DE_ROOT_CA_CSCA07.cer"].signer.status is CheckStatus.NOT_APPLICABLE


@pytest.mark.real
def test_real_agreement(real_overview: TrustOverview, real_data: Path) -> None:
    """Files as asn1crypto reads them; signers of lists are no anchors, so they are not counted."""
    files = [p for folder in ("masterlists", "certs") for p in sorted((real_data / "csca" / folder).glob("*"))]
    counted = Counter(der for path in files for der in set(corpus.from_file(path)))
    anchors = {certificate.raw for certificate in real_overview.coverage.anchors}
    assert anchors <= set(counted)
    assert real_overview.in_several == sum(number > 1 for der, number in counted.items() if der in anchors)
    assert real_overview.in_one_file == sum(number == 1 for der, number in counted.items() if der in anchors)


@pytest.mark.real
def test_the_time_over_all_real_lists(real_sources: list[Source]) -> None:
    """Processor time, best of three: other processes of the machine do not count."""
    spent = []
    for _ in range(3):
        before = time.process_time()
        trust_info(real_sources, AT)
        spent.append(time.process_time() - before)
    assert min(spent) < MAX_SECONDS
