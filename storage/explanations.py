"""Says in a record's own words what the database forbade: which field, which rule, which other records."""

from collections.abc import Mapping

from middleware.errors import Conflict, Fault, Invalid, Problem
from storage.postgres.violation import ForbiddenByOthers, ForbiddenValue
from storage.tables.constraint_names import NamedRule

Rules = Mapping[str, NamedRule]
"""What stands behind each constraint's name."""


def explained(violation: ForbiddenByOthers | ForbiddenValue, rules: Rules) -> Problem:
    """The same problem with a fault for each field it is about; unchanged where the constraint is not ours."""
    if isinstance(violation, ForbiddenValue):
        return _value_explained(violation, rules.get(violation.constraint))
    rule = rules.get(violation.constraint)
    if rule is None:
        return violation
    if violation.rule == "still_referenced":
        detail = f"Records of {rule.table} refer to this one by {', '.join(rule.fields)}."
        return Conflict(detail, faults=[Fault(code="still_referenced", detail=detail, pointer="")])
    sentence = _SENTENCES[violation.rule]
    named = (name for name in rule.fields if name != rule.tenant)
    faults = [Fault(code=violation.rule, detail=sentence, pointer=f"/{name}") for name in named]
    return Conflict(violation.detail, faults=faults)


def _value_explained(violation: ForbiddenValue, rule: NamedRule | None) -> Problem:
    names = rule.fields if rule else tuple(filter(None, [violation.column]))
    faults = [Fault(code=violation.rule, detail=violation.detail, pointer=f"/{name}") for name in names]
    return Invalid(violation.detail, faults=faults)


_SENTENCES = {
    "unique": "another record has this value already",
    "exclusion": "another record excludes this value",
    "missing_reference": "there is no record with this key",
}
