"""`python -m tests.fuzz [TARGET ...] [--minutes M]`: fuzz targets one after the other (`make fuzz`).

Ends with 1 if anything was found; the inputs are kept, and printed in hexadecimal.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from tests.conftest import REAL_DATA, ROOT
from tests.fuzz import campaign, seeds
from tests.fuzz.targets import TARGETS

#: Ignored by git; the corpus in it makes the next run begin where this one ended.
_FOLDER: Final = ROOT / "build" / "fuzz"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz, print, and tell by the exit status whether anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--minutes", type=float, default=60, help="for each target")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.targets) - set(TARGETS))
    if unknown:
        parser.error(f"unknown target: {', '.join(unknown)}; one of {', '.join(TARGETS)}")
    if not campaign.available():
        parser.error("atheris has no wheel for this platform or Python (docs/fuzzing.md)")
    bad = False
    for target in options.targets or TARGETS:
        real = seeds.real(target, REAL_DATA) if (REAL_DATA / "chips").is_dir() else ()
        start = (*seeds.specimen(target), *real)
        outcome = campaign.run(target, _FOLDER / target, seconds=int(60 * options.minutes), start=start)
        bad |= bool(outcome.found) or not outcome.ended_well
        before, after = outcome.covered
        line = f"{target}: {outcome.runs} inputs, {before} places covered by the seeds, {after} in the end"
        sys.stdout.write(f"{outcome.report() if outcome.found or not outcome.ended_well else line}\n")
        sys.stdout.flush()
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
