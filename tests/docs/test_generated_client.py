"""The Kotlin client that `make client-kotlin` makes of docs/openapi.json: always the same, and it reads answers."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from mrtd.specimen.card import Behaviour
from mrtd.specimen.chip import SpecimenChip
from tests.docs.kotlin.bench import HERE, Compiler
from tests.docs.place import Place

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = Path("src/main/kotlin/se/passkoll/client")
#: Of Debian: libgoogle-gson-java.
GSON: Final = Path("/usr/share/java/gson.jar")
#: What the generator warns of that is so, and does no harm: docs/android.md says what follows.
KNOWN: Final = (
    "OpenAPI 3.1 support is still in beta",
    "Unknown scheme `DPoP` found in the HTTP security definition",
    "Failed to get the schema name: null",
)


def generated(folder: Path) -> str:
    """Make the client in a folder; what the generator says."""
    command = os.environ.get("PASSKOLL_TEST_OPENAPI_GENERATOR")
    if command is None:
        pytest.skip("PASSKOLL_TEST_OPENAPI_GENERATOR names the generator: make client-kotlin installs one")
    told = ["--config", "docs/kotlin/client.json", "--input-spec", "docs/openapi.json", "--output", str(folder)]
    ran = subprocess.run(
        [command, "generate", *told], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    return ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("client")
    return folder, generated(folder)


def test_the_generator_has_nothing_to_warn_of(client: tuple[Path, str]) -> None:
    said = re.findall(r"^.*\b(?:WARN|ERROR)\b.*$", client[1], re.MULTILINE)
    assert [line for line in said if not any(known in line for known in KNOWN)] == []


def test_the_same_twice(client: tuple[Path, str], tmp_path: Path) -> None:
    generated(tmp_path)
    assert files(tmp_path) == files(client[0])


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_route_is_there(client: tuple[Path, str]) -> None:
    """By its address, in the code of one of the APIs."""
    code = "".join(path.read_text("utf-8") for path in sorted((client[0] / PACKAGE / "apis").glob("*.kt")))
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))["paths"]
    assert len(paths) > 40
    assert [path for path in paths if f'"{path}"' not in code] == []


def test_it_reads_what_the_service_answers(client: tuple[Path, str], place: Place, tmp_path: Path) -> None:
    """Its classes are compiled, and keep every member of real answers.

    Its requests are not: they need OkHttp 4, and Debian has 3.13.
    """
    if not GSON.exists():
        pytest.skip("needs Debian's libgoogle-gson-java")
    compiler, jar = Compiler.found(), tmp_path / "models.jar"
    code = client[0] / PACKAGE
    others = [path for path in sorted((code / "infrastructure").glob("*.kt")) if "okhttp3" not in path.read_text()]
    compiler.compile([code / "models", *others, HERE / "Models.kt"], [GSON], jar, "-nowarn")
    answers = list(real_answers(place))
    ran = subprocess.run(
        ["java", "-cp", os.pathsep.join(map(str, (jar, compiler.library, GSON))), "se.passkoll.bench.ModelsKt"],
        input="".join(f"{name} {json.dumps(answer)}\n" for name, answer in answers),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [told(answer) for _, answer in answers]


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


def told(answer: Any) -> Any:
    """The answer without its nulls, which Gson does not write."""
    if isinstance(answer, dict):
        return {name: told(value) for name, value in answer.items() if value is not None}
    return [told(value) for value in answer] if isinstance(answer, list) else answer
