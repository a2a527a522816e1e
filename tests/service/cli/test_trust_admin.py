"""`passkoll trust import|fetch|accept|...|activate|list|export`, from the first list to a judged passport."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from mrtd.specimen import authorities
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import SpecimenIssuer
from tests.service.cli.conftest import Run, lines, process
from tests.service.conftest import NOW
from tests.service.trust.test_real_lists import GERMANY, countries
from tests.service.trust.world import another_generation, list_of


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PASSKOLL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PASSKOLL_SPECIMEN_CLOCK", NOW.isoformat())


@pytest.fixture(scope="module")
def others() -> SpecimenIssuer:
    return another_generation()


@pytest.fixture
def published(tmp_path: Path, issuer: SpecimenIssuer, others: SpecimenIssuer) -> Path:
    """What Utopia publishes, in files."""
    folder = tmp_path / "published"
    folder.mkdir()
    both = (issuer.csca_certificate, others.csca_certificate)
    files = {
        "csca.cer": issuer.csca_certificate,
        "other.cer": others.csca_certificate,
        "dsc.cer": issuer.dsc_certificate,
        "uto.crl": issuer.crl,
        "old.ml": list_of(issuer),
        "new.ml": list_of(issuer, *both, signed_at=NOW - timedelta(days=1)),
        "stranger.ml": list_of(others),
        "notes.txt": b"nothing",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def imports(run: Run, published: Path, *names: str, more: tuple[str, ...] = ()):
    paths = [str(published / name) for name in names]
    return run("trust", "import", *paths, "--as", "anna", "--json", *more)


def publisher(published: Path) -> tuple[str, ...]:
    return ("--publisher", "uto", "--signer-csca", str(published / "csca.cer"))


def draft(run: Run) -> dict[str, Any]:
    (found,) = lines(run("trust", "diff", "--json"))
    return found["draft"]


def activate(run: Run, *more: str):
    return run("trust", "activate", draft(run)["digest"], "--by", "anna", "--and", "bertil", "--json", *more)


def test_from_the_first_list_to_a_passport(run: Run, published: Path, issuer: SpecimenIssuer, tmp_path: Path) -> None:
    (empty,) = lines(run("trust", "list", "--json"))
    assert (empty["active"], empty["draft"], empty["history"]) == (None, None, [])
    assert empty["store"]["warnings"] == ["no_trust_anchor"]

    result = imports(run, published, "old.ml", "uto.crl", more=publisher(published))
    assert (result.exit_code, result.stderr) == (0, "")
    (answer,) = lines(result)
    assert [(one["kind"], one["count"]) for one in answer["taken"]] == [("publisher", 1), ("list", 1), ("crl", 1)]
    (added,) = answer["diff"]["anchors"]["added"]["UT"]
    assert (added["source"], added["kind"], added["probation"]) == ("uto", "master_list", True)
    assert answer["diff"]["states"] == {"gained": ["UT"], "lost": []}

    with_colons = ":".join(added["sha256"][i : i + 2] for i in range(0, 64, 2)).upper()
    (accepted,) = lines(run("trust", "accept", with_colons, "--as", "anna", "--json"))
    assert accepted["diff"]["anchors"]["added"]["UT"][0]["probation"] is False

    (activated,) = lines(activate(run))
    digest = accepted["draft"]["digest"]
    assert activated["activated"]["digest"] == digest
    (shown,) = lines(run("trust", "list", "--anchors", "--json"))
    assert shown["active"] == activated["activated"]
    assert shown["store"]["anchors"] == 1
    (anchor,) = shown["anchors"]
    assert (anchor["since"]["first"], anchor["since"]["second"]) == ("anna", "bertil")

    # the exported store judges a passport elsewhere, as what it is: no operator's pin
    store, dump = tmp_path / "uto.store", tmp_path / "dump"
    assert run("trust", "export", digest[:16], str(store)).exit_code == 0
    assert run("trust", "export", digest[:16], str(store)).exit_code == 2
    dump.mkdir()
    for name, data in issuer.issue(MARTA).files.items():
        (dump / name.value).write_bytes(data)
    at = ("--at", NOW.isoformat(), "--realm", "specimen", "--json")
    (report,) = lines(run("inspect", str(dump), "--trust", str(store), *at))
    assert report["trust_store"] == digest
    assert report["authenticity"] == "authentic"
    (trusted,) = (check for check in report["checks"] if check["id"] == "pa.csca.trusted")
    assert (trusted["status"], trusted["reason"]) == ("PASSED", None)


def test_what_is_refused_says_why(run: Run, published: Path) -> None:
    result = imports(run, published, "stranger.ml", "csca.cer", "dsc.cer", more=publisher(published))
    assert result.exit_code == 1
    (answer,) = lines(result)
    assert [(one["kind"], one["file"], one["code"], one["detail"]) for one in answer["refused"]] == [
        ("certificate", "csca.cer", "use_not_said", None),
        ("list", "stranger.ml", "list_signer", "no_csca"),
    ]
    assert [one["kind"] for one in answer["taken"]] == ["publisher", "signer"]
    shown = run("trust", "import", str(published / "stranger.ml"), "--publisher", "uto", "--as", "anna")
    *_, refused, end = shown.stdout.splitlines()
    assert refused == "✗ refused list  stranger.ml  list_signer  no_csca"
    assert end == "✗ 1 REFUSED: nothing of that is in the draft"


def test_what_changed_nothing_leads_nowhere(run: Run, published: Path) -> None:
    """No difference, and no word of activating: people would sign for something that is not there."""
    arguments = ("trust", "import", str(published / "old.ml"), *publisher(published), "--as", "anna")
    run(*arguments)
    digest = draft(run)["digest"]
    again = run(*arguments)
    assert again.exit_code == 0
    assert again.stdout.splitlines() == [
        "nothing changed; what waits is as it was",
        f"draft {digest}",
        "– held already list  old.ml  list_unchanged",
    ]
    refused = run("trust", "import", str(published / "csca.cer"), "--as", "anna")
    assert refused.exit_code == 1
    assert "activate" not in refused.stdout
    assert refused.stdout.splitlines()[-1].startswith("✗ 1 REFUSED")
    run("trust", "discard", "--as", "anna")
    nothing = run("trust", "import", str(published / "csca.cer"), "--as", "anna").stdout
    assert nothing.splitlines()[0] == "nothing changed; there is no draft"


def test_addresses_that_nobody_may_give(run: Run, published: Path) -> None:
    for url in ("http://lists.example/de.ml", "https://anna:word@lists.example/de.ml"):
        result = run("trust", "import", *publisher(published), "--url", url, "--as", "anna", "--json")
        (answer,) = lines(result)
        assert (result.exit_code, [one["code"] for one in answer["refused"]]) == (1, ["bad_url"])
        assert "word" not in result.stdout + result.stderr
        assert answer["draft"] is None


def test_a_folder_and_an_archive(run: Run, published: Path, tmp_path: Path) -> None:
    """What is no trust material is counted; a broken list is not passed over."""
    archive = tmp_path / "lists.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for name in ("old.ml", "notes.txt"):
            opened.write(published / name, name)
        opened.writestr("broken.ml", (published / "old.ml").read_bytes()[:-9])
    result = run("trust", "import", str(archive), *publisher(published), "--as", "anna", "--json")
    (answer,) = lines(result)
    assert [(one["kind"], one["file"]) for one in answer["taken"]] == [
        ("publisher", "uto"),
        ("list", "lists.zip:old.ml"),
    ]
    assert answer["skipped"] + len(answer["unreadable"]) == 2
    folder = run("trust", "import", str(published), "--pin", "--publisher", "uto", "--as", "anna", "--json")
    (answer,) = lines(folder)
    assert {one["kind"] for one in answer["taken"]} == {"list", "pin", "crl", "signer"}


def ldif(attribute: str, data: bytes) -> str:
    """An entry of the PKD, folded after 76 characters (RFC 2849)."""
    text = f"{attribute}:: {base64.b64encode(data).decode()}"
    parts = [text[:76], *(text[i : i + 75] for i in range(76, len(text), 75))]
    return "dn: c=UT,dc=icao\nc: UT\n" + "\n ".join(parts) + "\n"


@pytest.mark.parametrize("attribute", ["pkdMasterListContent", "CscaMasterListData", "pkdMasterListContent;binary"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_list_inside_an_ldif(run: Run, published: Path, tmp_path: Path, attribute: str, ends: str) -> None:
    """ICAO PKD, old and new names of the attribute: the list is judged over the octets that it has there."""
    file = tmp_path / "pkd.ldif"
    text = "version: 1\n" + ldif(attribute, (published / "old.ml").read_bytes())
    file.write_bytes(text.replace("\n", ends).encode())
    (answer,) = lines(run("trust", "import", str(file), *publisher(published), "--as", "anna", "--json"))
    assert answer["refused"] == []
    assert [(one["kind"], one["file"]) for one in answer["taken"]][1:] == [("list", "pkd.ldif")]


def test_a_list_in_pem(run: Run, published: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.pem"
    body = base64.encodebytes((published / "old.ml").read_bytes()).decode()
    file.write_text(f"-----BEGIN CMS-----\n{body}-----END CMS-----\n")
    (answer,) = lines(run("trust", "import", str(file), *publisher(published), "--as", "anna", "--json"))
    assert [one["kind"] for one in answer["taken"]] == ["publisher", "list"]


@pytest.mark.parametrize(
    ("by", "second", "code"),
    [
        ("anna", "anna", "second_person_required"),
        ("anna", " ANNA ", "second_person_required"),
        ("anna", "", "second_person_required"),
        ("", "bertil", "second_person_required"),
        ("anna", "ber\u200btil", "actor_unreadable"),
    ],
)
def test_two_people(run: Run, published: Path, by: str, second: str, code: str) -> None:
    imports(run, published, "csca.cer", more=("--pin",))
    digest = draft(run)["digest"]
    result = run("trust", "activate", digest, "--by", by, "--and", second, "--json")
    assert lines(result) == [{"error": code}]
    assert result.exit_code == (2 if code == "actor_unreadable" else 1)
    assert lines(run("trust", "list", "--json"))[0]["active"] is None


def test_refusals_end_with_1_and_mistakes_with_2(run: Run, published: Path) -> None:
    both = ("--by", "anna", "--and", "bertil")
    for arguments, code, status in (
        (("diff",), "no_draft", 1),
        (("discard", "--as", "anna"), "no_draft", 1),
        (("what-if",), "no_draft", 1),
        (("activate", "0" * 64, *both), "no_draft", 1),
        (("export", "0" * 64, "x"), "unknown_store", 2),
        (("export", "0" * 8, "x"), "bad_digest", 2),
        (("accept", "0" * 64, "--as", "anna"), "not_on_probation", 1),
        (("accept", "xyz", "--as", "anna"), "bad_fingerprint", 1),
        (("trust-again", "0" * 64, "--as", "anna"), "not_distrusted", 1),
        (("remove-publisher", "uto", "--as", "anna"), "publisher_unknown", 1),
        (("fetch", "uto", "--as", "anna"), "unknown_publisher", 2),
        (("import", "/no/such/file", "--as", "anna"), "unreadable", 2),
        (("import", str(published / "notes.txt"), "--as", "anna"), "unknown_format", 2),
        (("import", str(published / "csca.cer"), "--pin", "--as", " "), "actor_missing", 2),
    ):
        result = run("trust", *arguments, "--json")
        assert ([one["error"] for one in lines(result)], result.exit_code) == ([code], status), arguments
        assert code in result.stderr
    imports(run, published, "csca.cer", more=("--pin",))
    assert lines(run("trust", "activate", "0" * 64, *both, "--json")) == [{"error": "not_the_draft"}]
    assert lines(run("trust", "activate", "0" * 15, *both, "--json")) == [{"error": "bad_digest"}]


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "--as", "anna"),
        ("import", "x", "--pin", "--links", "--as", "anna"),
        ("import", "x", "--url", "https://lists.example", "--as", "anna"),
        ("import", "x"),
        ("accept", "--as", "anna"),
        ("accept", "0" * 64, "--all", "--as", "anna"),
        ("distrust", "0" * 64, "--as", "anna"),
        ("activate", "0" * 64, "--by", "anna"),
    ],
    ids=" ".join,
)
def test_usage(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("trust", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_distrust_discard_and_back(run: Run, published: Path) -> None:
    imports(run, published, "csca.cer", more=("--pin",))
    (first,) = lines(activate(run))
    (anchor,) = lines(run("trust", "list", "--anchors", "--json"))[0]["anchors"]
    sha256 = anchor["sha256"]
    (staged,) = lines(run("trust", "distrust", sha256, "--reason", "stolen", "--as", "bertil", "--json"))
    assert staged["diff"]["states"] == {"gained": [], "lost": ["UT"]}
    assert [(one["what"], one["reason"]) for one in staged["left_out"]] == [("pin", "distrusted")]
    (discarded,) = lines(run("trust", "discard", "--as", "anna", "--json"))
    assert discarded["discarded"]["staged_by"] == "bertil"
    run("trust", "distrust", sha256, "--reason", "stolen", "--as", "bertil")
    assert activate(run).exit_code == 0
    (back,) = lines(run("trust", "return", first["activated"]["digest"][:16], "--as", "bertil", "--json"))
    assert back["draft"]["digest"] == first["activated"]["digest"]
    refused = activate(run)
    assert (refused.exit_code, lines(refused)) == (1, [{"error": "reason_required"}])
    (again,) = lines(activate(run, "--reason", "it was found"))
    assert again["activated"]["reason"] == "it was found"
    (shown,) = lines(run("trust", "list", "--json"))
    assert [one["digest"] for one in shown["history"]][::2] == [first["activated"]["digest"]] * 2


def test_a_damaged_store_is_shown_and_left(run: Run, published: Path, tmp_path: Path) -> None:
    """What docs/operating.md says to do."""
    import sqlite3

    imports(run, published, "csca.cer", more=("--pin",))
    (first,) = lines(activate(run))
    imports(run, published, "other.cer", more=("--pin",))
    (second,) = lines(activate(run))
    with sqlite3.connect(tmp_path / "data" / "passkoll.sqlite3") as database:
        database.execute("UPDATE trust_stores SET file = X'00' WHERE digest = ?", (second["activated"]["digest"],))
    shown = run("trust", "list", "--json")
    assert (shown.exit_code, lines(shown)[0]["problem"]) == (1, "store_damaged")
    assert "✗ store_damaged see docs/operating.md" in run("trust", "list").stdout
    assert imports(run, published, "uto.crl").exit_code == 2
    digest = first["activated"]["digest"]
    back = run("trust", "return", digest[:16], "--as", "anna")
    assert (back.exit_code, f"draft {digest}" in back.stdout) == (0, True)
    done = run("trust", "activate", digest, "--by", "anna", "--and", "bertil", "--reason", "damaged")
    assert done.exit_code == 0
    assert lines(run("trust", "list", "--json"))[0]["problem"] is None


def test_what_if_over_dumps(run: Run, published: Path, issuer: SpecimenIssuer, tmp_path: Path) -> None:
    dump = tmp_path / "dumps" / "marta"
    dump.mkdir(parents=True)
    for name, data in issuer.issue(MARTA).files.items():
        (dump / name.value).write_bytes(data)
    imports(run, published, "csca.cer", "uto.crl", more=("--pin",))
    activate(run)
    revoking = published / "revoking.crl"
    revoking.write_bytes(authorities.crl(issuer, issuer.dsc_template.serial))
    imports(run, published, "revoking.crl")
    result = run("trust", "what-if", "--evidence", str(tmp_path / "dumps"), "--json")
    (found,) = lines(result)
    assert result.exit_code == 1
    assert (found["judged"], found["changed"], found["worse"]) == (1, 1, [str(dump)])
    (movement,) = found["movements"]
    assert (movement["issuing_state"], movement["after"]["outcome"]) == ("UTO", "refused")
    assert movement["after"]["reason"] == "revoked"
    text = run("trust", "what-if", "--evidence", str(tmp_path / "dumps")).stdout
    assert "1 judged twice, 1 would be found otherwise" in text
    assert "refused not_authentic revoked" in text
    stored = run("trust", "what-if", "--json")
    assert (stored.exit_code, lines(stored)[0]["judged"]) == (0, 0)
    assert max(map(len, text.splitlines())) <= 80
    assert run("trust", "what-if", "--evidence", str(tmp_path / "none")).exit_code == 2
    (tmp_path / "empty").mkdir()
    empty = run("trust", "what-if", "--evidence", str(tmp_path / "empty"))
    assert (empty.exit_code, empty.stdout) == (2, "")
    assert "holds no dump" in empty.stderr


@pytest.fixture
def site(published: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, bytes]]]:
    """A publisher's web site, and what lies there."""
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    content: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = content.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", content
    server.shutdown()
    server.server_close()
    thread.join()


def test_fetch_stages_only(run: Run, published: Path, site: tuple[str, dict[str, bytes]]) -> None:
    url, content = site
    none = run("trust", "fetch", "--as", "anna")
    assert (none.exit_code, none.stdout) == (0, "")
    imports(run, published, "old.ml", "uto.crl", more=(*publisher(published), "--url", f"{url}/list.zip"))
    (activated,) = lines(activate(run))

    missing = run("trust", "fetch", "--as", "anna", "--json")
    assert (missing.exit_code, lines(missing)) == (3, [{"publisher": "uto", "error": "status"}])

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("list.ml", (published / "new.ml").read_bytes())
    content["/list.zip"] = packed.getvalue()
    result = run("trust", "fetch", "uto", "--as", "anna", "--json")
    assert result.exit_code == 0, result.stdout
    (found,) = lines(result)
    assert (found["publisher"], [one["kind"] for one in found["taken"]]) == ("uto", ["list"])
    (shown,) = lines(run("trust", "list", "--json"))
    assert shown["active"] == activated["activated"]
    assert shown["draft"]["based_on"] == activated["activated"]["digest"]

    # the same list the week after is no trouble; an older one is
    again = run("trust", "fetch", "--as", "anna", "--json")
    assert (again.exit_code, [one["code"] for one in lines(again)[0]["refused"]]) == (0, ["list_unchanged"])
    content["/list.zip"] = (published / "old.ml").read_bytes()
    older = run("trust", "fetch", "--as", "anna", "--json")
    assert (older.exit_code, [one["code"] for one in lines(older)[0]["refused"]]) == (1, ["list_older"])
    content["/list.zip"] = b"<html>moved</html>"
    page = run("trust", "fetch", "--as", "anna", "--json")
    assert (page.exit_code, lines(page)) == (2, [{"publisher": "uto", "error": "unknown_format"}])


def test_one_bad_address_stops_no_other(
    run: Run, published: Path, others: SpecimenIssuer, site: tuple[str, dict[str, bytes]]
) -> None:
    url, content = site
    content["/list.ml"] = list_of(others)
    imports(run, published, "old.ml", more=(*publisher(published), "--url", "https://a..b/list.ml"))
    second = ("--publisher", "other", "--signer-csca", str(published / "other.cer"), "--url", f"{url}/list.ml")
    imports(run, published, more=second)
    result = run("trust", "fetch", "uto", "other", "--as", "anna", "--json")
    failed, taken = lines(result)
    assert failed == {"publisher": "uto", "error": "url_refused"}
    assert (taken["publisher"], [one["kind"] for one in taken["taken"]]) == ("other", ["list"])
    assert result.exit_code == 3


def test_text_for_people(run: Run, published: Path) -> None:
    imported = run("trust", "import", str(published / "old.ml"), *publisher(published), "--as", "anna")
    assert "✓ taken 1 list  old.ml" in imported.stdout
    assert "UT" in imported.stdout
    assert "probation" in imported.stdout
    digest = draft(run)["digest"]
    assert f"trust activate {digest[:16]} --by A --and B" in imported.stdout
    assert digest in run("trust", "diff").stdout
    done = run("trust", "activate", digest[:16], "--by", "anna", "--and", "bertil")
    assert done.stdout == (
        f"activated {digest}: it counts from the next judgement on\n"
        "decisions in force that the service judges anew: 0\n"
    )
    shown = run("trust", "list", "--anchors").stdout
    assert f"in use {digest} (specimen)" in shown
    assert "by anna, bertil" in shown
    assert run("trust", "discard", "--as", "anna").stderr == "passkoll: no_draft\n"


def test_both_people_read_what_they_sign_for(run: Run, published: Path) -> None:
    """Whose lists count, and what was decided why: the digest covers it, so the diff says it (SECURITY.md 4.4)."""
    signer, other = (sha256_of(published / name) for name in ("csca.cer", "other.cer"))
    run("trust", "import", str(published / "old.ml"), *publisher(published), "--as", "anna")
    run("trust", "distrust", other, "--reason", "reported stolen", "--as", "anna")
    run("trust", "allow-name", "a" * 64, "--reason", "a surname", "--as", "anna")
    shown = run("trust", "diff").stdout
    first = shown.splitlines()
    assert "? 1 on probation: accept those that you can vouch for" in shown
    assert first[first.index("  publisher uto") + 1] == f"  + signer CSCA {signer}"
    assert first[first.index(f"  + distrust {other}") + 1].strip() == "reported stolen"
    assert first[first.index(f"  + allow-name {'a' * 64}") + 1].strip() == "a surname"
    (answer,) = lines(run("trust", "diff", "--json"))
    decided = answer["decided"]
    assert decided["distrusted"] == [{"sha256": other, "before": None, "after": "reported stolen"}]
    (change,) = decided["publishers"]
    assert (change["name"], change["before"], change["after"]["signer_cscas"]) == ("uto", None, [signer])
    assert change["after"]["master_list"]["sha256"] == sha256_of(published / "old.ml")
    activate(run)
    shown = run("trust", "list").stdout.splitlines()
    assert shown[shown.index("  publisher uto") + 1] == f"    signer CSCA {signer}"
    assert shown[shown.index(f"  distrust {other}") + 1].strip() == "reported stolen"
    (listed,) = lines(run("trust", "list", "--json"))
    assert listed["decisions"]["distrusted"] == {other: "reported stolen"}
    # one list signer more: the store is the same, and the second person sees whose lists count from now on
    run("trust", "trust-again", other, "--as", "anna")
    more = ("--publisher", "uto", "--signer-csca", str(published / "csca.cer"), "--signer-csca")
    run("trust", "import", *more, str(published / "other.cer"), "--as", "anna")
    shown = run("trust", "diff").stdout
    assert f"  + signer CSCA {other}" in shown
    assert f"  - distrust {other}" in shown
    assert f"signer CSCA {signer}" not in shown


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_the_draft_holds_and_does_not_trust(run: Run, published: Path) -> None:
    """Said by `diff` and `return`, as by the import itself."""
    imports(run, published, "csca.cer", more=("--pin",))
    run("trust", "distrust", sha256_of(published / "csca.cer"), "--reason", "stolen", "--as", "anna")
    left_out = [("pin", "distrusted")]
    assert [(one["what"], one["reason"]) for one in lines(run("trust", "diff", "--json"))[0]["left_out"]] == left_out
    assert "  held, not trusted: distrusted 1" in run("trust", "diff").stdout
    (first,) = lines(activate(run))
    imports(run, published, "other.cer", more=("--pin",))
    activate(run)
    # somebody's draft waits, and gives way
    run("trust", "distrust", sha256_of(published / "other.cer"), "--reason", "stolen", "--as", "carin")
    waiting = draft(run)["digest"]
    digest = first["activated"]["digest"]
    (back,) = lines(run("trust", "return", digest, "--as", "anna", "--json"))
    assert [(one["what"], one["reason"]) for one in back["left_out"]] == left_out
    assert (back["replaced"]["digest"], back["replaced"]["staged_by"]) == (waiting, "carin")
    run("trust", "distrust", "b" * 64, "--reason", "stolen", "--as", "carin")
    text = run("trust", "return", digest, "--as", "anna").stdout
    assert "? replaces the draft of carin" in text
    assert "held, not trusted: distrusted 1" in text


def test_the_anchors_of_the_draft(run: Run, published: Path) -> None:
    imports(run, published, "csca.cer", more=("--pin",))
    activate(run)
    run("trust", "import", str(published / "new.ml"), *publisher(published), "--as", "anna")
    sha256 = sha256_of(published / "other.cer")
    assert run("trust", "list", "--draft").exit_code == 2
    assert sha256 not in run("trust", "list", "--anchors").stdout
    (answer,) = lines(run("trust", "list", "--anchors", "--draft", "--json"))
    pinned = [sha256_of(published / "csca.cer")]
    assert [one["sha256"] for one in answer["anchors"]] == pinned
    run("trust", "unpin", *pinned, "--as", "anna")
    shown = run("trust", "list", "--anchors", "--draft").stdout
    assert "2 anchors, 2 on probation" in shown
    assert f"  UT {sha256} probation master_list uto signed" in shown


@pytest.mark.real
def test_a_first_list_can_be_worked_off(run: Run, real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """588 certificates, five of Sweden (ANALYSIS.md section 1): each fingerprint that people accept is printed."""
    monkeypatch.delenv("PASSKOLL_SPECIMEN_CLOCK")
    monkeypatch.setenv("PASSKOLL_REALM", "production")
    folder = real_data / "csca"
    german = (folder / "masterlists" / GERMANY[1], "--publisher", "de", "--signer-csca")
    run("trust", "import", *map(str, german), str(folder / "certs" / "DE_ROOT_CA_CSCA07.cer"), "--as", "anna")
    shown = run("trust", "diff").stdout
    listed = countries(real_data, GERMANY[1])
    on_probation = {sha256 for sha256, country in listed.items() if country != "SE"}
    assert f"{len(on_probation)} on probation" in shown
    assert set(re.findall(r"^  [A-Z]{2} ([0-9a-f]{64}) \d{4}-\d\d-\d\d$", shown, re.MULTILINE)) == on_probation
    assert "held, not trusted: home_state_not_pinned 5" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_proxy_that_cannot_be_used(run: Run, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://name:word@proxy.example")
    result = run("trust", "fetch", "--as", "anna")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "proxy of the environment" in result.stderr
    assert "word" not in result.stderr


def test_names_of_strangers_cannot_command_a_terminal(run: Run, published: Path, tmp_path: Path) -> None:
    archive = tmp_path / "lists.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("\x1b]0;title\x07old.ml", (published / "stranger.ml").read_bytes())
    result = run("trust", "import", str(archive), *publisher(published), "--as", "anna")
    assert "\x1b" not in result.stdout + result.stderr
    assert "list_signer" in result.stdout


def test_the_other_realm_has_another_database(run: Run, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imports(run, published, "csca.cer", more=("--pin",))
    monkeypatch.delenv("PASSKOLL_SPECIMEN_CLOCK")
    monkeypatch.setenv("PASSKOLL_REALM", "production")
    result = run("trust", "list")
    assert result.exit_code == 2
    assert "realm specimen" in result.stderr


def test_a_specimen_never_comes_into_production(
    run: Run, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SECURITY.md 4.5, as a process."""
    monkeypatch.delenv("PASSKOLL_SPECIMEN_CLOCK")
    monkeypatch.setenv("PASSKOLL_REALM", "production")
    arguments = ("import", str(published / "csca.cer"), "--pin", "--as", "anna", "--data", str(tmp_path / "other"))
    found = process("trust", *arguments, "--json")
    answer = json.loads(found.stdout)
    assert (found.returncode, answer["draft"]) == (1, None)
    assert [one["code"] for one in answer["refused"]] == ["specimen_mark"]
