"""`mainstay key …`: its commands and their options; each imports only what it needs, as in `server/cli.py`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

keys = typer.Typer(
    name="key",
    help="API keys: who may call, as which roles. Each works on MAINSTAY_POSTGRES_DSN, or the embedded Postgres.",
    epilog="Example: mainstay key create --role staff --expires 90d",
    no_args_is_help=True,
)
KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's id: what stands between its underscores.")]


@keys.command(
    "create", epilog="Example: KEY=$(mainstay key create --role staff --name 'price feed' --resource products)"
)
def create_key(  # noqa: PLR0913 - one parameter an option
    *,
    role: Annotated[
        list[str] | None, typer.Option("--role", metavar="ROLE", help="A role it holds, such as staff; more than once.")
    ] = None,
    expires: Annotated[str, typer.Option(metavar="TIME", help="Its life: 12h, 90d, 52w, or never.")] = "90d",
    name: Annotated[str, typer.Option(metavar="TEXT", help="What it is for, for people.")] = "",
    resource: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="Restrict it to this resource; more than once.")
    ] = None,
    scope: Annotated[str, typer.Option(metavar="read|write", help="read restricts it to reading.")] = "write",
    tenant: Annotated[str | None, typer.Option(metavar="NAME", help="Whose data it is for.")] = None,
    subject: Annotated[
        str, typer.Option(metavar="TEXT", help="Whom it stands for, by a token's subject; itself unless given.")
    ] = "",
    limit_factor: Annotated[
        float | None, typer.Option(metavar="TIMES", help="Multiply every declared limit for it.")
    ] = None,
    service: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The service it is for: roles that FILE does not know are refused."),
    ] = None,
) -> None:
    """Make a key and print it, once; only its digest is kept."""
    from server.commands.key import CreateOptions, run_create
    from server.identity.key_grants import KeyWish

    if scope not in ("read", "write"):
        raise typer.BadParameter("is read or write", param_hint="--scope")
    wish = KeyWish(
        roles=role or (),
        name=name,
        subject=subject,
        tenant=tenant,
        resources=resource or (),
        may_write=scope == "write",
        limit_factor=limit_factor,
    )
    sys.exit(run_create(CreateOptions(wish=wish, expires=expires, file=service)))


@keys.command("list", epilog="Example: mainstay key list")
def list_keys() -> None:
    """List the keys: what each may, whether it works, when it was used last."""
    from server.commands.key import run_list

    sys.exit(run_list())


@keys.command("revoke", epilog="Example: mainstay key revoke 4fQx0aZ81Lm")
def revoke_key(key_id: KeyId) -> None:
    """End a key's life; every replica refuses it within a second."""
    from server.commands.key import run_revoke

    sys.exit(run_revoke(key_id))


@keys.command("rotate", epilog="Example: KEY=$(mainstay key rotate 4fQx0aZ81Lm --overlap 24h)")
def rotate_key(
    key_id: KeyId,
    *,
    overlap: Annotated[str, typer.Option(metavar="TIME", help="How long the old key works on; 0 ends it now.")] = "24h",
) -> None:
    """Make a key that stands for the same as another one, and let that one end."""
    from server.commands.key import run_rotate

    sys.exit(run_rotate(key_id, overlap=overlap))
