"""JSON from values that may hold a caller's words, whatever those are."""

import orjson


def dump_json(document: dict[str, object], *, option: int = 0) -> bytes:
    """Write a document; lone surrogates, which a caller can send and UTF-8 cannot carry, come out as `\\udcff`."""
    try:
        return orjson.dumps(document, option=option)
    except orjson.JSONEncodeError:
        return orjson.dumps(_speakable(document), option=option)


def _speakable(value: object) -> object:
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case dict():
            return {_speakable(key): _speakable(member) for key, member in value.items()}
        case list():
            return [_speakable(member) for member in value]
        case _:
            return value
