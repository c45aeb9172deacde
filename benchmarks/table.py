"""A run's figures as Markdown."""

from collections.abc import Callable, Iterator, Sequence

from benchmarks.results import Results
from benchmarks.summary import Figures, figures

_Cell = Callable[[Figures], str]


def markdown(results: Results) -> str:
    """Tables: CPU time, its ratio to the reference's, rate and latency, start and memory; then what it ran on."""
    titles = [title for _, title in results.cases]
    reference = next(one.title for one in results.contestants if one.name == results.reference)
    parts = [
        "**CPU µs of the server's process per request**: median of the rounds (least to most)",
        _table(titles, results, _cost),
        f"**Relative to *{reference}***: median of each round's own ratio; less is better",
        _table(titles, results, _ratio),
        "**Requests per second, and latency p50 / p99 in ms**, as the generator saw them",
        _table(titles, results, _service),
        "**Start to the first answer, and the most memory**",
        _upkeep(results),
        "\n".join(_measured_on(results)),
    ]
    return "\n\n".join(parts) + "\n"


def _table(titles: Sequence[str], results: Results, cell: _Cell) -> str:
    rows = [["", *titles], ["---", *["---:"] * len(titles)]]
    for one in results.contestants:
        found = [
            figures(results.measurements, contestant=one.name, case=name, reference=results.reference)
            for name, _ in results.cases
        ]
        rows.append([one.title, *map(cell, found)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _upkeep(results: Results) -> str:
    lines = ["|  | s | MB |", "| --- | ---: | ---: |"]
    for one in results.contestants:
        upkeep = results.processes[one.name]
        lines.append(f"| {one.title} | {upkeep.start_seconds:.1f} | {upkeep.resident_megabytes:.0f} |")
    return "\n".join(lines)


def _cost(one: Figures) -> str:
    return f"**{one.cpu_microseconds:.0f}** ({one.cpu_microseconds_least:.0f} to {one.cpu_microseconds_most:.0f})"


def _ratio(one: Figures) -> str:
    return f"{one.ratio:.2f}"


def _service(one: Figures) -> str:
    return f"{one.requests_per_second:,.0f}; {one.p50_milliseconds:.1f} / {one.p99_milliseconds:.1f}"


def _measured_on(results: Results) -> Iterator[str]:
    found = results.machine
    yield f"- {found.processor}, {found.cores} cores; {found.system}; {found.python}; PostgreSQL {found.postgres}"
    yield f"- {', '.join(f'{name} {version}' for name, version in found.libraries.items())}"
    yield (
        f"- {results.rounds} rounds of {results.seconds} s, load by {found.generator} over {results.connections} "
        f"connections, {results.products:,} products"
    )
