"""Source of a library: the places it comes from, and the check of it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from voip.native.inputs import cache_folder
from voip.native.sources import debian
from voip.native.sources.archive import Candidate, SourceError, refusal, unpack
from voip.native.sources.release import Release
from voip.native.sources.upstream import Upstream

Say = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """Tree of a library's source; `authenticated` as its candidate was."""

    root: Path
    version: str
    authenticated: bool


def obtain(
    release: Release, work: Path, log: Path, report: Say, newer: bool = False,
    upstream: Upstream | None = None,
) -> Source:  # fmt: skip
    """Obtain the source to build, unpacked below `work` and checked.

    Only the release's variable (a folder or an archive) is used if it is set. Otherwise
    kept archives, each suite of Debian's archive and the release's own address are
    tried in this order. `report` gets a line for each, and a download is kept. `newer`
    looks for a version newer than the manifest's, which only Debian's archive can vouch
    for.

    Raises:
        SourceError: no place has it, or the given one has something else.
    """
    given = os.environ.get(release.variable)
    if given:
        source = _given(release, Path(given).expanduser(), work, newer)
        notice = check(release, source, newer)
        report(f"{release.variable} ({given}): {notice or f'{release.name} {source.version}'}")
        return source
    passed_over = []
    places = _candidates(release, work, log, newer, upstream or Upstream(release.address))
    for candidate in places:
        try:
            archive = candidate.fetch()
            source = _unpacked(release, archive, work, newer, candidate.authenticated)
            if _is_newer(release, source.version) and source.authenticated:
                passed_over.append(source.version)
            notice = check(release, source, newer)
        except SourceError as error:
            # The further lines advise on a source that the user named.
            report(f"{candidate.name}: {str(error).splitlines()[0].rstrip(':')}")
            continue
        words = notice or f"{release.name} {source.version}, as it was released"
        report(f"{candidate.name}: {words}")
        if not newer:
            _keep(release, archive)
        return source
    if newer:
        raise SourceError(
            f"Debian's archive has no {release.name} that is newer than {release.version}."
        )
    advice = f"Give one with {release.variable}=<folder or archive>."
    if passed_over and release.newer_too:
        advice += (
            f"\nDebian has {release.name} {passed_over[0]}: 'python3 -m voip.native.build --newer' "
            f"builds it, but our patches were made for {release.version} and may not fit."
        )
    raise SourceError(
        f"no place that was tried has {release.name} {release.version}; each is named above, and "
        f"{log} has all that apt-get said. {advice}"
    )


def differences(release: Release, root: Path) -> list[str]:
    """Files of the manifest that are missing or different in `root`."""
    wrong = []
    for path, digest in release.sums().items():
        file = root / path
        if not file.is_file():
            wrong.append(f"missing: {path}")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            wrong.append(f"different: {path}")
    return wrong


def check(release: Release, source: Source, newer: bool = False) -> str | None:
    """Compare with the manifest; return a notice to show, if there is one.

    Raises:
        SourceError: the source differs, or `newer` asks for one that is newer
            and this is not, or nobody vouches for it.
    """
    if newer and source.authenticated and _is_newer(release, source.version):
        return (
            f"{release.name} {source.version}, which is newer than the {release.version} that our "
            "patches were made for: they may not fit"
        )
    wrong = differences(release, source.root)
    if not wrong and not newer:
        return None
    if not wrong:
        raise SourceError(
            f"this is {release.name} {release.version}, and a newer one was asked for"
        )
    other = source.version not in ("", release.version)
    called = f" (it calls itself {source.version})" if other else ""
    listed = "\n".join(f"  {line}" for line in wrong[:5])
    more = f"\n  and {len(wrong) - 5} more" if len(wrong) > 5 else ""
    raise SourceError(
        f"this is not {release.name} {release.version} as it was released{called}: {len(wrong)} "
        f"files do not match {release.manifest.name}:\n{listed}{more}\n"
        f"Give another source with {release.variable}=<folder or archive>."
    )


def _candidates(
    release: Release, work: Path, log: Path, newer: bool, upstream: Upstream
) -> Iterator[Candidate]:
    if not newer:
        yield from _kept(release)
    yield from debian.candidates(release, work / "debian", log)
    if not newer:
        yield upstream.candidate(work)


def _kept(release: Release) -> Iterator[Candidate]:
    folder = _folder()
    archives = sorted(folder.glob(release.kept))
    if not archives:
        yield refusal(f"kept archives ({folder})", "none yet")
    for archive in archives:
        yield Candidate(f"kept archive ({archive})", partial(Path, archive))


def _keep(release: Release, archive: Path) -> None:
    folder = _folder()
    if archive.parent == folder:
        return
    folder.mkdir(parents=True, exist_ok=True)
    archive.replace(folder / f"{release.stem}-{release.version}.tar{archive.suffix}")


def _folder() -> Path:
    return cache_folder() / "source"


def _given(release: Release, place: Path, work: Path, newer: bool) -> Source:
    if place.is_dir():
        return Source(place, _version(release, place), authenticated=False)
    if not place.is_file():
        raise SourceError(f"{release.variable}: {place} is neither a folder nor an archive")
    return _unpacked(release, place, work, newer, authenticated=False)


def _unpacked(
    release: Release, archive: Path, work: Path, newer: bool, authenticated: bool
) -> Source:
    # A newer version has files that the manifest lacks.
    root = unpack(archive, work / release.stem, None if newer else release.sums())
    return Source(root, _version(release, root), authenticated)


def _version(release: Release, root: Path) -> str:
    try:
        return release.version_of(root)
    except OSError as error:
        raise SourceError(f"{root} is not {release.name}'s source: {error}") from error


def _is_newer(release: Release, version: str) -> bool:
    return _as_numbers(version) > _as_numbers(release.version)


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
