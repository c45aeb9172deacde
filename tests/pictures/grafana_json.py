"""What of a dashboard's JSON is read: Grafana's own words for it, typed."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

PanelType = Literal["row", "timeseries", "stat", "heatmap", "bargauge", "state-timeline", "table"]


class Part(BaseModel):
    """A part of a dashboard: what it has besides is not looked at."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Source(Part):
    type: str = ""
    uid: str = ""


class Target(Part):
    ref_id: str
    expr: str
    legend_format: str = ""
    exemplar: bool = False
    instant: bool = False
    datasource: Source | None = None


class Place(Part):
    x: int
    y: int
    w: int
    h: int


class Threshold(Part):
    value: float | None = None
    color: str


class Thresholds(Part):
    mode: str = "absolute"
    steps: tuple[Threshold, ...] = ()


class Meaning(Part):
    text: str = ""
    color: str = ""


class Mapping(Part):
    type: str
    options: dict[str, Meaning] = {}


class Stacking(Part):
    mode: str = "none"


class Scale(Part):
    type: str = "linear"


class Line(Part):
    stacking: Stacking = Stacking()
    scale_distribution: Scale = Scale()
    fill_opacity: float = 0


class Defaults(Part):
    unit: str = ""
    min: float | None = None
    max: float | None = None
    no_value: str = ""
    thresholds: Thresholds = Thresholds()
    mappings: tuple[Mapping, ...] = ()
    custom: Line = Line()


class Matcher(Part):
    id: str
    options: str = ""


class Property(Part):
    id: str
    value: object = None


class Override(Part):
    matcher: Matcher
    properties: tuple[Property, ...] = ()


class FieldConfig(Part):
    defaults: Defaults = Defaults()
    overrides: tuple[Override, ...] = ()


class Organized(Part):
    rename_by_name: dict[str, str] = {}
    index_by_name: dict[str, int] = {}


class Transformation(Part):
    id: str
    options: Organized = Organized()


class SortedBy(Part):
    display_name: str
    desc: bool = False


class Options(Part):
    color_mode: str = "value"
    graph_mode: str = "none"
    sort_by: tuple[SortedBy, ...] = ()


class Panel(Part):
    id: int
    type: PanelType
    title: str
    description: str = ""
    grid_pos: Place
    datasource: Source | None = None
    targets: tuple[Target, ...] = ()
    field_config: FieldConfig = FieldConfig()
    options: Options = Options()
    transformations: tuple[Transformation, ...] = ()


class Variable(Part):
    name: str
    type: str
    label: str = ""
    query: str = ""
    multi: bool = False
    include_all: bool = False
    all_value: str | None = None
    refresh: int = 0
    datasource: Source | None = None


class Templating(Part):
    list: tuple[Variable, ...] = ()


class Mark(Part):
    name: str
    expr: str = ""
    icon_color: str = ""
    use_value_for_time: bool = False


class Marks(Part):
    list: tuple[Mark, ...] = ()


class Dashboard(Part):
    """One dashboard; `panels` are its rows too."""

    uid: str
    title: str
    description: str = ""
    editable: bool = True
    schema_version: int = Field(default=0)
    refresh: str = ""
    panels: tuple[Panel, ...]
    templating: Templating = Templating()
    annotations: Marks = Marks()


def read_dashboard(path: Path) -> Dashboard:
    """A dashboard's file."""
    return Dashboard.model_validate_json(path.read_bytes())
