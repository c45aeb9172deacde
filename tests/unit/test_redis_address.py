"""What an address of Redis says, and what is said of one that is none."""

import pytest

from storage.redis.key_slots import key_of
from storage.redis.redis_cluster import Layout, layout_of
from storage.redis.redis_url import Address, Malformed, Node, address_of
from storage.redis.url_form import url_fault


def of_interest(address: Address) -> dict[str, object]:
    names = ("host", "port", "db", "username", "password", "path")
    return {name: address.options[name] for name in names if name in address.options}


def test_one_server_with_a_user() -> None:
    address = address_of("rediss://shop:p%40ss@cache.internal:6380/2")

    assert (address.kind, address.nodes) == ("server", ())
    assert of_interest(address) == {
        "host": "cache.internal",
        "port": 6380,
        "db": 2,
        "username": "shop",
        "password": "p@ss",
    }


def test_sentinels_and_what_they_call_the_primary() -> None:
    address = address_of(
        "redis+sentinel://shop:a@s-1:26380,s-2,[::1]:26381/main/3?sentinel_password=b&sentinel_username=c"
    )

    assert (address.kind, address.service) == ("sentinel", "main")
    assert address.nodes == (Node("s-1", 26380), Node("s-2", 26379), Node("::1", 26381))
    assert (address.options["db"], address.options["username"], address.options["password"]) == (3, "shop", "a")
    assert (address.asking["username"], address.asking["password"], address.asking.get("db")) == ("c", "b", None)


def test_without_their_own_sentinels_are_asked_without_a_password() -> None:
    asking = address_of("redis+sentinel://shop:a@s-1/main").asking

    assert {"username", "password"} & asking.keys() == set()


def test_nodes_of_a_cluster() -> None:
    address = address_of("rediss+cluster://:a@n-1:7000,n-2:7001")

    assert (address.kind, address.nodes) == ("cluster", (Node("n-1", 7000), Node("n-2", 7001)))
    assert address.options["connection_class"].__name__ == "SSLConnection"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://secret", "is no redis://, rediss:// or unix:// URL"),
        ("redis+sentinel://secret:26379", "names no service"),
        ("redis+sentinel://secret:port/main", "names a host or a port that is none"),
        ("redis+sentinel://:secret#1@h/main", "is no redis+sentinel://host:port,host:port/service/db"),
        ("redis+cluster://secret:7000/1", "names a database, and a cluster has none but 0"),
        ("redis+secret://h:7000", "is no redis+sentinel://"),
        ("redis://h:6379?secret=1", "has an option after its ? that is unknown"),
        ("redis://h:secret", "is no redis://"),
    ],
)
def test_a_fault_is_said_without_quoting(url: str, fault: str) -> None:
    told = url_fault(url)

    assert told.startswith(fault)
    assert "secret" not in told


def test_a_fault_is_an_error_where_it_is_used() -> None:
    with pytest.raises(Malformed):
        address_of("redis+cluster://")


def test_who_has_a_slot() -> None:
    layout = layout_of(
        [[5, 9, [b"b", 7001, b"id"], [b"c", 7002, b"id"]], [0, 4, [None, 7000, b"id"]], [12, 12, [b"b", 7001]]],
        Node("asked", 1),
    )

    a, b = Node("asked", 7000), Node("b", 7001)
    assert layout == Layout(firsts=(0, 5, 10, 12, 13), owners=(a, b, None, b, None))
    assert [layout.owner(slot) for slot in (0, 4, 5, 9, 10, 12, 13)] == [a, a, b, b, None, b, None]


@pytest.mark.parametrize(
    ("command", "arguments", "key"),
    [
        ("GET", ("a",), "a"),
        ("a script", ("a", "b", 1), "a"),
        ("SCAN", (b"0", "MATCH", "mainstay:{x}:*", "COUNT", 1_000), "mainstay:{x}:*"),
        ("PING", (), None),
        ("INFO", (), None),
    ],
)
def test_which_key_a_command_is_for(command: str, arguments: tuple[bytes | str | int, ...], key: str | None) -> None:
    assert key_of(command, arguments) == key
