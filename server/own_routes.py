"""What a service serves besides what its file says: the addresses under `/identity`."""

from dataclasses import replace

from server.accounts.account_routes import with_account_routes
from server.declaration import Declaration
from server.declared_slis import slis_of
from server.identity.audit_trail import with_audit_trail
from server.identity.key_routes import with_key_routes
from telemetry.objectives import Sli


def with_own_addresses(declaration: Declaration) -> Declaration:
    """The declaration with the addresses of keys, of accounts where it has any, and of the trail where there is one."""
    service = with_account_routes(with_key_routes(declaration.service))
    return with_audit_trail(replace(declaration, service=service))


def slis_served(declaration: Declaration) -> tuple[Sli, ...]:
    """What is counted of all that is served: people who cannot sign in are not served either."""
    whole = with_own_addresses(declaration)
    return slis_of(whole.service, whole.types)
