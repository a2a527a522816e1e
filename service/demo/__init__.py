"""`passkoll demo`: the real service, and a phone with specimen chips that plays against it over HTTP.

A verified passport, then a tampered one and a clone with the reasons for which they are refused: the server reads
their chips live, through the phone. Last the clone once more, as a dump.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final, TextIO

from service import log
from service.crew import CrewError, muster
from service.demo.client import DemoError
from service.demo.narrator import Narrator
from service.demo.next_steps import kept_up, what_next
from service.demo.scenes import play
from service.demo.specimens import Specimens, make_specimens
from service.run import Running, running
from service.settings import Settings

__all__ = ["run"]

_REALM_NOTICE: Final = "Everything here is a specimen: a state, keys and persons that do not exist."
_POLICY: Final = "strict-level3"


def run(*, keep: bool = False, port: int | None = None, out: TextIO | None = None) -> int:
    """Play the demo.

    Args:
        keep: leave the service up until it is interrupted, and say how to use it.
        port: where it listens on the loopback address; None takes a free one.
        out: where the story is told; standard output by default.

    Returns:
        The exit status: 0 if all passports ended as they must, 1 if not.
    """
    narrator = Narrator(out or sys.stdout)
    log.configure("error")
    with tempfile.TemporaryDirectory(prefix="passkoll-demo-") as folder, _interruptible():
        narrator.title("Passkoll demo", _REALM_NOTICE)
        specimens = make_specimens(datetime.now(UTC).replace(microsecond=0))
        specimens.write(Path(folder) / "specimens")
        settings = _settings(Path(folder), port)
        with running(settings) as service:
            good = _play(narrator, service, settings, specimens)
            if keep and good:
                kept_up(narrator, service.url, settings, Path(folder) / "specimens")
                _wait_for_interrupt(narrator)
    if good and not keep:
        what_next(narrator, specimens.genuine.mrz_lines)
    return 0 if good else 1


def _play(narrator: Narrator, service: Running, settings: Settings, specimens: Specimens) -> bool:
    narrator.fact("service", f"{service.url} (specimen realm, policy {_POLICY})")
    narrator.fact("trusts", f"the CSCA of Utopia, {specimens.algorithms}")
    try:
        with muster(settings, service.url, say=narrator.detail) as crew:
            narrator.fact("crew", "two administrators whom two others vouch for, an enrolled phone, a portal")
            return play(narrator, crew, specimens)
    except (CrewError, DemoError) as error:
        narrator.problem(str(error))
        return False


def _settings(folder: Path, port: int | None) -> Settings:
    """The defaults with a folder of its own; what stands in the environment is for the real service."""
    defaults = {name: field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()}
    own = {
        "data_dir": folder / "data",
        "trust": (folder / "specimens" / "trust",),
        "port": port or 0,
        "policy": _POLICY,
    }
    return Settings.model_validate(defaults | own)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM end the demo as Ctrl-C does, so that the service stops and the folder is removed."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        previous = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:
        # Not the main thread: its owner handles signals.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _wait_for_interrupt(narrator: Narrator) -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        narrator.line("stopped; the demo's folder is removed")
