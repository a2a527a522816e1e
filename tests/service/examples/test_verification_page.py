"""docs/api/examples: the page with curl is run as it stands, against a service on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service import wiring
from service.crew import ACTOR, muster
from service.domain.account_rules import Acting, is_administrator
from service.domain.clients import ClientKind
from service.run import running
from service.settings import Settings
from service.wiring.clients import administer_clients
from tests.conftest import ROOT
from tests.service.operations.conftest import environment

EXAMPLES = ROOT / "docs" / "api" / "examples"
PAGE = (EXAMPLES / "verification.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def run(folder: Path, command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """A command of the page, in an empty folder, with the programs of this installation first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(PATH=path, **variables),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def variables(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What the page says is there before: a service, two administrators, a phone, a portal."""
    made = run(tmp_path, ["python3", str(EXAMPLES / "passport.py"), "make", "specimens"])
    assert made.returncode == 0, made.stderr
    settings = Settings(data_dir=tmp_path / "data", trust=(tmp_path / "specimens" / "trust",), port=0)
    with running(settings) as service, muster(settings, service.url, say=lambda _warning: None) as crew:
        with wiring.administer_staff(settings) as staff:
            everybody = staff.change.everybody(Acting(ACTOR, staff.organisation))
        with administer_clients(settings) as clients:
            private, public = clients.generate()
            portal = clients.clients.add(ACTOR, ClientKind.PORTAL, "a portal", "https://portal.invalid", (), public)
        (tmp_path / "portal.pem").write_bytes(private)
        (tmp_path / "phone.pem").write_bytes(crew.phone.key.private_pem())
        yield {
            "URL": service.url,
            "EXAMPLES": str(EXAMPLES),
            "PORTAL": portal.id,
            "PORTAL_KEY": "portal.pem",
            "AUDIENCE": portal.audience,
            "PHONE": crew.phone.id,
            "PHONE_KEY": "phone.pem",
            "FIRST": crew.first.console.person,
            "SECOND": crew.second.console.person,
            "OPERATOR": next(person.id for person in everybody if is_administrator(person)),
            "PASSKOLL_DATA_DIR": str(settings.data_dir),
        }


def test_the_page_goes_from_the_order_to_the_receipt(tmp_path: Path, variables: dict[str, str]) -> None:
    assert len(BLOCKS) == 9
    assert set(variables) == set(re.findall(r"`([A-Z_]+)`", PAGE))
    found = run(tmp_path, ["bash", "-euo", "pipefail", "-c", "\n".join(BLOCKS)], **variables)
    assert found.returncode == 0, found.stdout + found.stderr
    lines = found.stdout.splitlines()
    for word in ("verified", "wait_review_1", "review_1", "approved"):
        assert word in lines
    assert lines[-1] == "consumed"
    assert (tmp_path / "portrait.jpg").read_bytes().startswith(b"\xff\xd8\xff")
