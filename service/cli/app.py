"""The commands and their options. What a command does is loaded when it runs: none needs another's modules."""

# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from mrtd.version import VERSION
from service.cli.admin_app import commands as admin_commands
from service.cli.audit_app import audit_commands
from service.cli.backup import add_to as add_backup_commands
from service.cli.choices import Engine, Format, Realm, Require
from service.cli.client_app import commands as client_commands
from service.cli.database import commands as database_commands
from service.cli.device_app import commands as device_commands
from service.cli.keys import add_to as add_key_commands
from service.cli.output import refuse
from service.cli.portal_app import commands as portal_commands
from service.cli.result_app import commands as result_commands
from service.cli.retention import commands as retention_commands
from service.cli.scan_app import add_to as add_scan_command
from service.cli.signing_keys import commands as signing_key_commands
from service.cli.subject import commands as subject_commands
from service.cli.trust_app import administration
from service.cli.webhooks import commands as webhook_commands

app = typer.Typer(
    name="passkoll",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they would show local variables, and so personal data
    help="Verifies passports on the spot and hands over a signed identity.",
    epilog="Exit status: 0 good, 1 answered but not all good, 2 usage or unreadable, 3 unreachable.",
)
mrz_commands = typer.Typer(no_args_is_help=True, help="Machine readable zones.")
trust_commands = typer.Typer(no_args_is_help=True, help="Master lists, certificates and revocation lists.")
app.add_typer(mrz_commands, name="mrz")
app.add_typer(trust_commands, name="trust")
trust_commands.add_typer(administration)
specimen_commands = typer.Typer(no_args_is_help=True, help="Documents of the specimen state UTO.")
app.add_typer(specimen_commands, name="specimen")
bench_commands = typer.Typer(no_args_is_help=True, help="Measurements.")
app.add_typer(bench_commands, name="bench")
app.add_typer(audit_commands, name="audit")
app.add_typer(webhook_commands, name="webhooks")
app.add_typer(admin_commands, name="admin")
app.add_typer(client_commands, name="client")
app.add_typer(device_commands, name="device")
app.add_typer(portal_commands, name="portal")
app.add_typer(result_commands, name="result")
keys_commands = typer.Typer(no_args_is_help=True, help="Keys.")
keys_commands.add_typer(signing_key_commands, name="signing")
add_key_commands(keys_commands)
app.add_typer(keys_commands, name="keys")
app.add_typer(database_commands, name="db")
app.add_typer(retention_commands, name="retention")
app.add_typer(subject_commands, name="subject")
add_backup_commands(app)

#: Far beyond every travel document, and far from the ends of the calendar.
_FIRST_YEAR: Final = 1950
_LAST_YEAR: Final = 2200

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per input, one a line.")]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="RFC 3339 time or date that counts as now; makes a run repeatable."),
]
Trust = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust",
        metavar="PATH",
        help="Master list, PEM, DER, LDIF, zip, or a folder of these; what it holds becomes your anchor. Repeatable.",
    ),
]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Verifies passports on the spot and hands over a signed identity."""


@app.command("inspect")
def inspect_command(
    dumps: Annotated[
        list[Path], typer.Argument(metavar="DUMP...", help="Folder or zip of elementary files, JSON, CBOR.")
    ],
    trust: Trust = None,
    mrz: Annotated[
        list[str] | None,
        typer.Option("--mrz", metavar="LINES", help="The printed MRZ: once with line ends, or once a line."),
    ] = None,
    at: At = None,
    policy: Annotated[
        str,
        typer.Option("--policy", metavar="NAME|FILE", help="strict-level3, default, forensic, or a policy file."),
    ] = "default",
    realm: Annotated[Realm, typer.Option(help="Production refuses specimen and test anchors.")] = Realm.PRODUCTION,
    require: Annotated[Require, typer.Option(help="What exit status 0 means.")] = Require.AUTHENTIC,
    output: Annotated[
        Format | None,
        typer.Option("--format", help="Text for people, JSON, or the check tree of BSI TR-03135 as JSON."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge dumps of chips. A dump alone can never show that the chip was present."""
    from service.cli import inspection

    if as_json and output not in (None, Format.JSON):
        refuse(f"--json and --format {output} contradict each other")
    inspection.run(
        dumps,
        trust=trust or (),
        mrz_lines=mrz or (),
        at=_time(at),
        policy=policy,
        realm=realm.value,
        require=require,
        output=Format.JSON if as_json else output or Format.TEXT,
    )


@mrz_commands.command("parse")
def mrz_parse(
    text: Annotated[
        str, typer.Argument(metavar="TEXT|-", help="The lines, or - for standard input, parted by blank lines.")
    ],
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Read machine readable zones."""
    from service.cli import mrz

    mrz.run(text, _time(at).date(), as_json=as_json)


@mrz_commands.command("read")
def mrz_read(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Photos: JPEG, PNG, WebP or HEIC.")],
    engine: Annotated[Engine, typer.Option(help="passporteye is an extra and needs Tesseract.")] = Engine.ONNX,
    together: Annotated[
        bool, typer.Option("--together", help="All are photos of one document (at most 5); read them as one.")
    ] = False,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Read machine readable zones from photos. What is not certain is marked, and exit status 1."""
    from service.cli import photos

    photos.run(images, engine=engine.value, today=_time(at).date(), together=together, as_json=as_json)


@trust_commands.command("info")
def trust_info(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders to describe.")],
    trust: Trust = None,
    at: At = None,
    table: Annotated[bool, typer.Option("--table", help="The table over all files, not each file.")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="With --json: a last object over all files.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what lists and certificates hold: counts, keys, signatures, links, signers, states, and what is missing."""
    from service.cli import trust as trust_module

    trust_module.run(paths, trust=trust or (), at=_time(at), table=table, summary=summary, as_json=as_json)


@specimen_commands.command("make")
def specimen_make(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An empty folder, or one made by this command.")],
) -> None:
    """Write every declared case as a folder for `passkoll replay`; the same version writes the same octets."""
    from service.cli import specimen

    specimen.make(folder)


@app.command()
def checks(
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/checks.md.")] = False,
    standards: Annotated[
        Path | None,
        typer.Option("--standards", metavar="DIR", help="Print docs/standards.md, with the cases of this folder."),
    ] = None,
) -> None:
    """List every check, its reasons and what each policy makes of it."""
    from service.cli import checks as table

    if standards is not None:
        from service.cli.standards import markdown as matrix

        typer.echo(matrix(standards), nl=False)
    elif as_json:
        table.as_json()
    elif markdown:
        typer.echo(table.markdown(), nl=False)
    else:
        table.as_table()


@bench_commands.command("mrz")
def bench_mrz(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of pictures with labels.tsv.")],
    long_edge: Annotated[
        str, typer.Option("--long-edge", metavar="PX,...", help="Also make the pictures smaller, as a phone would.")
    ] = "",
    quality: Annotated[
        str, typer.Option("--quality", metavar="N,...", help="JPEG quality of these; by default 85.")
    ] = "",
    peer: Annotated[
        list[str] | None,
        typer.Option(
            "--peer", metavar="NAME=PYTHON", help="Measure this reader too, by its interpreter. Repeatable."
        ),
    ] = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Measure the photo reader: exact readings, wrong ones, time and memory on one core."""
    from service.cli import bench

    bench.run(
        folders, long_edges=long_edge, qualities=quality, peers=peer or (), today=_time(at).date(), as_json=as_json
    )


@app.command()
def openapi() -> None:
    """Print the OpenAPI description of the service."""
    from service.cli import server

    server.openapi()


@app.command()
def replay(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="DIR | diff A B", help="A folder of cases or dumps, or two records to compare."),
    ],
    url: Annotated[str | None, typer.Option(metavar="URL", help="Replay through a running specimen service.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of that service, over which people and a phone are made for it."),
    ] = None,
    at: Annotated[str, typer.Option(metavar="recorded|now|TIME", help="The time of inspection.")] = "recorded",
    trust: Trust = None,
    realm: Annotated[Realm | None, typer.Option(help="By default each case's own; production for dumps.")] = None,
    policy: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Judge dumps, and compare cases, by this policy alone."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, max=64, help="At once; by default one a processor.")] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Keep what was found beside DIR, for replay diff.")
    ] = False,
    results: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep it in this file instead.")] = None,
    update: Annotated[bool, typer.Option("--update", help="Make what was found the expectation.")] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML.")] = None,
    as_json: AsJson = False,
) -> None:
    """Replay cases (case.json) and compare; without cases, judge the dumps of a folder and count.

    Exit status 1: a case is not as it expects. 2: one that cannot be read. Dumps without a case expect nothing.
    """
    from service.cli import replay as replay_module

    replay_module.command(
        paths,
        at=at if at in ("recorded", "now") else _time(at),
        realm=None if realm is None else realm.value,
        trust=trust,
        policy=policy,
        url=url,
        data=data,
        jobs=jobs,
        wishes=replay_module.Wishes(as_json, record, results, update, junit),
    )


@app.command("init")
def init_command(
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the database and the keys.")] = None,
    file: Annotated[Path, typer.Option("--settings", metavar="FILE", help="The file of settings to write.")] = Path(
        "passkoll.env"
    ),
    realm: Annotated[Realm | None, typer.Option(help="A database belongs to one for ever.")] = None,
) -> None:
    """Make settings, database and keys for a first start. What is there already is kept."""
    from service.cli import init

    init.init(data, file, realm=None if realm is None else realm.value)


@app.command("settings")
def settings_command(
    markdown: Annotated[bool, typer.Option("--markdown", help="The table of docs/operating.md.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show every setting as it is in force here, without secrets."""
    from service.cli import init

    init.settings_words(markdown=markdown, as_json=as_json)


@app.command("doctor")
def doctor_command(
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the database and the keys.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look at settings, clock, keys, disk, database, trust and jobs, and say what to do. Nothing is changed."""
    from service.cli import doctor

    doctor.run(data, as_json=as_json)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the database and the files.")] = None,
    trust: Trust = None,
    specimen_clock: Annotated[
        str | None, typer.Option(metavar="TIME", help="Start the clock at this time; specimen realm only.")
    ] = None,
    expose_specimen: Annotated[
        bool, typer.Option("--expose-specimen", help="Let a service of specimens listen beyond this machine.")
    ] = False,
) -> None:
    """Run the service. Settings also come from PASSKOLL_* variables; options win."""
    from service.cli import server

    clock = None if specimen_clock is None else _time(specimen_clock, "--specimen-clock")
    server.serve(host=host, port=port, data=data, trust=trust, specimen_clock=clock, expose_specimen=expose_specimen)


@app.command()
def worker(
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the database and the keys.")] = None,
) -> None:
    """Do jobs (deadlines, deliveries, erasure) in a process of its own. Settings come from PASSKOLL_* variables."""
    from service.cli import worker as worker_module

    worker_module.work(data)


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the service up and say how to use it.")] = False,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; by default a free one.")] = None,
) -> None:
    """Show a verified passport, a tampered one and a clone, read live and over HTTP."""
    from service.cli import demo as demo_module

    demo_module.run(keep=keep, port=port)


def _time(text: str | None, option: str = "--at") -> datetime:
    """The time that counts as now, whole seconds, aware; a bare date is its first moment in UTC."""
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        refuse(f"{option} is no RFC 3339 time or date")
    if at.tzinfo is None and len(text) == len("2026-11-24"):
        at = at.replace(tzinfo=UTC)
    if at.tzinfo is None:
        refuse(f"{option} needs Z or an offset")
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        refuse(f"{option} lies between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return at.astimezone(UTC).replace(microsecond=0)


add_scan_command(app, _time)
