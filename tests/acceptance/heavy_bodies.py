"""Bodies of up to 1 MiB, each of which makes some part of reading it work hard."""

from collections.abc import Iterator

MEBIBYTE = 1_048_576
_VALUES = 9_900
_OBJECTS = 2_400
"""About as many as a body may have."""


def heavy_bodies() -> Iterator[tuple[str, bytes]]:
    """A name and a body of each kind."""
    yield "zeros", _repeated(b'{"numbers":[', b"0", b"]}", count=MEBIBYTE // 2 - 10)
    yield "nesting", b"[" * (MEBIBYTE // 2) + b"]" * (MEBIBYTE // 2)
    yield "nesting, many times", _repeated(b'{"document":{"a":[', b"[" * 150 + b"]" * 150, b"]}}", count=20)
    yield "keys", _object(b"document", b"0", count=90_000)
    yield "keys that are allowed", _object(b"document", b'"\\u0000"', count=_VALUES)
    yield "keys nobody knows", b"{" + b",".join(b'"k%d":0' % number for number in range(_VALUES)) + b"}"
    yield "the same key", b"{" + b",".join([b'"name":0'] * _VALUES) + b"}"
    yield "attributes", _object(b"attributes", b'"' + b"v" * 80 + b'"', count=_VALUES)
    yield "wrong prices", _padded(_repeated(b'{"prices":[', b'"1_0"', b"]}", count=_VALUES))
    yield "prices", _padded(_repeated(b'{"prices":[', b'"1.123456789012345"', b"]}", count=_VALUES))
    yield "times", _padded(_repeated(b'{"times":[', b'"2020-01-01T00:00:00Z"', b"]}", count=_VALUES))
    yield "times without a zone", _padded(_repeated(b'{"times":[', b'"2020-01-01T00:00:00"', b"]}", count=_VALUES))
    yield "ids", _repeated(b'{"ids":[', b'"0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a"', b"]}", count=_VALUES)
    yield "none of a union", _padded(_repeated(b'{"either":[', b"1.5", b"]}", count=_VALUES))
    yield "objects of a union", _padded(_repeated(b'{"either":[', b'{"x":1}', b"]}", count=_OBJECTS))
    yield "wrong objects", _padded(_repeated(b'{"points":[', b'{"x":"","y":""}', b"]}", count=_OBJECTS))
    yield "texts", _repeated(b'{"tags":[', b'"' + b"a" * 100 + b'"', b"]}", count=_VALUES)
    yield "a long text", b'{"name":"' + b"a" * (MEBIBYTE - 11) + b'"}'
    yield "escapes", b'{"name":"' + b"\\u0041" * (MEBIBYTE // 6 - 2) + b'"}'
    yield "quotes", b'{"name":"' + b'\\"' * (MEBIBYTE // 2 - 6) + b'"}'
    yield "brackets in a text", b'{"name":"' + b"[" * (MEBIBYTE - 11) + b'"}'
    yield "a huge number", b'{"numbers":[' + b"9" * (MEBIBYTE - 14) + b"]}"
    yield "huge numbers", _repeated(b'{"numbers":[', b"9" * 4_000, b"]}", count=250)
    yield "a huge fraction", b'{"prices":[0.' + b"9" * (MEBIBYTE - 15) + b"]}"
    yield "white space", b'{"name":"x"' + b" " * (MEBIBYTE - 12) + b"}"
    yield "no end", b'{"name":"' + b"a" * (MEBIBYTE - 9)


def _repeated(opening: bytes, item: bytes, closing: bytes, *, count: int) -> bytes:
    return opening + b",".join([item] * count) + closing


def _object(name: bytes, value: bytes, *, count: int) -> bytes:
    members = b",".join(b'"key%d":%b' % (number, value) for number in range(count))
    return (b'{"%b":{%b}}' % (name, members))[:MEBIBYTE]


def _padded(body: bytes) -> bytes:
    """The same with a long text before it, up to the largest body."""
    room = MEBIBYTE - len(body) - len('"name":"",')
    return b'{"name":"' + b"a" * room + b'",' + body[1:]
