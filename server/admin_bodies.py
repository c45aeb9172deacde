"""The bodies that people send to the admin port: small JSON documents, read as strictly as any."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from middleware.errors import Fault, Invalid, Malformed


class AdminBody(BaseModel):
    """What a person asks of the admin port; a member it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


BodyT = TypeVar("BodyT", bound=AdminBody)


def read_body(kind: type[BodyT], body: bytes) -> BodyT:
    """Read it; raises Malformed for what is no JSON, Invalid with every fault."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        if any(one["type"] == "json_invalid" for one in error.errors()):
            raise Malformed("The body must be JSON.") from error
        raise Invalid(faults=[_fault(one["loc"], one["msg"]) for one in error.errors()]) from error


def _fault(place: tuple[int | str, ...], sentence: str) -> Fault:
    return Fault(pointer="".join(f"/{part}" for part in place), code="bad_value", detail=sentence)
