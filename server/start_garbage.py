"""When Python looks for garbage: seldom while a service starts, as what is imported and built then stays."""

import gc

SELDOM = (100_000, 50, 100)
"""A whole look goes through all there is. At the usual pace they take a tenth of a small service's start, and four
tenths of that of one with 500 resources."""

USUAL = (2_000, 10, 10)
"""As CPython 3.13 has it."""


def collect_seldom() -> None:
    """From the first import on."""
    gc.set_threshold(*SELDOM)


def settle() -> None:
    """It has started: what there is stays, and is never looked at again; what comes is, at the usual pace.

    There is no last look: in the shop it held the first callers up for 0.15 s, and a tenth of the 180,000 objects went.
    """
    gc.freeze()
    gc.set_threshold(*USUAL)
