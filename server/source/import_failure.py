"""Why a file could not be imported, in one sentence, with the line of the file that it came through."""

import traceback
from pathlib import Path

from pydantic.errors import PydanticUserError

from server.source.file_text import FileText
from server.source.unknown_names import bound_names
from storage.mistakes import Mistake, shown

_PYDANTIC_LINK = "\n\nFor further information"


def import_failure(error: Exception, place: Path, *, text: FileText | None) -> Mistake:
    """What to mend; `text` is the file's, where it could be parsed."""
    return Mistake(source=_source(error, place), where="", detail=_sentence(error, text))


def _sentence(error: Exception, text: FileText | None) -> str:
    if isinstance(error, NameError) and text is not None and error.name in bound_names(text.tree):
        return (
            f"{error.name} is used before it is defined; move its definition up, or in an annotation write it in quotes"
        )
    if isinstance(error, PydanticUserError):
        return _one_line(str(error).partition(_PYDANTIC_LINK)[0])
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {_one_line(message)}"


def _one_line(message: str) -> str:
    return " ".join(message.split())


def _source(error: Exception, place: Path) -> str:
    """The last line of the file that the error came through; the file itself where it came through none."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(Path(error.filename))}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == place]
    return f"{shown(place)}:{lines[-1]}" if lines else str(shown(place))
