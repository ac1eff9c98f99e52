"""Tests each condition of the lock: removes it and names the failing test.

    python -m tests.mutation        # every mutant, and the test that fails for it

A mutant is a copy of the package in a temporary folder with one change; the
checkout stays as it is.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_HERE = Path(__file__).parent.parent
_POLICY, _FACTS = "voip/security/policy.py", "voip/engine/calls/live.py"
_TESTS = {
    _POLICY: ("tests/unit/security/test_policy.py",),
    _FACTS: ("tests/unit/engine/calls/test_live.py",),
}
_COPIED = ("voip", "tests/__init__.py", "tests/unit")

# Each fact of the lock at the value that closes it, not as it was observed.
_WISHES = {
    "account_transport": "Transport.TLS",
    "in_secure_worker": "True",
    "state": "CallState.ACTIVE",
    "up": "True",
    "transport": "Transport.TLS",
    "verified": "True",
    "version": "'TLSv1.3'",
    "server": "'pbx.example.com'",
    "failing": "False",
}
_FACT_TYPES = {"lock_facts.CallFacts", "lock_facts.ConnectionFacts", "replace"}
_HOLDS = 2  # the place of a condition's value among what `_row` is given

Changes = Callable[[ast.Module], Iterator[str]]


class Mutant(NamedTuple):
    """Description of a change, the file it changes, and the file's new text."""

    name: str
    path: str
    text: str


def mutants() -> Iterator[Mutant]:
    """Every condition removed, and every one made to hold always."""
    yield from _mutants_of(_POLICY, (_dropped, _held, _one_part_fewer))
    yield from _mutants_of(_FACTS, (_wished, _one_part_fewer))


def killer(mutant: Mutant) -> str | None:
    """First test that fails for a mutant, None when all of them pass."""
    with tempfile.TemporaryDirectory(prefix="offhook-mutant-") as name:
        folder = Path(name)
        for path in _COPIED:
            _copy(_HERE / path, folder / path)
        (folder / mutant.path).write_text(mutant.text)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider",
             *_TESTS[mutant.path]],
            cwd=folder, capture_output=True, text=True,
            # These tests need no plugin, and loading them takes longer than the tests.
            env={**os.environ, "PYTHONPATH": name, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        )  # fmt: skip
    if done.returncode == 0:
        return None
    failed = re.search(r"^FAILED \S*?::(.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    assert done.returncode == 1 and failed, done.stdout + done.stderr
    return failed[1]


def main() -> int:
    """Print every mutant; returns 1 if one of them survives."""
    survivors = 0
    for mutant in mutants():
        test = killer(mutant)
        survivors += test is None
        print(f"{mutant.name:<76} {test or 'SURVIVES'}", flush=True)
    return 1 if survivors else 0


def _mutants_of(path: str, changes: Sequence[Changes]) -> Iterator[Mutant]:
    tree = ast.parse((_HERE / path).read_text())
    for change in changes:
        for name in change(tree):
            yield Mutant(f"{Path(path).stem}: {name}", path, ast.unparse(tree))


# Each of these changes a tree, describes the change, and then undoes it.


def _dropped(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.List):
            continue
        for place, row in enumerate(list(node.elts)):
            kind = _kind(row)
            if kind is not None:
                node.elts.remove(row)
                yield f"{kind} is not asked for"
                node.elts.insert(place, row)


def _held(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        kind = _kind(node)
        if kind is not None and isinstance(node, ast.Call):
            holds = node.args[_HOLDS]
            node.args[_HOLDS] = ast.Constant(True)
            yield f"{kind} always holds"
            node.args[_HOLDS] = holds


def _one_part_fewer(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And)):
            continue
        whole = ast.unparse(node)
        for part in list(node.values):
            place = node.values.index(part)
            node.values.remove(part)
            yield f"“{whole}” without “{ast.unparse(part)}”"
            node.values.insert(place, part)


def _wished(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) in _FACT_TYPES):
            continue
        for keyword in node.keywords:
            wish = _WISHES.get(keyword.arg or "")
            if wish is not None:
                seen = keyword.value
                keyword.value = ast.parse(wish, mode="eval").body
                yield f"{keyword.arg} is taken for {wish}"
                keyword.value = seen


def _kind(node: ast.AST) -> str | None:
    """Condition of a row; `_row` and `_of_voice` make the policy's rows."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("_row", "_of_voice"):
        return ast.unparse(node.args[0])
    return None


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


if __name__ == "__main__":
    sys.exit(main())
