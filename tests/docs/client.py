"""The Kotlin client that `make client-kotlin` makes of docs/openapi.json."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.docs.kotlin.bench import HERE, Bench

ROOT: Final = Path(__file__).parents[2]
_SAID: Final = "said.txt"


@dataclass(frozen=True)
class Client:
    """One that was generated into `folder`."""

    folder: Path

    @staticmethod
    def generator() -> str:
        """The one of `PASSKOLL_TEST_OPENAPI_GENERATOR`; without it the test is skipped."""
        command = os.environ.get("PASSKOLL_TEST_OPENAPI_GENERATOR")
        if command is None:
            pytest.skip("PASSKOLL_TEST_OPENAPI_GENERATOR names the generator: make client-kotlin installs one")
        return command

    @staticmethod
    def generate(command: str, folder: Path) -> None:
        """As `make client-kotlin`."""
        told = ["--config", "docs/kotlin/client.json", "--input-spec", "docs/openapi.json"]
        ran = subprocess.run(
            [command, "generate", *told, "--output", str(folder / "made")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr[-4000:]
        (folder / _SAID).write_text(ran.stdout + ran.stderr, "utf-8")

    @property
    def said(self) -> str:
        """What the generator said."""
        return (self.folder / _SAID).read_text("utf-8")

    @property
    def files(self) -> dict[str, bytes]:
        """Every file, by its path."""
        made = self.folder / "made"
        return {str(path.relative_to(made)): path.read_bytes() for path in made.rglob("*") if path.is_file()}

    @property
    def sources(self) -> Path:
        """Where the Kotlin lies."""
        return self.folder / "made" / "src" / "main" / "kotlin"

    def compile(self, bench: Bench, jar: Path) -> None:
        """All of it. Its warnings are its author's."""
        programs = [HERE / "Models.kt", HERE / "Requests.kt"]
        bench.kotlin.compile([self.sources, *programs], jar, "-nowarn", beside=(bench.jar,))
