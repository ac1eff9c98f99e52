"""Only the source that was checked in, or a newer one that apt vouches for."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from pathlib import Path

import pytest

from voip.native import source
from voip.native.inputs import MANIFEST, PJSIP_VERSION
from voip.native.source import Source, SourceError

FILES = {"pjlib/a.c": b"int a;\n", "pjsip/b.c": b"int b;\n", "version.mak": b"x\n"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree that matches the manifest."""
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in FILES.items()}
    monkeypatch.setattr(source, "manifest", lambda: sums)
    root = tmp_path / "pjproject"
    for path, data in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def test_manifest_as_checked_in() -> None:
    sums = source.manifest()
    assert len(sums) == len(MANIFEST.read_text().split()) // 2
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in sums.values())
    for path in sums:
        assert not Path(path).is_absolute()
        assert ".." not in Path(path).parts
    assert {"version.mak", "pjlib/src/pj/os_core_unix.c"} <= set(sums)


def test_same_tree_has_no_differences(root: Path) -> None:
    assert source.differences(root) == []
    for authenticated in (True, False):
        assert source.check(Source(root, PJSIP_VERSION, authenticated)) is None


def test_files_that_are_not_compiled_do_not_matter(root: Path) -> None:
    (root / "README").write_text("more")
    assert source.differences(root) == []


def test_changed_and_missing_files_are_named(root: Path) -> None:
    (root / "pjlib/a.c").write_bytes(b"int a; /* and more */\n")
    (root / "pjsip/b.c").unlink()
    assert source.differences(root) == ["different: pjlib/a.c", "missing: pjsip/b.c"]


def test_folder_in_a_file_s_place_is_missing(root: Path) -> None:
    (root / "pjsip/b.c").unlink()
    (root / "pjsip/b.c").mkdir()
    assert source.differences(root) == ["missing: pjsip/b.c"]


@pytest.mark.parametrize(
    ("version", "authenticated"),
    [
        (PJSIP_VERSION, True),
        (PJSIP_VERSION, False),
        ("2.16", True),
        ("2.9", True),
        ("2.18", False),
        ("99.0", False),
        ("", True),
    ],
)
def test_different_source_is_refused(root: Path, version: str, authenticated: bool) -> None:
    (root / "pjlib/a.c").write_bytes(b"evil")
    with pytest.raises(SourceError) as caught:
        source.check(Source(root, version, authenticated))
    assert str(caught.value) == (
        f"this is not PJSIP {PJSIP_VERSION} as it was released: 1 files do not match "
        f"{MANIFEST.name}:\n  different: pjlib/a.c\n"
        "Give another source with PJPROJECT_SOURCE=<folder or archive>."
    )


@pytest.mark.parametrize("version", ["2.17.1", "2.18", "2.100", "3.0"])
def test_newer_source_that_apt_authenticated_is_built_with_a_notice(
    root: Path, version: str
) -> None:
    (root / "pjlib/a.c").write_bytes(b"newer")
    notice = source.check(Source(root, version, authenticated=True))
    assert notice is not None
    assert notice.startswith(f"building PJSIP {version}, which is newer than the {PJSIP_VERSION} ")


def test_long_list_of_differences_is_cut(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "manifest", lambda: {f"{n}.c": "0" * 64 for n in range(12)})
    with pytest.raises(SourceError) as caught:
        source.check(Source(root, PJSIP_VERSION, authenticated=False))
    text = str(caught.value)
    assert text.count("missing: ") == 5
    assert "12 files do not match" in text
    assert "  and 7 more\n" in text


VERSION_MAK = (
    b"export PJ_VERSION_MAJOR  := 2\nexport PJ_VERSION_MINOR  := 17\n"
    b"export PJ_VERSION_REV    :=\nexport PJ_VERSION_SUFFIX :=\n"
)


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as target:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            target.addfile(entry, io.BytesIO(data))
    return path


def obtained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: Path) -> Source:
    monkeypatch.setenv("PJPROJECT_SOURCE", str(given))
    return source.obtain(tmp_path / "work", tmp_path / "log")


def test_given_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pjproject"
    folder.mkdir()
    (folder / "version.mak").write_bytes(VERSION_MAK)
    assert obtained(monkeypatch, tmp_path, folder) == Source(folder, "2.17", False)


def test_given_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = archive(tmp_path / "x.tar.gz", {"pjproject-2.17/version.mak": VERSION_MAK})
    found = obtained(monkeypatch, tmp_path, given)
    assert found == Source(tmp_path / "work" / "source" / "pjproject-2.17", "2.17", False)


def test_revision_is_part_of_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pjproject"
    folder.mkdir()
    text = VERSION_MAK.replace(b"PJ_VERSION_REV    :=", b"PJ_VERSION_REV    := 1")
    (folder / "version.mak").write_bytes(text)
    assert obtained(monkeypatch, tmp_path, folder).version == "2.17.1"


def test_archive_that_climbs_out_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = archive(tmp_path / "x.tar.gz", {"a/version.mak": VERSION_MAK, "../../out": b"x"})
    with pytest.raises(SourceError) as caught:
        obtained(monkeypatch, tmp_path, given)
    assert str(caught.value).startswith(f"{given} cannot be unpacked: ")
    assert not (tmp_path / "out").exists()


def test_archive_of_several_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = archive(tmp_path / "x.tar.gz", {"a/x": b"", "b/x": b""})
    with pytest.raises(SourceError) as caught:
        obtained(monkeypatch, tmp_path, given)
    assert str(caught.value) == f"{given} holds 2 folders where one was expected"


def test_archive_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "x.tar.gz"
    given.write_bytes(b"no archive")
    with pytest.raises(SourceError) as caught:
        obtained(monkeypatch, tmp_path, given)
    assert str(caught.value).startswith(f"{given} cannot be unpacked: ")


def test_given_place_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "nowhere"
    with pytest.raises(SourceError) as caught:
        obtained(monkeypatch, tmp_path, given)
    expected = f"PJPROJECT_SOURCE: {given} is neither a folder nor an archive"
    assert str(caught.value) == expected


def test_folder_that_is_not_pjsip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    with pytest.raises(SourceError) as caught:
        obtained(monkeypatch, tmp_path, folder)
    assert str(caught.value).startswith(f"{folder} is not PJSIP's source: ")
