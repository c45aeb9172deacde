"""What holds for every operation, in words: the document's introduction, after what it says of lists."""

from server.openapi.json_value import JSON

CONVENTIONS = """\
### Writing
A `PUT` replaces the whole record, a `PATCH` is a JSON Merge Patch (RFC 7396). The `ETag` of a record names its
version: send it as `If-Match` and the write happens only if nobody was faster, else the answer is 412 with the
current `ETag`; as `If-None-Match` on a read it makes the answer 304 while nothing has changed.

A `POST` or `PATCH` that is sent again, since its answer was lost, may do its work twice. Give it an `Idempotency-Key`,
any new text of up to 255 visible characters such as a UUID, and send the same key with the same request: it is done
once, and a repeat gets the first answer with `Idempotent-Replayed: true`. While the first is worked on a repeat is 409
(`key_in_flight`), the key with another request 422 (`key_reused`). What failed is not remembered.

### Values
Decimals are strings, so that no digit is lost; times are RFC 3339 in UTC with six digits of a second and a `Z`; whole
numbers have 64 bits. Text is any Unicode but U+0000. Bodies are UTF-8 JSON.

### Refusals
Every failure is `application/problem+json` (RFC 9457) and names all faults at once in `errors`. An unknown address
is 404, with the one it was probably meant to be where that is open to the caller; a method an address does not offer
405 with `Allow`. Every address also answers `OPTIONS`, and `HEAD` where it
answers `GET`. `retryable` tells whether the same request may succeed later; a 503 says when in `Retry-After`.

### Who calls
Send `Authorization: Bearer` with an API key or a token. `x-access` tells who may do a thing. A credential that is not
taken is refused with 401, also where none is needed; one that is taken and may not do this with 403. Both say why in
`WWW-Authenticate` (RFC 6750).

### Limits
Every caller has a limit. `RateLimit-Policy` tells which (`q` requests in `w` seconds), `RateLimit` what is left of it
(`r`) and when all of it will be back (`t` seconds). Past it the answer is 429 and `Retry-After` says when to return.

### Finding a request again
Every answer bears `X-Request-ID` (yours, if you send one), `traceparent` (W3C Trace Context; a trace you send is
continued) and `Server-Timing`.
"""

ACCOUNTS = """
### Signing in
`POST /identity/sign-in` gives an access token, to call with, and a refresh token, which works once: `POST
/identity/refresh` gives the next two for it. Keep the newest, and send no `Authorization` there.
"""

BEARER: JSON = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, `mainstay_…`, or a JSON Web Token: of this service's accounts, where it has "
    "any, or of the identity provider that it trusts.",
}
