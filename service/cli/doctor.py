"""`passkoll doctor`: look at an installation, and say for each thing what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NoReturn

from pydantic import ValidationError

from mrtd.errors import MrtdError
from service import wiring
from service.cli.output import BAD_MARK, GOOD_MARK, OPEN_MARK, ExitCode, console, finish, marked, print_json
from service.domain.diagnosis import Finding, Grade, bad, good
from service.domain.errors import ConfigurationError
from service.settings import Settings

_MARKS: Final = {Grade.GOOD: GOOD_MARK, Grade.WARNING: OPEN_MARK, Grade.BAD: BAD_MARK}


def run(data: Path | None, *, as_json: bool) -> NoReturn:
    """Print a line for each finding.

    Raises:
        typer.Exit: always; 1 if anything is to be done.
    """
    findings = _findings(data)
    screen = console()
    for found in findings:
        if as_json:
            print_json({"name": found.name, "grade": found.grade.value, "says": found.says, "do": found.to_do})
            continue
        screen.print(marked(screen, found.name, _MARKS[found.grade]), found.says)
        if found.to_do:
            screen.print(f"    -> {found.to_do}")
    finish(ExitCode.GOOD if found.grade is Grade.GOOD else ExitCode.NOT_ALL_GOOD for found in findings)


def _findings(data: Path | None) -> list[Finding]:
    try:
        settings = Settings() if data is None else Settings(data_dir=data)
        found = good("settings", f"realm {settings.realm.value}, policy {settings.policy}")
        return [found, *wiring.diagnose(settings)]
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        return [bad("settings", wrong, "mend it; `passkoll settings` lists them all")]
    except (ConfigurationError, MrtdError) as error:
        return [bad("settings", str(error), "mend it; `passkoll settings` lists them all")]
    except OSError as error:
        return [bad("data_folder", f"it cannot be looked at: {error.strerror}", "run this as the service's user")]
