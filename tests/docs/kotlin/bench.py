"""Compiles the phone of docs/kotlin and lets it read specimen chips for a service that runs here."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from mrtd.specimen.card import SpecimenCard, TagLostError
from service.client.dpop import DpopSession, SigningKey

HERE: Final = Path(__file__).parent
SAMPLE: Final = HERE.parents[2] / "docs" / "kotlin"
#: Of Debian: libokhttp-java, libokio-java, libandroid-json-java.
JARS: Final = [Path("/usr/share/java") / name for name in ("okhttp.jar", "okio.jar", "com.android.json.jar")]
MAIN: Final = "se.passkoll.bench.BenchKt"


@dataclass(frozen=True)
class Compiler:
    """A Kotlin compiler: `bin/kotlinc` with `lib/kotlin-stdlib.jar` beside it, or as Debian lays them."""

    command: str

    @classmethod
    def found(cls) -> Compiler:
        """The one of `PASSKOLL_TEST_KOTLINC`, or on the path; without it the test is skipped."""
        command = os.environ.get("PASSKOLL_TEST_KOTLINC") or shutil.which("kotlinc")
        if command is None or shutil.which("java") is None:
            pytest.skip("needs a Kotlin compiler and Java 17: PASSKOLL_TEST_KOTLINC names the compiler")
        return cls(command)

    @property
    def library(self) -> Path:
        """What every program needs when it runs."""
        beside = Path(self.command).resolve().parents[1] / "lib" / "kotlin-stdlib.jar"
        return beside if beside.exists() else Path("/usr/share/java/kotlin-stdlib.jar")

    def compile(self, sources: list[Path], jars: list[Path], target: Path, *options: str) -> None:
        """Into a jar; what the compiler says is the reason of a failure."""
        words = ["bash", self.command, *map(str, sources), "-cp", os.pathsep.join(map(str, jars)), "-d", str(target)]
        ran = subprocess.run([*words, *options], capture_output=True, text=True, timeout=300, check=False)
        assert ran.returncode == 0, ran.stderr[-4000:]


@dataclass(frozen=True)
class Bench:
    """The compiled phone."""

    jars: tuple[Path, ...]

    @classmethod
    def compiled(cls, folder: Path) -> Bench:
        """The files as the guide shows them; a warning of the compiler is a failure."""
        if missing := [jar.name for jar in JARS if not jar.exists()]:
            pytest.skip(f"needs Debian's libokhttp-java, libokio-java and libandroid-json-java: {missing}")
        compiler, jar = Compiler.found(), folder / "phone.jar"
        sources = [*sorted(SAMPLE.glob("*.kt")), HERE / "Bench.kt", HERE / "android"]
        compiler.compile(sources, JARS, jar, "-Werror")
        return cls((jar, compiler.library, *JARS))

    def read(
        self, card: SpecimenCard, app: DpopSession, key: SigningKey, live_url: str, way: str, *options: str
    ) -> dict[str, Any]:
        """One reading: `last` is the last frame, `seen` are all. `options` are those of the JVM."""
        with chip_socket(card) as port:
            given = {
                "live_url": live_url,
                "token": app.headers("GET", "/")["Authorization"].removeprefix("DPoP "),
                "chip": port,
                **_encoded(key),
            }
            ran = subprocess.run(
                ["java", *options, "-cp", os.pathsep.join(map(str, self.jars)), MAIN, way],
                input=json.dumps(given) + "\n",
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        assert ran.returncode == 0, ran.stderr[-4000:]
        answer: dict[str, Any] = json.loads(ran.stdout)
        return answer


def _encoded(key: SigningKey) -> dict[str, str]:
    private: Any = load_pem_private_key(key.private_pem(), None)
    octets = {
        "private": private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "public": private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    }
    return {name: base64.b64encode(value).decode() for name, value in octets.items()}


@contextmanager
def chip_socket(card: SpecimenCard) -> Iterator[int]:
    """The port at which a program is connected to the chip."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, card), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.close()


def _serve(listener: socket.socket, card: SpecimenCard) -> None:
    try:
        connection, _ = listener.accept()
    except OSError:
        return
    with connection, connection.makefile("rw", encoding="ascii", newline="\n") as lines:
        for line in lines:
            lines.write(_answer(card, line.strip()) + "\n")
            lines.flush()


def _answer(card: SpecimenCard, asked: str) -> str:
    if asked == "connect":
        card.put_on()
        return "ok"
    try:
        return card.transmit(bytes.fromhex(asked)).hex()
    except TagLostError:
        return "lost"
