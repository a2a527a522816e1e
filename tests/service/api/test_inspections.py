"""`POST /v1/inspections` gives the library's report, byte for byte, keeps nothing and signs nothing."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import cbor2
import pytest
from sqlalchemy import func, select

import mrz
from mrtd.evidence import ChipEvidence
from mrtd.files import load_dump, load_trust
from mrtd.inspection import POLICIES, MrzEvidence, MrzSource, inspect, judge
from mrtd.inspection.report import canonical_json
from mrtd.pki.realm import Realm
from mrtd.specimen.chip import SpecimenChip
from service.adapters.db import tables
from tests.service.counter import Counter

AT = "2026-11-24T08:00:00Z"
WHEN = datetime(2026, 11, 24, 8, tzinfo=UTC)


def expected(evidence: ChipEvidence, lines, trust: Path, policy: str) -> bytes:
    """The same by the library alone."""
    printed = None
    if lines is not None:
        printed = MrzEvidence(mrz.parse("\n".join(lines), today=WHEN.date()), MrzSource.TYPED)
    report = inspect(evidence, printed, load_trust(trust, realm=Realm.SPECIMEN), WHEN)
    verdict = judge(report, POLICIES[policy]).to_json()
    return canonical_json(report.to_json() | verdict | {"report_sha256": report.sha256})


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("media", ["json", "cbor"])
@pytest.mark.parametrize("with_lines", [True, False])
def test_the_report_is_the_librarys(counter: Counter, document, trust, policy, media, with_lines) -> None:
    lines = list(document.mrz_lines) if with_lines else None
    chip = SpecimenChip(document)
    request = {"dump": chip.to_json_body(b"8 octets"), "at": AT, "policy": policy}
    if lines:
        request["mrz"] = {"lines": lines}
    content = json.dumps(request).encode() if media == "json" else cbor2.dumps(request)
    answer = counter.request(
        "POST", "/v1/inspections", content=content, headers={"Content-Type": f"application/{media}"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.content == expected(chip.evidence(b"8 octets"), lines, trust, policy)


def test_the_clock_is_the_servers_unless_a_time_is_given(counter: Counter, document) -> None:
    answer = counter.post("/v1/inspections", {"dump": SpecimenChip(document).to_json_body()})
    assert answer.json()["at"] == "2026-11-24T09:30:00Z"
    assert answer.json()["policy"] == "strict-level3"


def test_nothing_is_stored(counter: Counter, services, document) -> None:
    def rows() -> dict[str, int]:
        with services.database.engine.connect() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in tables.metadata.sorted_tables
                # how often somebody asked, not what
                if table.name != "rate_limits"
            }

    before = rows()
    counter.post("/v1/inspections", {"dump": SpecimenChip(document).to_json_body(), "mrz": {"lines": ["A", "B"]}})
    counter.post("/v1/inspections", {"dump": SpecimenChip(document).to_json_body()})
    assert rows() == before


def test_a_claimed_challenge_never_proves_presence(counter: Counter, document) -> None:
    body = {"dump": SpecimenChip(document).to_json_body(b"8 octets"), "mrz": {"lines": list(document.mrz_lines)}}
    answer = counter.post("/v1/inspections", body).json()
    assert (answer["outcome"], answer["authenticity"], answer["chip_genuine"]) == (
        "review",
        "authentic",
        "undetermined",
    )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"at": "2026-11-24"}, ("/at", "datetime_parsing")),
        ({"at": "2026-11-24T08:00:00"}, ("/at", "datetime_parsing")),
        ({"at": "2"}, ("/at", "datetime_parsing")),
        ({"at": 2}, ("/at", "datetime_parsing")),
        ({"policy": "lenient"}, ("/policy", "unknown_policy")),
        ({"mrz": {"lines": ["NO", "ZONE"]}}, ("/mrz/lines", "no_mrz")),
        ({"mrz": {"lines": []}}, ("/mrz/lines", "too_short")),
        ({"provenance": "server_challenge"}, ("", "extra_forbidden")),
    ],
)
def test_wrong_values(counter: Counter, document, change: dict, error: tuple[str, str]) -> None:
    problem = counter.post("/v1/inspections", {"dump": SpecimenChip(document).to_json_body()} | change).json()
    assert problem["code"] == "validation_failed", problem
    assert [(place["pointer"], place["code"]) for place in problem["errors"]] == [error]


@pytest.mark.parametrize(
    "content",
    [
        b'{"dump": {"DG1": "YQA", "DG1": "YQA"}}',
        b'{"dump": {"DG1": "YQA", "EF.DG1": "YQA"}}',
        b'{"dump": {}}',
        b'{"dump": {"files": {}}}',
        b'{"dump": {"DG1": 1.5}}',
        b'{"dump": {"DG1": "YQA"}, "dump": {"DG1": "YQA"}}',
        b"{" * 1000,
        b'{"dump": ' + b'{"a":' * 1000,
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(counter: Counter, content: bytes) -> None:
    answer = counter.request("POST", "/v1/inspections", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_dump")


CHIPS = [
    "AT_2023",
    "DE_2023",
    "FR_2017",
    "GB_2011",
    "ID_2025",
    "KR_2020",
    "NZ_2017",
    "PH_2019",
    "RU_2019",
    "SG_2022-06",
    "US_2021",
]


@pytest.mark.real
@pytest.mark.parametrize("name", CHIPS)
def test_real_security_objects(counter: Counter, trust, real_data: Path, name: str) -> None:
    """Documents of eleven states: the same report over HTTP as from the library."""
    evidence = load_dump(real_data / "chips" / name)
    files = {file.value: base64.b64encode(data).decode() for file, data in evidence.files.items()}
    answer = counter.post("/v1/inspections", {"dump": {"files": files}, "at": AT})
    assert answer.status_code == 200, answer.text
    found, library = answer.json(), json.loads(expected(evidence, None, trust, "strict-level3"))
    # The folder holds files beside the chip's, which are counted; all else is equal.
    for report in (found, library):
        del report["evidence"]["skipped"], report["report_sha256"]
    assert found == library
    assert found["authenticity"] != "authentic"
