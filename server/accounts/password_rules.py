"""Which passwords are refused: those somebody else would guess, as zxcvbn estimates it."""

import re
from collections.abc import Sequence

from zxcvbn import zxcvbn

_SCORE_AT_LEAST = 3
"""Over 10^8 guesses ("safely unguessable" against whoever has to ask us for each)."""

_LOOKED_AT_CHARACTERS = 32
"""Longer than any word zxcvbn knows (23), so that none hides by being cut. Whatever is hard to guess in its first or
its last so many is hard to guess."""
_LOOKED_AT_OF_SIGNS, _SIGNS_AT_MOST = 16, 10
"""What zxcvbn does grows steeply with length where a text has many signs that may each stand for letters: 24 ms for 16
different ones, 320 ms for 32, 1.8 s for 69. Up to ten different ones in 32 take 17 ms."""
_SIGNS = frozenset("4@8({[<369&#!1/|0$5+7%2")
"""Those that zxcvbn takes for letters."""
_WORD_CHARACTERS_AT_LEAST = 3
_BREAKS = re.compile(r"[@._+-]")


def weakness_of(password: str, *known: str) -> str:
    """Why it is refused, as a sentence; empty where it is not. Takes milliseconds: call it beside the loop.

    `known` is what whoever guesses knows: the account's name, the service's.
    """
    own = _without(password, _words(known)) or password
    length = _LOOKED_AT_CHARACTERS if len(_SIGNS.intersection(own)) <= _SIGNS_AT_MOST else _LOOKED_AT_OF_SIGNS
    ends = {own[:length], own[-length:]}
    found = max(map(zxcvbn, ends), key=lambda one: int(one["score"]))
    if found["score"] >= _SCORE_AT_LEAST:
        return ""
    told = [str(found["feedback"]["warning"]).rstrip("."), *map(str, found["feedback"]["suggestions"])]
    return " ".join(["It is easily guessed:", "; ".join(one.rstrip(".") for one in told if one) or "make it longer"])


def _words(known: Sequence[str]) -> list[str]:
    """What somebody who knows these would try first, the longest first."""
    parts = [part for one in known for part in (one, _BREAKS.sub("", one), *_BREAKS.split(one))]
    return sorted({part for part in parts if len(part) >= _WORD_CHARACTERS_AT_LEAST}, key=len, reverse=True)


def _without(password: str, words: list[str]) -> str:
    """What is left to guess for somebody who knows these words."""
    return re.sub("|".join(map(re.escape, words)), "", password, flags=re.IGNORECASE) if words else password
