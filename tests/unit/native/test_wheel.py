"""The packed wheel can be installed."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.machinery
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from voip.native import wheel

FILES = {
    "pjsua2.py": b"answer = 42\n",
    "pjsua2.pyi": b"answer: int\n",
    "_pjsua2.so": b"\x7fELF not really" * 100,
}
INFO = "pjsua2-2.17+offhook.dist-info"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return wheel.write(tmp_path, "2.17+offhook", FILES)


def test_name(made: Path) -> None:
    assert made.name == f"pjsua2-2.17+offhook-{wheel.tag()}.whl"
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    assert wheel.tag().startswith(f"{python}-{python}")
    assert wheel.tag().count("-") == 2
    assert list(made.parent.iterdir()) == [made]


def test_extension_is_found_by_this_python() -> None:
    name = wheel.extension_name()
    assert name.startswith("_pjsua2.")
    suffix = name.removeprefix("_pjsua2")
    assert suffix in importlib.machinery.EXTENSION_SUFFIXES


def test_members(made: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            *FILES, f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD"
        ]  # fmt: skip
        for name, data in FILES.items():
            assert archive.read(name) == data
        modes = {i.filename: i.external_attr >> 16 & 0o777 for i in archive.infolist()}
    assert modes.pop("_pjsua2.so") == 0o755
    assert set(modes.values()) == {0o644}


def test_record_has_every_member_with_its_digest_and_size(made: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        rows = list(csv.reader(io.StringIO(archive.read(f"{INFO}/RECORD").decode())))
        assert [row[0] for row in rows] == archive.namelist()
        assert rows[-1] == [f"{INFO}/RECORD", "", ""]
        for name, digest, size in rows[:-1]:
            data = archive.read(name)
            raw = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
            assert digest == "sha256=" + raw.decode().rstrip("=")
            assert int(size) == len(data)


def test_metadata(made: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        metadata = archive.read(f"{INFO}/METADATA").decode().splitlines()
        about = archive.read(f"{INFO}/WHEEL").decode().splitlines()
    assert {"Metadata-Version: 2.1", "Name: pjsua2", "Version: 2.17+offhook"} <= set(metadata)
    assert {"Wheel-Version: 1.0", "Root-Is-Purelib: false", f"Tag: {wheel.tag()}"} <= set(about)


def test_same_input_is_the_same_wheel(made: Path, tmp_path: Path) -> None:
    before = made.read_bytes()
    assert wheel.write(tmp_path, "2.17+offhook", FILES).read_bytes() == before


def test_pip_installs_it(made: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    words = ["install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", *words, "--target", str(target), str(made)], check=True
    )
    for name, data in FILES.items():
        assert (target / name).read_bytes() == data
    assert (target / INFO).is_dir()
