"""Who calls, once that is known: what a credential stands for, without the credential."""

import json
from dataclasses import dataclass

from aiohttp import web

from telemetry.events import CredentialKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """A fence around a credential: outside of it, it opens nothing, whatever its roles.

    `resources` are the words its requests may be about (`products` for what is under `/products`), None for all.
    """

    resources: frozenset[str] | None = None
    may_write: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever holds a valid credential.

    `subject` names it in its tenant wherever it comes back, by whatever credential; `tenant` is whose data it may see,
    None where that is not divided; `scopes` fence this credential in, None where nothing does. `credential_id` may be
    logged: it names the credential and does not give it away. Its limits are those declared times `limit_factor`.
    """

    subject: str
    roles: frozenset[str]
    credential_id: str
    credential_kind: CredentialKind
    tenant: str | None = None
    scopes: Scopes | None = None
    limit_factor: float = 1.0

    @property
    def name(self) -> str:
        """Names it among the principals of all tenants: two of them may each have an `ada`."""
        return name_of(self.subject, tenant=self.tenant)


def name_of(subject: str, *, tenant: str | None) -> str:
    """The name of the principal with this subject, in this tenant."""
    return subject if tenant is None and not subject.startswith("[") else json.dumps([tenant, subject])


PRINCIPAL = web.RequestKey("principal", Principal)
"""Who calls; absent where the request brings no credential."""
