"""A database that somebody wrote to: people see what is whole and what is not, and nothing ends in a traceback."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from mrtd.specimen.issuer import SpecimenIssuer
from service import wiring
from service.domain.errors import ProblemCode, ServiceError
from service.settings import Settings
from tests.service.cli.conftest import Run, lines
from tests.service.conftest import NOW

BOTH = ("--by", "anna", "--and", "bertil")


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PASSKOLL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PASSKOLL_SPECIMEN_CLOCK", NOW.isoformat())


@pytest.fixture
def stores(run: Run, tmp_path: Path, issuer: SpecimenIssuer) -> tuple[str, str, str]:
    """The digests of two stores that were activated one after the other, and of a draft."""
    (tmp_path / "csca.cer").write_bytes(issuer.csca_certificate)
    (tmp_path / "dsc.cer").write_bytes(issuer.dsc_certificate)
    (tmp_path / "uto.crl").write_bytes(issuer.crl)
    digests = []
    for name in ("csca.cer", "dsc.cer", "uto.crl"):
        (staged,) = lines(run("trust", "import", str(tmp_path / name), "--pin", "--as", "anna", "--json"))
        digests.append(staged["draft"]["digest"])
        if name != "uto.crl":
            assert run("trust", "activate", digests[-1], *BOTH).exit_code == 0
    first, second, draft = digests
    return first, second, draft


def damage(tmp_path: Path, statement: str, *digests: str) -> None:
    """By hand: SQLite asks nobody for foreign keys or types."""
    with sqlite3.connect(tmp_path / "data" / "passkoll.sqlite3") as database:
        database.execute(statement, digests)


IN_USE = {
    "realm": "UPDATE trust_stores SET realm = 'moon' WHERE digest = ?",
    "hash of another type": "UPDATE trust_stores SET file_sha256 = 7 WHERE digest = ?",
    "file of text": "UPDATE trust_stores SET file = 'text' WHERE digest = ?",
    "file of a number": "UPDATE trust_stores SET file = 5 WHERE digest = ?",
    "row deleted": "DELETE FROM trust_stores WHERE digest = ?",
    "holdings": "UPDATE trust_activations SET holdings = 7 WHERE digest = ?",
    "time": "UPDATE trust_activations SET at = 'yesterday' WHERE digest = ?",
    "reason": "UPDATE trust_activations SET reason = X'00' WHERE digest = ?",
    "person": "UPDATE trust_activations SET first_actor = X'00' WHERE digest = ?",
    "previous": "UPDATE trust_activations SET previous = NULL WHERE digest = ?",
}


@pytest.mark.parametrize("statement", IN_USE.values(), ids=IN_USE)
def test_the_store_in_use(
    run: Run, stores: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    _, second, draft = stores
    damage(tmp_path, statement, second)
    shown = run("trust", "list", "--anchors", "--json")
    (answer,) = lines(shown)
    assert (shown.exit_code, answer["problem"]) == (1, "store_damaged")
    assert (answer["draft"]["digest"], answer["draft_problem"]) == (draft, None)
    text = run("trust", "list", "--anchors").stdout
    assert "✗ store_damaged" in text
    assert f"draft {draft}" in text
    for command in (("diff",), ("what-if",), ("import", str(tmp_path / "csca.cer"), "--pin", "--as", "anna")):
        refused = run("trust", *command, "--json")
        assert (refused.exit_code, [one["error"] for one in lines(refused)]) == (2, ["store_damaged"]), command
    wired = wiring.wire(Settings())
    with pytest.raises(ServiceError) as closed:
        wired.trust.current()
    wired.close()
    assert closed.value.code is ProblemCode.NOT_READY


GAPS = {
    "the first is gone": "DELETE FROM trust_activations WHERE digest = ?",
    "the first is another": "UPDATE trust_activations SET digest = 'x' WHERE digest = ?",
    "the first had one before it": "UPDATE trust_activations SET previous = digest WHERE digest = ?",
}


@pytest.mark.parametrize("statement", GAPS.values(), ids=GAPS)
def test_a_history_with_a_gap(run: Run, stores: tuple[str, str, str], tmp_path: Path, statement: str) -> None:
    """Nothing is activated upon it, and nothing brought back; what is in it is shown."""
    first, second, draft = stores
    damage(tmp_path, statement, first)
    shown = run("trust", "list", "--json")
    (answer,) = lines(shown)
    assert (shown.exit_code, answer["problem"], answer["history"][0]["digest"]) == (1, "store_damaged", second)
    for command in (("activate", draft, *BOTH), ("return", first, "--as", "anna")):
        refused = run("trust", *command, "--json")
        assert (refused.exit_code, [one["error"] for one in lines(refused)]) == (2, ["store_damaged"]), command


DRAFTS = {
    "row deleted": "DELETE FROM trust_stores WHERE digest = ?",
    "realm": "UPDATE trust_stores SET realm = 'moon' WHERE digest = ?",
    "file": "UPDATE trust_stores SET file = X'00' WHERE digest = ?",
    "holdings": "UPDATE trust_draft SET holdings = 'x' WHERE digest = ?",
}


@pytest.mark.parametrize("statement", DRAFTS.values(), ids=DRAFTS)
def test_the_draft(run: Run, stores: tuple[str, str, str], tmp_path: Path, statement: str) -> None:
    """What is in use is shown all the same, and the draft can be discarded and begun again."""
    _, second, draft = stores
    damage(tmp_path, statement, draft)
    shown = run("trust", "list", "--json")
    (answer,) = lines(shown)
    assert (shown.exit_code, answer["problem"], answer["draft_problem"]) == (1, None, "store_damaged")
    assert (answer["active"]["digest"], answer["store"]["anchors"]) == (second, 1)
    text = run("trust", "list").stdout
    assert f"in use {second}" in text
    assert "✗ store_damaged the draft cannot be opened: discard it" in text
    for command in (("diff",), ("activate", draft, *BOTH)):
        refused = run("trust", *command, "--json")
        assert (refused.exit_code, [one["error"] for one in lines(refused)]) == (2, ["store_damaged"]), command
    assert lines(run("trust", "discard", "--as", "anna", "--json"))[0]["discarded"]["digest"] == draft
    again = run("trust", "import", str(tmp_path / "uto.crl"), "--as", "anna", "--json")
    assert (again.exit_code, lines(again)[0]["draft"]["digest"]) == (0, draft)


def test_a_draft_nobody_can_read(run: Run, stores: tuple[str, str, str], tmp_path: Path) -> None:
    _, second, draft = stores
    damage(tmp_path, "UPDATE trust_draft SET staged_at = 'yesterday' WHERE digest = ?", draft)
    shown = run("trust", "list", "--json")
    (answer,) = lines(shown)
    assert (shown.exit_code, answer["draft"], answer["draft_problem"]) == (1, None, "store_damaged")
    assert answer["active"]["digest"] == second


def test_since_when_where_an_earlier_store_is_damaged(run: Run, stores: tuple[str, str, str], tmp_path: Path) -> None:
    """The anchor is older than the store in use, and nobody can say how old."""
    first, _, _ = stores
    damage(tmp_path, "UPDATE trust_stores SET file = X'00' WHERE digest = ?", first)
    shown = run("trust", "list", "--anchors", "--json")
    (answer,) = lines(shown)
    assert shown.exit_code == 0
    assert [anchor["since"] for anchor in answer["anchors"]] == [None]
