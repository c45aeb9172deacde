"""A service that knows private things of people, and whose handlers let them slip."""

from decimal import Decimal
from typing import Annotated, Self

from aiohttp import web
from pydantic import BaseModel, Field, model_validator

from server import ANYONE, Indexed, Model, Private, Resource, Route, Service, Unique, body, store


class Contact(BaseModel):
    """How to reach somebody."""

    street: str
    phone: Annotated[str, Field(pattern=r"^[0-9+ ]{5,30}$")]


class Patient(Model):
    """Somebody who is treated."""

    number: Annotated[int, Unique()]
    email: Annotated[str, Private(erased="{key}@erased.invalid"), Unique(), Field(max_length=60)]
    illness: Annotated[str | None, Private(), Indexed(), Field(max_length=60)] = None
    contact: Annotated[Contact | None, Private()] = None
    debt: Annotated[Decimal | None, Private()] = None

    @model_validator(mode="after")
    def is_payable(self) -> Self:
        """A rule with a mistake in it."""
        if self.debt is not None and self.debt > Decimal(1_000_000):
            raise LookupError(f"cannot bill {self.email} for {self.illness}")
        return self


class Question(BaseModel):
    """What somebody asks."""

    about: Annotated[str, Private()]


class Words(BaseModel):
    """What somebody looks for."""

    q: str = ""


async def slip(request: web.Request) -> None:
    """A bug that tells what was asked."""
    raise LookupError(f"nobody knows {body(request, Question).about!r}")


async def gossip(request: web.Request) -> None:
    """A bug that tells what was read."""
    patients = await store(request).list(Patient)
    raise LookupError(f"{patients!r}: {[one.email for one in patients]} {patients[0].contact}")


async def misread(request: web.Request) -> None:
    """A bug whose message quotes what it refused."""
    patients = await store(request).list(Patient)
    Contact.model_validate({"street": patients[0].email, "phone": patients[0].email})


async def blurt(request: web.Request) -> None:
    """A bug that tells all that a request brought."""
    brought = [request.method, request.path_qs, request.match_info["word"], *request.query.items()]
    brought += [*request.headers.items(), *request.cookies.items(), await request.text()]
    raise LookupError(f"nobody wants {brought!r}") from ValueError(request.rel_url, request.headers.get("Cookie"))


service = Service(
    name="clinic",
    resources=[Resource(Patient, "/patients", access=ANYONE, filterable=["number", "illness", "email"])],
    routes=[
        Route("POST", "/slip", slip, accepts=Question, access=ANYONE),
        Route("GET", "/blurt/{word}", blurt, parameters=Words, access=ANYONE),
        Route("POST", "/blurt/{word}", blurt, access=ANYONE),
        Route("GET", "/gossip", gossip, access=ANYONE),
        Route("GET", "/misread", misread, access=ANYONE),
    ],
)
