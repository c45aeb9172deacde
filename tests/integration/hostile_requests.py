"""Requests that mean harm, or are sent by mistake: each has to be refused with its place, and to change nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

JSON_TYPE = {"Content-Type": "application/json"}
THING = "/things/0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a"
SQL = (
    "' OR '1'='1",
    "'; DROP TABLE thing; --",
    "1); DELETE FROM thing; --",
    "$$; SELECT pg_sleep(5); $$",
    "%s %(name)s $1 :name ? {0}",
    "\\'; TRUNCATE thing; --",
    "/* */ UNION SELECT version() --",
    "E'\\x27'",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One request; it has to be refused with the place of at least one fault."""

    name: str
    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def hostile_bodies() -> Iterator[Hostile]:
    """Each body that is no JSON of ours, everywhere a body is taken."""
    for name, body in BODIES.items():
        for method, path in (("POST", "/things"), ("PUT", THING), ("PATCH", THING), ("POST", f"{THING}/sell")):
            yield Hostile(name=f"{method} {name}", method=method, path=path, body=body, headers=JSON_TYPE)


def hostile_fields() -> Iterator[Hostile]:
    """Each field with each kind of JSON it does not take."""
    for place, wrong in _wrong_values():
        body = (
            json.dumps({"name": "x", place: wrong}).encode() if not isinstance(wrong, bytes) else _spliced(place, wrong)
        )
        shown = body.decode()[:70]
        yield Hostile(name=f"POST {shown}", method="POST", path="/things", body=body, headers=JSON_TYPE)


def _spliced(place: str, raw: bytes) -> bytes:
    return b'{"name":"x",' * (place != "name") + b"{" * (place == "name") + b'"%b":%b}' % (place.encode(), raw)


def _wrong_values() -> Iterator[tuple[str, Any]]:
    for place, kind in KINDS.items():
        for sample_kind, samples in SAMPLES.items():
            if sample_kind not in TAKES[kind]:
                yield from ((place, sample) for sample in samples)
        yield from ((place, wrong) for wrong in WRONG_TEXTS.get(kind, ()))


def hostile_queries() -> Iterator[Hostile]:
    """Each parameter that is not text with each SQL fragment, and what is no query at all."""
    for name in (
        "count",
        "price[gte]",
        "ratio[in]",
        "weight",
        "sold",
        "made_at[lt]",
        "day",
        "batch",
        "colour",
        "rating",
    ):
        for fragment in SQL:
            yield Hostile(name=f"{name} {fragment}", method="GET", path=f"/things?{name}={_encoded(fragment)}")
    for name in ("limit", "sort", "fields", "expand", "cursor", "name[is]"):
        for fragment in SQL:
            yield Hostile(name=f"{name} {fragment}", method="GET", path=f"/things?{name}={_encoded(fragment)}")
    for fragment in SQL:
        yield Hostile(name=f"parameter {fragment}", method="GET", path=f"/things?{_encoded(fragment)}=1")
        yield Hostile(name=f"operator {fragment}", method="GET", path=f"/things?price[{_encoded(fragment)}]=1")
        yield Hostile(name=f"key {fragment}", method="GET", path=f"/makers/{_encoded(fragment)}")
    for name, query in QUERIES.items():
        yield Hostile(name=name, method="GET", path=f"/things?{query}")


def _encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


_NESTED = 100_000
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \n\t ",
    "a byte order mark": b'\xef\xbb\xbf{"name":"x"}',
    "UTF-16": '{"name":"x"}'.encode("utf-16"),
    "a NUL byte": b"\0",
    "NUL between": b'{"name"\0:"x"}',
    "a raw NUL in a text": b'{"name":"a\0b"}',
    "a raw line feed in a text": b'{"name":"a\nb"}',
    "broken UTF-8": b'{"name":"\xff"}',
    "cut UTF-8": b'{"name":"\xc3"}',
    "overlong UTF-8": b'{"name":"\xc0\x80"}',
    "a surrogate in UTF-8": b'{"name":"\xed\xa0\x80"}',
    "a lone high surrogate": b'{"name":"\\ud800"}',
    "a lone low surrogate": b'{"name":"\\udc00x"}',
    "surrogates the wrong way round": b'{"name":"\\udc00\\ud800"}',
    "a surrogate in a key": b'{"\\ud800":"x"}',
    "a NUL in a key": b'{"name":"x","\\u0000":1}',
    "NaN": b'{"weight":NaN,"name":"x"}',
    "Infinity": b'{"weight":Infinity,"name":"x"}',
    "minus Infinity": b'{"weight":-Infinity,"name":"x"}',
    "1e400": b'{"weight":1e400,"name":"x"}',
    "a number of 100,000 digits": b'{"count":' + b"9" * 100_000 + b',"name":"x"}',
    "a leading zero": b'{"count":007,"name":"x"}',
    "hexadecimal": b'{"count":0x10,"name":"x"}',
    "a plus sign": b'{"count":+1,"name":"x"}',
    "a bare point": b'{"weight":1.,"name":"x"}',
    "single quotes": b"{'name':'x'}",
    "no quotes": b"{name:1}",
    "a trailing comma": b'{"name":"x",}',
    "a comment": b'{"name":"x"/**/}',
    "trailing garbage": b'{"name":"x"}x',
    "two documents": b'{"name":"x"}{"name":"y"}',
    "half a document": b'{"name":"x"',
    "half a text": b'{"name":"x',
    "a bad escape": b'{"name":"\\x41"}',
    "True": b'{"sold":True,"name":"x"}',
    "a list": b"[]",
    "a list of records": b'[{"name":"x"}]',
    "a text": b'"x"',
    "a number": b"1",
    "true": b"true",
    "null": b"null",
    "a form": b"name=x&price=1",
    "XML": b"<name>x</name>",
    "equal keys": b'{"name":"x","name":"y"}',
    "equal keys, one escaped": b'{"name":"x","n\\u0061me":"y"}',
    "equal keys, white space between": b'{"name" :"x","name"\n\t:"y"}',
    "equal keys below": b'{"name":"x","extra":{"a":{"b":1,"b":1}}}',
    "equal keys in a list": b'{"name":"x","sizes":[{"width":"1"},{"width":"1","width":"2"}]}',
    "equal empty keys": b'{"":1,"":1}',
    "100,000 brackets": b"[" * _NESTED,
    "100,000 brackets, closed": b"[" * _NESTED + b"]" * _NESTED,
    "100,000 braces": b'{"a":' * _NESTED,
    "100,000 brackets in a field": b'{"name":"x","extra":{"a":' + b"[" * _NESTED + b"]" * _NESTED + b"}}",
    "1,000 brackets in a field": b'{"name":"x","extra":{"a":' + b"[" * 1_000 + b"]" * 1_000 + b"}}",
    "250 brackets in a field": b'{"name":"x","extra":{"a":' + b"[" * 250 + b"]" * 250 + b"}}",
    "230 braces in a field": b'{"name":"x","extra":' + b'{"a":' * 230 + b"1" + b"}" * 230 + b"}",
    "350,000 empty lists": b'{"name":"x","tags":[' + b",".join([b"[]"] * 340_000) + b"]}",
    "500,000 wrong values": b'{"name":"x","tags":[' + b",".join([b"1"] * 500_000) + b"]}",
    "49,000 wrong values": b'{"name":"x","tags":[' + b",".join([b"1"] * 49_000) + b"]}",
    "4,900 wrong values": b'{"name":"x","tags":[' + b",".join([b"1"] * 4_900) + b"]}",
    "40,000 unknown keys": b'{"name":"x",' + b",".join(b'"k%d":1' % place for place in range(40_000)) + b"}",
    "500,000 escaped quotes": b'{"name":"' + b'\\"' * 500_000,
    "500,000 quotes and commas": b'{"name":[' + b'",' * 500_000,
    "1 MiB of backslashes": b'{"name":"' + b"\\" * 1_000_000,
    "a text of 1,000,000": b'{"name":"' + b"x" * 1_000_000 + b'"}',
    "100 KB of white space": b" " * 100_000 + b"x",
}
KINDS = {
    "name": "string",
    "sku": "string?",
    "count": "integer",
    "price": "decimal",
    "ratio": "decimal?",
    "weight": "float?",
    "sold": "boolean",
    "made_at": "datetime?",
    "day": "date?",
    "batch": "uuid?",
    "colour": "text choice",
    "state": "text choice?",
    "rating": "number choice",
    "grade": "number choice?",
    "tags": "list",
    "sizes": "list",
    "size": "object?",
    "extra": "object",
    "shelf": "string?",
    "position": "integer?",
    "maker_id": "integer?",
    "category_code": "string?",
}
SAMPLES: dict[str, tuple[Any, ...]] = {
    "null": (None,),
    "boolean": (True, False),
    "integer": (1,),
    "huge integer": (2**63, -(2**63) - 1, b"1" + b"0" * 30, b"-1" + b"0" * 300),
    "fraction": (1.5, b"1e5", b"0.5"),
    "text": ("", "x", "1", "true", "null", "[]", "\u202e", *SQL),
    "list": ([], [1], [None], [[]]),
    "object": ({}, {"a": 1}, {"$ne": None}),
}
_TEXTUAL: tuple[str, ...] = ("text",)
TAKES: dict[str, tuple[str, ...]] = {
    "string": _TEXTUAL,
    "string?": ("null", *_TEXTUAL),
    "integer": ("integer",),
    "integer?": ("null", "integer"),
    "decimal": ("integer", "fraction", *_TEXTUAL),
    "decimal?": ("null", "integer", "fraction", "huge integer", *_TEXTUAL),
    "float?": ("null", "integer", "fraction", "huge integer"),
    "boolean": ("boolean",),
    "datetime?": ("null",),
    "date?": ("null",),
    "uuid?": ("null",),
    "text choice": (),
    "text choice?": ("null",),
    "number choice": ("integer",),
    "number choice?": ("null", "integer"),
    "list": ("list",),
    "object": ("object",),
    "object?": ("null",),
}
WRONG_TEXTS: dict[str, tuple[Any, ...]] = {
    "string": ("\0", "a\0b"),
    "string?": ("\0",),
    "decimal": (
        "",
        "x",
        *SQL,
        "-0.01",
        "1.001",
        "12345678901",
        "NaN",
        "Infinity",
        "-Infinity",
        "sNaN",
        "1_0",
        " 1",
        "1e5",
        "\u0661",
        "0x1",
        "+1",
        "1,5",
        -1,
        1.001,
        10**10,
    ),
    "decimal?": ("NaN", "1_0", "1e5", "\u0661", "", " ", "1" * 1_001, "0." + "1" * 1_001, "--1", *SQL),
    "datetime?": (
        "2026-02-30T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T00:00:00+24:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "1700000000",
        "now",
        "20260131",
        "infinity",
        "2026-01-31T00:00:00Z\0",
    ),
    "date?": (
        "0",
        "86400",
        "2026-02-30",
        "0000-01-01",
        "10000-01-01",
        "today",
        "20260131",
        "2026-01-31T00:00:00Z",
        "infinity",
    ),
    "uuid?": (
        "0197f3f5",
        "{0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a}",
        "urn:uuid:0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a",
        "0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5g",
    ),
    "number choice": (0, 4, -1),
    "number choice?": (0, 3),
    "list": ([1], [None], ["\0"], [{"width": "1"}, 5]),
    "object?": (
        {"width": []},
        {"width": "1", "height": 1.5},
        {"width": "1", "height": 2**63},
        {"width": "1", "measured_at": "5"},
        {"width": "1e5"},
        {"width": "NaN"},
    ),
    "object": ({"a": "\0"}, {"\0": 1}, {"a": [{"b": 2**63}]}, {"a": 10**30 + 1}),
}
QUERIES: dict[str, str] = {
    "broken UTF-8": "name=%FF",
    "overlong UTF-8": "name=%C0%80",
    "a surrogate": "name=%ED%A0%80",
    "a NUL": "name=%00",
    "a NUL in a list": "name[in]=a,%00",
    "a NUL in a pattern": "name[like]=*%00*",
    "a NUL in JSON": "extra=%7B%22a%22%3A%22%5Cu0000%22%7D",
    "a NUL in a name": "%00=1",
    "10,000 digits": f"count={'9' * 7_000}",
    "64 bits and one": "count=9223372036854775808",
    "minus 64 bits and one": "count=-9223372036854775809",
    "10^30": f"count={10**30}",
    "1e400": "weight=1e400",
    "NaN": "weight=NaN",
    "many characters": f"name={'x' * 7_000}",
    "many percent signs": f"name={'%25' * 2_500}",
    "many stars": f"name[like]={'*' * 5_000}",
    "200 filters": "&".join(f"count[gte]={place}" for place in range(200)),
    "200 values": f"count[in]={','.join(map(str, range(200)))}",
    "2,000 empty parameters": "=&" * 2_000,
    "2,000 fields": f"fields={'id,' * 2_000}",
    "2,000 sorts": f"sort={'name,' * 1_500}",
    "an empty name": "=1",
    "an open bracket": "price[",
    "empty brackets": "price[]=1",
    "two brackets": "price[gte][x]=1",
    "brackets before": "[gte]price=1",
    "commas to sort by": "sort=,,",
    "deep fields": "fields=size.width.x",
    "a parameter twice": "limit=1&limit=1",
    "an unknown order": "sort=price desc".replace(" ", "%20"),
    "an offset": "offset=5",
    "a negative limit": "limit=-1",
    "a huge limit": f"limit={10**30}",
    "1e400 in JSON": "extra=%7B%22a%22%3A1e400%7D",
    "an integer of 400 digits in JSON": f"extra=%7B%22a%22%3A{'9' * 400}%7D",
    "an object's prototype": "__proto__[x]=1",
}
