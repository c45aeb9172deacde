"""The `mainstay` command; each part is imported only when it is asked for, so that help comes at once."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from server.account_cli import accounts
from server.key_cli import keys
from server.render_cli import render
from server.start_garbage import collect_seldom

app = typer.Typer(
    name="mainstay",
    help=(
        "Serve a REST API over Postgres and Redis from one Python file, and show everything it does.\n\n"
        "A command ends with 0 when all is well, a service that was told to stop among them, 1 when something "
        "failed or FILE has mistakes, 2 when the command line or a setting makes no sense, 130 when it was interrupted."
    ),
    epilog="Start with: mainstay serve examples/quickstart/service.py",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="The Python file that declares the service.")]


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        from telemetry import VERSION

        typer.echo(f"mainstay {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Nothing is done with them; each command has options of its own."""


@app.command(epilog="Example: MAINSTAY_PORT=9000 mainstay serve examples/shop/service.py")
def serve(
    file: File,
    *,
    seed: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Fill tables that are still empty from DIR's NDJSON files.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=64, help="Serve by N processes; SIGHUP replaces them one by one."),
    ] = None,
) -> None:
    """Serve FILE: the API on MAINSTAY_PORT (8080), probes and metrics on MAINSTAY_ADMIN_PORT (8081).

    Without MAINSTAY_POSTGRES_DSN and MAINSTAY_REDIS_URL it starts Postgres and Valkey of its own under
    MAINSTAY_DATA_DIR (.mainstay), and applies the safe part of a migration.

    `mainstay settings` lists what else can be set. Ctrl-C or SIGTERM ends it, with 0 once all is done that was begun.
    """
    collect_seldom()
    from server.commands.serve import run_serve

    sys.exit(run_serve(file, seed=seed, workers=workers))


@app.command(epilog="Example: MAINSTAY_PORT=9000 mainstay settings")
def settings() -> None:
    """List the MAINSTAY_ settings: what each is, its default, what it is set to here, and what is wrong with that."""
    from server.commands.settings_list import run_settings

    sys.exit(run_settings())


@app.command(epilog="Example: mainstay check examples/shop/service.py")
def check(file: File) -> None:
    """Say everything that is wrong with FILE, at once."""
    from server.commands.check import run_check

    sys.exit(run_check(file))


@app.command(epilog="Example: mainstay load examples/shop/service.py examples/shop/data")
def load(
    file: File,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the NDJSON files lie.")],
    *,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Load a file's good lines, whatever the others.")
    ] = False,
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Leave alone the tables that have rows.")] = False,
) -> None:
    """Load DIR's NDJSON files: product.ndjson fills the table product, a JSON document a line.

    Each line is checked as a POST is. Files others refer to come first; a file with a bad line is not loaded at all.
    It loads into MAINSTAY_POSTGRES_DSN, or into the embedded Postgres under MAINSTAY_DATA_DIR, running or not.
    """
    from server.commands.load import run_load
    from server.loading.loader import LoadOptions

    sys.exit(run_load(file, folder, options=LoadOptions(skip_bad=skip_bad, if_empty=if_empty)))


@app.command(epilog="Example: mainstay migrate examples/shop/service.py --apply --allow drop_column:product.color")
def migrate(  # noqa: PLR0913 - one parameter an option
    file: File,
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this the plan is only shown.")] = False,
    only_safe: Annotated[
        bool, typer.Option("--only-safe", help="Do what can be done although other steps are refused.")
    ] = False,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help="Do this step although it is refused by default.")
    ] = None,
    write: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the plan there as a revision.")] = None,
    from_: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Follow the reviewed revisions there.")
    ] = None,
    grant: Annotated[
        str, typer.Option(metavar="ROLE", help="Also give ROLE, which serves, the rights it needs and no others.")
    ] = "",
    message: Annotated[str, typer.Option(metavar="TEXT", help="What the written revision is for.")] = "",
) -> None:
    """Show in words and SQL what leads from the database to FILE's tables; with --apply, do it.

    What would lose data is refused with its reason until it is allowed by name.
    """
    from server.commands.migrate import MigrateOptions, run_migrate

    wanted = MigrateOptions(
        apply=apply,
        only_safe=only_safe,
        allow=frozenset(allow or ()),
        write=write,
        from_=from_,
        message=message,
        grant=grant,
    )
    sys.exit(run_migrate(file, options=wanted))


@app.command(epilog="Example: mainstay openapi examples/shop/service.py --output openapi.json")
def openapi(
    file: File,
    *,
    output: Annotated[Path | None, typer.Option(metavar="PATH", help="Write there instead of printing.")] = None,
    server_url: Annotated[str | None, typer.Option(metavar="URL", help="Where the API is served.")] = None,
) -> None:
    """Print FILE's OpenAPI 3.1 document."""
    from server.commands.openapi import write_openapi
    from server.commands.reporting import reported
    from server.service_file import checked_file

    sys.exit(reported(lambda: write_openapi(checked_file(file), output=output, server_url=server_url)))


app.command(epilog="Example: mainstay render examples/shop/service.py --grafana https://grafana.example.com")(render)


encryption = typer.Typer(
    name="encryption",
    help="The keys of Encrypted() fields.",
    epilog="Example: MAINSTAY_ENCRYPTION_KEYS=$(mainstay encryption key) mainstay serve service.py",
    no_args_is_help=True,
)
app.add_typer(encryption)


@encryption.command("key", epilog="Example: export MAINSTAY_ENCRYPTION_KEYS=$(mainstay encryption key)")
def make_encryption_key() -> None:
    """Print a new key, as MAINSTAY_ENCRYPTION_KEYS takes it; it is kept nowhere."""
    from server.commands.encryption import run_key

    sys.exit(run_key())


@encryption.command("rotate", epilog="Example: mainstay encryption rotate examples/shop/service.py")
def rotate_encryption(file: File) -> None:
    """Encrypt with the first key all that lies encrypted with another, or not yet at all; then the others can go.

    The service may run meanwhile, as long as it has the new key too.
    """
    from server.commands.encryption import run_rotate

    sys.exit(run_rotate(file))


subjects = typer.Typer(
    name="subject",
    help="One person's data, over all records that remember who made them, and its API keys.",
    epilog="Example: mainstay subject export examples/shop/service.py ada@example.org --output ada.json",
    no_args_is_help=True,
)
app.add_typer(subjects)

SubjectId = Annotated[
    str, typer.Argument(metavar="ID", help="The person's subject: `sub` of a token, a key's subject.")
]
TenantName = Annotated[str | None, typer.Option(metavar="NAME", help="The tenant the person belongs to.")]


@subjects.command("export", epilog="Example: mainstay subject export service.py user:17 --output user-17.json")
def export_subject(
    file: File,
    subject: SubjectId,
    *,
    tenant: TenantName = None,
    output: Annotated[Path | None, typer.Option(metavar="PATH", help="Write there instead of printing.")] = None,
) -> None:
    """Print all there is of a person as one JSON document: its records, its keys, what was asked before.

    That it was shown is remembered, without the person's name.
    """
    from server.commands.subject import run_export
    from server.identity.subjects import Subject

    sys.exit(run_export(file, Subject(id=subject, tenant=tenant), output=output))


@subjects.command("erase", epilog="Example: mainstay subject erase service.py user:17 --apply")
def erase_subject(
    file: File,
    subject: SubjectId,
    *,
    tenant: TenantName = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this it is only told.")] = False,
) -> None:
    """Erase what is Private() in a person's records, make them nobody's, and end the person's keys.

    The records stay, as others may refer to them. It is all done or nothing is, and that it was done is remembered,
    without the person's name.
    """
    from server.commands.subject import run_erase
    from server.identity.subjects import Subject

    sys.exit(run_erase(file, Subject(id=subject, tenant=tenant), apply=apply))


app.add_typer(keys)
app.add_typer(accounts)

audit = typer.Typer(
    name="audit",
    help="The audit trail, which admins read at /identity/audit.",
    epilog="Example: mainstay audit expire --older-than 400d",
    no_args_is_help=True,
)
app.add_typer(audit)


@audit.command("expire", epilog="Example: mainstay audit expire --older-than 400d")
def expire_audit(
    *, older_than: Annotated[str, typer.Option(metavar="TIME", help="How long entries are kept: 90d, 400d, 520w.")]
) -> None:
    """Delete the entries that have been kept long enough; run it daily.

    It works as the role that migrates (MAINSTAY_MIGRATION_DSN): a service may only add entries.
    """
    from server.commands.audit import run_expire

    sys.exit(run_expire(older_than))


def main() -> None:
    """Run the command."""
    app()
