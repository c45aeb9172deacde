"""Finds the staged rows that the table's rules forbid, all of them and not only Postgres' first."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Table

from middleware.errors import Fault
from storage.bulk.bad_lines import BadLine, BadLines
from storage.bulk.bulk_session import BulkSession
from storage.bulk.sql_files import written
from storage.bulk.staging import Stage
from storage.tables.constraint_names import NamedRule
from storage.tables.constraints import RULE, named_items
from storage.tables.schema import PRIVATE
from storage.tables.sql_text import quoted_name

_SHOWN_CHARACTERS = 60


class BrokenRules:
    """The rules of one stage's table: unique values, and references to records that are there."""

    def __init__(self, stage: Stage, stages: Mapping[str, Stage]) -> None:
        self._stage = stage
        self._stages = stages
        self._rules = [rule for rule in _rules(stage.table) if set(rule.fields) <= set(stage.columns)]

    def find(self, session: BulkSession, *, limit: int, whole: bool = True) -> BadLines:
        """The first `limit` faults; unless the stages are `whole`, references to what is staged are let be."""
        broken = self._query(whole=whole)
        found = session.rows(written("show_broken", broken=broken, limit=limit)) if broken else []
        faults: dict[int, list[Fault]] = {}
        for rule, line, earlier, value, _ in found:
            broke = self._rules[rule]
            faults.setdefault(line, []).extend(_faults(broke, earlier, shown=self._shown(broke, value)))
        first = tuple(BadLine(line=line, faults=tuple(wrong)) for line, wrong in faults.items())
        return BadLines(count=found[0][-1] if found else 0, first=first)

    def leave_out(self, session: BulkSession) -> None:
        """Take the rows that break a rule out of the stage."""
        session.run(written("drop_broken", stage=self._stage.quoted, broken=self._query(whole=True)))

    def _shown(self, rule: NamedRule, value: str) -> str:
        if any(self._stage.table.c[name].info.get(PRIVATE) for name in rule.fields):
            return "this"
        return value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}…"

    def _query(self, *, whole: bool) -> str:
        parts = [part for number, rule in enumerate(self._rules) for part in self._parts(number, rule, whole=whole)]
        return "\nUNION ALL\n".join(parts)

    def _parts(self, number: int, rule: NamedRule, *, whole: bool) -> Iterator[str]:
        stage, table = self._stage.quoted, quoted_name(rule.table)
        if rule.rule != "reference":
            columns = [quoted_name(name) for name in rule.fields]
            yield written("repeated", rule=number, stage=stage, columns=", ".join(columns))
            sides = {
                f"{side}_columns": ", ".join(f"{side}.{name}" for name in columns) for side in ("staged", "stored")
            }
            yield written("taken", rule=number, stage=stage, table=table, **sides)
        elif whole or rule.refers_to not in self._stages:
            target = self._stage.table.metadata.tables[rule.refers_to]
            coming = self._stages.get(rule.refers_to)
            yield written(
                "missing",
                rule=number,
                stage=stage,
                column=quoted_name(rule.fields[0]),
                target=quoted_name(target.name),
                target_key=quoted_name(target.primary_key.columns[0].name),
                target_stage=coming.quoted if coming else quoted_name(target.name),
            )


def _rules(table: Table) -> Iterator[NamedRule]:
    rules: Sequence[NamedRule] = [item.info[RULE] for item in named_items(table) if RULE in item.info]
    return (rule for rule in rules if rule.rule in ("key", "unique", "reference"))


def _faults(rule: NamedRule, earlier: int | None, *, shown: str) -> Iterator[Fault]:
    if rule.rule == "reference":
        code, detail = "missing_reference", f"there is no {rule.refers_to} {shown}"
    elif earlier is None:
        code, detail = "unique", f"a stored {rule.table} has {shown} already"
    else:
        code, detail = "unique", f"line {earlier} has {shown} already"
    return (Fault(code=code, detail=detail, pointer=f"/{name}") for name in rule.fields)
