"""`passkoll inspect`: judge dumps of passport chips with what the operator trusts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.table import Table
from rich.text import Text

from mrtd import files
from mrtd.errors import MrtdError
from mrtd.inspection import InspectionReport, MrzEvidence, MrzSource, Policy, Verdict, inspect, judge
from mrtd.inspection.policy import STOCKHOLM
from mrtd.inspection.tr03135 import to_tr03135
from mrtd.pki.trust_store import Realm, TrustStore
from mrz import MrzError, parse
from service.cli.choices import Format, Require
from service.cli.output import (
    BAD_MARK,
    GOOD_MARK,
    OPEN_MARK,
    ExitCode,
    complain,
    console,
    finish,
    marked,
    print_json,
    refuse,
    shown_path,
)

#: What a reader of the output must know whatever the checks say (SECURITY.md 2.1).
DUMP_NOTICE = (
    "A dump alone can never show that the chip was present: whoever holds a copy can send it."
    " Only a fresh challenge of the service can."
)

_GOOD_WORDS = {"verified", "authentic", "yes"}
_BAD_WORDS = {"refused", "not_authentic", "no"}


def run(
    dumps: Sequence[Path],
    *,
    trust: Sequence[Path],
    mrz_lines: Sequence[str],
    at: datetime,
    policy: str,
    realm: str,
    require: Require,
    output: Format,
) -> None:
    """Inspect each dump; a dump that cannot be read does not keep the others from their answers.

    Raises:
        typer.Exit: always.
    """
    rules, store, mrz = read_policy(policy), read_trust(trust, Realm(realm), at), read_mrz(mrz_lines, at)
    codes = []
    for path in dumps:
        try:
            evidence = files.load_dump(path)
        except MrtdError as error:
            _unreadable(path, error, output)
            codes.append(ExitCode.UNREADABLE)
            continue
        report = inspect(evidence, mrz, store, at)
        verdict = judge(report, rules)
        match output:
            case Format.TEXT:
                show(shown_path(path), report, verdict)
                console().print(DUMP_NOTICE)
                console().print()
            case Format.JSON:
                print_json(to_json(path, report, verdict))
            case Format.TR03135_JSON:
                print_json({"file": shown_path(path), **to_tr03135(report, verdict)})
        codes.append(ExitCode.GOOD if is_good(verdict, require) else ExitCode.NOT_ALL_GOOD)
    finish(codes)


def to_json(path: Path, report: InspectionReport, verdict: Verdict) -> dict[str, object]:
    """The object of API.md section 4: the file, the verdict, the report and its digest."""
    members = {**verdict.to_json(), **report.to_json()}
    return {"file": shown_path(path), **members, "report_sha256": report.sha256}


def is_good(verdict: Verdict, require: Require) -> bool:
    """Whether a verdict meets what the caller requires.

    `authentic`: authentic, valid, MRZ equal if given, and no refusal. The presence of the chip is not asked for,
    since no dump can show it; a chip that failed its proof is refused all the same.
    """
    if require is Require.VERIFIED:
        return verdict.outcome == "verified"
    return (
        verdict.authenticity == "authentic"
        and verdict.document_valid == "yes"
        and verdict.mrz_matches_chip in ("yes", "not_given")
        and verdict.outcome != "refused"
    )


def read_policy(name: str) -> Policy:
    """The policy of `--policy`; ends the command where it is none."""
    try:
        return files.load_policy(name)
    except MrtdError as error:
        refuse(f"--policy {name}: {error}")


def read_trust(paths: Sequence[Path], realm: Realm, at: datetime) -> TrustStore:
    """What the paths of `--trust` hold; ends the command where they hold nothing of the kind."""
    try:
        store = files.load_trust(*paths, realm=realm, at=at)
    except MrtdError as error:
        refuse(f"--trust: {error}")
    if store.refused:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(store.refused.items()))
        complain(f"--trust: left out in the {realm} realm: {reasons}; {len(store.anchors)} anchors stay")
    return store


def read_mrz(lines: Sequence[str], at: datetime) -> MrzEvidence | None:
    """The lines of `--mrz`; ends the command where they are none."""
    if not lines:
        return None
    try:
        document = parse("\n".join(lines).replace("\\n", "\n"), today=at.astimezone(STOCKHOLM).date())
    except MrzError as error:
        refuse(f"--mrz: {error}")
    return MrzEvidence(document, MrzSource.TYPED)


def _unreadable(path: Path, error: MrtdError, output: Format) -> None:
    if output is Format.TEXT:
        complain(f"{shown_path(path)}: {error}")
    else:
        print_json({"file": shown_path(path), "error": str(error)})


def show(name: str, report: InspectionReport, verdict: Verdict) -> None:
    """Words, marks, checks and reasons; no name, no number, no date of the holder."""
    screen = console()
    document = f"{report.document_type or '?'} of {report.issuing_state or '?'}"
    screen.print(Text(f"{name}: {document}, {report.at.isoformat()}", style="bold"))
    screen.print(_verdict_table(verdict))
    checks = Table(show_edge=False)
    for heading in ("result", "check", "subject", "reason"):
        checks.add_column(heading, no_wrap=heading != "reason", overflow="fold")
    for check in report.checks:
        checks.add_row(marked(screen, check.status.value), check.id, check.subject, check.reason or "")
    screen.print(checks)
    counts = Counter(check.status.value for check in report.checks)
    screen.print(", ".join(f"{number} {status}" for status, number in sorted(counts.items())))


def _verdict_table(verdict: Verdict) -> Table:
    screen = console()
    table = Table(show_header=False, show_edge=False, box=None)
    for name in ("outcome", "authenticity", "chip_genuine", "document_valid", "mrz_matches_chip"):
        word = str(getattr(verdict, name))
        like = GOOD_MARK if word in _GOOD_WORDS else BAD_MARK if word in _BAD_WORDS else OPEN_MARK
        table.add_row(name, marked(screen, word, like))
    table.add_row("attention", ", ".join(verdict.attention) or "none")
    table.add_row("refused_by", ", ".join(verdict.refused_by) or "none")
    table.add_row("policy", verdict.policy)
    return table
