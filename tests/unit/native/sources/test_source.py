"""Only the manifest's source is built, or a newer one on request."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.archives import FILES, NEWER, VERSION_MAK, archive, small
from voip.native.inputs import MANIFEST, PJSIP_VERSION
from voip.native.sources import source
from voip.native.sources.archive import SourceError
from voip.native.sources.release import LIBOPUS, LIBSRTP, PJSIP, Release
from voip.native.sources.source import Source


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return small(tmp_path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Tree that matches the manifest."""
    root = tmp_path / "pjproject"
    for path, data in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


@pytest.mark.parametrize(
    ("checked_in", "some"),
    [
        (PJSIP, {"version.mak", "pjlib/src/pj/os_core_unix.c"}),
        (LIBOPUS, {"package_version", "src/opus_decoder.c", "dnn/plc_data.c"}),
        (LIBSRTP, {"configure", "srtp/srtp.c", "crypto/cipher/aes_icm_ossl.c"}),
    ],
    ids=["PJSIP", "libopus", "libsrtp"],
)
def test_manifest_as_checked_in(checked_in: Release, some: set[str]) -> None:
    sums = checked_in.sums()
    assert len(sums) == len(checked_in.manifest.read_text().split()) // 2
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in sums.values())
    for path in sums:
        assert not Path(path).is_absolute()
        assert ".." not in Path(path).parts
    assert some <= set(sums)


def test_same_tree_has_no_differences(release: Release, root: Path) -> None:
    assert source.differences(release, root) == []
    for authenticated in (True, False):
        assert source.check(release, Source(root, PJSIP_VERSION, authenticated)) is None


def test_files_that_are_not_compiled_do_not_matter(release: Release, root: Path) -> None:
    (root / "README").write_text("more")
    assert source.differences(release, root) == []


def test_changed_and_missing_files_are_named(release: Release, root: Path) -> None:
    (root / "pjlib/a.c").write_bytes(b"int a; /* and more */\n")
    (root / "pjsip/b.c").unlink()
    assert source.differences(release, root) == ["different: pjlib/a.c", "missing: pjsip/b.c"]


def test_folder_in_a_file_s_place_is_missing(release: Release, root: Path) -> None:
    (root / "pjsip/b.c").unlink()
    (root / "pjsip/b.c").mkdir()
    assert source.differences(release, root) == ["missing: pjsip/b.c"]


@pytest.mark.parametrize(
    ("version", "authenticated", "newer"),
    [
        (PJSIP_VERSION, True, False),
        (PJSIP_VERSION, False, False),
        (PJSIP_VERSION, True, True),
        ("2.16", True, True),
        ("2.9", True, True),
        ("2.18", True, False),
        ("2.18", False, True),
        ("99.0", False, True),
        ("", True, True),
    ],
)
def test_different_source_is_refused(
    release: Release, root: Path, version: str, authenticated: bool, newer: bool
) -> None:
    (root / "pjlib/a.c").write_bytes(b"evil")
    with pytest.raises(SourceError) as caught:
        source.check(release, Source(root, version, authenticated), newer)
    called = f" (it calls itself {version})" if version not in ("", PJSIP_VERSION) else ""
    assert str(caught.value) == (
        f"this is not PJSIP {PJSIP_VERSION} as it was released{called}: 1 files do not match "
        f"{MANIFEST.name}:\n  different: pjlib/a.c\n"
        "Give another source with PJPROJECT_SOURCE=<folder or archive>."
    )


@pytest.mark.parametrize("version", ["2.17.1", "2.18", "2.100", "3.0"])
def test_newer_source_that_apt_authenticated_is_built_when_asked_for(
    release: Release, root: Path, version: str
) -> None:
    (root / "pjlib/a.c").write_bytes(b"newer")
    assert source.check(release, Source(root, version, authenticated=True), newer=True) == (
        f"PJSIP {version}, which is newer than the {PJSIP_VERSION} that our patches were made "
        "for: they may not fit"
    )


def test_same_source_is_not_a_newer_one(release: Release, root: Path) -> None:
    with pytest.raises(SourceError, match="a newer one was asked for"):
        source.check(release, Source(root, PJSIP_VERSION, authenticated=True), newer=True)


def test_long_list_of_differences_is_cut(release: Release, root: Path) -> None:
    release.manifest.write_text("".join(f"{'0' * 64}  {n}.c\n" for n in range(12)))
    with pytest.raises(SourceError) as caught:
        source.check(release, Source(root, PJSIP_VERSION, authenticated=False))
    text = str(caught.value)
    assert text.count("missing: ") == 5
    assert "12 files do not match" in text
    assert "  and 7 more\n" in text


# PJPROJECT_SOURCE


def obtained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: Path) -> tuple[Source, str]:
    """The source, and the lines about it."""
    monkeypatch.setenv("PJPROJECT_SOURCE", str(given))
    said: list[str] = []
    release = small(tmp_path)
    obtained_source = source.obtain(release, tmp_path / "work", tmp_path / "log", said.append)
    return obtained_source, "\n".join(said)


def test_given_folder(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    obtained_source, said = obtained(monkeypatch, tmp_path, root)
    assert obtained_source == Source(root, "2.17", False)
    assert said == f"PJPROJECT_SOURCE ({root}): PJSIP 2.17"


@pytest.mark.parametrize("kind", ["gz", "xz"])
def test_given_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    given = archive(tmp_path / f"x.tar.{kind}", FILES)
    obtained_source, said = obtained(monkeypatch, tmp_path, given)
    assert obtained_source == Source(
        tmp_path / "work" / "pjproject" / "pjproject-2.17", "2.17", False
    )
    assert said == f"PJPROJECT_SOURCE ({given}): PJSIP 2.17"
    assert given.exists()


def test_given_newer_archive_is_refused_even_when_a_newer_one_is_asked_for(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PJPROJECT_SOURCE", str(archive(tmp_path / "x.tar.gz", NEWER)))
    with pytest.raises(SourceError, match=r"it calls itself 2\.18"):
        source.obtain(release, tmp_path / "work", tmp_path / "log", lambda _: None, newer=True)


def test_revision_is_part_of_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = VERSION_MAK.replace(b"PJ_VERSION_REV    :=", b"PJ_VERSION_REV    := 1")
    (tmp_path / "version.mak").write_bytes(text)
    with pytest.raises(SourceError, match=r"it calls itself 2\.17\.1"):
        obtained(monkeypatch, tmp_path, tmp_path)


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


@pytest.mark.parametrize(
    ("library", "text", "ours"),
    [
        (LIBOPUS, 'PACKAGE_VERSION="0.9.1"\n', r"libopus 1\.6\.1"),
        (LIBSRTP, "PACKAGE_VERSION='0.9.1'\n", r"libsrtp 2\.7\.0"),
    ],
    ids=["libopus", "libsrtp"],
)
def test_version_of_a_library(tmp_path: Path, library: Release, text: str, ours: str) -> None:
    (tmp_path / library.version_file).write_text(text)
    with pytest.raises(SourceError, match=rf"^this is not {ours} .* calls itself 0\.9\.1"):
        source.check(library, Source(tmp_path, library.version_of(tmp_path), False))
