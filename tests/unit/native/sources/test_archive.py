"""An archive unpacks to regular files below one folder, or not at all."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from tests.support.archives import FILES, archive
from voip.native.sources import archive as unpacking
from voip.native.sources.archive import SourceError, unpack


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("kind", ["gz", "xz"])
def test_all_files_are_unpacked_below_the_one_folder(tmp_path: Path, kind: str) -> None:
    root = unpack(archive(tmp_path / f"x.tar.{kind}", FILES), tmp_path / "out")
    assert root == tmp_path / "out" / "pjproject-2.17"
    assert _files(root) == FILES


def test_files_that_are_not_wanted_are_left_out(tmp_path: Path) -> None:
    packed = archive(tmp_path / "x.tar.gz", {**FILES, "third_party/x.c": b"x"})
    assert _files(unpack(packed, tmp_path / "out", FILES)) == FILES


def test_what_an_earlier_archive_left_is_gone(tmp_path: Path) -> None:
    unpack(archive(tmp_path / "x.tar.gz", {**FILES, "more.c": b"x"}), tmp_path / "out")
    root = unpack(archive(tmp_path / "y.tar.gz", FILES), tmp_path / "out")
    assert _files(root) == FILES


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/out"])
def test_archive_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    given = archive(tmp_path / "x.tar.gz", {name: b"x"}, top="")
    with pytest.raises(SourceError, match="leads out of its folder"):
        unpack(given, tmp_path / "target")
    assert not list(tmp_path.rglob("out"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_only_regular_files_are_written(tmp_path: Path, kind: bytes) -> None:
    given = tmp_path / "x.tar.gz"
    with tarfile.open(given, "w:gz") as target:
        other = tarfile.TarInfo("a/b")
        other.type = kind
        other.linkname = "/etc/passwd"
        target.addfile(other)
        file = tarfile.TarInfo("a/c")
        file.size = 1
        target.addfile(file, io.BytesIO(b"x"))
    assert _files(unpack(given, tmp_path / "out")) == {"c": b"x"}


def test_archive_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_MOST_BYTES", 10)
    given = archive(tmp_path / "x.tar.gz", {"a": b"x" * 6, "b": b"x" * 6})
    with pytest.raises(SourceError, match="more than any release"):
        unpack(given, tmp_path / "out")


def test_archive_of_several_folders_is_refused(tmp_path: Path) -> None:
    given = archive(tmp_path / "x.tar.gz", {"a/x": b"", "b/x": b""}, top="")
    with pytest.raises(SourceError) as caught:
        unpack(given, tmp_path / "out")
    assert str(caught.value) == f"{given} holds 2 folders where one was expected"


@pytest.mark.parametrize("kind", ["gz", "xz"])
@pytest.mark.parametrize("length", [0, 1, 40, 200, -1])
def test_archive_that_was_cut_is_refused(tmp_path: Path, kind: str, length: int) -> None:
    noise = bytes(n * n % 251 for n in range(20000))
    given = archive(tmp_path / f"x.tar.{kind}", {**FILES, "noise.c": noise})
    given.write_bytes(given.read_bytes()[:length])
    with pytest.raises(SourceError, match="cannot be unpacked"):
        unpack(given, tmp_path / "out")


@pytest.mark.parametrize("kind", ["gz", "xz"])
def test_archive_with_a_broken_part_is_refused(tmp_path: Path, kind: str) -> None:
    noise = bytes(n * n % 251 for n in range(20000))
    given = archive(tmp_path / f"x.tar.{kind}", {**FILES, "noise.c": noise})
    data = bytearray(given.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 8] = bytes(8)
    given.write_bytes(data)
    with pytest.raises(SourceError, match="cannot be unpacked"):
        unpack(given, tmp_path / "out")
