"""What a service serves besides what its file says: the addresses under `/identity`."""

from server.accounts.account_routes import with_account_routes
from server.identity.key_routes import with_key_routes
from server.service import Service


def with_own_routes(service: Service) -> Service:
    """The service with the addresses of keys, and of accounts where it declares any."""
    return with_account_routes(with_key_routes(service))
