"""`python -m tests.oracles [--update]`: the oracles on the fixtures and the real data.

Prints what no table explains; `--update` writes the counts that the tests hold. Ends with 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

from tests.conftest import REAL_DATA, ROOT
from tests.oracles import books, corpus
from tests.oracles.comparison import compare


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print, and on demand update the counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracles", description=__doc__)
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    code = 0
    for name, gathered in (("fixtures", corpus.fixtures(ROOT / "fixtures")), ("real", corpus.real(REAL_DATA))):
        found = compare(gathered)
        lines = books.unexplained(name, found)
        if options.update:
            books.commit(name, found)
        elif books.counted(found) != books.committed(name):
            lines.append("the counts are not those of counts.json: --update")
        answers = found.counts.total()
        able = sum(number for (_, _, word), number in found.counts.items() if word == "can")
        sys.stdout.write(f"{name}: {answers} questions, {able} answered, {len(found.disagreements)} disagreements\n")
        sys.stdout.writelines(f"  {line}\n" for line in lines)
        code |= bool(lines)
    return code


if __name__ == "__main__":
    sys.exit(main())
