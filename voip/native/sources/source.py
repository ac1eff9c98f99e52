"""Source of PJSIP: the places it comes from, and the check of it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from voip.native.inputs import MANIFEST, PJSIP_VERSION, cache_folder
from voip.native.sources import debian
from voip.native.sources.archive import Candidate, SourceError, refusal, unpack
from voip.native.sources.upstream import Upstream

Say = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """Tree of PJSIP's source; `authenticated` as its candidate was."""

    root: Path
    version: str
    authenticated: bool


def obtain(
    work: Path, log: Path, report: Say, newer: bool = False, upstream: Upstream | None = None
) -> Source:
    """Obtain the source to build, unpacked below `work` and checked.

    Only `PJPROJECT_SOURCE` (a folder or an archive) is used if it is set. Otherwise
    kept archives, each suite of Debian's archive and PJSIP's own are tried in this
    order. `report` gets a line for each, and a download is kept. `newer` looks for a
    version newer than the manifest's, which only Debian's archive can vouch for.

    Raises:
        SourceError: no place has it, or the given one has something else.
    """
    given = os.environ.get("PJPROJECT_SOURCE")
    if given:
        source = _given(Path(given).expanduser(), work, newer)
        notice = check(source, newer)
        report(f"PJPROJECT_SOURCE ({given}): {notice or f'PJSIP {source.version}'}")
        return source
    passed_over = []
    for candidate in _candidates(work, log, newer, upstream or Upstream()):
        try:
            archive = candidate.fetch()
            source = _unpacked(archive, work, newer, candidate.authenticated)
            if _is_newer(source.version) and source.authenticated:
                passed_over.append(source.version)
            notice = check(source, newer)
        except SourceError as error:
            # The further lines advise on a source that the user named.
            report(f"{candidate.name}: {str(error).splitlines()[0].rstrip(':')}")
            continue
        report(f"{candidate.name}: {notice or f'PJSIP {source.version}, as it was released'}")
        if not newer:
            _keep(archive)
        return source
    if newer:
        raise SourceError(f"Debian's archive has no PJSIP that is newer than {PJSIP_VERSION}.")
    advice = "Give one with PJPROJECT_SOURCE=<folder or archive>."
    if passed_over:
        advice += (
            f"\nDebian has PJSIP {passed_over[0]}: 'python3 -m voip.native.build --newer' builds "
            f"it, but our patches were made for {PJSIP_VERSION} and may not fit."
        )
    raise SourceError(
        f"no place that was tried has PJSIP {PJSIP_VERSION}; each is named above, and {log} has "
        f"all that apt-get said. {advice}"
    )


def manifest() -> dict[str, str]:
    """SHA-256 sum of every file that is compiled, by its path."""
    pairs = (line.split("  ", 1) for line in MANIFEST.read_text().splitlines() if line)
    return {path: digest for digest, path in pairs}


def differences(root: Path) -> list[str]:
    """Files of the manifest that are missing or different in `root`."""
    wrong = []
    for path, digest in manifest().items():
        file = root / path
        if not file.is_file():
            wrong.append(f"missing: {path}")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            wrong.append(f"different: {path}")
    return wrong


def check(source: Source, newer: bool = False) -> str | None:
    """Compare with the manifest; return a notice to show, if there is one.

    Raises:
        SourceError: the source differs, or `newer` asks for one that is newer
            and this is not, or nobody vouches for it.
    """
    if newer and source.authenticated and _is_newer(source.version):
        return (
            f"PJSIP {source.version}, which is newer than the {PJSIP_VERSION} that our patches "
            "were made for: they may not fit"
        )
    wrong = differences(source.root)
    if not wrong and not newer:
        return None
    if not wrong:
        raise SourceError(f"this is PJSIP {PJSIP_VERSION}, and a newer one was asked for")
    other = source.version not in ("", PJSIP_VERSION)
    called = f" (it calls itself {source.version})" if other else ""
    listed = "\n".join(f"  {line}" for line in wrong[:5])
    more = f"\n  and {len(wrong) - 5} more" if len(wrong) > 5 else ""
    raise SourceError(
        f"this is not PJSIP {PJSIP_VERSION} as it was released{called}: {len(wrong)} files do not "
        f"match {MANIFEST.name}:\n{listed}{more}\n"
        "Give another source with PJPROJECT_SOURCE=<folder or archive>."
    )


def _candidates(work: Path, log: Path, newer: bool, upstream: Upstream) -> Iterator[Candidate]:
    if not newer:
        yield from _kept()
    yield from debian.candidates(work / "debian", log)
    if not newer:
        yield upstream.candidate(work)


def _kept() -> Iterator[Candidate]:
    folder = _folder()
    archives = sorted(folder.glob("*pjproject*.tar.*"))
    if not archives:
        yield refusal(f"kept archives ({folder})", "none yet")
    for archive in archives:
        yield Candidate(f"kept archive ({archive})", partial(Path, archive))


def _keep(archive: Path) -> None:
    folder = _folder()
    if archive.parent == folder:
        return
    folder.mkdir(parents=True, exist_ok=True)
    archive.replace(folder / f"pjproject-{PJSIP_VERSION}.tar{archive.suffix}")


def _folder() -> Path:
    return cache_folder() / "source"


def _given(place: Path, work: Path, newer: bool) -> Source:
    if place.is_dir():
        return Source(place, _version(place), authenticated=False)
    if not place.is_file():
        raise SourceError(f"PJPROJECT_SOURCE: {place} is neither a folder nor an archive")
    return _unpacked(place, work, newer, authenticated=False)


def _unpacked(archive: Path, work: Path, newer: bool, authenticated: bool) -> Source:
    # A newer version has files that the manifest lacks.
    root = unpack(archive, work / "source", None if newer else manifest())
    return Source(root, _version(root), authenticated)


def _version(root: Path) -> str:
    try:
        text = (root / "version.mak").read_text(errors="replace")
    except OSError as error:
        raise SourceError(f"{root} is not PJSIP's source: {error}") from error
    parts = re.findall(r"export PJ_VERSION_(?:MAJOR|MINOR|REV)\s*:=\s*(\d+)", text)
    return ".".join(parts)


def _is_newer(version: str) -> bool:
    return _as_numbers(version) > _as_numbers(PJSIP_VERSION)


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
