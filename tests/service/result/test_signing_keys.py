"""`passkoll keys signing`: what an operator does with the keys, and what running services make of it."""

from __future__ import annotations

import json

import pytest

from service.settings import Settings
from tests.service.cli.conftest import lines, run  # noqa: F401 - a fixture
from tests.service.counter import Counter

WHO = ("--as", "olle")


@pytest.fixture
def keys(run, settings: Settings, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    """`keys("list")` over the database and the keys of the service."""
    monkeypatch.setenv("PASSKOLL_DATA_DIR", str(settings.data_dir))
    if settings.database_url is not None:
        monkeypatch.setenv("PASSKOLL_DATABASE_URL", settings.database_url)
    return lambda *arguments: run("keys", "signing", *arguments)


def test_rotation_counts_at_once_in_a_running_service(keys, counter: Counter, document) -> None:
    (first,) = lines(keys("list", "--json"))
    assert (first["state"], first["retired_at"], first["compromised_at"]) == ("signing", None, None)
    case = counter.approved(document)
    before = counter.get(f"{case}/result").text
    made = keys("rotate", *WHO, "--json")
    assert made.exit_code == 0
    assert [key["kid"] for key in lines(keys("list", "--json"))] == [first["kid"], lines(made)[0]["kid"]]
    after = counter.get(f"{case}/result").text
    assert before.split(".")[0] != after.split(".")[0]
    published = {key["kid"] for key in counter.client.get("/.well-known/jwks.json").json()["keys"]}
    assert published == {first["kid"], lines(made)[0]["kid"]}
    assert "retired" in keys("list").stdout


def test_a_compromised_key_names_its_results(keys, counter: Counter, services, document) -> None:
    cases = [counter.approved(document) for _ in range(2)]
    fetched = {case.rpartition("/")[2]: counter.get(f"{case}/result").text for case in (*cases, cases[0])}
    (stolen,) = lines(keys("list", "--json"))
    told = keys("compromised", stolen["kid"], *WHO, "--json")
    ended, *results = lines(told)
    assert (told.exit_code, ended["state"]) == (0, "compromised")
    assert [result["verification_id"] for result in results] == [case.rpartition("/")[2] for case in cases]
    with services.database.reading() as work:
        assert {result["txn"] for result in results} == {work.results.of(case).txn for case in fetched}
        actions = [row["action"] for row in work.audit.rows()]
    assert actions[-1] == "signing_key_compromised"
    published = {key["kid"] for key in counter.client.get("/.well-known/jwks.json").json()["keys"]}
    assert stolen["kid"] not in published
    assert len(published) == 1
    assert lines(keys("results", stolen["kid"], "--json")) == results
    (new,) = published
    assert lines(keys("results", new, "--json")) == []
    assert keys("results", stolen["kid"]).stdout.count("vs_") == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("compromised", "unknown", *WHO),
        ("results", "unknown"),
        ("rotate",),
        ("rotate", "--as", " "),
        ("rotate", "--as", "x" * 129),
    ],
)
def test_mistakes_change_nothing(keys, services, arguments: tuple[str, ...]) -> None:
    before = json.dumps(dict(services.signer.public_keys()))
    assert keys(*arguments).exit_code == 2
    assert json.dumps(dict(services.signer.public_keys())) == before
