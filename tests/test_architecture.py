"""The house's rules, checked: one direction of imports, small files, plain names, an explicit surface."""

import ast
import importlib
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from types import ModuleType

import server
from tests.source_tree import PACKAGES, PROJECT, called_name, line_count, positional_names, read_modules

AROUND_THEM = ("tests", "examples", "benchmarks", "deploy")

MODULE_LINES_AT_MOST = 350
TEST_LINES_AT_MOST = 600
"""A file of tests is a list: it may be longer than a file of code."""
MODULE_LINES_MEDIAN_AT_MOST = 120
FUNCTION_LINES_AT_MOST = 50
FUNCTION_LINES_MEDIAN_AT_MOST = 10
PARAMETERS_AT_MOST = 5
POSITIONAL_AT_MOST = 2
DICTATED_BY_AIOHTTP = {"handle_error", "finish_response", "_handle_request"}
NAMES_THAT_SAY_NOTHING = {"base", "common", "helper", "helpers", "impl", "manager", "misc", "util", "utils"}
BREADCRUMB = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|pragma: no cover")
EXCUSE = re.compile(r"#\s*(noqa|type:\s*ignore)\b")
EXCUSE_WITH_CODE_AND_REASON = re.compile(
    r"#\s*(?:noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|type:\s*ignore\[[\w, -]+\])\s*(?:-|#)\s*\S+"
)
SURFACE = [
    "ANYONE",
    "Accounts",
    "Answer",
    "Availability",
    "BadGateway",
    "Cors",
    "Elapsed",
    "Encrypted",
    "Indexed",
    "Key",
    "Latency",
    "Limit",
    "Model",
    "OWNER",
    "OutcomeUnknown",
    "Principal",
    "Private",
    "ReadOnly",
    "ReadableBy",
    "Reference",
    "RenamedFrom",
    "Resource",
    "Route",
    "SIGNED_IN",
    "Service",
    "Store",
    "Tenant",
    "Tokens",
    "Unavailable",
    "Unique",
    "Upstream",
    "UpstreamFailed",
    "UpstreamPolicy",
    "UpstreamRefused",
    "WritableBy",
    "WriteOnce",
    "body",
    "principal",
    "query",
    "role",
    "store",
    "upstream",
]

PRODUCT = read_modules(*PACKAGES)
EVERYTHING = PRODUCT + read_modules(*AROUND_THEM)
TESTS = read_modules("tests", "benchmarks")


def test_imports_run_one_way_only() -> None:
    linter = Path(sys.executable).parent / "lint-imports"

    finished = subprocess.run([linter, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert finished.returncode == 0, finished.stdout


COMMAND_LINE = {"server/cli.py", "server/key_cli.py", "server/render_cli.py"}
"""Where a function's parameters are a command's options, which have names of their own."""


def test_no_module_is_long() -> None:
    long = {
        module.place: lines
        for module in EVERYTHING
        if (lines := module.line_count)
        > (TEST_LINES_AT_MOST if module.place.startswith("tests/") else MODULE_LINES_AT_MOST)
    }

    assert long == {}


def test_most_modules_are_short() -> None:
    assert median(module.line_count for module in PRODUCT) <= MODULE_LINES_MEDIAN_AT_MOST


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{module.place}:{node.lineno} {node.name}": line_count(node)
        for module in PRODUCT
        for node in module.functions
        if line_count(node) > FUNCTION_LINES_AT_MOST
    }

    assert long == {}


def test_most_functions_are_a_few_lines() -> None:
    sizes = [line_count(node) for module in PRODUCT for node in module.functions]

    assert median(sizes) <= FUNCTION_LINES_MEDIAN_AT_MOST


def test_no_function_takes_more_than_five_parameters() -> None:
    greedy = [
        f"{module.place}:{node.lineno} {node.name}"
        for module in PRODUCT
        for node in module.functions
        if len(positional_names(node)) + len(node.args.kwonlyargs) > PARAMETERS_AT_MOST
        and module.place not in COMMAND_LINE
    ]

    assert greedy == []


def test_parameters_are_keyword_only_from_the_third() -> None:
    # Python itself decides what its double-underscore methods are called with.
    positional = [
        f"{module.place}:{node.lineno} {node.name}"
        for module in PRODUCT
        for node in module.functions
        if len(positional_names(node)) > POSITIONAL_AT_MOST
        and (node.name == "__init__" or not node.name.startswith("__"))
        and node.name not in DICTATED_BY_AIOHTTP
    ]

    assert positional == []


def test_no_two_modules_share_a_name() -> None:
    count = Counter(module.path.name for module in PRODUCT)
    del count["__init__.py"]

    assert [name for name, times in count.items() if times > 1] == []


def test_every_module_is_named_after_what_it_holds() -> None:
    vague = [
        module.place
        for module in EVERYTHING
        if NAMES_THAT_SAY_NOTHING.intersection(
            [*module.path.relative_to(PROJECT).parts[:-1], *module.path.stem.split("_")]
        )
    ]

    assert vague == []


def test_every_folder_of_code_is_a_package() -> None:
    folders = {module.path.parent for module in PRODUCT}

    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_every_module_opens_with_a_sentence() -> None:
    silent = [module.place for module in EVERYTHING if not (ast.get_docstring(module.tree) or "").strip()]

    assert silent == []


def test_nothing_is_left_for_later() -> None:
    crumbs = [
        f"{module.place}:{line} {comment}"
        for module in EVERYTHING
        for line, comment in module.comments
        if BREADCRUMB.search(comment)
    ]

    assert crumbs == []


def test_every_exception_to_a_check_names_its_code_and_its_reason() -> None:
    bare = [
        f"{module.place}:{line} {comment}"
        for module in EVERYTHING
        for line, comment in module.comments
        if EXCUSE.search(comment) and not EXCUSE_WITH_CODE_AND_REASON.search(comment)
    ]

    assert bare == []


def test_tests_replace_nothing_behind_the_code_s_back() -> None:
    patching = [
        f"{module.place}:{node.lineno}"
        for module in TESTS
        for node in module.calls
        if called_name(node) == "monkeypatch.setattr"
    ]
    mocking = [module.place for module in TESTS if module.imported & {"unittest", "mock"}]

    assert (patching, mocking) == ([], [])


def test_tests_never_sleep_for_time_to_pass() -> None:
    # Asking again and again, inside a `while`, is waiting for a condition.
    asleep = [
        f"{module.place}:{node.lineno}"
        for module in TESTS
        for node in set(module.calls) - set(module.calls_while_waiting)
        if called_name(node) in {"time.sleep", "sleep", "asyncio.sleep"}
        and [ast.unparse(argument) for argument in node.args] != ["0"]
    ]

    assert asleep == []


def test_the_public_surface_is_this() -> None:
    assert sorted(server.__all__) == SURFACE


def test_no_public_name_gives_way_to_a_module_of_that_name() -> None:
    for module in PRODUCT:
        importlib.import_module(module.name)

    assert [name for name in SURFACE if isinstance(getattr(server, name, server), ModuleType)] == []
