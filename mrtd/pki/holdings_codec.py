"""Holdings as octets: canonical CBOR (RFC 8949 §4.2), so that one digest names them for good."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, NoReturn, TypeVar

import cbor2

from mrtd.errors import LimitExceededError, MalformedError
from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.pki.realm import Realm

SCHEMA: Final = "passkoll/trust-holdings/1"
#: The lists of the whole world and the DSCs of the PKD take a tenth.
MAX_HOLDINGS: Final = 512 * 1024 * 1024
#: The deepest member is a list of a publisher: map, map, map, list, octets.
MAX_DEPTH: Final = 8
#: Publishers that an installation follows; a state has one list.
MAX_PUBLISHERS: Final = 256
#: Certificates, lists and decisions of one kind.
MAX_MEMBERS: Final = 100_000

PUBLISHER_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
_STATE: Final = re.compile(r"[A-Z]{2}")
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"

_T = TypeVar("_T")


def encode(holdings: Holdings) -> bytes:
    """The same holdings give the same octets."""
    tree = {
        "schema": SCHEMA,
        "realm": holdings.realm.value,
        "home_state": holdings.home_state,
        "pins": sorted(holdings.pins),
        "publishers": {name: _publisher(publisher) for name, publisher in holdings.publishers.items()},
        "others": sorted(holdings.others),
        "signers": sorted(holdings.signers),
        "crls": sorted(holdings.crls),
        "accepted": sorted(holdings.accepted),
        "settled": sorted(holdings.settled),
        "allowed_names": dict(holdings.allowed_names),
        "distrusted": dict(holdings.distrusted),
        "distrusted_keys": dict(holdings.distrusted_keys),
    }
    return cbor2.dumps(tree, canonical=True)


def holdings_digest(holdings: Holdings) -> str:
    """SHA-256 over `encode`, hexadecimal."""
    return hashlib.sha256(encode(holdings)).hexdigest()


def decode(data: bytes) -> Holdings:
    """Read holdings.

    Raises:
        MalformedError: `bad_holdings`, or over a limit.
    """
    if len(data) > MAX_HOLDINGS:
        raise LimitExceededError("holdings_too_long")
    members = _map(read_plain_cbor(data, "bad_holdings"))
    if members.pop("schema", None) != SCHEMA:
        raise MalformedError("bad_holdings", detail="of another schema")
    known = {
        "realm": _realm, "home_state": _text(_STATE), "pins": _all(_octets), "publishers": _publishers,
        "others": _all(_octets), "signers": _all(_octets), "crls": _all(_octets),
        "accepted": _fingerprints, "settled": _fingerprints, "allowed_names": _reasons, "distrusted": _reasons,
        "distrusted_keys": _reasons,
    }  # fmt: skip
    if set(members) != set(known):
        raise MalformedError("bad_holdings", detail="other members")
    return Holdings(**{name: read(members[name]) for name, read in known.items()})  # type: ignore[arg-type]


def read_plain_cbor(data: bytes, code: str) -> object:
    """CBOR (RFC 8949) without tags and endless lengths; a tag could stand for work without end.

    Raises:
        MalformedError: `code`.
    """
    try:
        return cbor2.loads(
            data,
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
            tag_hook=_refuse_tag,
            semantic_decoders=_NO_TAGS,
        )
    except (cbor2.CBORError, ValueError, TypeError, OverflowError):
        # without its cause: a traceback would quote what is held
        raise MalformedError(code) from None


def _refuse_tag(*_: object) -> NoReturn:
    raise ValueError("tagged")


#: Every tag that the decoder would understand by itself (the IANA registry has its own up to here, and a few above).
_NO_TAGS: Final = dict.fromkeys((*range(1024), 43000, 55799), _refuse_tag)


def _publisher(publisher: Publisher) -> dict[str, object]:
    return {
        "signer_cscas": sorted(publisher.signer_cscas),
        "url": publisher.url,
        "master_list": _list(publisher.master_list),
        "deviation_list": _list(publisher.deviation_list),
    }


def _list(held: HeldList | None) -> list[object] | None:
    return None if held is None else [held.raw, _written(held.signed_at), _written(held.judged_at)]


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_TIME)


def _map(value: object) -> dict[str, object]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value) or len(value) > MAX_MEMBERS:
        raise MalformedError("bad_holdings", detail="not a map of texts")
    return value


def _items(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > MAX_MEMBERS:
        raise MalformedError("bad_holdings", detail="not a list")
    return value


def _all(read: Callable[[object], _T]) -> Callable[[object], tuple[_T, ...]]:
    return lambda value: tuple(map(read, _items(value)))


def _octets(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise MalformedError("bad_holdings", detail="not octets")
    return value


def _text(pattern: re.Pattern[str]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise MalformedError("bad_holdings", detail="not such a text")
        return value

    return read


def _realm(value: object) -> Realm:
    try:
        return Realm(str(value))
    except ValueError:
        raise MalformedError("bad_holdings", detail="unknown realm") from None


def _fingerprints(value: object) -> frozenset[str]:
    return frozenset(map(_text(_FINGERPRINT), _items(value)))


def _reasons(value: object) -> Mapping[str, str]:
    read, reason = _text(_FINGERPRINT), _text(re.compile(r".{1,500}", re.DOTALL))
    return {read(key): reason(text) for key, text in _map(value).items()}


def _publishers(value: object) -> Mapping[str, Publisher]:
    members = _map(value)
    if len(members) > MAX_PUBLISHERS:
        raise LimitExceededError("too_many_publishers")
    return {name: _read_publisher(_text(PUBLISHER_NAME)(name), member) for name, member in members.items()}


def _read_publisher(name: str, value: object) -> Publisher:
    members = _map(value)
    if set(members) != {"signer_cscas", "url", "master_list", "deviation_list"}:
        raise MalformedError("bad_holdings", detail="other members of a publisher")
    url = members["url"]
    return Publisher(
        name=name,
        signer_cscas=_all(_octets)(members["signer_cscas"]),
        url=None if url is None else _text(re.compile(r"https?://\S{1,2000}"))(url),
        master_list=_read_list(members["master_list"]),
        deviation_list=_read_list(members["deviation_list"]),
    )


def _read_list(value: object) -> HeldList | None:
    if value is None:
        return None
    items = _items(value)
    if len(items) != 3:
        raise MalformedError("bad_holdings", detail="not a held list")
    return HeldList(_octets(items[0]), _moment(items[1]), _moment(items[2]))


def _moment(value: object) -> datetime:
    try:
        return datetime.strptime(str(value), _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise MalformedError("bad_holdings", detail="not a time") from None
