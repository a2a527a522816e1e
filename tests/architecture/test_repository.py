"""What may stand in the repository: no licence that binds users, no host of a registry, no path of a machine."""

from __future__ import annotations

import os
import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"^([A-Za-z0-9_.-]+)==", re.MULTILINE)
_COPYLEFT = re.compile(r"\bA?GPL", re.IGNORECASE)
#: psycopg is under the LGPL, which lets a program import it; nothing else may match.
_LESSER = re.compile(r"LGPL|Lesser General Public", re.IGNORECASE)


def _locked(name: str) -> list[str]:
    return _NAME.findall((ROOT / "requirements" / f"{name}.txt").read_text())


def _licence(package: metadata.Distribution) -> str:
    classifiers = [line for line in package.metadata.get_all("Classifier") or [] if line.startswith("License")]
    named = package.metadata.get("License-Expression") or (package.metadata.get("License") or "").split("\n")[0]
    return " ".join((named, *classifiers))


def test_no_runtime_package_is_under_the_gpl() -> None:
    seen = 0
    for name in _locked("runtime"):
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # a marker keeps it off this platform
        seen += 1
        licence = _LESSER.sub("", _licence(package))
        assert not _COPYLEFT.search(licence), f"{name}: {licence}"
        bundled = [str(file) for file in package.files or [] if ".libs/" in str(file)]
        assert not [file for file in bundled if "x265" in file or "readline" in file], name
    assert seen > 30


@pytest.mark.parametrize("name", ["runtime", "dev", "build"])
def test_locks_have_hashes_and_name_no_host(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    pins = _NAME.findall(text)
    assert pins
    assert text.count("--hash=sha256:") >= len(pins)
    assert not {"mrz", "service"} & {pin.lower() for pin in pins}, "these would overwrite our packages"


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name]


def test_no_file_holds_a_path_of_a_machine() -> None:
    places = [rb"/(?:home|root|Users)/[a-z]", *(re.escape(os.fsencode(f"{place}/")) for place in (ROOT, ROOT.parent))]
    pattern = re.compile(b"|".join(places))
    found = [
        path.name
        for path in _tracked()
        if path.is_file() and path != Path(__file__) and pattern.search(path.read_bytes())
    ]
    assert found == []


def test_nothing_is_left_unfinished() -> None:
    marks = re.compile(r"NotImplementedError|\b(?:TODO|FIXME)\b|XXX:")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in _tracked()
        if path.suffix == ".py" and "tests" not in path.relative_to(ROOT).parts
        for match in marks.finditer(path.read_text())
    ]
    assert found == []


#: Where a broad except is right, because whatever is caught is told to somebody else.
BROAD_EXCEPT = {
    "mrz/ocr/image.py",  # decoders of pictures raise anything; it becomes one typed error
    "mrz/ocr/passporteye_engine.py",  # so do Tesseract and scikit-image; then there is no reading
    "service/adapters/ocr_pictures.py",  # the decoders once more, for a picture; then there is a reading without one
    "service/adapters/passkeys.py",  # the parsers of WebAuthn raise anything; it proves nothing then
    "service/adapters/fetching.py",  # a thread hands on what it raised
    "service/usecases/run_jobs.py",  # a worker outlives every job; the type is logged, the job tried again
    "service/api/guarded_socket.py",  # as the framework does for other routes: logged, and answered as a fault
    "service/api/live_socket.py",  # the same once the socket is open; the session ends
    "service/worker.py",  # the database failed; the thread must live
    "service/wiring/audit.py",  # a last checkpoint that fails must not keep the service from ending
    # these clean up and raise again
    "service/adapters/signing.py",
    "service/adapters/signing_register.py",
    "service/cli/audit.py",
    "service/cli/subject.py",
    "service/usecases/answer_once.py",
}


def test_product_code_has_no_assert_and_no_broad_except() -> None:
    """`python -O` drops asserts, and a broad except turns a bug into a verdict."""
    pattern = re.compile(r"^\s*assert |except Exception|except BaseException|except:", re.MULTILINE)
    found = [
        f"{path.relative_to(ROOT)}: {match.group().strip()}"
        for path in _tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("mrz", "mrtd", "service")
        for match in pattern.finditer(path.read_text())
        if "assert" in match.group() or str(path.relative_to(ROOT)) not in BROAD_EXCEPT
    ]
    assert found == []
