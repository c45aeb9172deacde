"""Whose address a request comes from."""

import asyncio
from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from middleware.inbound.client_address import LOCAL_SOCKET, ClientAddress

PROXIES = ClientAddress([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


class Wire(asyncio.Transport):
    """A transport that knows who is at its other end."""

    def __init__(self, peer: object) -> None:
        super().__init__({"peername": peer})


def address(find: ClientAddress, peer: object, *forwarded: str) -> str:
    headers = CIMultiDict([("X-Forwarded-For", value) for value in forwarded])
    return find(make_mocked_request("GET", "/", headers=headers, transport=Wire(peer)))


def test_without_trusted_proxies_the_header_is_not_read() -> None:
    assert address(ClientAddress(), ("203.0.113.7", 1), "198.51.100.1") == "203.0.113.7"


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ([], "10.0.0.1"),
        (["203.0.113.7"], "203.0.113.7"),
        (["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        (["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
        (["198.51.100.1, 203.0.113.7, 10.2.3.4"], "203.0.113.7"),
        (["10.9.9.9, 203.0.113.7"], "203.0.113.7"),
        (["10.9.9.9, 10.2.3.4"], "10.9.9.9"),
        (["203.0.113.7:4711"], "203.0.113.7"),
        (["[2001:db8:1:2:3::4]:4711"], "2001:db8:1:2::/64"),
        (["::ffff:203.0.113.7"], "203.0.113.7"),
        (["nonsense"], "10.0.0.1"),
        (["203.0.113.7, nonsense, 10.2.3.4"], "10.2.3.4"),
        (["203.0.113.7,"], "10.0.0.1"),
        (["203.0.113.7, fd00::1"], "203.0.113.7"),
    ],
)
def test_behind_proxies_it_is_the_right_most_hop_that_is_none_of_them(forwarded: list[str], found: str) -> None:
    assert address(PROXIES, ("10.0.0.1", 1), *forwarded) == found


def test_whoever_invents_a_header_is_still_itself() -> None:
    invented = ", ".join(f"198.51.100.{number}" for number in range(50))

    assert address(PROXIES, ("203.0.113.7", 1), invented) == "203.0.113.7"
    assert address(PROXIES, ("10.0.0.1", 1), f"{invented}, 203.0.113.7") == "203.0.113.7"


def test_one_site_of_ipv6_is_one_caller() -> None:
    peers = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"]

    found = [address(ClientAddress(), (peer, 1, 0, 0)) for peer in peers]

    assert found == ["2001:db8::/64", "2001:db8::/64", "2001:db8:0:1::/64"]


@pytest.mark.parametrize("peer", ["", "/run/proxy.sock", None])
def test_a_unix_sockets_peer_is_a_proxy_of_ours(peer: object) -> None:
    assert address(ClientAddress(), peer, "198.51.100.1, 203.0.113.7") == "203.0.113.7"
    assert address(ClientAddress(), peer) == LOCAL_SOCKET
