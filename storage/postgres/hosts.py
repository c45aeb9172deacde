"""The hosts of a Postgres address, one by one: libpq takes several, and we connect to each by ourselves."""

from collections.abc import Mapping, Sequence

from psycopg2.extensions import parse_dsn

Parameters = Mapping[str, str]
"""libpq's connection keywords."""

_PER_HOST = ("host", "hostaddr", "port")
_ANY_SERVER = {"target_session_attrs": "any"}
"""Whether a server is the one we want is asked by ourselves, as it has to be of a later timeline too."""


UNEVEN = "names another number of hosts than of ports"


def hosts_of(dsn: str) -> Sequence[Parameters]:
    """Return for each host of the address what is to override in it; [{}] where it names one or none.

    As in libpq (PostgreSQL manual, 32.1.1.3), `host`, `hostaddr` and `port` are lists with a place for each host, and
    one port is everybody's. Raises ValueError where their lengths differ.
    """
    given = parse_dsn(dsn)
    lists = {name: given[name].split(",") for name in _PER_HOST if name in given}
    count = max((len(values) for values in lists.values()), default=1)
    if count == 1:
        return [{}]
    if len(lists.get("port", [])) == 1:
        del lists["port"]
    if any(len(values) != count for values in lists.values()):
        raise ValueError(UNEVEN)
    return [{**_ANY_SERVER, **{name: values[place] for name, values in lists.items()}} for place in range(count)]
