"""The measurement: what is counted as what, peers through their protocol, and the command over it."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path

import pytest

from service import wiring
from service.adapters.ocr_pool import OcrPool
from service.bench import readers
from service.bench.grammar import mend
from service.bench.labels import LabelsError, read_folders
from service.bench.processes import cpu_seconds, peak_kib
from service.bench.readers import Peer, PeerError
from service.bench.run import one_core
from service.bench.score import Attempt, Ending, distance, judge, summary
from tests.service.adapters.ocr_stub import LINES
from tests.service.adapters.test_ocr_pool import STUB
from tests.service.cli.conftest import Run, lines, run  # noqa: F401 a fixture

TODAY = date(2026, 11, 24)
ZONE = "|".join(LINES)
OTHER = ZONE.replace("ERIKSSON", "ERIKSSQN")
PEER = """
import json, sys
print(json.dumps({"ready": True}), flush=True)
for request in sys.stdin:
    words = open(json.loads(request)["path"], "rb").read().decode()
    lines = words.partition(" ")[2].split("|") if words.startswith("lines") else None
    print(json.dumps({"lines": lines, "peak_kib": 1234}), flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five pictures in the words of the stub, and one that does not count."""
    rows = {
        "exact.jpg": ("TD3", ZONE, f"lines {ZONE}"),
        "wrong.jpg": ("TD3", ZONE, f"lines {OTHER}"),
        "weak.jpg": ("TD3", ZONE, "weak"),
        "unread.jpg": ("TD3", ZONE, "nothing"),
        "none.jpg": ("NONE", "", "nothing"),
        "old.jpg": ("FRID", "A|B", "nothing"),
    }
    for name, (_, _, words) in rows.items():
        (tmp_path / name).write_text(words)
    table = "".join(f"{name}\t{kind}\t{zone}\n" for name, (kind, zone, _) in rows.items())
    (tmp_path / "labels.tsv").write_text(f"file\ttype\tlines\n{table}")
    return tmp_path


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stub in the place of our reader."""
    monkeypatch.setattr(wiring, "photo_reader", lambda _engine: OcrPool(command=STUB))


@pytest.fixture
def peers(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A peer by the name of `other`, and one that ends at once."""
    place = tmp_path_factory.mktemp("peers")
    (place / "other.py").write_text(PEER)
    (place / "broken.py").write_text("raise SystemExit(1)")
    monkeypatch.setattr(readers, "_PEERS", place)
    return place


def test_endings() -> None:
    wrong = (LINES[0], LINES[1][:-1] + "1")

    def ending(printed, found, *, sure: bool = True) -> Ending:
        return judge("x", printed, Attempt(found, sure, 0.1), 1).ending

    assert ending(LINES, LINES) is Ending.EXACT
    assert ending(LINES, LINES, sure=False) is Ending.EXACT_UNSURE
    assert ending(LINES, wrong) is Ending.FALSE_ACCEPT
    assert ending(LINES, wrong, sure=False) is Ending.WRONG_UNSURE
    assert ending(LINES, None, sure=False) is Ending.NOTHING
    assert ending((), None, sure=False) is Ending.RIGHTLY_NOTHING
    assert ending((), LINES) is Ending.FALSE_ACCEPT


@pytest.mark.parametrize(
    ("one", "other", "errors"),
    [("", "", 0), ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("abc", "abc", 0)],
)
def test_distance(one: str, other: str, errors: int) -> None:
    """Textbook pairs of Levenshtein's distance."""
    assert distance(one, other) == errors


def test_summary() -> None:
    attempts = [Attempt(LINES, True, 0.1), Attempt(None, False, 0.3), Attempt(LINES, False, 0.2)]
    found = summary([judge(f"{number}.jpg", LINES, attempt, 2048) for number, attempt in enumerate(attempts)])
    assert (found["zones"], found["exact_rate"], found["sure_rate"]) == (3, 0.66667, 0.33333)
    assert found["character_error_rate"] == 0.33333
    assert (found["median_ms"], found["p95_ms"], found["mean_kib"]) == (200.0, 300.0, 2)
    assert [row["file"] for row in found["not_exact"]] == ["1.jpg", "2.jpg"]


def test_folders(folder: Path) -> None:
    pictures, left_out = read_folders([folder])
    assert [picture.path.name for picture in pictures] == [
        "exact.jpg",
        "wrong.jpg",
        "weak.jpg",
        "unread.jpg",
        "none.jpg",
    ]
    assert (pictures[0].lines, pictures[-1].lines, left_out) == (LINES, (), 1)


@pytest.mark.parametrize(
    "table",
    [
        None,
        "",
        "name\ttype\tlines\n",
        "file\ttype\tlines\nmissing.jpg\tTD3\tA|B\n",
        "file\ttype\tlines\n../labels.tsv\tTD3\tA|B\n",
        "file\ttype\tlines\nexact.jpg\tTD3\n",
        "file\ttype\tlines\nexact.jpg\tTD3\tA|B\tC\n",
    ],
)
def test_folders_that_cannot_be_measured(folder: Path, table: str | None) -> None:
    (folder / "labels.tsv").unlink()
    if table is not None:
        (folder / "labels.tsv").write_text(table)
    with pytest.raises(LabelsError):
        read_folders([folder])


def test_the_cost_of_this_process() -> None:
    import resource

    before = cpu_seconds(os.getpid())
    assert before is not None
    used = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = used.ru_utime + used.ru_stime + children.ru_utime + children.ru_stime
    assert before == pytest.approx(whole, abs=0.5)
    sum(number * number for number in range(1_000_000))
    after = cpu_seconds(os.getpid())
    assert after is not None
    assert 0.005 < after - before < 5
    peak = peak_kib(os.getpid())
    assert peak is not None
    assert 10_000 < peak <= used.ru_maxrss + 10_000
    assert (peak_kib(2**22 + 1), cpu_seconds(2**22 + 1)) == (None, None)


def test_one_core_and_back() -> None:
    before = os.sched_getaffinity(0)
    with one_core():
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize(
    ("read", "mended"),
    [
        (LINES, LINES),
        ((LINES[0].replace("ERIKSSON", "ER1K5S0N"), LINES[1].replace("740812", "74O8I2")), LINES),
        ((LINES[0].rstrip("<") + "<<", LINES[1]), LINES),
        ((LINES[0], LINES[1].replace("<<<<<", "<<")), LINES),
        ((LINES[0] + "<<<", LINES[1][:-1] + "O"), LINES),
        (("L898902C3", "X"), ("L898902C3", "X")),
        (("ONE", "TWO", "THREE", "FOUR"), ("ONE", "TWO", "THREE", "FOUR")),
        (("ONE",), ("ONE",)),
    ],
    ids=[
        "right",
        "digits and letters",
        "fillers at the end",
        "fillers inside",
        "long",
        "no zone",
        "four lines",
        "one line",
    ],
)
def test_the_help_that_peers_get(read, mended) -> None:
    """ICAO 9303-4 appendix A with the misreadings of MRZ readers."""
    assert mend(read) == mended


@pytest.mark.usefixtures("peers")
def test_a_peer_counts_as_sure_where_its_check_digits_hold() -> None:
    """Proven misreadings are undone first, as every user of a peer would."""
    with Peer("other", Path(sys.executable), TODAY) as peer:
        assert peer.read(f"lines {ZONE}".encode()).lines == LINES
        assert peer.read(f"lines {ZONE.replace('740812', '74O812')}".encode()).lines == LINES
        assert peer.read(f"lines {OTHER}".encode()).sure is True
        assert peer.read(f"lines {ZONE[:-1]}1".encode()).sure is False
        assert peer.read(b"lines NO|ZONE").sure is False
        assert peer.read(b"nothing").lines is None
        assert peer.read(b"\xff no text: it dies").lines is None
        assert peer.read(f"lines {ZONE}".encode()).lines == LINES
        assert peer.peak_kib() == 1234


@pytest.mark.usefixtures("peers")
@pytest.mark.parametrize(
    ("name", "python"), [("broken", sys.executable), ("unknown", sys.executable), ("other", "/no/such/python")]
)
def test_peers_that_cannot_be_used(name: str, python: str) -> None:
    with pytest.raises(PeerError):
        Peer(name, Path(python), TODAY)


def test_the_shipped_peers_are_documented() -> None:
    text = (readers._PEERS / "README.md").read_text()
    assert readers.known_peers() == ["passporteye", "rapidocr"]
    assert all(f"`{name}.py`" in text for name in readers.known_peers())


@pytest.mark.usefixtures("stub", "peers")
def test_the_command(run: Run, folder: Path) -> None:  # noqa: F811
    result = run("bench", "mrz", str(folder), "--peer", f"other={sys.executable}", "--at", "2026-11-24", "--json")
    assert result.exit_code == 1, result.stderr
    ours, other = lines(result)
    assert (ours["reader"], other["reader"]) == ("passkoll", "other")
    assert ours["endings"] == {
        "exact": 1,
        "exact_unsure": 1,
        "wrong_unsure": 0,
        "false_accept": 1,
        "nothing": 1,
        "rightly_nothing": 1,
    }
    assert (ours["zones"], ours["exact_rate"], ours["false_accepts"]) == (4, 0.5, 1)
    assert ours["peak_kib"] > 1_000
    assert 0 < ours["first_s"] < 30
    assert 0 < ours["cpu_median_ms"] <= ours["cpu_p95_ms"]
    assert (other["endings"]["nothing"], other["peak_kib"]) == (2, 1234)
    assert json.dumps(ours).count("ERIKSSON") == 0


@pytest.mark.usefixtures("stub")
def test_the_table(run: Run, folder: Path) -> None:  # noqa: F811
    result = run("bench", "mrz", str(folder))
    assert result.exit_code == 1
    assert "false accepts" in result.stdout
    assert "1 pictures are no zones of ICAO 9303 and were left out" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--long-edge", "0"],
        ["--long-edge", "wide"],
        ["--quality", "101"],
        ["--peer", "other"],
        ["--peer", "unknown=/no/such/python"],
    ],
)
@pytest.mark.usefixtures("stub")
def test_usage(run: Run, folder: Path, arguments: list[str]) -> None:  # noqa: F811
    result = run("bench", "mrz", str(folder), *arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_folder_without_pictures(run: Run, tmp_path: Path) -> None:  # noqa: F811
    assert run("bench", "mrz", str(tmp_path)).exit_code == 2
    (tmp_path / "labels.tsv").write_text("file\ttype\tlines\n")
    assert run("bench", "mrz", str(tmp_path)).exit_code == 2


def test_pictures_are_made_as_a_phone_sends_them(tmp_path: Path) -> None:
    """The longer side, and never larger than it was."""
    import io

    from PIL import Image

    shrink = wiring.shrink_photo
    big = io.BytesIO()
    Image.effect_noise((900, 1200), 60).convert("RGB").save(big, "PNG")
    small, tiny = shrink(big.getvalue(), 600, 85), shrink(big.getvalue(), 600, 40)
    with Image.open(io.BytesIO(small)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (450, 600))
    assert len(tiny) < len(small) < len(big.getvalue())
    with Image.open(io.BytesIO(shrink(big.getvalue(), 5_000, 85))) as picture:
        assert picture.size == (900, 1200)
