"""Cases of how a dump is written: folders, names, zip, JSON, CBOR; and of dumps that must not be read."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import cbor2

from mrtd.evidence import ElementaryFile
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.archive import BZIP2, DEFLATED, ENCRYPTED, LINK, Member, archive
from mrtd.specimen.cases.case import Case, Importance, Specimen, Standard
from mrtd.specimen.cases.chapter import Chapter

_CHAPTER: Final = Chapter(__name__)
_APPLICATION: Final = "A0000002471001"
#: File identifiers of the application (ICAO 9303-10 §4.7, table 38).
_IDENTIFIERS: Final = {
    ElementaryFile.COM: "011E",
    ElementaryFile.SOD: "011D",
    ElementaryFile.DG1: "0101",
    ElementaryFile.DG2: "0102",
    ElementaryFile.DG11: "010B",
    ElementaryFile.DG12: "010C",
    ElementaryFile.DG14: "010E",
    ElementaryFile.DG15: "010F",
}

Files = Mapping[str, bytes]

_BOM: Final = b"\xef\xbb\xbf"
#: Bodies that no reader may accept: title, octets, the code of the refusal.
_BODIES: Final[Mapping[str, tuple[str, bytes, str]]] = {
    "json-key-twice": ("An object with a key twice", b'{"files": {"EF.SOD": "", "EF.SOD": ""}}', "duplicate_key"),
    "json-file-twice": ("One file under two keys", b'{"files": {"EF.DG1": "", "DG1.bin": ""}}', "duplicate_file"),
    "json-cut-off": ("Half an object", b'{"files": {"EF.SOD": "dw', "bad_json"),
    "json-no-base64": ("Text that is no base64", b'{"files": {"EF.SOD": "!"}}', "not_base64"),
    "json-number": ("A number where octets belong", b'{"files": {"EF.SOD": 7}}', "not_bytes"),
    "json-fraction": ("A fraction", b'{"files": {"EF.SOD": 0.5}}', "bad_number"),
    "json-list": ("A list of files", b'{"files": ["EF.SOD"]}', "not_an_object"),
    "json-empty": ("An object of nothing", b"{}", "no_files"),
    "json-too-deep": ("Lists in lists in lists", b'{"files": ' + b"[" * 100_000, "too_deep"),
    "cbor-key-twice": ("A map with a key twice", b"\xa1\x65files\xa2\x63SOD\x40\x63SOD\x40", "duplicate_key"),
    "cbor-file-twice": ("One file under two keys", b"\xa1\x65files\xa2\x63SOD\x40\x66EF.SOD\x40", "duplicate_file"),
    "cbor-cut-off": ("Half a map", b"\xa2\x65files\xa1", "bad_cbor"),
    "cbor-endless": ("A map of no stated length", b"\xbf\x65files\xa0\xff", "unexpected_cbor"),
    "cbor-tagged": ("A tag", b"\xa1\x65files\xc2\x40", "unexpected_cbor"),
    "cbor-trailing": ("Octets behind a map", b"\xa1\x65files\xa0\x00", "trailing_bytes"),
    "cbor-too-deep": ("Maps in maps in maps", b"\xa1\x61a" * 40 + b"\xa0", "too_deep"),
    "cbor-too-many": (
        "More items than a chip has reason for",
        b"\xa1\x65files\xba\x00\x01\x00\x00",
        "too_many_items",
    ),
}
_SMALL: Final = b"\x77\x00"
_SOD: Final = "EF.SOD.bin"


def _pair(second: str) -> list[Member]:
    """A small EF.SOD, and the same under another name."""
    return [Member(_SOD, _SMALL), Member(second, _SMALL)]


#: Archives that no reader may unpack: title, members, the code of the refusal.
_ATTACKS: Final[Mapping[str, tuple[str, Sequence[Member], str]]] = {
    "zip-leads-outside": ("A name that leads out", [Member(f"../{_SOD}", _SMALL)], "unsafe_name"),
    "zip-absolute": ("A name that begins at the root", [Member(f"/{_SOD}", _SMALL)], "unsafe_name"),
    "zip-drive": ("A name with a drive", [Member(f"C:{_SOD}", _SMALL)], "unsafe_name"),
    "zip-backslash": ("A name with a backslash", [Member(f"x\\{_SOD}", _SMALL)], "unsafe_name"),
    "zip-link": ("A link", [Member(_SOD, b"/etc/hostname", mode=LINK)], "special_file"),
    "zip-encrypted": ("A member with a password", [Member(_SOD, _SMALL, flags=ENCRYPTED)], "encrypted"),
    "zip-method": ("A method that is not read", [Member(_SOD, _SMALL, method=BZIP2)], "zip_method"),
    "zip-name-twice": ("A name twice", _pair(_SOD), "duplicate_name"),
    "zip-name-by-case": (
        "A name in other letters",
        [Member(_SOD, _SMALL), Member(_SOD.lower(), _SMALL)],
        "duplicate_name",
    ),
    "zip-file-twice": (
        "A file under two names",
        [Member(_SOD, _SMALL), Member("011D.bin", _SMALL)],
        "duplicate_file",
    ),
    "zip-bomb": ("A member that grows", [Member(_SOD, _SMALL, size=1_000_000)], "zip_ratio"),
    "zip-too-large": ("9 MiB", [Member(f"{n}.txt", b"", size=60_000) for n in range(160)], "zip_too_large"),
    "zip-too-many": ("600 members", [Member(f"{n}.txt", b"") for n in range(600)], "too_many_entries"),
    "zip-no-files": ("An archive of other files", [Member("readme.txt", b"x")], "no_files"),
}
_STANDARDS: Final[Mapping[str, Standard]] = {
    "json-key-twice": std.JSON_NAMES,
    "cbor-key-twice": std.CBOR_MAPS,
    **dict.fromkeys(("json-file-twice", "cbor-file-twice", "zip-file-twice"), std.DUPLICATES),
    **dict.fromkeys(("zip-name-twice", "zip-name-by-case"), std.DUPLICATES),
    **dict.fromkeys(("zip-leads-outside", "zip-absolute", "zip-drive", "zip-backslash"), std.ZIP_NAMES),
}


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _folders()
    yield from _structured()
    yield from _archives()
    yield from _unreadable_folders()
    yield from _unreadable_bodies()
    yield from _hostile_archives()


# --- dumps that are read


def _folders() -> Iterator[Case]:
    ways: tuple[tuple[str, str, Callable[[], Files]], ...] = (
        ("names-long", "Names like EF.DG1 and EF.SOD, without an ending", lambda: _named(lambda file: file.value)),
        ("names-lower-case", "Names like ef_dg1.bin and ef_sod.bin", lambda: _named(_lower_case)),
        ("names-upper-case", "Names like DATAGROUP1.BIN and EF.SOD.BIN", lambda: _named(_upper_case)),
        ("names-identifiers", "Names like 0101 and 011D", lambda: _named(lambda file: _IDENTIFIERS[file])),
        (
            "names-in-application",
            "The identifiers in a folder named after the application",
            lambda: _named(lambda file: f"{_APPLICATION}/{_IDENTIFIERS[file]}.bin"),
        ),
        (
            "names-beside",
            "Files of no chip beside those of the chip are passed over",
            lambda: {**_named(lambda file: f"{file.value}.bin"), "photo.jpg": b"\xff\xd8", "notes/read me.txt": b"x"},
        ),
    )
    for name, title, files in ways:
        yield _CHAPTER.case(
            name, title, std.FILE_NAMES, _folder(files), importance=Importance.MEDIUM, features=("folder",)
        )


def _structured() -> Iterator[Case]:
    bodies: tuple[tuple[str, str, str, Callable[[], bytes]], ...] = (
        ("json", "JSON with base64url", "dump.json", lambda: _json({"files": _base64(url=True)})),
        ("json-base64", "JSON with base64 and padding", "dump.json", lambda: _json({"files": _base64(url=False)})),
        ("json-flat", "JSON without a member `files`", "dump.json", lambda: _json(_base64(url=True))),
        (
            "json-byte-order-mark",
            "JSON behind a byte order mark",
            "dump.json",
            lambda: b"\xef\xbb\xbf" + _json_files(),
        ),
        ("cbor", "CBOR with byte strings", "dump.cbor", lambda: _cbor({"files": _octets()})),
        ("cbor-flat", "CBOR without a member `files`", "dump.cbor", lambda: _cbor(_octets())),
    )
    for name, title, file, body in bodies:
        yield _CHAPTER.case(
            name,
            title,
            std.DUMPS,
            _single(file, body),
            importance=Importance.MEDIUM,
            features=(name.partition("-")[0],),
        )


def _archives() -> Iterator[Case]:
    ways: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
        ("zip-stored", "A zip, nothing compressed", lambda: archive(_members())),
        ("zip-deflated", "A zip with deflate", lambda: archive(_members(method=DEFLATED))),
        ("zip-in-folder", "A zip of a folder", lambda: archive(_members(prefix="passport/"))),
        (
            "zip-beside",
            "A zip that holds other files as well",
            lambda: archive([*_members(), Member("readme.txt", b"x")]),
        ),
    )
    for name, title, data in ways:
        yield _CHAPTER.case(
            name,
            title,
            std.ZIP_ENTRIES,
            _single("dump.zip", data),
            importance=Importance.MEDIUM,
            features=("zip",),
        )


# --- dumps that are not


def _unreadable_folders() -> Iterator[Case]:
    whole = bench.passport
    dg1 = whole().files[ElementaryFile.DG1]
    folders: tuple[tuple[str, str, Callable[[], Files], str], ...] = (
        (
            "file-twice",
            "DG1 under two names, with the same octets",
            lambda: {**bench.folder(whole().files), "EF.DG1.bin": dg1},
            "duplicate_file",
        ),
        (
            "file-twice-differently",
            "DG1 under two names, and not the same",
            lambda: {**bench.folder(whole().files), "0101.bin": dg1[:-1] + b"<"},
            "duplicate_file",
        ),
        (
            "file-twice-in-folders",
            "DG1 in two folders",
            lambda: {**bench.folder(whole().files), f"{_APPLICATION}/DG1.bin": dg1},
            "duplicate_file",
        ),
        ("no-files", "A folder without a file of a chip", lambda: {"photo.jpg": b"\xff\xd8"}, "no_files"),
        (
            "file-too-large",
            "A DG1 of more than 256 KiB",
            lambda: {**bench.folder(whole().files), "DG1.bin": dg1 + bytes(256 * 1024)},
            "file_too_large",
        ),
    )
    for name, title, files, code in folders:
        yield _CHAPTER.unreadable(name, title, std.DUPLICATES, _folder(files), code, features=("folder",))


def _unreadable_bodies() -> Iterator[Case]:
    for name, (title, data, code) in _BODIES.items():
        file = f"dump.{name.partition('-')[0]}"
        yield _CHAPTER.unreadable(
            name, title, _STANDARDS.get(name, std.DUMPS), _single(file, _given(data)), code, features=(file[5:],)
        )
    for name, title, data in (("text", "A text", b"passport"), ("empty", "No octets at all", b"")):
        yield _CHAPTER.unreadable(
            name, title, std.DUMPS, _single("dump.bin", _given(data)), "unknown_format", at_the_counter=False
        )


def _hostile_archives() -> Iterator[Case]:
    for name, (title, members, code) in _ATTACKS.items():
        yield _CHAPTER.unreadable(
            name,
            title,
            _STANDARDS.get(name, std.ZIP_ENTRIES),
            _single("dump.zip", _packed(members)),
            code,
            importance=Importance.CRITICAL,
            features=("zip",),
            at_the_counter=False,
        )
    yield _CHAPTER.unreadable(
        "zip-cut-off",
        "Half a zip",
        std.ZIP_ENTRIES,
        _single("dump.zip", lambda: archive(_members())[:600]),
        "bad_zip",
        features=("zip",),
        at_the_counter=False,
    )


# --- recipes


def _named(name: Callable[[ElementaryFile], str]) -> dict[str, bytes]:
    return {name(file): data for file, data in bench.passport().files.items()}


def _lower_case(file: ElementaryFile) -> str:
    return f"ef_{file.value.removeprefix('EF.').lower()}.bin"


def _upper_case(file: ElementaryFile) -> str:
    number = file.data_group
    return f"{file.value}.BIN" if number is None else f"DATAGROUP{number}.BIN"


def _folder(files: Callable[[], Files]) -> Callable[[], Specimen]:
    return lambda: bench.specimen(bench.passport(), files=files())


def _single(name: str, data: Callable[[], bytes]) -> Callable[[], Specimen]:
    return lambda: bench.specimen(bench.passport(), files={name: data()}, dump=name)


def _packed(members: Sequence[Member]) -> Callable[[], bytes]:
    return lambda: archive(members)


def _given(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def _octets() -> dict[str, bytes]:
    return {file.value: data for file, data in bench.passport().files.items()}


def _base64(*, url: bool) -> dict[str, str]:
    encode = base64.urlsafe_b64encode if url else base64.b64encode
    texts = {name: encode(data).decode() for name, data in _octets().items()}
    return {name: text.rstrip("=") for name, text in texts.items()} if url else texts


def _json(body: Mapping[str, object]) -> bytes:
    return (json.dumps(body, indent=1, sort_keys=True) + "\n").encode()


def _json_files() -> bytes:
    return _json({"files": _base64(url=True)})


def _cbor(body: Mapping[str, object]) -> bytes:
    return cbor2.dumps(body, canonical=True)


def _members(*, method: int = 0, prefix: str = "") -> list[Member]:
    return [
        Member(f"{prefix}{bench.file_name(file)}", data, method=method)
        for file, data in bench.passport().files.items()
    ]
