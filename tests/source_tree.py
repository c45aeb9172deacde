"""The project's own code, read and parsed, for the tests that hold it to its rules."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = ("telemetry", "middleware", "storage", "server")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A Python file, read and parsed."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        """Its path within the project."""
        return self.path.relative_to(PROJECT).as_posix()

    @property
    def name(self) -> str:
        """What it is imported as."""
        parts = self.path.relative_to(PROJECT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def line_count(self) -> int:
        """How long it is, comments and empty lines included."""
        return len(self.text.splitlines())

    @property
    def functions(self) -> Iterator[FunctionNode]:
        """Every function and method, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, FunctionNode))

    @property
    def calls(self) -> Iterator[ast.Call]:
        """Every call."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    @property
    def calls_while_waiting(self) -> Iterator[ast.Call]:
        """Every call inside a `while`."""
        loops = (node for node in ast.walk(self.tree) if isinstance(node, ast.While))
        return (node for loop in loops for node in ast.walk(loop) if isinstance(node, ast.Call))

    @property
    def comments(self) -> Iterator[tuple[int, str]]:
        """Every comment with its line."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return ((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)

    @property
    def imported(self) -> set[str]:
        """The top-level names it imports, anywhere in it."""
        plain = [name.name for node in ast.walk(self.tree) if isinstance(node, ast.Import) for name in node.names]
        sources = [
            node.module or "" for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom) and not node.level
        ]
        return {name.split(".")[0] for name in (*plain, *sources)}


def read_modules(*folders: str) -> list[Module]:
    """Read every Python file under these folders of the project."""
    paths = [path for folder in folders for path in sorted((PROJECT / folder).rglob("*.py"))]
    texts = [(path, path.read_text()) for path in paths]
    return [Module(path=path, text=text, tree=ast.parse(text)) for path, text in texts]


def line_count(node: FunctionNode) -> int:
    """Tell how long a function is, its docstring included."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def positional_names(node: FunctionNode) -> list[str]:
    """Name the parameters that can be given by position, except self and cls."""
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def called_name(node: ast.Call) -> str:
    """`time.sleep(3)` → `time.sleep`."""
    return ast.unparse(node.func)
