"""Shape of the code: no import circle, crowded folder or long file."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES_A_FOLDER = 12
LINES_A_FILE = 420

CROWDED: dict[str, int] = {"tests/native": 18}
"""Folders that may have more files: the patches name their tests."""

LONG: dict[str, int] = {}
"""Files that may have more lines. Lower a number; raise none."""


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert list(_circles(_imports())) == []


def test_no_folder_is_crowded() -> None:
    files = Counter(
        str(path.parent.relative_to(ROOT))
        for wing in ("voip", "tui", "tests")
        for path in (ROOT / wing).rglob("*.py")
        if path.name != "__init__.py"
    )
    assert {name: count for name, count in files.items() if count > FILES_A_FOLDER} == CROWDED


def test_no_product_file_is_long() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in _product().values()
    }
    assert {name: count for name, count in lines.items() if count > LINES_A_FILE} == LONG


def _product() -> dict[str, Path]:
    """Return every module of the product by its name."""
    modules = {}
    for wing in ("voip", "tui"):
        for path in (ROOT / wing).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


def _imports() -> dict[str, set[str]]:
    """Return the modules that each module imports, for types alone as well."""
    modules = _product()
    return {
        name: set(_imported(ast.parse(path.read_text()), modules)) - {name}
        for name, path in modules.items()
    }


def _imported(tree: ast.Module, modules: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module in modules:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules else node.module


def _circles(imports: Mapping[str, Iterable[str]]) -> Iterator[frozenset[str]]:
    """Return groups of modules that import each other, each once."""
    reached = {name: _reach(name, imports) for name in imports}
    for name, others in reached.items():
        circle = frozenset({name, *(other for other in others if name in reached[other])})
        if len(circle) > 1 and name == min(circle):
            yield circle


def _reach(start: str, imports: Mapping[str, Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for name in imports[waiting.pop()]:
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    return reached
