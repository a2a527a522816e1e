"""The Kotlin client of docs/openapi.json: always the same, it compiles, asks as it should, and reads the answers."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any, Final

from mrtd.specimen.card import Behaviour
from mrtd.specimen.chip import SpecimenChip
from tests.docs.client import ROOT, Client
from tests.docs.kotlin.bench import Bench, credentials
from tests.docs.place import Place

#: What the generator warns of that is so, and does no harm: docs/android.md says what follows.
KNOWN: Final = (
    "OpenAPI 3.1 support is still in beta",
    "Unknown scheme `DPoP` found in the HTTP security definition",
    "Failed to get the schema name: null",
    # a list of files is sent all the same: `test_its_requests_are_understood`
    "Could not compute datatypeWithEnum from java.io.File, null",
)
#: A photo of a specimen, and of no page that has a zone.
PHOTO: Final = ROOT / "docs" / "images" / "mrz-blur.jpg"


def test_the_generator_has_nothing_to_warn_of(client: Client) -> None:
    said = re.findall(r"^.*\b(?:WARN|ERROR)\b.*$", client.said, re.MULTILINE)
    assert [line for line in said if not any(known in line for known in KNOWN)] == []


def test_the_same_twice(client: Client, tmp_path: Path) -> None:
    Client.generate(Client.generator(), tmp_path)
    assert Client(tmp_path).files == client.files


def test_every_route_is_there(client: Client) -> None:
    """By its address, in the code of one of the APIs."""
    code = "".join(path.read_text("utf-8") for path in sorted(client.sources.rglob("apis/*.kt")))
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))["paths"]
    assert len(paths) > 40
    assert [path for path in paths if f'"{path}"' not in code] == []


def test_its_requests_are_understood(client_jar: Path, bench: Bench, place: Place) -> None:
    """From opening to cancelling, two photos in one request included, each with a token and a proof."""
    crew, lines = place.crew, place.card(Behaviour()).document.mrz_lines
    given = {"origin": place.url, "photo": str(PHOTO), "lines": lines}
    told = bench.kotlin.run(
        "RequestsKt",
        (client_jar, bench.jar),
        json.dumps(given | credentials(crew.app, crew.phone.key)) + "\n",
    )
    answers = {asked: json.loads(answer) for asked, answer in (line.split(" ", 1) for line in told.splitlines())}
    assert answers["again"] == answers["open"]
    assert (answers["photo"]["status"], answers["photo"]["attempts_left"]) == ("unreadable", 19)
    assert (answers["lines"]["status"], answers["lines"]["attempts_left"]) == ("accepted", 18)
    number = answers["open"]["id"]
    assert number in [listed["id"] for listed in answers["mine"]["verifications"]]
    assert (answers["show"]["id"], answers["show"]["state"]) == (number, "mrz_captured")
    assert answers["cancel"]["state"] == "cancelled"
    assert answers["none"] == 404


def test_it_reads_what_the_service_answers(client_jar: Path, bench: Bench, place: Place) -> None:
    """Its classes keep every member of real answers."""
    answers = list(real_answers(place))
    given = "".join(f"{name} {json.dumps(answer)}\n" for name, answer in answers)
    told = bench.kotlin.run("ModelsKt", (client_jar,), given)
    assert [json.loads(line) for line in told.splitlines()] == [without_nulls(answer) for _, answer in answers]


def real_answers(place: Place) -> list[tuple[str, Any]]:
    """Of one verification, and the class of each."""
    card = place.card(Behaviour())
    opened = place.opened(card.document.mrz_lines)
    path, app = f"/v1/verifications/{opened['id']}", place.crew.app
    challenge = app.request("POST", f"{path}/chip-challenges").json()
    octets = base64.urlsafe_b64decode(challenge["challenge"] + "==")
    dump = SpecimenChip(card.document).to_json_body(octets)
    judged = app.request("POST", f"{path}/chip", json=dump, headers={"Idempotency-Key": "generated-client"})
    assert judged.status_code == 200, judged.text
    problem = app.request("GET", "/v1/verifications/vs_" + "a" * 26)
    return [
        ("Opened", opened),
        ("ChallengeIssued", challenge),
        ("ChipJudged", judged.json()),
        ("Shown", app.request("GET", path).json()),
        ("Problem", problem.json()),
    ]


def without_nulls(answer: Any) -> Any:
    """As Gson writes it."""
    if isinstance(answer, dict):
        return {name: without_nulls(value) for name, value in answer.items() if value is not None}
    return [without_nulls(value) for value in answer] if isinstance(answer, list) else answer
