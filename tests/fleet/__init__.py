"""Three replicas behind HAProxy, replaced, killed and hung under 200 requests a second: what callers notice.

`make fleet` runs it and prints what docs/operations.md quotes. `tests/acceptance/test_balancer.py` is its short form.
"""
