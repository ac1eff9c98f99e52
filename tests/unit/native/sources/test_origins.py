"""Places of PJSIP's source, asked in order, each with its reason."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.archives import (
    CHANGED,
    FILES,
    NEWER,
    FakeAptGet,
    Site,
    archive,
    https_site,
    small,
)
from tests.support.pki import Authority
from voip.native.sources import debian, source
from voip.native.sources.archive import SourceError
from voip.native.sources.release import LIBOPUS, LIBSRTP, PJSIP
from voip.native.sources.source import Source
from voip.native.sources.upstream import Upstream

MIRROR = "http://deb.test/debian/"
NAME = "asterisk_22.orig-Xpjproject.tar.xz"
EXPIRED = "Release file for http://deb.test/debian/dists/sid/InRelease is expired"
SUITES = ("sid", "testing", "stable", "stable-backports", "oldstable", "experimental")


class Search:
    """A machine of its own that looks for the source.

    `said` has a line for each place.
    """

    def __init__(self, folder: Path, apt: FakeAptGet, site: Site, trust: ssl.SSLContext) -> None:
        self.kept = folder / "cache" / "offhook" / "native" / "source"
        self.work = folder / "work"
        self.log = folder / "log"
        self.work.mkdir()
        self.apt = apt
        self.site = site
        self.upstream = Upstream(site.address, trust)
        self.release = small(folder)
        self.said: list[str] = []

    def run(self, newer: bool = False) -> Source:
        self.said.clear()
        return source.obtain(
            self.release, self.work, self.log, self.said.append, newer, self.upstream
        )

    def fails(self, newer: bool = False) -> str:
        with pytest.raises(SourceError) as caught:
            self.run(newer)
        return str(caught.value)

    def keep(self, name: str, members: dict[str, bytes]) -> Path:
        self.kept.mkdir(parents=True, exist_ok=True)
        return archive(self.kept / name, members)

    def line_of(self, place: str) -> str:
        """The one line about a place."""
        [line] = [line for line in self.said if line.startswith(place)]
        return line.removeprefix(place)


@pytest.fixture
def search(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Search]:
    """Debian with a working apt and empty suites; upstream has the release."""
    monkeypatch.delenv("PJPROJECT_SOURCE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    keyring = tmp_path / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(debian, "KEYRING", keyring)
    apt = FakeAptGet(tmp_path / "bin")
    apt.uses(f"{MIRROR}|bookworm|oldstable")
    monkeypatch.setenv("PATH", str(apt.folder))
    release = archive(tmp_path / "release.tar.gz", FILES).read_bytes()
    trust = ssl.create_default_context(cafile=str(authority.file))
    with https_site(authority.issue("site", dns=["localhost"]), release) as site:
        yield Search(tmp_path, apt, site, trust)


def _sid(mirror: str = MIRROR) -> str:
    return f"Debian sid ({mirror}): "


# The order


def test_kept_archive_comes_first(search: Search) -> None:
    kept = search.keep("pjproject-2.17.tar.gz", FILES)
    assert source.check(search.release, search.run()) is None
    assert search.said == [f"kept archive ({kept}): PJSIP 2.17, as it was released"]
    assert search.apt.asked == []
    assert search.site.asked == 0


def test_debian_comes_next_and_its_archive_is_kept(search: Search) -> None:
    search.apt.has("sid", NAME, FILES)
    assert source.check(search.release, search.run()) is None
    assert search.said == [
        f"kept archives ({search.kept}): none yet",
        f"{_sid()}PJSIP 2.17, as it was released",
    ]
    assert search.site.asked == 0
    search.run()
    assert search.said == [
        f"kept archive ({search.kept / 'pjproject-2.17.tar.xz'}): PJSIP 2.17, as it was released"
    ]


def test_upstream_comes_last_and_its_archive_is_kept(search: Search) -> None:
    assert source.check(search.release, search.run()) is None
    names = [line.split(" (")[0].split(":")[0] for line in search.said]
    assert names == ["kept archives", *(f"Debian {suite}" for suite in SUITES), "upstream"]
    assert search.line_of("upstream") == (
        f" ({search.site.address}): PJSIP 2.17, as it was released"
    )
    search.run()
    assert search.site.asked == 1
    assert search.line_of("kept archive (") == (
        f"{search.kept / 'pjproject-2.17.tar.gz'}): PJSIP 2.17, as it was released"
    )


def test_upstream_is_the_release_of_the_manifest_s_version() -> None:
    assert PJSIP.address == "https://github.com/pjsip/pjproject/archive/refs/tags/2.17.tar.gz"
    assert LIBOPUS.address == "https://downloads.xiph.org/releases/opus/opus-1.6.1.tar.gz"
    assert LIBSRTP.address == "https://github.com/cisco/libsrtp/archive/refs/tags/v2.7.0.tar.gz"


def test_no_place_has_it(search: Search) -> None:
    search.site.status = 404
    assert search.fails() == (
        "no place that was tried has PJSIP 2.17; each is named above, and "
        f"{search.log} has all that apt-get said. Give one with "
        "PJPROJECT_SOURCE=<folder or archive>."
    )
    assert len(search.said) == 2 + len(SUITES)
    assert not list(search.kept.glob("*"))


# Kept archives


def test_archive_that_an_earlier_offhook_kept_is_found(search: Search) -> None:
    search.keep("asterisk_22.10.1+dfsg.orig-Xpjproject.tar.xz", FILES)
    search.run()
    assert search.apt.asked == []


@pytest.mark.parametrize("members", [CHANGED, NEWER])
def test_kept_archive_of_other_files_is_passed_over(
    search: Search, members: dict[str, bytes]
) -> None:
    search.keep("pjproject-2.17.tar.gz", members)
    search.apt.has("sid", NAME, FILES)
    assert source.check(search.release, search.run()) is None
    assert "this is not PJSIP 2.17 as it was released" in search.line_of("kept archive")
    assert search.line_of(_sid()) == "PJSIP 2.17, as it was released"


def test_kept_archive_that_is_damaged_is_passed_over_and_replaced(search: Search) -> None:
    kept = search.keep("pjproject-2.17.tar.xz", FILES)
    kept.write_bytes(kept.read_bytes()[:-20])
    search.apt.has("sid", NAME, FILES)
    search.run()
    assert "cannot be unpacked" in search.line_of("kept archive")
    search.run()
    assert search.line_of("kept archive").endswith("PJSIP 2.17, as it was released")


# Debian


def test_suite_with_another_version_does_not_end_the_search(search: Search) -> None:
    search.apt.has("sid", NAME, NEWER)
    search.apt.has("testing", "asterisk_21.orig-Xpjproject.tar.xz", FILES)
    assert source.check(search.release, search.run()) is None
    assert search.line_of(_sid()) == (
        "this is not PJSIP 2.17 as it was released (it calls itself 2.18): 1 files do not match "
        "pjproject-2.17.sha256"
    )


def test_expired_release_file_does_not_end_the_search(search: Search) -> None:
    search.apt.has("sid", NAME, FILES)
    search.apt.fails("sid", "update", EXPIRED)
    search.apt.has("stable", NAME, FILES)
    assert source.check(search.release, search.run()) is None
    assert search.line_of(_sid()) == f"apt-get failed: {EXPIRED}"
    assert "sid --download-only" not in search.apt.asked
    assert search.line_of(f"Debian stable ({MIRROR}): ") == "PJSIP 2.17, as it was released"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("update", "Failed to fetch http://deb.test/  Could not resolve 'deb.test'"),
        ("update", "Could not get lock"),
        ("--print-uris", "Unable to find a source package for asterisk"),
        ("--download-only", "Failed to fetch some archives."),
    ],
)
def test_each_failure_of_apt_is_said_in_one_line(search: Search, step: str, words: str) -> None:
    for suite in SUITES:
        search.apt.has(suite, NAME, FILES)
        search.apt.fails(suite, step, words)
    assert source.check(search.release, search.run()) is None
    for suite in SUITES:
        assert search.line_of(f"Debian {suite} ({MIRROR}): ") == f"apt-get failed: {words}"
    assert search.line_of("upstream").endswith("PJSIP 2.17, as it was released")
    assert "Some index files failed to download" in search.log.read_text()


def test_what_a_mirror_says_cannot_act_on_the_terminal(search: Search) -> None:
    search.apt.fails("sid", "update", "404 \x1b[2J\x07" + "x" * 500)
    search.run()
    line = search.line_of(_sid())
    assert line.isprintable()
    assert len(line) < 200


def test_package_without_pjsip_is_said(search: Search) -> None:
    search.apt.plan["suites"]["sid"] = {}
    search.apt.save()
    search.run()
    assert search.line_of(_sid()) == "its source package asterisk has no copy of PJSIP"


def test_suites_in_use_are_asked_too_and_none_twice(search: Search) -> None:
    search.apt.uses(
        f"{MIRROR}|bookworm|oldstable",
        f"{MIRROR}|bookworm-updates|oldstable-updates",
        f"{MIRROR}|bookworm-updates|oldstable-updates",
        f"{MIRROR}|trixie|stable",
    )
    search.run()
    updates = [line.split()[0] for line in search.apt.asked if line.endswith("update")]
    assert updates == ["sid", "testing", "bookworm-updates", *SUITES[2:]]


def test_second_mirror_is_asked_after_the_first(search: Search) -> None:
    other = "http://mirror.test/debian/"
    search.apt.uses(f"{other}|bookworm|oldstable", f"{MIRROR}|bookworm|oldstable")
    search.run()
    places = [line for line in search.said if line.startswith("Debian")]
    assert [other in place for place in places] == [True] * len(SUITES) + [False] * len(SUITES)


def test_changed_file_in_debian_s_archive_is_refused(search: Search) -> None:
    search.apt.has("sid", NAME, CHANGED)
    search.run()
    assert search.line_of(_sid()).startswith("this is not PJSIP 2.17 as it was released: 1 files")


# Without Debian


def test_system_whose_archive_is_not_debian_s_uses_upstream(search: Search) -> None:
    # apt lists nothing with this label, as on Ubuntu.
    search.apt.uses()
    assert source.check(search.release, search.run()) is None
    assert search.line_of("Debian's archive: ").startswith("this system's apt does not use it")
    assert search.apt.asked == []


def test_system_without_debian_s_keyring_uses_upstream(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "KEYRING", tmp_path / "nothing.gpg")
    search.apt.has("sid", NAME, FILES)
    assert source.check(search.release, search.run()) is None
    assert search.line_of("Debian's archive: ") == (
        f"there is no {tmp_path / 'nothing.gpg'} to check it with"
    )
    assert search.apt.asked == []


def test_system_whose_apt_fails_uses_upstream(search: Search) -> None:
    search.apt.plan["status"] = 100
    search.apt.uses()
    search.run()
    assert search.line_of("Debian's archive: ").startswith("this system's apt does not use it")


def test_system_without_apt_uses_upstream(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert source.check(search.release, search.run()) is None
    assert search.line_of("Debian's archive: ") == "there is no apt-get here"


# Upstream


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no archive", "cannot be unpacked"),
        (b"", "cannot be unpacked"),
    ],
)
def test_upstream_s_damaged_archive_is_not_kept(search: Search, content: bytes, words: str) -> None:
    search.site.content = content
    search.fails()
    assert words in search.line_of("upstream")
    assert not list(search.kept.glob("*"))


def test_upstream_s_archive_with_a_changed_file_is_not_kept(search: Search, tmp_path: Path) -> None:
    search.site.content = archive(tmp_path / "changed.tar.gz", CHANGED).read_bytes()
    search.fails()
    assert "1 files do not match pjproject-2.17.sha256" in search.line_of("upstream")
    assert not list(search.kept.glob("*"))


def test_upstream_s_archive_with_more_files_is_the_release(search: Search, tmp_path: Path) -> None:
    more = {**FILES, "third_party/extra.c": b"int c;\n"}
    search.site.content = archive(tmp_path / "more.tar.gz", more).read_bytes()
    root = search.run().root
    assert not (root / "third_party").exists()


def test_part_of_upstream_s_archive_is_not_kept(search: Search) -> None:
    whole = len(search.site.content)
    search.site.headers["Content-Length"] = str(whole + 1000)
    search.fails()
    assert search.line_of("upstream").endswith(
        f"it could not be downloaded: the connection ended after {whole} of {whole + 1000} bytes"
    )
    assert not list(search.work.rglob("upstream*"))
    assert not list(search.kept.glob("*"))


@pytest.mark.parametrize("status", [404, 500])
def test_upstream_s_refusal_is_said(search: Search, status: int) -> None:
    search.site.status = status
    search.fails()
    assert f"it could not be downloaded: HTTP Error {status}" in search.line_of("upstream")


def test_upstream_that_is_not_verified_is_not_asked(search: Search) -> None:
    search.upstream = Upstream(search.site.address)
    search.fails()
    assert "CERTIFICATE_VERIFY_FAILED" in search.line_of("upstream")
    assert search.site.asked == 0


def test_upstream_that_points_to_an_open_address_is_not_followed(search: Search) -> None:
    search.site.status = 302
    search.site.headers["Location"] = search.site.address.replace("https", "http")
    search.fails()
    assert "an address without encryption" in search.line_of("upstream")
    assert search.site.asked == 1


def test_upstream_that_points_elsewhere_is_followed(search: Search, authority: Authority) -> None:
    release = search.site.content
    with https_site(authority.issue("other", dns=["localhost"]), release) as other:
        search.site.status = 302
        search.site.headers["Location"] = other.address
        assert source.check(search.release, search.run()) is None
        assert other.asked == 1


def test_upstream_that_cannot_be_reached_is_said(search: Search) -> None:
    search.upstream = Upstream("https://localhost:1/2.17.tar.gz")
    search.fails()
    assert "it could not be downloaded: " in search.line_of("upstream")


# A newer version


def test_newer_version_is_built_only_when_asked_for(search: Search) -> None:
    search.apt.has("sid", NAME, NEWER)
    search.site.status = 404
    assert search.fails().endswith(
        "\nDebian has PJSIP 2.18: 'python3 -m voip.native.build --newer' builds it, but our "
        "patches were made for 2.17 and may not fit."
    )
    result = search.run(newer=True)
    assert (result.version, result.authenticated) == ("2.18", True)
    # Files that the manifest does not name are there too.
    assert (result.root / "pjsip/c.c").exists()
    assert search.said == [
        f"{_sid()}PJSIP 2.18, which is newer than the 2.17 that our patches were made for: they "
        "may not fit"
    ]
    # Kept archives are for builds of the manifest's version.
    assert not list(search.kept.glob("*"))


def test_newer_version_comes_from_debian_alone(search: Search) -> None:
    search.keep("pjproject-2.18.tar.gz", NEWER)
    search.apt.has("sid", NAME, FILES)
    assert search.fails(newer=True) == "Debian's archive has no PJSIP that is newer than 2.17."
    assert search.line_of(_sid()) == "this is PJSIP 2.17, and a newer one was asked for"
    assert search.site.asked == 0
