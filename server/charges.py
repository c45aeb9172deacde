"""From the limits a service declares to what each address charges its callers."""

from dataclasses import replace

from middleware.inbound.quota import Charge, Limit, charge_of
from server.address import Address
from server.service import Resource, Route, Service

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def default_charge(service: Service, method: str, *, cost: int = 1) -> Charge | None:
    """What an address without a limit of its own charges; None where the service has none either."""
    is_reading = method in _READING
    name, limit = ("read", service.read_limit) if is_reading else ("write", service.write_limit)
    return _charge(name, limit, cost=cost)


def resource_charged(address: Address, resource: Resource, *, service: Service) -> Address:
    """An address of a resource with its charge; the narrower word wins, as with access."""
    is_reading = address.method in _READING
    name = resource.area
    narrower = resource.read_limit if is_reading else resource.write_limit
    if narrower is not None:
        charge = _charge(f"{name} {'read' if is_reading else 'write'}", narrower, cost=resource.cost)
        return _charged(address, charge)
    own = _charge(name, resource.limit, cost=resource.cost)
    return _charged(address, own or default_charge(service, address.method, cost=resource.cost))


def route_charged(address: Address, route: Route, *, service: Service) -> Address:
    """A route's address with its charge."""
    own = _charge(f"{route.method} {route.path}", route.limit, cost=route.cost)
    return _charged(address, own or default_charge(service, route.method, cost=route.cost))


def _charge(name: str, limit: Limit | None, *, cost: int) -> Charge | None:
    return None if limit is None else charge_of(name, limit, cost=cost)


def _charged(address: Address, charge: Charge | None) -> Address:
    return replace(address, endpoint=replace(address.endpoint, charge=charge))
