"""`trust info`: counts of made and of real files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mrtd.inspection.check import CheckStatus
from mrtd.pki.info import EXPIRING, CountryInfo, trust_info
from mrtd.pki.sources import Source, SourceKind, read_source
from tests.mrtd.pki.support import AT, Identity, csca, dsc, source


def test_counts() -> None:
    old = Identity.new()
    new = old.rekeyed()
    stranger = Identity.new("Stranger", "NO")
    root, newer, link = csca(old), csca(new, start=AT - timedelta(days=5)), csca(new, old)
    lost = csca(old.rekeyed(), stranger)
    claims = csca(old, serial=9, signer=stranger.key)
    file = source(root, newer, link, lost, claims, dsc(old), name="file")
    (info,) = trust_info([file], AT)
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
    }
    (found, _) = trust_info([file, source(csca(stranger), name="other")], AT)
    assert found.links_verified == 2
    (found,) = trust_info([file], AT, trust=[source(csca(stranger), name="other")])
    assert found.links_verified == 2


def test_expiring() -> None:
    def ending(days: timedelta) -> Source:
        return source(csca(Identity.new("A"), end=AT + days))

    for days, expected in ((EXPIRING, 0), (EXPIRING - timedelta(seconds=1), 1), (timedelta(seconds=-1), 0)):
        (info,) = trust_info([ending(days)], AT)
        assert info.countries["SE"].expiring_90_days == expected


@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_countries_are_two_letter_codes() -> None:
    identities = [
        Identity.new("A", "se"),
        Identity.new("A", "LTU"),
        Identity.new("A", None),
        Identity.new("A", "QZQ"),
    ]
    (info,) = trust_info([source(*(csca(identity) for identity in identities))], AT)
    assert info.countries == {"LT": CountryInfo(1, 0, 0), "SE": CountryInfo(1, 0, 0)}


def test_what_cannot_be_read_is_counted() -> None:
    root = csca(Identity.new())
    unknown_curve = root.raw.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d030109"))
    file = Source("x", SourceKind.PEM, (root.raw, unknown_curve, b"\x30\x00"), (), (), 0, "x")
    (info,) = trust_info([file], AT)
    assert (info.certificates, info.parsed, info.with_key) == (3, 2, 1)


@pytest.mark.real
def test_real_lists(real_data: Path) -> None:
    paths = [path for folder in ("masterlists", "certs") for path in sorted((real_data / "csca" / folder).glob("*"))]
    found = [s for path in paths if (s := read_source(path.read_bytes(), path.name))]
    infos = {info.file: info for info in trust_info(found, AT)}
    sizes = {
        name: (info.certificates, len(info.countries))
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
