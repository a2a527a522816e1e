"""Where fuzzing starts: specimen material of the repository, and real material cut to single items."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from mrtd import tlv
from mrtd.errors import MrtdError
from mrtd.pki import holdings_codec, store_file
from mrtd.pki.administration import resolve
from mrtd.pki.cms import parse_signed_data
from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.pki.master_list import MAX_LIST_CMS_CERTIFICATES
from mrtd.pki.realm import Realm
from mrtd.specimen import list_recipes
from mrtd.specimen.list_recipes import MASTER_LISTS
from mrtd.specimen.recipe import AT, Setting
from tests.conftest import ROOT
from tests.mrtd.lds.build import der
from tests.mrtd.pki import corpus
from tests.mrz.zones import MRVA, MRVB, TD1, TD2

_FIXTURES: Final = ROOT / "fixtures"
#: Larger ones (a picture, an archive of many members) would only slow the mutation of what is read.
MAX_SEED: Final = 24 * 1024
#: The members of a list that are left of a real one, and how many tell a list from a structure.
_KEPT: Final = 3
_MANY: Final = 14


def specimen(target: str) -> tuple[bytes, ...]:
    """The different seeds of a target, the same in every run."""
    return _different(_SPECIMENS[target]())


def real(target: str, folder: Path) -> tuple[bytes, ...]:
    """Seeds of a target from the real data; none for targets whose readers meet holders."""
    make = _REAL.get(target)
    return () if make is None else _different(make(folder))


def cut(data: bytes) -> bytes:
    """A DER structure with three members of each list, an embedded one included; signatures stay as they are."""
    return _shortened(tlv.read(data))


def _shortened(item: tlv.Tlv) -> bytes:
    if item.tag == tlv.OCTET_STRING and item.end - item.start > MAX_SEED:
        return der(item.tag, cut(item.value))
    return der(item.tag, *map(_shortened, _members(item))) if item.constructed else item.raw


def _members(item: tlv.Tlv) -> list[tlv.Tlv]:
    """All members of a structure, the first of a list; the longest real one has more than `Tlv.children` reads."""
    found: list[tlv.Tlv] = []
    offset = item.content
    while offset < item.content_end and len(found) < _MANY:
        found.append(tlv.read(item.data, offset, item.content_end))
        offset = found[-1].end
    return found if len(found) < _MANY else found[:_KEPT]


def _different(found: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(data for data in found if len(data) <= MAX_SEED))


def _files(pattern: str) -> list[bytes]:
    paths = sorted(_FIXTURES.glob(pattern))
    assert paths, pattern
    return [path.read_bytes() for path in paths]


@cache
def _lists() -> dict[str, bytes]:
    return {name: recipe.sources()["UTO.ml"] for name, recipe in MASTER_LISTS.items()}


def _certificates() -> list[bytes]:
    signers: list[bytes] = []
    for data in _signed_data():
        with suppress(MrtdError):
            signers += parse_signed_data(data, max_certificates=MAX_LIST_CMS_CERTIFICATES).certificates
    return [*_files("pki/*/*.cer"), *signers]


def _crls() -> list[bytes]:
    return _files("pki/*/*.crl")


def _master_lists() -> list[bytes]:
    return [data for name, data in _lists().items() if name != "ldif"]


def _deviation_lists() -> list[bytes]:
    return [
        list_recipes.own_deviation_list(),
        list_recipes.foreign_deviation_list(),
        list_recipes.deviation_list_of_a_master_list_signer(),
    ]


def _security_objects() -> list[bytes]:
    return _files("dumps/*/*/EF.SOD.bin")[::8]


def _card_securities() -> list[bytes]:
    return _files("dumps/*/*/EF.CardSecurity.bin")


def _signed_data() -> list[bytes]:
    wrapped = _security_objects()
    unwrapped = [tlv.read(data).value for data in wrapped if data[:1] == b"\x77"]
    return [*unwrapped, *_master_lists(), *_deviation_lists()]


def _sources() -> list[bytes]:
    certificates, crls = _files("pki/utopia*/*.cer")[:6], _crls()[:2]
    bundle = [_pem("CERTIFICATE", data) for data in certificates[:3]]
    return [
        *certificates,
        *crls,
        *_master_lists()[:3],
        _lists()["ldif"],
        b"".join(bundle),
        _pem("X509 CRL", crls[0]),
        _pem("CMS", _lists()["good"]),
        _deviation_lists()[0],
    ]


def _pem(label: str, data: bytes) -> bytes:
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), base64.encodebytes(data), label.encode())


def _held() -> Holdings:
    """Something in every place, as an administration of the specimen state holds it."""
    issuer = Setting().issuer()
    ca, signer = issuer.csca_certificate, issuer.dsc_certificate
    names = [hashlib.sha256(data).hexdigest() for data in (ca, signer)]
    lists = [HeldList(data, AT, AT) for data in (_lists()["good"], _deviation_lists()[0])]
    return Holdings(
        Realm.SPECIMEN,
        pins=(ca,),
        publishers={"ut": Publisher("ut", (ca,), "https://lists.example/ut", *lists), "nl": Publisher("nl")},
        others=tuple(_files("pki/utopia-generations/*link.cer")),
        signers=(signer,),
        crls=(issuer.crl,),
        accepted=frozenset(names[:1]),
        settled=frozenset(names[:1]),
        allowed_names={names[0]: "the office is called so"},
        distrusted={names[1]: "key lost"},
    )


def _holdings() -> list[bytes]:
    return [holdings_codec.encode(_held()), holdings_codec.encode(Holdings(Realm.PRODUCTION))]


def _store_files() -> list[bytes]:
    """Without the frame and the digest, which the target adds."""
    files = [store_file.write(held, resolve(held).store) for held in (_held(), Holdings(Realm.PRODUCTION))]
    digest_octets = hashlib.sha256().digest_size
    return [data[len(store_file.MAGIC) : -digest_octets] for data in files]


def _dumps() -> list[bytes]:
    return [*_files("dumps/*/*/dump.*"), *_files("dumps/*/*/DG1.bin")[:2]]


def _zones() -> list[bytes]:
    return [*_files("mrz/*.txt"), *(text.encode() for text in (TD1, TD2, MRVA, MRVB))]


def _real_certificates(folder: Path) -> list[bytes]:
    return list(corpus.everything(folder)[::4])


def _real_security_objects(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((folder / "chips").glob("*_20*/EF.SOD.bin"))]


def _real_lists(folder: Path) -> list[bytes]:
    return [cut(path.read_bytes()) for path in sorted((folder / "csca/masterlists").iterdir())]


def _real_sources(folder: Path) -> list[bytes]:
    single = [path.read_bytes() for path in sorted((folder / "csca/certs").iterdir())]
    return [*single, *_real_crls(folder), *_real_lists(folder)]


def _real_crls(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((folder / "crl").glob("*.crl"))]


def _real_deviation_lists(folder: Path) -> list[bytes]:
    return [cut(path.read_bytes()) for path in sorted((folder / "deviation").glob("*.bin"))]


def _real_signed_data(folder: Path) -> list[bytes]:
    unwrapped = [tlv.read(data).value for data in _real_security_objects(folder)]
    return [*unwrapped, *_real_lists(folder), *_real_deviation_lists(folder)]


def _real_card_securities(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((folder / "chips").glob("*/EF.CardSecurity.bin"))]


_SPECIMENS: Final[dict[str, Callable[[], list[bytes]]]] = {
    "certificate": _certificates,
    "crl": _crls,
    "master_list": _master_lists,
    "deviation_list": _deviation_lists,
    "source": _sources,
    "signed_data": _signed_data,
    "holdings": _holdings,
    "store_file": _store_files,
    "security_object": _security_objects,
    "card_security": _card_securities,
    "dump": _dumps,
    "mrz": _zones,
}
_REAL: Final[dict[str, Callable[[Path], list[bytes]]]] = {
    "certificate": _real_certificates,
    "crl": _real_crls,
    "master_list": _real_lists,
    "deviation_list": _real_deviation_lists,
    "source": _real_sources,
    "signed_data": _real_signed_data,
    "security_object": _real_security_objects,
    "card_security": _real_card_securities,
}
#: Targets whose real seeds are states' material; the others meet holders.
REAL_TARGETS: Final = tuple(_REAL)
