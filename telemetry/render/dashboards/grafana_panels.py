"""Writes a panel as Grafana has it: one builder of its SDK for each way to look."""

from collections.abc import Iterator
from string import ascii_uppercase
from typing import TypeAlias, TypeVar, assert_never

from grafana_foundation_sdk.builders import (
    bargauge,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import (
    common as share,
)
from grafana_foundation_sdk.builders import (
    dashboard as build,
)
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import heatmap as heat_model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode

from telemetry.render.dashboards.board import Bars, Column, Heat, Level, Number, Panel, Query, States, Table, Trend
from telemetry.render.dashboards.shades import Shades
from telemetry.render.rendition import uid_of
from telemetry.render.rules import Board as BoardName

_AskedT = TypeVar("_AskedT", Query, Column)

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
_CHOSEN = "${job:queryparam}&${instance:queryparam}&${datasource:queryparam}&${__url_time_range}"

Builder: TypeAlias = timeseries.Panel | stat.Panel | heatmap.Panel | bargauge.Panel | statetimeline.Panel | table.Panel


def panel_builder(panel: Panel, number: int) -> Builder:
    """The panel, with this id."""
    built = _drawn(panel)
    built.id(number).title(panel.title).description(panel.description).span(panel.width).height(panel.height)
    built.datasource(SOURCE).unit(panel.unit)
    if panel.levels:
        built.thresholds(_levels(panel.levels))
    if panel.leads_to:
        built.links([_way(panel.leads_to)])
    return built


def _drawn(panel: Panel) -> Builder:
    match panel.look:
        case Trend():
            return _trend(panel, panel.look)
        case Number():
            return _number(panel, panel.look)
        case Heat():
            return _heat(panel)
        case Bars():
            return _bars(panel, panel.look)
        case States():
            return _states(panel, panel.look)
        case Table():
            return _table(panel.look)
        case _:
            assert_never(panel.look)


def _trend(panel: Panel, look: Trend) -> timeseries.Panel:
    legend = share.VizLegendOptions().display_mode(common.LegendDisplayMode.TABLE).show_legend(True)
    legend.placement(common.LegendPlacement.BOTTOM).calcs(["lastNotNull", "max"]).sort_by("Max").sort_desc(True)
    tooltip = share.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
    built = timeseries.Panel().legend(legend).tooltip(tooltip).line_width(1).show_points(common.VisibilityMode.NEVER)
    built.fill_opacity(60 if look.stacked else 8).targets(
        [_target(query, ref) for query, ref in _lettered(panel.queries)]
    )
    built.color_scheme(build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    if look.log:
        built.scale_distribution(share.ScaleDistributionConfig().type(common.ScaleDistribution.LOG).log(10))
    else:
        built.min(0)
    if look.maximum is not None:
        built.max(look.maximum)
    if look.stacked:
        built.stacking(share.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if panel.levels:
        built.thresholds_style(share.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED))
    _shade(built, panel.shades)
    return built


def _number(panel: Panel, look: Number) -> stat.Panel:
    coloured = common.BigValueColorMode.VALUE if panel.levels else common.BigValueColorMode.NONE
    built = (
        stat.Panel()
        .color_mode(common.BigValueColorMode.BACKGROUND if look.filled else coloured)
        .graph_mode(common.BigValueGraphMode.AREA)
        .reduce_options(_last())
    )
    built.text_mode(common.BigValueTextMode.VALUE).no_value(look.when_empty)
    built.targets([_target(query, ref) for query, ref in _lettered(panel.queries)])
    if look.names:
        built.graph_mode(common.BigValueGraphMode.NONE).mappings([_names(look.names)])
    return built


def _heat(panel: Panel) -> heatmap.Panel:
    colour = heatmap.HeatmapColorOptions().mode(heat_model.HeatmapColorMode.SCHEME).scheme("Turbo").steps(64)
    axis = heatmap.YAxisConfig().unit(panel.unit)
    built = heatmap.Panel().calculate(False).color(colour).y_axis(axis).hide_legend()
    built.rows_frame(heatmap.RowsHeatmapOptions().layout(common.HeatmapCellLayout.LE))
    return built.targets(
        [_target(query, ref).format(PromQueryFormat.HEATMAP) for query, ref in _lettered(panel.queries)]
    )


def _bars(panel: Panel, look: Bars) -> bargauge.Panel:
    built = bargauge.Panel().orientation(common.VizOrientation.HORIZONTAL).reduce_options(_last()).min(0)
    built.display_mode(common.BarGaugeDisplayMode.BASIC).targets(
        [_target(query, ref).instant() for query, ref in _lettered(panel.queries)]
    )
    return built if look.maximum is None else built.max(look.maximum)


def _states(panel: Panel, look: States) -> statetimeline.Panel:
    options = {str(value): model.ValueMappingResult(text=text, color=shade) for value, text, shade in look.names}
    legend = share.VizLegendOptions().show_legend(False).display_mode(common.LegendDisplayMode.LIST)
    built = statetimeline.Panel().mappings([model.ValueMap(options=options)]).legend(legend).merge_values(True)
    built.show_value(common.VisibilityMode.NEVER).row_height(0.8).fill_opacity(80).line_width(0)
    return built.targets([_target(query, ref) for query, ref in _lettered(panel.queries)])


def _table(look: Table) -> table.Panel:
    titles = {f"Value #{ref}": column.title for column, ref in _lettered(look.columns)} | dict(look.labels)
    order = {
        name: place for place, name in enumerate([name for name, _ in look.labels] + list(titles)[: len(look.columns)])
    }
    built = table.Panel().targets([_cells(column, ref) for column, ref in _lettered(look.columns)])
    built.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    built.with_transformation(
        model.DataTransformerConfig(
            id_val="organize",
            options={"excludeByName": {"Time": True}, "indexByName": order, "renameByName": titles},
        )
    )
    built.sort_by([share.TableSortByFieldState().display_name(look.sorted_by).desc(True)])
    for column in look.columns:
        built.override_by_name(column.title, _column(column))
    return built


def _column(column: Column) -> list[model.DynamicConfigValue]:
    properties = [model.DynamicConfigValue(id_val="unit", value=column.unit)]
    if column.decimals is not None:
        properties.append(model.DynamicConfigValue(id_val="decimals", value=column.decimals))
    if column.levels:
        cell: dict[str, object] = {"type": "color-text"}
        properties.append(model.DynamicConfigValue(id_val="thresholds", value=_levels(column.levels).build()))
        properties.append(model.DynamicConfigValue(id_val="custom.cellOptions", value=cell))
    elif column.bar:
        bar: dict[str, object] = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
        properties.append(model.DynamicConfigValue(id_val="custom.cellOptions", value=bar))
        properties.append(model.DynamicConfigValue(id_val="min", value=0))
        properties.append(model.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": "blue"}))
    return properties


def _target(query: Query, ref: str) -> prometheus.Dataquery:
    built = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(ref).range()
    return built.editor_mode(QueryEditorMode.CODE).exemplar(query.exemplars)


def _cells(column: Column, ref: str) -> prometheus.Dataquery:
    built = prometheus.Dataquery().expr(column.expr).ref_id(ref).instant().format(PromQueryFormat.TABLE)
    return built.editor_mode(QueryEditorMode.CODE).legend_format(column.title)


def _lettered(asked: tuple[_AskedT, ...]) -> Iterator[tuple[_AskedT, str]]:
    """Each with the letter Grafana knows it by."""
    return zip(asked, ascii_uppercase, strict=False)


def _last() -> share.ReduceDataOptions:
    return share.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")


def _levels(levels: tuple[Level, ...]) -> build.ThresholdsConfig:
    steps = [model.Threshold(value=level.start, color=level.shade) for level in levels]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)


def _names(names: tuple[tuple[int, str], ...]) -> model.ValueMap:
    return model.ValueMap(options={str(value): model.ValueMappingResult(text=text) for value, text in names})


def _shade(built: timeseries.Panel, shades: Shades) -> None:
    for word, shade in shades:
        fixed = [model.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": shade})]
        if word.endswith("*"):
            built.override_by_regexp(f"/^{word[:-1]}/", fixed)
        else:
            built.override_by_name(word, fixed)


def _way(board: BoardName) -> build.DashboardLink:
    built = build.DashboardLink("Find the cause").type(model.DashboardLinkType.LINK)
    return built.url(f"/d/{uid_of(board)}?{_CHOSEN}")
