"""The `openssl` command as an oracle: one process a signature, one for many certificates."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from asn1crypto import pem

from tests.oracles.answers import UNREADABLE, Answer, Cannot

#: Certificates that one process prints.
_BATCH: Final = 200
_HEADING: Final = re.compile(r"^\d+: Certificate\n", re.MULTILINE)
_SERIAL: Final = re.compile(r"Serial Number:\s*(?:(-?\d+) \(|(\(Negative\))?\s*([0-9a-f:]+)\n)")
_TIME: Final = "Not {}: (.*) GMT"


def run(*arguments: str, data: bytes = b"") -> tuple[int, str]:
    """The exit status of a command and what it says."""
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


@cache
def cms_verifies(content_info: bytes) -> Answer:
    """Whether `openssl cms -verify` takes the signature, attributes and digest included; the chain is not asked."""
    code, said = run(
        "cms", "-verify", "-inform", "DER", "-noverify", "-binary", "-out", "/dev/null", data=content_info
    )
    if code == 0:
        return "valid"
    if "Error reading SMIME Content Info" in said or "Error reading S/MIME message" in said:
        return UNREADABLE
    for words in ("unsupported", "unknown digest", "unknown signature algorithm", "unknown message digest"):
        if words in said:
            return Cannot(words)
    return "invalid"


@cache
def verifies(
    spki: bytes, message: bytes, signature: bytes, hash_name: str, pss: tuple[int, str] | None = None
) -> Answer:
    """Whether `openssl dgst -verify` takes a signature; `pss` are salt length and MGF1 hash of RSA-PSS."""
    with tempfile.TemporaryDirectory() as folder:
        key, signed = Path(folder, "key.pem"), Path(folder, "signature")
        key.write_bytes(pem.armor("PUBLIC KEY", spki))
        signed.write_bytes(signature)
        options: list[str] = []
        if pss is not None:
            settings = ("rsa_padding_mode:pss", f"rsa_pss_saltlen:{pss[0]}", f"rsa_mgf1_md:{pss[1]}")
            options = [word for setting in settings for word in ("-sigopt", setting)]
        code, said = run(
            "dgst", f"-{hash_name}", "-verify", str(key), "-signature", str(signed), *options, data=message
        )
    if code == 0 and "Verified OK" in said:
        return "valid"
    if "Could not read public key" in said or "unable to load" in said.lower():
        return Cannot("the key does not load")
    if "Verification failure" in said or "Verification Failure" in said or "Error verifying data" in said:
        return "invalid"
    return Cannot("another error")


def certificates(encoded: Sequence[bytes]) -> dict[bytes, str | None]:
    """What `openssl` prints of each certificate; None where it cannot read one."""
    found: dict[bytes, str | None] = {}
    for start in range(0, len(encoded), _BATCH):
        found.update(_printed(encoded[start : start + _BATCH]))
    return found


def _printed(encoded: Sequence[bytes]) -> Iterator[tuple[bytes, str | None]]:
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(b"".join(pem.armor("CERTIFICATE", der) for der in encoded))
        file.flush()
        _, said = run("storeutl", "-noout", "-text", "-certs", file.name)
    texts = _HEADING.split(said)[1:]
    if len(texts) == len(encoded):
        yield from zip(encoded, texts, strict=True)
    elif len(encoded) == 1:
        yield encoded[0], None
    else:
        middle = len(encoded) // 2
        yield from _printed(encoded[:middle])
        yield from _printed(encoded[middle:])


def serial_and_dates(text: str | None) -> Answer:
    """Serial number and validity as printed."""
    if text is None:
        return UNREADABLE
    found = _SERIAL.search(text)
    if found is None:
        return UNREADABLE
    decimal, negative, octets = found.groups()
    serial = int(decimal) if decimal is not None else int(octets.replace(":", ""), 16)
    times = [re.search(_TIME.format(word), text) for word in ("Before", "After ")]
    if None in times:
        return UNREADABLE
    dates = tuple(
        datetime.strptime(match[1], "%b %d %H:%M:%S %Y").replace(tzinfo=UTC) for match in times if match is not None
    )
    return (-serial if negative else serial, *dates)


def crl(data: bytes) -> Answer:
    """Number of entries and the dates of a CRL, as `openssl crl` prints them."""
    code, said = run("crl", "-inform", "DER", "-noout", "-text", data=data)
    if code != 0:
        return UNREADABLE
    serials = tuple(sorted(int(found, 16) for found in re.findall(r"Serial Number: ([0-9A-F]+)\n", said)))
    dates = tuple(
        datetime.strptime(found, "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
        for found in re.findall(r"(?:Last|Next) Update: (.*) GMT", said)
    )
    return (*dates, serials)
