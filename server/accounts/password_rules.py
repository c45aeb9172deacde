"""Which passwords are refused: those somebody else would guess, as zxcvbn estimates it."""

import re

from zxcvbn import zxcvbn

_SCORE_AT_LEAST = 3
"""Over 10^8 guesses ("safely unguessable" against whoever has to ask us for each)."""

_LOOKED_AT_CHARACTERS = 16
"""What zxcvbn does grows steeply with length where a text is full of signs that may stand for letters: 30 ms for 16 of
them, 1.8 s for 69. Whatever is hard to guess in its first or its last 16 is hard to guess."""
_WORD_CHARACTERS_AT_LEAST = 3


def weakness_of(password: str, name: str) -> str:
    """Why it is refused, as a sentence; empty where it is not. Takes milliseconds: call it beside the loop."""
    own = _without(password, _words(name)) or password
    ends = {own[:_LOOKED_AT_CHARACTERS], own[-_LOOKED_AT_CHARACTERS:]}
    found = max(map(zxcvbn, ends), key=lambda one: int(one["score"]))
    if found["score"] >= _SCORE_AT_LEAST:
        return ""
    told = [str(found["feedback"]["warning"]).rstrip("."), *map(str, found["feedback"]["suggestions"])]
    return " ".join(["It is easily guessed:", "; ".join(one.rstrip(".") for one in told if one) or "make it longer"])


def _words(name: str) -> list[str]:
    """What somebody who knows the name would try first, the longest first."""
    parts = [part for part in re.split(r"[@._+-]", name) if len(part) >= _WORD_CHARACTERS_AT_LEAST]
    return sorted({name, *parts}, key=len, reverse=True)


def _without(password: str, words: list[str]) -> str:
    """What is left to guess for somebody who knows these words."""
    return re.sub("|".join(map(re.escape, words)), "", password, flags=re.IGNORECASE)
