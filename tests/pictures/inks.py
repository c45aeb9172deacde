"""Grafana's colours on its dark ground, by the names dashboards use."""

GROUND = "#111217"
PANEL = "#181b1f"
EDGE = "#2a2d34"
TEXT = "#d5d6e0"
FAINT = "#9a9cab"
GRID = "#2b2e35"

NAMED = {
    "green": "#73bf69", "light-green": "#96d98d", "dark-green": "#37872d", "yellow": "#fade2a", "orange": "#ff9830",
    "dark-orange": "#fa6400", "red": "#f2495c", "dark-red": "#c4162a", "light-blue": "#8ab8ff", "blue": "#5794f2",
    "dark-blue": "#1f60c4", "purple": "#b877d9", "light-purple": "#ca95e5", "gray": "#8e8e99",
}  # fmt: skip
SERIES = (
    "#8ab8ff", "#ffcb7d", "#96d98d", "#ca95e5", "#ff9830", "#6ed0e0", "#f29191", "#a352cc", "#c8f2c2", "#3274d9",
    "#e0b400", "#56a64b",
)  # fmt: skip
"""What series have whose legend has no colour of its own."""

TURBO = (
    (48, 18, 59), (69, 91, 205), (62, 156, 254), (24, 215, 203), (72, 248, 130), (164, 252, 60), (226, 220, 56),
    (254, 163, 49), (239, 89, 17), (194, 36, 3), (122, 4, 3),
)  # fmt: skip
"""Some steps of the colour map Turbo (Mikhailov, 2019)."""


def ink(name: str) -> str:
    """A colour by name; what has no name is one already."""
    return NAMED.get(name, name)


def heat_ink(share: float) -> str:
    """A colour of Turbo, 0 the coldest and 1 the hottest."""
    place = max(0.0, min(1.0, share)) * (len(TURBO) - 1)
    low = min(int(place), len(TURBO) - 2)
    mixed = (round(a + (b - a) * (place - low)) for a, b in zip(TURBO[low], TURBO[low + 1], strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
