"""What tests of migrations share: a target for a few models, and the words of a plan."""

from collections.abc import Iterable

from storage.describe import describe_all
from storage.migrations.planning import Target
from storage.migrations.steps import Plan, Step
from storage.model import Model
from storage.tables.schema import tables

SERVICE = "shop"


def target(dsn: str, *models: type[Model], service: str = SERVICE) -> Target:
    """A database, and these models as what a service wants in it."""
    return Target(dsn=dsn, metadata=tables(describe_all(models)), service=service)


def names(steps: Iterable[Step]) -> list[str]:
    """The steps' names."""
    return [step.name for step in steps]


def reasons(plan: Plan) -> dict[str, str]:
    """Why each refused step is refused."""
    return {step.name: step.reason for step in plan.refused}
