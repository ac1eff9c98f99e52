"""Tests each condition of the lock: removes it and names the failing test.

    python -m tests.mutation        # every mutant, and the test that fails for it

A mutant is a module's text with one change. A process of its own has it in the
module's place while it runs that module's tests; the checkout stays as it is.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import NamedTuple

import pytest

_HERE = Path(__file__).parent.parent
POLICY, FACTS = "voip.security.policy", "voip.engine.calls.live"
_TESTS = {
    POLICY: "tests/unit/security/test_policy.py",
    FACTS: "tests/unit/engine/calls/test_live.py",
}
# Imported once for all mutants; none imports a module that is mutated.
_PRELOADED = ["asyncio", "cryptography.x509", "hypothesis.strategies", "msgspec", "pytest"]

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
    """Description of a change, the module it changes, and its new text."""

    name: str
    module: str
    text: str


def mutants_of(module: str) -> Iterator[Mutant]:
    """Every condition of a module removed, and every one made to hold always."""
    tree = ast.parse(source(module))
    for change in _CHANGES[module]:
        for name in change(tree):
            yield Mutant(f"{module.rpartition('.')[2]}: {name}", module, ast.unparse(tree))


def source(module: str) -> str:
    return (_HERE / module.replace(".", "/")).with_suffix(".py").read_text()


def killer(mutant: Mutant) -> str | None:
    """First test that fails for a mutant, None when all of them pass."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = _server().Process(target=_run, args=(mutant, theirs))
    process.start()
    theirs.close()
    with ours:
        failed: str | None = ours.recv()  # EOFError: the process failed, not a test
    process.join()
    return failed


@cache
def _server() -> ForkServerContext:
    """Starts processes that have imported what no mutant changes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _run(mutant: Mutant, result: Connection) -> None:
    """Send the first test that fails for a mutant; None if none does."""
    assert mutant.module not in sys.modules
    # These tests need no plugin: loading plugins takes longer than the tests, and so do
    # the collection of garbage at their end and excerpts of the source.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    failures = _Failures()
    with (
        tempfile.TemporaryDirectory(prefix="offhook-mutant-") as folder,
        contextlib.redirect_stdout(io.StringIO()) as output,
    ):
        # Hypothesis keeps the examples that fail in the working directory.
        os.chdir(folder)
        sys.path.insert(0, str(_HERE))
        _install(mutant)
        code = pytest.main(
            ["-x", "-q", "--tb=native", "-p", "no:cacheprovider", "-p", "no:unraisableexception",
             "-c", os.devnull, f"--rootdir={folder}",
             f"--confcutdir={_HERE / 'tests/unit'}", str(_HERE / _TESTS[mutant.module])],
            plugins=[failures],
        )  # fmt: skip
        os.chdir(_HERE)
    assert code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED), output.getvalue()
    result.send(failures.first)


class _Failures:
    """Remembers the first test that fails."""

    first: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.first is None:
            self.first = report.nodeid.partition("::")[2]


def _install(mutant: Mutant) -> None:
    spec = importlib.util.find_spec(mutant.module)
    assert spec is not None and spec.origin is not None
    module = importlib.util.module_from_spec(spec)
    parent, _, name = mutant.module.rpartition(".")
    setattr(sys.modules[parent], name, module)
    sys.modules[mutant.module] = module
    exec(compile(mutant.text, spec.origin, "exec"), module.__dict__)


def main() -> int:
    """Print every mutant; returns 1 if one of them survives."""
    survivors = 0
    for mutant in (mutant for module in _TESTS for mutant in mutants_of(module)):
        test = killer(mutant)
        survivors += test is None
        print(f"{mutant.name:<76} {test or 'SURVIVES'}", flush=True)
    return 1 if survivors else 0


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


_CHANGES: dict[str, Sequence[Changes]] = {
    POLICY: (_dropped, _held, _one_part_fewer),
    FACTS: (_wished, _one_part_fewer),
}


if __name__ == "__main__":
    sys.exit(main())
