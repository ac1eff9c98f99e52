"""Lock of the Python packages: only what pyproject.toml requires."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

_ENTRY = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>.*))?")
_SUM = re.compile(r"--hash=sha256:[0-9a-f]{64}")

MACHINES = [
    {
        "python_version": version,
        "python_full_version": f"{version}.1",
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[system],
        "platform_machine": machine,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    for version in ("3.11", "3.12", "3.13", "3.14")
    for system, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
]


@dataclass(frozen=True)
class Entry:
    name: str
    version: str
    marker: Marker | None
    sums: tuple[str, ...]

    def is_for(self, machine: dict[str, str] | None) -> bool:
        """Report whether it is installed on `machine`, by default on this one."""
        return self.marker is None or self.marker.evaluate(machine)


def _entries(name: str) -> list[Entry]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    lines = text.replace("\\\n", "").splitlines()
    entries = []
    for line in lines:
        if line.startswith("#"):
            continue
        head, *sums = re.split(r"\s+(?=--hash)", line.strip())
        match = _ENTRY.fullmatch(head.strip())
        assert match is not None, f"not one version of a package: {line}"
        marker = Marker(match["marker"]) if match["marker"] else None
        entries.append(Entry(match["name"], match["version"], marker, tuple(sums)))
    return entries


def _asked_for(name: str) -> list[Requirement]:
    project = PROJECT["project"]
    lines = [*project["dependencies"], *PROJECT["build-system"]["requires"]]
    if name == "check":
        lines += project["optional-dependencies"]["test"]
    return [Requirement(line) for line in lines]


LOCKS = ("run", "check")


@pytest.mark.parametrize("name", LOCKS)
def test_each_entry_has_its_files_sums(name: str) -> None:
    entries = _entries(name)
    assert len(entries) > len(_asked_for(name))
    for entry in entries:
        assert entry.sums, entry
        assert all(_SUM.fullmatch(digest) for digest in entry.sums), entry


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: "-".join(list(m.values())[0:5:2]))
@pytest.mark.parametrize("name", LOCKS)
def test_what_the_project_asks_for_is_there_once(name: str, machine: dict[str, str]) -> None:
    there = [entry for entry in _entries(name) if entry.is_for(machine)]
    versions = {entry.name: entry.version for entry in there}
    assert len(versions) == len(there), "a package is there in two versions"
    for asked in _asked_for(name):
        if asked.marker is not None and not asked.marker.evaluate(dict(machine)):
            continue
        version = versions.get(canonicalize_name(asked.name))
        assert version is not None, f"{asked} is not in the lock: run scripts/lock.sh"
        assert asked.specifier.contains(version), f"{asked}, not {version}: run scripts/lock.sh"


@pytest.mark.parametrize("name", LOCKS)
def test_what_nothing_asks_for_is_not_there(name: str) -> None:
    needed = set()
    for asked in _asked_for(name):
        needed |= set(_needs(asked, frozenset()))
    there = {entry.name for entry in _entries(name) if entry.is_for(None)}
    assert there == needed, "run scripts/lock.sh"


def test_this_environment_is_the_lock_s() -> None:
    for entry in _entries("check"):
        if entry.is_for(None):
            assert importlib.metadata.version(entry.name) == entry.version, "run ./check"


def test_the_checks_run_what_the_product_runs() -> None:
    assert {(e.name, e.version, e.marker, e.sums) for e in _entries("run")} <= {
        (e.name, e.version, e.marker, e.sums) for e in _entries("check")
    }


def _needs(asked: Requirement, above: frozenset[str]) -> Iterator[str]:
    """Return the installed packages for `asked`, with dependencies."""
    name = canonicalize_name(asked.name)
    yield name
    if name in above:
        return
    for line in importlib.metadata.requires(name) or ():
        further = Requirement(line)
        extras = asked.extras or {""}
        if further.marker is None or any(further.marker.evaluate({"extra": e}) for e in extras):
            yield from _needs(further, above | {name})


# The set-up

_FAKE_PYTHON = """#!/bin/sh
for word; do printf '%s ' "$word"; done >>"$0.said"
echo >>"$0.said"
"""


def _shell(script: str, here: Path) -> str:
    done = subprocess.run(
        ["sh", "-euc", f'here=$1\n. "$2"\n{script}', "sh", str(here), ROOT / "scripts/setup.sh"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(here)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("name", LOCKS)
def test_set_up_installs_from_the_lock_alone(tmp_path: Path, name: str) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(_FAKE_PYTHON)
    python.chmod(0o755)
    script = f"setup_log=/dev/null\nwheel=$here/pjsua2.whl\nmake_venv {name}"
    _shell(script, tmp_path)
    said = [line.split() for line in Path(f"{python}.said").read_text().splitlines()]
    installs = [words[words.index("install") + 1 :] for words in said if "install" in words]
    quiet = "--disable-pip-version-check"
    assert [words for words in installs if "--no-deps" not in words] == [
        [quiet, "--require-hashes", "--only-binary", ":all:", "-r",
         f"{tmp_path}/requirements/{name}.txt"]
    ]  # fmt: skip
    rest = [words for words in installs if "--no-deps" in words]
    assert [words[-1] for words in rest] == [f"{tmp_path}/pjsua2.whl", str(tmp_path)]
    # Without it pip would fetch build packages in unlocked versions.
    assert "--no-build-isolation" in rest[-1]


@pytest.mark.parametrize("name", LOCKS)
def test_another_lock_is_another_set_up(tmp_path: Path, name: str) -> None:
    for folder in ("requirements", "scripts", "voip"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / "pyproject.toml").symlink_to(ROOT / "pyproject.toml")
    before = _shell("fingerprint", tmp_path)
    (tmp_path / "requirements").unlink()
    (tmp_path / "requirements").mkdir()
    for lock in LOCKS:
        text = (ROOT / "requirements" / f"{lock}.txt").read_text()
        extra = "# one line more\n" if lock == name else ""
        (tmp_path / "requirements" / f"{lock}.txt").write_text(text + extra)
    assert _shell("fingerprint", tmp_path) != before
