"""The trust store of every real list: opening it, looking up a name, and the path of each real document, cold.

Cold: the store was opened a moment ago, the signer is read anew, and nothing in this process has yet seen the key of
its CSCA. So each round opens the store again and measures each document once.
"""

from __future__ import annotations

import gc
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from mrtd import files
from mrtd.crypto import keys, signatures
from mrtd.crypto.keys import PublicKey, RsaPublicKey
from mrtd.evidence import ElementaryFile
from mrtd.inspection.check import CheckStatus
from mrtd.lds import sod
from mrtd.pki import cms, store_file
from mrtd.pki.administration import resolve
from mrtd.pki.certificate import Certificate
from mrtd.pki.fact_cache import FactCache
from mrtd.pki.holdings import Holdings
from mrtd.pki.path import build_path
from mrtd.pki.sources import Source
from mrtd.pki.trust_store import Realm, TrustStore
from tests.bench.figure import Figure, measure
from tests.conftest import REAL_DATA

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROUNDS = 9
#: Microseconds. The paths of RSA and P-256, and a store of 1,000 certificates.
PATH_LIMIT, OPENING_LIMIT = 1_000, 150_000


def figures() -> Iterator[Figure]:
    """All lines of the trust store."""
    sources = files.read_sources(*(REAL_DATA / "csca" / name for name in ("masterlists", "bundles", "certs"))).sources
    certificates = tuple(dict.fromkeys(der for source in sources for der in source.certificates))
    compiled = _compiled(certificates)
    yield from _opening(sources, certificates, compiled)
    yield _look_up(store_file.read(compiled))
    yield from _paths(compiled)
    yield _known_path(compiled)


def _compiled(certificates: tuple[bytes, ...]) -> bytes:
    """A store file with every certificate as a pin."""
    holdings = Holdings(Realm.PRODUCTION, pins=certificates)
    return store_file.write(holdings, resolve(holdings).store)


def _open(compiled: bytes) -> TrustStore:
    """Opened and ready: the index too."""
    store = store_file.read(compiled)
    len(store.settled_index)
    return store


def _opening(sources: tuple[Source, ...], certificates: tuple[bytes, ...], compiled: bytes) -> Iterator[Figure]:
    def from_sources() -> TrustStore:
        return TrustStore.from_sources(sources, Realm.PRODUCTION)

    held = len(_open(compiled).anchors)
    pyca = f"pyca, loading {len(certificates)} certificates without their keys"
    yield measure(f"store: {held} anchors from files", from_sources, pyca, lambda: _load(certificates), rounds=5)
    yield measure(
        f"store: {held} anchors from a store file",
        lambda: _open(compiled),
        pyca,
        lambda: _load(certificates),
        limit=OPENING_LIMIT,
    )


def _load(certificates: tuple[bytes, ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        for der in certificates:
            try:
                x509.load_der_x509_certificate(der)
            except ValueError:
                continue


def _look_up(store: TrustStore) -> Figure:
    issuer = Certificate.parse(_signer("DE_2023")).issuer
    found = len(store.settled_index.named(issuer.digest))
    return measure(
        f"store: the {found} anchors of an issuer's name",
        lambda: store.settled_index.named(issuer.digest),
        "a look at every anchor",
        lambda: [anchor for anchor in store.anchors if anchor.entry.subject == issuer.digest],
    )


def _signer(document: str) -> bytes:
    data = files.load_dump(REAL_DATA / "chips" / document).files[ElementaryFile.SOD]
    (der,) = cms.parse_signed_data(sod.parse(data).cms).certificates
    return der


def _paths(compiled: bytes) -> Iterator[Figure]:
    """The smallest of some rounds: anything more in one was the machine's."""
    documents = sorted(path.parent.name for path in (REAL_DATA / "chips").glob("??_20*/EF.SOD.bin"))
    signers = {document: _signer(document) for document in documents}
    taken: dict[str, list[tuple[float, float]]] = {document: [] for document in documents}
    keys_of: dict[str, PublicKey] = {}
    for _ in range(ROUNDS):
        store = _open(compiled)
        _forget()
        for document, der in signers.items():
            cold, bare, keys_of[document] = _path(der, store)
            taken[document].append((cold, bare))
    for document, key in keys_of.items():
        cold, bare = map(min, zip(*taken[document], strict=True))
        limit = PATH_LIMIT if isinstance(key, RsaPublicKey) or key.name == "secp256r1" else None
        yield Figure(f"{document}: cold path, signed with {key.name}", "its bare verification", cold, bare, limit)


def _path(der: bytes, store: TrustStore) -> tuple[float, float, PublicKey]:
    """Microseconds of reading the signer and finding its path, and of the one verification in it; the CSCA's key."""
    start = time.perf_counter()
    path = build_path(Certificate.parse(der), store, AT)
    found = time.perf_counter()
    assert path.status is CheckStatus.PASSED
    dsc, csca = path.certificates
    key = csca.public_key()
    again = time.perf_counter()
    dsc.is_signed_by(key)
    return (found - start) * 1e6, (time.perf_counter() - again) * 1e6, key


def _known_path(compiled: bytes) -> Figure:
    """The same document again, with the memory of SECURITY.md 3.9."""
    store, cache, der = _open(compiled), FactCache("bench"), _signer("DE_2023")
    csca = build_path(Certificate.parse(der), store, AT, cache).certificates[1].public_key()
    dsc = Certificate.parse(der)
    return measure(
        "DE_2023: path of a known signer",
        lambda: build_path(Certificate.parse(der), store, AT, cache),
        "its bare verification",
        lambda: dsc.is_signed_by(csca),
    )


def _forget() -> None:
    """Empty every memory of keys in this process."""
    modules: tuple[ModuleType, ...] = (keys, signatures)
    for module in modules:
        for member in vars(module).values():
            if hasattr(member, "cache_clear"):
                member.cache_clear()
    gc.collect()
