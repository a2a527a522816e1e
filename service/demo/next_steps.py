"""What a newcomer can do after the demo: commands that work as they are printed."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from service.crew import sign_in_links
from service.demo.narrator import Narrator
from service.settings import Settings


def what_next(narrator: Narrator, mrz_lines: tuple[str, str]) -> None:
    """Three commands after a demo that has ended."""
    program = _program()
    narrator.commands(
        "Next:",
        (
            (f"{program} demo --keep", "the same, and the service stays up for you to call"),
            (f"{program} mrz parse {shlex.quote(chr(10).join(mrz_lines))}", "read a machine readable zone"),
            (f"{program} checks", "every check, its reasons, and what each policy makes of it"),
        ),
    )


def kept_up(narrator: Narrator, url: str, settings: Settings, specimens: Path) -> None:
    """Three commands while the service is up, and how the two administrators sign in."""
    first, second = sign_in_links(settings, url)
    narrator.line()
    narrator.line(f"The service stays up at {url} until you press Ctrl-C. Its two administrators, by one-time link,")
    narrator.line("each good once within five minutes (docs/people.md):")
    narrator.fact("first", first)
    narrator.fact("second", second)
    program, folder = _program(), shlex.quote(str(specimens))
    data = shlex.quote(str(settings.data_dir))
    narrator.commands(
        "Next, in another terminal:",
        (
            (
                f"{program} admin list --data {data}",
                "who works here, and who vouches for whom",
            ),
            (
                f"{program} inspect {folder}/tampered.json --trust {folder}/trust --realm specimen",
                "judge the tampered passport on the command line",
            ),
            (f"curl -s {url}/openapi.json", "every route that there is"),
        ),
    )


def _program() -> str:
    """How this program is called here: by its name if that finds it, else by its path."""
    beside = Path(sys.executable).with_name("passkoll")
    found = shutil.which("passkoll")
    if not beside.is_file() or (found is not None and Path(found).resolve() == beside.resolve()):
        return "passkoll"
    relative = os.path.relpath(beside)
    return shlex.quote(str(beside) if relative.startswith(os.pardir) else relative)
