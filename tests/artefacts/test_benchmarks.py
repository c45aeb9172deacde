"""The benchmark's arithmetic, its renderings, and that what is published is what was measured."""

from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.cases import CASES, Case, product_key
from benchmarks.cores import Cores, TooFewCores, divide
from benchmarks.load import Load, Loaded, LoadFailed, loaded
from benchmarks.machine import Machine, processor_in
from benchmarks.own_load import is_whole, requests
from benchmarks.peers.set_up import Peer, set_up
from benchmarks.picture import svg
from benchmarks.results import FOLDER, Entry, Results, read_results, written
from benchmarks.same_answers import Answer, AnswersDiffer, require_same
from benchmarks.server_process import cpu_seconds_in
from benchmarks.stacks import Place, Shares, shares
from benchmarks.summary import Figures, Measurement, Upkeep, figures, percentile
from benchmarks.table import markdown
from tests.source_tree import PROJECT

READ = next(case for case in CASES if case.name == "read")
CREATE = next(case for case in CASES if case.name == "create")
PUBLISHED = sorted(path.with_suffix(".json") for path in FOLDER.glob("*.md") if path.stem != "local")


def measurement(contestant: str, number: int, *, cpu_seconds: float) -> Measurement:
    return Measurement(
        contestant=contestant,
        case="read",
        round=number,
        requests=10_000,
        seconds=2.0,
        cpu_seconds=cpu_seconds,
        p50_milliseconds=1.5,
        p99_milliseconds=4.0,
    )


MEASUREMENTS = [
    measurement("ours", 1, cpu_seconds=0.5),
    measurement("ours", 2, cpu_seconds=0.9),
    measurement("ours", 3, cpu_seconds=0.6),
    measurement("theirs", 1, cpu_seconds=1.0),
    measurement("theirs", 2, cpu_seconds=2.0),
    measurement("theirs", 3, cpu_seconds=1.0),
]
RESULTS = Results(
    reference="theirs",
    rounds=3,
    seconds=2,
    connections=16,
    products=10_000,
    machine=Machine(
        processor="Abacus 9",
        cores=2,
        system="Linux x86_64",
        python="CPython 3.11.0",
        postgres="18.4",
        generator="wrk",
        libraries={"aiohttp": "3.14.0"},
    ),
    contestants=[
        Entry(name="ours", title="Ours & co", does="As it comes."),
        Entry(name="theirs", title="Theirs", does="As it goes."),
    ],
    cases=[("read", "read one")],
    measurements=MEASUREMENTS,
    processes={
        "ours": Upkeep(start_seconds=0.84, resident_megabytes=70.0),
        "theirs": Upkeep(start_seconds=1.2, resident_megabytes=99.6),
    },
)


def test_figures_are_medians_and_the_ratio_is_the_median_of_each_rounds_own() -> None:
    found = figures(MEASUREMENTS, contestant="ours", case="read", reference="theirs")

    assert found == Figures(
        contestant="ours",
        case="read",
        cpu_microseconds=60.0,
        cpu_microseconds_least=50.0,
        cpu_microseconds_most=90.0,
        ratio=0.5,
        requests_per_second=5_000.0,
        p50_milliseconds=1.5,
        p99_milliseconds=4.0,
    )


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 5), (51, 6), (99, 10), (100, 10)])
def test_a_percentile_is_a_value_that_was_seen(percent: float, expected: float) -> None:
    assert percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], percent) == expected


def test_a_table_has_a_row_a_contestant_and_a_column_a_case() -> None:
    rows = [line for line in markdown(RESULTS).splitlines() if line.startswith("|")]

    assert rows == [
        "|  | read one |",
        "| --- | ---: |",
        "| Ours & co | **60** (50 to 90) |",
        "| Theirs | **100** (100 to 200) |",
        "|  | read one |",
        "| --- | ---: |",
        "| Ours & co | 0.50 |",
        "| Theirs | 1.00 |",
        "|  | read one |",
        "| --- | ---: |",
        "| Ours & co | 5,000; 1.5 / 4.0 |",
        "| Theirs | 5,000; 1.5 / 4.0 |",
        "|  | s | MB |",
        "| --- | ---: | ---: |",
        "| Ours & co | 0.8 | 70 |",
        "| Theirs | 1.2 | 100 |",
    ]


def test_a_picture_is_an_svg_that_names_every_contestant_and_its_cost() -> None:
    root = ElementTree.fromstring(svg(RESULTS))  # noqa: S314 - our own text

    words = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Ours & co", "Theirs", "read one", "60 µs", "100 µs"} <= words


def test_results_survive_their_file() -> None:
    assert read_results(written(RESULTS)) == RESULTS


def test_cpu_time_is_read_past_a_name_with_spaces_and_brackets() -> None:
    stat = "42 (main stay) :) S 1 42 42 0 -1 4194304 900 0 0 0 150 50 7 7 20 0 3 0 1000 0 0"

    assert cpu_seconds_in(stat, ticks_per_second=100) == 2.0


def test_the_processor_is_named_by_cpuinfo() -> None:
    assert processor_in("processor\t: 0\nmodel name\t: Abacus 9\n") == "Abacus 9"
    assert processor_in("processor\t: 0\n") == ""


def test_the_server_has_a_core_to_itself() -> None:
    assert divide(frozenset({0, 1, 2})) == Cores(server=2, others=frozenset({0, 1}))


def test_one_core_is_too_few() -> None:
    with pytest.raises(TooFewCores):
        divide(frozenset({0}))


def test_every_product_is_asked_for_before_any_comes_twice() -> None:
    keys = {product_key(number) for number in range(10_000)}

    assert len(keys) == 10_000
    assert product_key(0) == "00000000-0000-7000-8000-000000000001"


def test_a_request_bears_a_new_word_each_time() -> None:
    first, second = islice(requests(CREATE, "localhost:1", word="R1", token="t"), 2)  # noqa: S106 - a letter

    head, _, body = first.partition(b"\r\n\r\n")
    assert head.splitlines() == [
        b"POST /products HTTP/1.1",
        b"Host: localhost:1",
        b"Authorization: Bearer t",
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(body),
    ]
    assert b"NEW-R1-0" in first
    assert b"NEW-R1-1" in second


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
    ],
)
def test_an_answer_is_whole_once_its_length_is_there(received: bytes, expected: bool) -> None:
    assert is_whole(received) is expected


def load(case: Case = READ) -> Load:
    return Load(url="http://127.0.0.1:1", case=case, seconds=1, word="R1")


def test_a_load_tells_what_came_of_it_in_its_last_line() -> None:
    told = '{"requests":9,"seconds":1.5,"failures":0,"unexpected":0,"p50_milliseconds":1,"p99_milliseconds":2}'
    output = f"Running 1s test\n{told}\n"

    assert loaded(output, load()) == Loaded(requests=9, seconds=1.5, p50_milliseconds=1, p99_milliseconds=2)


def test_a_load_with_a_failed_request_is_no_measurement() -> None:
    output = '{"requests":9,"seconds":1.5,"failures":1,"unexpected":503,"p50_milliseconds":1,"p99_milliseconds":2}'

    with pytest.raises(LoadFailed, match="1 of 9 failed, such as 503"):
        loaded(output, load())


def answer(status: int = 200, **value: object) -> Answer:
    return Answer(status=status, media_type="application/json", value=value)


def test_answers_may_differ_in_a_cursors_text_only() -> None:
    listing = next(case for case in CASES if case.name == "list")

    require_same(listing, expected=answer(items=[1], next="a"), found=answer(items=[1], next="b"), who="other")
    with pytest.raises(AnswersDiffer):
        require_same(listing, expected=answer(items=[1], next="a"), found=answer(items=[1], next=None), who="other")
    with pytest.raises(AnswersDiffer):
        require_same(listing, expected=answer(items=[1], next="a"), found=answer(items=[2], next="a"), who="other")


def test_a_created_record_has_its_own_key_and_times_and_else_the_same_fields() -> None:
    ours = answer(201, id="1", sku="A", name="x", created_at="now")

    require_same(CREATE, expected=ours, found=answer(201, id="2", sku="B", name="x", created_at="then"), who="other")
    with pytest.raises(AnswersDiffer):
        require_same(CREATE, expected=ours, found=answer(201, id="2", sku="B", name="x"), who="other")
    with pytest.raises(AnswersDiffer):
        require_same(
            CREATE, expected=ours, found=answer(200, id="2", sku="B", name="x", created_at="then"), who="other"
        )


def test_a_sample_counts_for_whose_code_ran_and_for_all_of_ours_it_ran_for() -> None:
    started, read, library = (
        f"{PROJECT}/server/cli.py|main",
        f"{PROJECT}/storage/records.py|read",
        "site-packages/x/y.py|z",
    )
    lines = [f"{started};{read};/venv/{library} 3", f"{started};{read};<string>|__init__ 1", f"{started} 4"]

    assert shares(lines) == Shares(
        packages={"server": 0.5, "x": 0.375, "storage": 0.125},
        functions={
            Place("server", "server/cli.py", "main"): 0.5,
            Place("x", "x/y.py", "z"): 0.375,
            Place("storage", "storage/records.py", "read"): 0.125,
        },
        within={Place("storage", "storage/records.py", "read"): 0.5},
    )


def test_a_peer_whose_runtime_is_not_here_is_left_out_in_a_clear_sentence() -> None:
    peer = Peer(
        name="fastify", install=lambda _: None, programs=("no-such-node",), runtime="Node.js (https://nodejs.org)"
    )

    said = list(set_up([peer]))

    assert said == ["fastify is left out: it needs Node.js (https://nodejs.org), and there is no no-such-node here."]
    assert peer.missing() == "it needs Node.js (https://nodejs.org), and there is no no-such-node here"


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_published_tables_and_pictures_are_those_of_the_published_measurements(path: Path) -> None:
    results = read_results(path.read_bytes())

    assert path.with_suffix(".md").read_text() == markdown(results)
    assert path.with_suffix(".svg").read_text() == svg(results)


def test_the_performance_page_shows_a_published_table() -> None:
    page = (PROJECT / "docs" / "performance.md").read_text()

    assert [path.stem for path in PUBLISHED if path.with_suffix(".md").read_text() in page] != []
