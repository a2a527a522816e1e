"""A submission can never change the trust store, nor make the service fetch anything (SECURITY.md 4.3)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from service import wiring
from service.app import contract
from service.domain.ports import TrustSource

SERVICE = Path(wiring.__file__).parent.parent
ADMINISTRATION = {
    "service.usecases.trust_activation",
    "service.usecases.trust_decisions",
    "service.usecases.trust_fetching",
    "service.usecases.trust_import",
    "service.usecases.trust_staging",
}
#: Who joins the administration, who offers it to people, and its own modules.
MAY_ADMINISTER = {
    "service.wiring.trust",
    "service.cli.trust_admin",
    "service.cli.trust_changes",
    "service.cli.trust_json",
    "service.cli.trust_office",
    "service.cli.trust_text",
}
FETCHING = "service.adapters.fetching"


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SERVICE.rglob("*.py")):
        parts = path.relative_to(SERVICE.parent).with_suffix("").parts
        yield ".".join(parts).removesuffix(".__init__"), ast.parse(path.read_text())


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_only_the_administration_knows_how_stores_change() -> None:
    users = {name for name, tree in modules() if imported(tree) & ADMINISTRATION}
    assert users - ADMINISTRATION <= MAY_ADMINISTER, users
    assert {"service.wiring.trust", "service.cli.trust_admin"} <= users


def test_only_the_administration_writes_stores() -> None:
    """Each call of a method that changes the rows stands in a use case of the administration, or in the rows."""
    writers = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("stage", "drop_draft", "activate")
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "trust"
    }
    assert writers == {"service.usecases.trust_activation", "service.usecases.trust_staging"}


def test_the_services_of_routes_hold_no_administration() -> None:
    """Routes reach what `Services` holds: of trust that is the source of judgements, which can only be asked."""
    assert not {field.name for field in fields(wiring.Services)} & {
        field.name for field in fields(wiring.TrustAdministration) if field.name != "close"
    }
    assert [name for name in vars(TrustSource) if not name.startswith("_")] == ["current"]


def test_no_route_speaks_of_trust_stores() -> None:
    assert [path for path in contract()["paths"] if "trust" in path] == []


def test_one_place_makes_the_fetcher() -> None:
    assert {name for name, tree in modules() if FETCHING in imported(tree)} == {"service.wiring.trust"}
    (wired,) = (tree for name, tree in modules() if name == "service.wiring.trust")
    inside = [
        function.name
        for function in wired.body
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and node.module == FETCHING
    ]
    assert inside == ["administer_trust"]
    joined = {"service.wiring.administer_trust", "service.wiring.trust.administer_trust"}
    assert {name for name, tree in modules() if imported(tree) & joined} == {
        "service.cli.trust_office",
        "service.wiring",
    }


@pytest.mark.parametrize("script", ["from service.app import create_app; create_app()"])
def test_a_service_has_no_code_that_fetches(tmp_path, script: str) -> None:
    seen = f"import sys; {script}; print('{FETCHING}' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", seen], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.strip().splitlines()[-1] == "False"
