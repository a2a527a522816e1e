"""Signed checkpoints, outside of the database: a trail that was written anew is found."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet
from obstore.store import MemoryStore

from service import wiring
from service.adapters.checkpoints import FolderAnchor, JwksReader, StoreAnchor, WebhookAnchor, open_anchor
from service.adapters.db.database import SqlDatabase
from service.domain.audit_chain import Break, BreakKind, Head
from service.domain.audit_checkpoint import CHECKPOINT_TYPE, AnchorError, AuditBrokenError, Checkpoint, KeptCheckpoint
from service.domain.errors import ConfigurationError
from service.domain.jobs import JobFailedError, JobKind
from service.settings import Settings
from tests.service.audit.trail import all_rows, execute, forge, rewritten, unprotect, write
from tests.service.conftest import NOW


def test_a_checkpoint_is_a_jws_over_the_last_entry(database: SqlDatabase, audit, settings: Settings) -> None:
    write(database, 3)
    made = audit.make_checkpoint()
    (kept,) = audit.anchor.kept()
    with database.reading() as work:
        assert [kept] == list(work.audit.checkpoints())
        assert made.head == work.audit.head()
    keys = KeySet.import_key_set(dict(audit.make_checkpoint.signer.public_keys()))
    signed = jws.deserialize_compact(kept.token, keys)
    assert {name: signed.headers()[name] for name in ("alg", "typ")} == {"alg": "ES256", "typ": CHECKPOINT_TYPE}
    assert json.loads(signed.payload) == {
        "iss": settings.issuer,
        "iat": int(NOW.timestamp()),
        "number": 3,
        "digest": all_rows(database)[-1]["digest"],
    }


def test_nothing_is_signed_where_nothing_was_added(database: SqlDatabase, audit) -> None:
    assert audit.make_checkpoint() is None
    write(database, 1)
    assert audit.make_checkpoint().head.number == 1
    assert audit.make_checkpoint() is None
    write(database, 2)
    assert audit.make_checkpoint().head.number == 3
    assert [kept.number for kept in audit.anchor.kept()] == [1, 3]


def test_verifying_says_how_far_it_is_signed(database: SqlDatabase, audit) -> None:
    write(database, 2)
    audit.make_checkpoint()
    write(database, 2, organisation="Region B")
    verified = audit.verify(audit.anchor)
    assert (verified.entries, verified.organisations, verified.covered, verified.anchored) == (4, 2, 2, 1)
    assert verified.breaks == ()
    assert audit.verify().anchored is None


def test_a_trail_that_is_written_anew_is_found_outside_alone(database: SqlDatabase, audit) -> None:
    """Somebody with the database alone changes an entry, makes both chains anew, and drops the checkpoints."""
    write(database, 6)
    audit.make_checkpoint()
    write(database, 2)
    unprotect(database.engine)
    forged = rewritten([row | {"action": "cancelled"} if row["number"] == 3 else row for row in all_rows(database)])
    forge(database.engine, forged)
    assert audit.verify().breaks == (Break(6, BreakKind.CHECKPOINT_DIFFERS),)
    execute(database.engine, "DELETE FROM audit_checkpoints")
    assert audit.verify().breaks == ()
    assert audit.verify(audit.anchor).breaks == (Break(6, BreakKind.CHECKPOINT_DIFFERS),)


def test_a_checkpoint_of_the_forger_is_not_believed(database: SqlDatabase, audit) -> None:
    write(database, 3)
    with database.reading() as work:
        head = work.audit.head()
    key = ECKey.generate_key("P-256", private=True)
    token = jws.serialize_compact(
        {"alg": "ES256", "typ": CHECKPOINT_TYPE, "kid": key.thumbprint()},
        json.dumps(Checkpoint(head, NOW, "https://specimen.passkoll.invalid").claims()),
        key,
    )
    with database.changing() as work:
        work.audit.add_checkpoint(head, token)
    verified = audit.verify()
    assert verified.breaks == (Break(3, BreakKind.CHECKPOINT_INVALID),)
    assert verified.covered == 0


def test_a_checkpoint_kept_under_another_number_is_not_believed(database: SqlDatabase, audit) -> None:
    write(database, 3)
    audit.make_checkpoint()
    (kept,) = audit.anchor.kept()
    audit.anchor.keep(2, kept.token)
    assert audit.verify(audit.anchor).breaks == (Break(2, BreakKind.CHECKPOINT_INVALID),)


def test_a_result_is_no_checkpoint(database: SqlDatabase, audit) -> None:
    """Another `typ`, the same key."""
    write(database, 1)
    with database.reading() as work:
        head = work.audit.head()
    token = audit.make_checkpoint.signer.sign(Checkpoint(head, NOW, "x").claims(), "specimen-result+jwt")
    audit.anchor.keep(1, token)
    assert audit.verify(audit.anchor).breaks == (Break(1, BreakKind.CHECKPOINT_INVALID),)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_trail SET action = 'cancelled' WHERE number = 5",
        "DELETE FROM audit_trail WHERE number = 5",
        "DELETE FROM audit_trail WHERE number > 4",
        "UPDATE audit_head SET number = 2",
        "UPDATE audit_head SET digest = previous FROM audit_trail WHERE audit_trail.number = 6",
    ],
)
def test_a_broken_trail_is_not_signed(database: SqlDatabase, audit, statement: str) -> None:
    write(database, 3)
    audit.make_checkpoint()
    write(database, 3)
    unprotect(database.engine)
    execute(database.engine, statement)
    with pytest.raises(AuditBrokenError):
        audit.make_checkpoint()
    assert len(list(audit.anchor.kept())) == 1


def test_as_a_job_it_fails_by_a_code(database: SqlDatabase, audit, tmp_path: Path) -> None:
    write(database, 1)
    (tmp_path / "anchor").write_text("no folder")
    with pytest.raises(JobFailedError) as failed:
        audit.make_checkpoint.do(None)
    assert failed.value.code == "anchor_unwritable"
    (tmp_path / "anchor").unlink()
    audit.make_checkpoint.do(None)
    assert [kept.number for kept in audit.anchor.kept()] == [1]


def test_the_worker_makes_checkpoints(services: wiring.Services) -> None:
    assert JobKind.CHECKPOINT in services.run_jobs.handlers


def test_the_end_of_a_process_is_a_checkpoint(anchored: Settings, database: SqlDatabase, clock) -> None:
    wired = wiring.wire(anchored, clock=clock)
    write(database, 2)
    wired.close()
    assert [kept.number for kept in open_anchor(anchored.audit_anchor).kept()] == [2]


def test_an_end_without_an_anchor_is_an_end(anchored: Settings, database: SqlDatabase, clock) -> None:
    wired = wiring.wire(anchored, clock=clock)
    write(database, 1)
    Path(anchored.audit_anchor).write_text("no folder")
    wired.close()


def test_two_processes_keep_one_checkpoint(database: SqlDatabase, audit, settings: Settings, clock) -> None:
    """The second one finds the first one's, after a crash between anchor and database too."""
    write(database, 1)
    first = audit.make_checkpoint()
    unprotect(database.engine)
    execute(database.engine, "DELETE FROM audit_checkpoints")
    clock.advance(seconds=5)
    assert audit.make_checkpoint().head == first.head
    with database.reading() as work:
        assert list(work.audit.checkpoints()) == list(audit.anchor.kept())
        (kept,) = work.audit.checkpoints()
    claims = audit.make_checkpoint.reader.read(kept.token, CHECKPOINT_TYPE)
    assert claims["iat"] == int(NOW.timestamp())


def test_an_anchor_that_says_otherwise_is_an_alarm(database: SqlDatabase, audit) -> None:
    write(database, 1)
    audit.anchor.keep(1, "rubbish")
    with pytest.raises(AuditBrokenError) as broken:
        audit.make_checkpoint()
    assert broken.value.code == "audit_checkpoint_invalid"


@pytest.fixture(params=["folder", "store"])
def place(request: pytest.FixtureRequest, tmp_path: Path):
    """Both anchors that can be read back."""
    return FolderAnchor(tmp_path / "deep" / "anchor") if request.param == "folder" else StoreAnchor(MemoryStore())


def test_what_is_kept_is_never_replaced(place) -> None:
    assert place.keep(2, "two") == "two"
    assert place.keep(10, "ten") == "ten"
    assert place.keep(2, "other") == "two"
    assert list(place.kept()) == [KeptCheckpoint(2, "two"), KeptCheckpoint(10, "ten")]


def test_files_are_whole_and_read_only(tmp_path: Path) -> None:
    anchor = FolderAnchor(tmp_path / "anchor")
    anchor.keep(7, "seven")
    anchor.keep(7, "other")
    (tmp_path / "anchor" / "README").write_text("ours")
    (file,) = (tmp_path / "anchor").glob("*.jws")
    assert file.name == "checkpoint-00000000000000000007.jws"
    assert file.stat().st_mode & 0o777 == 0o400
    assert list(anchor.kept()) == [KeptCheckpoint(7, "seven")]
    assert {path.name for path in (tmp_path / "anchor").iterdir()} == {file.name, "README"}


def test_an_anchor_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(AnchorError) as unreadable:
        list(FolderAnchor(tmp_path / "none").kept())
    assert unreadable.value.code == "anchor_unreadable"


@contextmanager
def portal(status: int) -> Iterator[tuple[str, list[tuple[str | None, bytes]]]]:
    """A server that takes checkpoints, and what it took."""
    taken: list[tuple[str | None, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.headers["Content-Type"], body))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/checkpoints", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_checkpoints_are_posted() -> None:
    with portal(204) as (url, taken):
        anchor = open_anchor(url)
        assert anchor.keep(1, "token") == "token"
        assert taken == [("application/jose", b"token")]
        with pytest.raises(AnchorError) as refused:
            anchor.kept()
    assert refused.value.code == "anchor_write_only"
    with pytest.raises(AnchorError) as gone:
        anchor.keep(1, "token")
    assert gone.value.code == "anchor_unreachable"


@pytest.mark.parametrize("status", [302, 400, 500])
def test_what_is_refused_is_not_kept(status: int) -> None:
    with portal(status) as (url, taken):
        with pytest.raises(AnchorError) as refused:
            open_anchor(url).keep(1, "token")
        assert refused.value.code == "anchor_refused"
        assert len(taken) == 1


def test_places(tmp_path: Path) -> None:
    assert isinstance(open_anchor(str(tmp_path)), FolderAnchor)
    assert isinstance(open_anchor("memory:///"), StoreAnchor)
    assert isinstance(open_anchor("https://archive.example/checkpoints"), WebhookAnchor)
    for wrong in ("http://archive.example/x", "nonsense://secret@x"):
        with pytest.raises(ConfigurationError) as refused:
            open_anchor(wrong)
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"iss": "x", "iat": 1, "number": 0, "digest": "0" * 64},
        {"iss": "x", "iat": 1, "number": True, "digest": "0" * 64},
        {"iss": "x", "iat": 1.5, "number": 1, "digest": "0" * 64},
        {"iss": "x", "iat": 10**30, "number": 1, "digest": "0" * 64},
        {"iss": "x", "iat": 1, "number": 1, "digest": "0"},
        {"iss": None, "iat": 1, "number": 1, "digest": "0" * 64},
    ],
)
def test_claims_that_are_no_checkpoint(claims) -> None:
    with pytest.raises(ValueError, match="no checkpoint"):
        Checkpoint.of(claims)


def test_claims_are_read_as_they_were_written() -> None:
    checkpoint = Checkpoint(Head(1, "0" * 64), NOW, "x")
    assert Checkpoint.of(checkpoint.claims()) == checkpoint


@pytest.mark.parametrize("keys", [{}, {"keys": 1}, {"keys": [{"kty": "oct", "k": "AA"}]}, {"keys": [{"kty": "x"}]}])
@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "e30.e30.", "eyJhbGciOiJub25lIn0.e30."])
def test_nothing_is_read_without_a_key_and_a_signature(keys, token: str) -> None:
    with pytest.raises(ValueError, match="not signed"):
        JwksReader(lambda: keys).read(token, CHECKPOINT_TYPE)
