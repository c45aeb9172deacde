"""Bytes that two readers of HTTP may take apart differently, a second request hidden in what is ambiguous.

After PortSwigger's classes of request smuggling (CL.TE, TE.CL, TE.TE, CL.0) and RFC 9112, sections 2.2, 5, 6.3, 11.2.
"""

from collections.abc import Mapping

PRODUCT = b'{"sku":"SMUGGLED","name":"x","price":"1"}'
HIDDEN = (
    b"POST /products HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
    + str(len(PRODUCT)).encode()
    + b"\r\n\r\n"
    + PRODUCT
)
"""What must never be carried out."""

_SIZE = str(len(HIDDEN)).encode()
_CHUNKED = b"Transfer-Encoding: chunked"
_LAST = b"0\r\n\r\n"


def _post(*lines: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    head = [b"POST /products HTTP/" + version, b"Host: localhost", b"Content-Type: application/json", *lines]
    return b"\r\n".join([*head, b"", b""]) + body


def _chunk(size: bytes) -> bytes:
    return _post(_CHUNKED, body=size + b"\r\n" + HIDDEN + b"\r\n" + _LAST)


def _get(target: bytes, *lines: bytes) -> bytes:
    return b"\r\n".join([b"GET " + target + b" HTTP/1.1", b"Host: localhost", *lines, b"", b""])


AMBIGUOUS: Mapping[str, bytes] = {
    "CL.TE": _post(b"Content-Length: 5", _CHUNKED, body=_LAST + HIDDEN),
    "TE.CL": _post(_CHUNKED, b"Content-Length: 5", body=_LAST + HIDDEN),
    "CL.CL, different": _post(b"Content-Length: 0", b"Content-Length: " + _SIZE, body=HIDDEN),
    "CL.CL, the same": _post(b"Content-Length: 0", b"Content-Length: 0", body=HIDDEN),
    "CL list": _post(b"Content-Length: 0, " + _SIZE, body=HIDDEN),
    "CL list, the same": _post(b"Content-Length: 0, 0", body=HIDDEN),
    "CL with a plus": _post(b"Content-Length: +0", body=HIDDEN),
    "CL with a minus": _post(b"Content-Length: -0", body=HIDDEN),
    "CL in hexadecimal": _post(b"Content-Length: 0x0", body=HIDDEN),
    "CL with an underscore": _post(b"Content-Length: 0_0", body=HIDDEN),
    "CL in Arabic digits": _post("Content-Length: \N{ARABIC-INDIC DIGIT ZERO}".encode(), body=HIDDEN),
    "CL with a space inside": _post(b"Content-Length: 0 0", body=HIDDEN),
    "CL empty": _post(b"Content-Length: ", body=HIDDEN),
    "CL before a colon": _post(b"Content-Length : 0", body=HIDDEN),
    "CL beyond 64 bits": _post(b"Content-Length: 18446744073709551616", body=HIDDEN),
    "TE before a colon": _post(b"Transfer-Encoding : chunked", b"Content-Length: 0", body=HIDDEN),
    "TE.TE, an unknown one first": _post(b"Transfer-Encoding: x", _CHUNKED, body=_LAST + HIDDEN),
    "TE.TE, an unknown one last": _post(_CHUNKED, b"Transfer-Encoding: x", body=_LAST + HIDDEN),
    "TE.TE, chunked twice": _post(_CHUNKED, _CHUNKED, body=_LAST + HIDDEN),
    "TE list, chunked not last": _post(b"Transfer-Encoding: chunked, identity", body=_LAST + HIDDEN),
    "TE identity and CL": _post(b"Transfer-Encoding: identity", b"Content-Length: 0", body=HIDDEN),
    "TE with a letter more": _post(b"Transfer-Encoding: xchunked", b"Content-Length: 0", body=HIDDEN),
    "TE in quotes": _post(b'Transfer-Encoding: "chunked"', b"Content-Length: 0", body=HIDDEN),
    "TE with a vertical tab": _post(b"Transfer-Encoding:\x0bchunked", b"Content-Length: 0", body=HIDDEN),
    "TE with a NUL": _post(b"Transfer-Encoding: chunked\0", b"Content-Length: 0", body=HIDDEN),
    "TE with a carriage return": _post(b"Transfer-Encoding: \rchunked", b"Content-Length: 0", body=HIDDEN),
    "TE folded": _post(b"Transfer-Encoding:\r\n chunked", b"Content-Length: 0", body=HIDDEN),
    "TE after a fold": _post(b"X-A: b\r\n Transfer-Encoding: chunked", b"Content-Length: 0", body=HIDDEN),
    "TE hidden by a line feed": _post(b"X-A: b\nTransfer-Encoding: chunked", b"Content-Length: 0", body=HIDDEN),
    "TE hidden by a carriage return": _post(b"X-A: b\rTransfer-Encoding: chunked", b"Content-Length: 0", body=HIDDEN),
    "TE in HTTP/1.0": _post(_CHUNKED, body=_LAST + HIDDEN, version=b"1.0"),
    "CL and TE in HTTP/1.0": _post(_CHUNKED, b"Content-Length: 0", body=HIDDEN, version=b"1.0"),
    "a line feed for a line's end": _post(b"Content-Length: 0\n", body=HIDDEN),
    "line feeds for all ends": b"POST /products HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n" + HIDDEN,
    "a space before the first header": b"POST /products HTTP/1.1\r\n Host: localhost\r\nContent-Length: 0\r\n\r\n"
    + HIDDEN,
    "a header without a colon": _post(b"Content-Length", b"Content-Length: 0", body=HIDDEN),
    "a chunk size with a plus": _chunk(f"+{len(HIDDEN):x}".encode()),
    "a chunk size with 0x": _chunk(f"{len(HIDDEN):#x}".encode()),
    "a chunk size with an underscore": _chunk(b"0_0"),
    "a chunk size with a space before": _chunk(b" 0"),
    "a chunk size with a minus": _chunk(b"-1"),
    "a chunk size beyond 64 bits": _chunk(b"10000000000000000"),
    "a chunk size of nothing": _chunk(b""),
    "a chunk ended by a line feed": _post(_CHUNKED, body=b"0\n\n" + HIDDEN),
    "a chunk extension with a line feed": _post(_CHUNKED, body=b"0;\nx\r\n\r\n" + HIDDEN),
    "a chunk longer than its size": _post(_CHUNKED, body=b"1\r\n{}\r\n" + _LAST + HIDDEN),
    "two hosts": _post(b"Host: evil.example", b"Content-Length: 0", body=HIDDEN),
    "no host": b"POST /products HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
}

REFUSED: Mapping[str, bytes] = {
    "a host with a path": b"GET /products HTTP/1.1\r\nHost: localhost/x\r\n\r\n",
    "a NUL in a header": _get(b"/products", b"X-A: b\0c"),
    "a NUL in a header's name": _get(b"/products", b"X\0A: b"),
    "a space in a header's name": _get(b"/products", b"X A: b"),
    "a folded header": _get(b"/products", b"X-A: b\r\n c"),
    "a bare carriage return": _get(b"/products", b"X-A: b\rX-B: c"),
    "absolute form, another host": _get(b"http://evil.example/products"),
    "absolute form, credentials": _get(b"http://localhost@evil.example/products"),
    "authority form": _get(b"localhost:80"),
    "CONNECT": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "asterisk form": _get(b"*"),
    "no slash": _get(b"products"),
    "two slashes": _get(b"//products"),
    "two slashes inside": _get(b"/docs//docs.js"),
    "dots": _get(b"/docs/../../etc/passwd"),
    "packed dots": _get(b"/docs/%2e%2e/%2e%2e/etc/passwd"),
    "dots packed twice": _get(b"/docs/%252e%252e/etc/passwd"),
    "a packed slash": _get(b"/docs%2fdocs.js"),
    "a packed slash in a key": _get(b"/products/..%2f..%2fdocs"),
    "a backslash": _get(b"/docs\\docs.js"),
    "a packed NUL": _get(b"/docs/docs.js%00.css"),
    "a packed line end": _get(b"/products/x%0d%0aSet-Cookie:%20a=b"),
    "a semicolon": _get(b"/products;x=1"),
    "a method that is none": b"G<T /products HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a method in lower case": b"get /products HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TRACE": b"TRACE /products HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no version": b"GET /products\r\n\r\n",
    "a version to come": b"GET /products HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tab": b"GET\t/products HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an address of 9,000": _get(b"/products?x=" + b"x" * 9_000),
    "a header of 9,000": _get(b"/products", b"X-A: " + b"x" * 9_000),
    "a header's name of 9,000": _get(b"/products", b"x" * 9_000 + b": 1"),
    "200 headers": _get(b"/products", *[b"X-A: 1"] * 200),
    "a body of a terabyte": _post(b"Content-Length: 1099511627776"),
    "garbage": bytes(range(256)) * 4 + b"\r\n\r\n",
}
