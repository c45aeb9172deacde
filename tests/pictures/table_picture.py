"""Draws a table: a row for each set of labels, a column for each query."""

from collections.abc import Sequence

from tests.pictures.asking import Line
from tests.pictures.grafana_json import Override, Panel, Thresholds
from tests.pictures.inks import EDGE, ink
from tests.pictures.legends import level_ink
from tests.pictures.shown_values import shown
from tests.pictures.strokes import Box, area, rule, shortened, text

_ROW = 25.0


def draw_table(panel: Panel, lines: Sequence[Line], box: Box) -> list[str]:
    """As many rows as there is room for, sorted as the panel says."""
    labels, columns = _columns(panel)
    rows: dict[tuple[str, ...], dict[str, float]] = {}
    for line in lines:
        rows.setdefault(tuple(line.labels.get(label, "") for label, _ in labels), {})[line.ref] = line.last
    sorted_ref = next((ref for ref, title in columns if title == panel.options.sort_by[0].display_name), "")
    ordered = sorted(rows.items(), key=lambda row: -row[1].get(sorted_ref, 0.0))
    titles = [title for _, title in labels] + [title for _, title in columns]
    wide = 2.0 if len(labels) < 3 else 1.0
    widths = _spread(box.width, [wide] * len(labels) + [1.0] * len(columns))
    drawn = _cells(titles, widths, box.x, box.y + 16, colours=["#6ea6ff"] * len(titles))
    largest = {ref: max((row.get(ref, 0.0) for row in rows.values()), default=0.0) for ref, _ in columns}
    for number, (key, values) in enumerate(ordered[: int((box.height - _ROW) // _ROW)]):
        y = box.y + _ROW * (number + 1)
        drawn.append(rule((box.x, y), (box.x + box.width, y), ink=EDGE))
        told = [_told(panel, title, values.get(ref)) for ref, title in columns]
        drawn += [
            area(
                Box(
                    x=box.x + sum(widths[: len(labels) + place]) + 78,
                    y=y + 7,
                    width=(widths[-1] - 96) * values.get(ref, 0.0) / (largest[ref] or 1),
                    height=12,
                ),
                ink=ink("blue"),
                more='rx="2" fill-opacity="0.8"',
            )
            for place, (ref, title) in enumerate(columns)
            if _is_bar(panel, title)
        ]
        drawn += _cells(
            [*key, *(words for words, _ in told)],
            widths,
            box.x,
            y + 17,
            colours=[""] * len(key) + [colour for _, colour in told],
        )
    return drawn


def _columns(panel: Panel) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Labels and queries, each with its title, in their order."""
    organized = next(one.options for one in panel.transformations if one.id == "organize")
    ordered = sorted(organized.rename_by_name.items(), key=lambda pair: organized.index_by_name[pair[0]])
    labels = [(name, title) for name, title in ordered if not name.startswith("Value #")]
    return labels, [(name.removeprefix("Value #"), title) for name, title in ordered if name.startswith("Value #")]


def _told(panel: Panel, title: str, value: float | None) -> tuple[str, str]:
    if value is None:
        return "", ""
    unit, colour, decimals = panel.field_config.defaults.unit, "", None
    for told in _overrides(panel, title):
        for one in told.properties:
            if one.id == "unit":
                unit = str(one.value)
            if one.id == "decimals":
                decimals = int(str(one.value))
            if one.id == "thresholds":
                colour = level_ink(Thresholds.model_validate(one.value).steps, value)
    return shown(value, unit, decimals), colour


def _is_bar(panel: Panel, title: str) -> bool:
    return any(
        one.id == "custom.cellOptions" and isinstance(one.value, dict) and one.value["type"] == "gauge"
        for told in _overrides(panel, title)
        for one in told.properties
    )


def _overrides(panel: Panel, title: str) -> list[Override]:
    return [override for override in panel.field_config.overrides if override.matcher.options == title]


def _spread(width: float, shares: Sequence[float]) -> list[float]:
    return [width * share / sum(shares) for share in shares]


def _cells(words: Sequence[str], widths: Sequence[float], x: float, y: float, *, colours: Sequence[str]) -> list[str]:
    return [
        text(shortened(word, width - 8), x + 6 + sum(widths[:place]), y, ink=colours[place] or "#d5d6e0")
        for place, (word, width) in enumerate(zip(words, widths, strict=True))
    ]
