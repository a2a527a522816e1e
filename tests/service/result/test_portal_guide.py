"""docs/portal.md: its programs verify what the service signs, and refuse what they must."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mrtd.pki.realm import Realm
from service.adapters.signing import FileSigner
from service.domain.claims import claims
from service.domain.issuing import IssuingPolicy, Label, Population, obligations
from service.domain.result import TOKEN_TYPES
from tests.service.conftest import ManualClock
from tests.service.findings import AT
from tests.service.result.basis import ISSUER, basis

GUIDE = (Path(__file__).parents[3] / "docs" / "portal.md").read_text("utf-8")
NOW = int(AT.timestamp())
JARS = [Path("/usr/share/java") / f"jackson-{part}.jar" for part in ("core", "annotations", "databind")]


def program(language: str) -> str:
    """The one program of the guide in a language."""
    (code,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return code


@pytest.fixture
def signed(tmp_path: Path, clock: ManualClock) -> Callable[..., str]:
    """`signed(realm, exp=...)`: a token, with claims changed."""
    signers = {realm: FileSigner.open(tmp_path, realm, clock) for realm in Realm}

    def sign(realm: Realm = Realm.PRODUCTION, token_type: str | None = None, **changes: object) -> str:
        payload = claims(replace(ISSUER, realm=realm), basis(), AT) | changes
        return signers[realm].sign(payload, token_type or TOKEN_TYPES[realm])

    sign.keys = dict(signers[Realm.PRODUCTION].public_keys())
    return sign


def refused(sign: Callable[..., str]) -> dict[str, tuple[str, int]]:
    """What must be refused: the token, and when."""
    good = sign()
    head, body, signature = good.split(".")
    none = "eyJhbGciOiJub25lIiwia2lkIjoieCIsInR5cCI6InZlcmlmaWNhdGlvbi1yZXN1bHQrand0In0"
    return {
        "specimen": (sign(Realm.SPECIMEN), NOW),
        "another type": (sign(token_type="audit-checkpoint+jwt"), NOW),
        "another issuer": (sign(iss="https://other.example"), NOW),
        "another audience": (sign(aud="https://other.example"), NOW),
        "no expiry": (sign(exp=None), NOW),
        "expired": (good, NOW + 15 * 60 + 60),
        "from the future": (good, NOW - 61),
        "alg none": (f"{none}.{body}.", NOW),
        "changed": (f"{head}.{body[:-4]}AAAA.{signature}", NOW),
        "no signature": (f"{head}.{body}.", NOW),
        "no token": ("a.b", NOW),
    }


CASES = [
    "specimen",
    "another type",
    "another issuer",
    "another audience",
    "no expiry",
    "expired",
    "from the future",
    "alg none",
    "changed",
    "no signature",
    "no token",
]


def test_the_python_program(signed) -> None:
    space: dict[str, Any] = {}
    exec(compile(program("python"), "docs/portal.md", "exec"), space)  # noqa: S102 - that it runs is the point
    parties = (signed.keys, ISSUER.iss, ISSUER.aud)
    assert space["verified_claims"](signed(), *parties, NOW)["jti"] == basis().record.jti
    hostile = refused(signed)
    assert list(hostile) == CASES
    for name, (token, at) in hostile.items():
        with pytest.raises((ValueError, space["JoseError"])):
            pytest.fail(f"{name} is believed: {bool(space['verified_claims'](token, *parties, at))}")


RUNNER = """
    public static void main(String[] arguments) throws Exception {
        JsonNode jwks = JSON.readTree(new java.io.File(arguments[0]));
        java.io.BufferedReader in = new java.io.BufferedReader(new java.io.InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            try {
                long now = Long.parseLong(words[1]);
                System.out.println(claims(words[0], jwks, arguments[1], arguments[2], now).path("jti").asText());
            } catch (GeneralSecurityException | IllegalArgumentException | java.io.IOException error) {
                System.out.println("refused");
            }
        }
    }
}
"""


def test_the_java_program(signed, tmp_path: Path) -> None:
    """Compiled and run where Java 17 and Jackson are: Debian's default-jdk-headless, libjackson2-databind-java."""
    if shutil.which("java") is None or shutil.which("javac") is None or not all(jar.exists() for jar in JARS):
        pytest.skip("needs a JDK and libjackson2-databind-java")
    source = tmp_path / "VerifyResult.java"
    source.write_text(program("java").rstrip().removesuffix("}") + RUNNER)
    (tmp_path / "jwks.json").write_text(json.dumps(signed.keys))
    path = os.pathsep.join(map(str, JARS))
    hostile = refused(signed)
    lines = [f"{token} {at}" for token, at in [(signed(), NOW), *hostile.values()]]
    ran = subprocess.run(
        ["java", "-cp", path, str(source), str(tmp_path / "jwks.json"), ISSUER.iss, ISSUER.aud],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert dict(zip(["good", *hostile], ran.stdout.split(), strict=True)) == {
        "good": basis().record.jti,
        **dict.fromkeys(CASES, "refused"),
    }


def test_levels_and_obligations_are_explained() -> None:
    for level in Label:
        assert f"`{level.value}`" in GUIDE
    policies = (IssuingPolicy(), IssuingPolicy(certified=True))
    codes = {
        bound["code"]
        for policy in policies
        for people in Population
        for bound in obligations(Label.UNCERTIFIED_LOA3, people, policy, None)
    }
    for code in codes:
        assert f"| `{code}`" in GUIDE
