"""Compiles the phone of docs/kotlin and lets it read specimen chips for a service that runs here."""

from __future__ import annotations

import base64
import json
import os
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
#: Of Debian: libandroid-json-java, which is Android's own org.json, and libgoogle-gson-java.
ANDROID_JSON, GSON = Path("/usr/share/java/com.android.json.jar"), Path("/usr/share/java/gson.jar")
#: A short program gains more by starting sooner than by running faster.
JAVA: Final = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


@dataclass(frozen=True)
class Kotlin:
    """A Kotlin compiler and the libraries of the samples, as `make kotlin` lays them into a folder."""

    folder: Path

    @classmethod
    def found(cls) -> Kotlin:
        """The one of `PASSKOLL_TEST_KOTLIN`; without it the test is skipped."""
        folder = os.environ.get("PASSKOLL_TEST_KOTLIN")
        if folder is None or not (ANDROID_JSON.exists() and GSON.exists()):
            pytest.skip("needs PASSKOLL_TEST_KOTLIN (make kotlin), libandroid-json-java and libgoogle-gson-java")
        return cls(Path(folder))

    @property
    def libraries(self) -> tuple[Path, ...]:
        """What every program is compiled and run with."""
        return (*(self.folder / f"{name}.jar" for name in ("stdlib", "okhttp", "okio")), ANDROID_JSON, GSON)

    def compile(self, sources: list[Path], target: Path, *options: str, beside: tuple[Path, ...] = ()) -> None:
        """Into a jar; what the compiler says is the reason of a failure. `beside`: jars of ours."""
        compiler = [*JAVA, "-cp", _path(self.folder / "compiler.jar", self.folder / "stdlib.jar")]
        words = ["org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-stdlib", "-no-reflect", *map(str, sources)]
        told = ["-cp", _path(*self.libraries, *beside), "-d", str(target), *options]
        ran = subprocess.run([*compiler, *words, *told], capture_output=True, text=True, timeout=300, check=False)
        assert ran.returncode == 0, ran.stderr[-4000:]

    def run(self, main: str, jars: tuple[Path, ...], given: str, *words: str, options: tuple[str, ...] = ()) -> str:
        """What a program writes; `words` are its arguments, `options` those of the JVM."""
        ran = subprocess.run(
            [*JAVA, *options, "-cp", _path(*jars, *self.libraries), f"se.passkoll.bench.{main}", *words],
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr[-4000:]
        return ran.stdout


@dataclass(frozen=True)
class Bench:
    """The phone, compiled into `jar`."""

    kotlin: Kotlin
    jar: Path

    @classmethod
    def compile(cls, kotlin: Kotlin, jar: Path) -> None:
        """The files as the guide shows them; a warning of the compiler is a failure."""
        sources = [*sorted(SAMPLE.glob("*.kt")), HERE / "Bench.kt", HERE / "android"]
        kotlin.compile(sources, jar, "-Werror")

    def read(
        self,
        reader: Reader,
        app: DpopSession,
        key: SigningKey,
        live_url: str,
        way: str,
        *options: str,
        cancel_after: int = 0,
    ) -> dict[str, Any]:
        """One reading: `last` is the last frame, `seen` are all. `options` are those of the JVM."""
        with chip_socket(reader) as port:
            given = {"live_url": live_url, "chip": port, "cancel_after": cancel_after, **credentials(app, key)}
            told = self.kotlin.run("BenchKt", (self.jar,), json.dumps(given) + "\n", way, options=options)
        answer: dict[str, Any] = json.loads(told)
        return answer


@dataclass
class Reader:
    """Where a chip is held to; after `connects` connections nobody holds one there any more.

    `longest`: octets of the longest answer that it passes on; it loses the chip over a longer one.
    """

    card: SpecimenCard
    connects: int = 8
    longest: int = 65_600
    #: octets of answers that it gave, status words included
    carried: int = 0

    def answer(self, asked: str) -> str:
        """A line for a line: see `SocketChip` in Bench.kt."""
        if asked == "connect":
            return self._connect()
        try:
            answer = self.card.transmit(bytes.fromhex(asked))
        except TagLostError:
            return "lost"
        if len(answer) > self.longest:
            return "lost"
        self.carried += len(answer)
        return answer.hex()

    def _connect(self) -> str:
        if self.connects == 0:
            return "gone"
        self.connects -= 1
        self.card.put_on()
        return "ok"


def credentials(app: DpopSession, key: SigningKey) -> dict[str, str]:
    """The token and the key of a phone, for a program."""
    private: Any = load_pem_private_key(key.private_pem(), None)
    octets = {
        "private": private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "public": private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    }
    encoded = {name: base64.b64encode(value).decode() for name, value in octets.items()}
    return encoded | {"token": app.headers("GET", "/")["Authorization"].removeprefix("DPoP ")}


@contextmanager
def chip_socket(reader: Reader) -> Iterator[int]:
    """The port at which a program is connected to the chip."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, reader), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.close()


def _serve(listener: socket.socket, reader: Reader) -> None:
    try:
        connection, _ = listener.accept()
    except OSError:
        return
    with connection, connection.makefile("rw", encoding="ascii", newline="\n") as lines:
        for line in lines:
            lines.write(reader.answer(line.strip()) + "\n")
            lines.flush()


def _path(*jars: Path) -> str:
    return os.pathsep.join(map(str, jars))
