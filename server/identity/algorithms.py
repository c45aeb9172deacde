"""The ways a token may be signed."""

RSA_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
CURVE_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
EDWARDS_ALGORITHMS = frozenset({"EdDSA", "Ed25519"})
"""The first is the second's older name (RFC 9864)."""

SECRET_ALGORITHMS = frozenset({"HS256", "HS384", "HS512"})
"""Whoever can verify these can sign them too."""

ALGORITHMS = frozenset({*RSA_ALGORITHMS, *CURVE_ALGORITHMS.values(), *EDWARDS_ALGORITHMS, *SECRET_ALGORITHMS})
"""All there are; `none` is none."""
