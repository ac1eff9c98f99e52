"""Source of a library from Debian's archive, in a source package that has it.

Each suite is asked by itself: an expired, unreachable or different one must
not block the next.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from voip.native.sources.archive import Candidate, SourceError, refusal
from voip.native.sources.release import Release

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

_NEWEST = ("sid", "testing")
_OTHERS = ("stable", "stable-backports", "oldstable", "experimental")
_NAME = "Debian's archive"
_LONGEST_REASON = 160

# User settings may be laxer, and a newer version is built on apt's word.
_STRICT = (
    "APT::Get::AllowUnauthenticated=false",
    "Acquire::AllowInsecureRepositories=false",
    "Acquire::AllowDowngradeToInsecureRepositories=false",
    "Acquire::AllowWeakRepositories=false",
)

# Without the first, apt-get succeeds after a mirror that was not reached.
_IMPATIENT = (
    "APT::Update::Error-Mode=any",
    "Acquire::Retries=0",
    "Acquire::http::Timeout=20",
    "Acquire::https::Timeout=20",
)


def candidates(release: Release, folder: Path, log: Path) -> Iterator[Candidate]:
    """One candidate for each suite of the Debian archive that apt uses.

    Everything apt writes stays in `folder`; its output is in `log`.
    """
    if shutil.which("apt-get") is None:
        yield refusal(_NAME, "there is no apt-get here")
        return
    suites = _suites()
    if not suites:
        yield refusal(_NAME, "this system's apt does not use it, or 'apt-get update' has never run")
    elif not KEYRING.is_file():
        yield refusal(_NAME, f"there is no {KEYRING} to check it with")
    else:
        for number, (mirror, suite) in enumerate(suites):
            fetch = partial(_fetch, release, folder, f"{number}", log, mirror, suite)
            yield Candidate(f"Debian {suite} ({mirror})", fetch, authenticated=True)


def _suites() -> list[tuple[str, str]]:
    """Suites to ask, each with its mirror: the usual ones and those in use."""
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)|$(RELEASE)|$(SUITE)",
         "Created-By: Packages", "Label: Debian"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    in_use: dict[str, list[str]] = {}
    for line in listing.stdout.splitlines():
        fields = line.split("|")
        if len(fields) != 3:
            continue
        mirror, release, suite = fields
        suites = in_use.setdefault(mirror, [])
        # A suite has its name of the moment (stable) and that of its release.
        if not {release, suite} & {*_NEWEST, *_OTHERS, *suites}:
            suites.append(release)
    return [
        (mirror, suite)
        for mirror, suites in in_use.items()
        for suite in (*_NEWEST, *suites, *_OTHERS)
    ]


def _fetch(release: Release, folder: Path, name: str, log: Path, mirror: str, suite: str) -> Path:
    own = folder / name
    apt = _private_apt(own, mirror, suite)
    _run([*apt, "update"], own, log)
    listed = _run([*apt, "source", "--print-uris", release.package], own, log)
    match = re.search(rf"^'[^']+' ({release.archive}) ", listed, re.MULTILINE)
    if match is None:
        raise SourceError(f"its source package {release.package} has no copy of {release.name}")
    # A file that two suites have is downloaded once.
    downloads = folder / "downloads"
    downloads.mkdir(exist_ok=True)
    # A mirror may lack the other files, which nobody reads: apt has the sum of this one.
    _run([*apt, "source", "--download-only", "--tar-only", release.package], downloads, log)
    return downloads / match[1]


def _private_apt(folder: Path, mirror: str, suite: str) -> list[str]:
    # Leave the user's own sources, lists and cache alone.
    for name in ("sources", "lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "sources" / "offhook.sources").write_text(
        f"Types: deb-src\nURIs: {mirror}\nSuites: {suite}\nComponents: main\nSigned-By: {KEYRING}\n"
    )
    settings = (
        "Dir::Etc::sourcelist=/dev/null",
        f"Dir::Etc::sourceparts={folder / 'sources'}",
        f"Dir::State::lists={folder / 'lists'}",
        f"Dir::Cache={folder}",
        f"Dir::Cache::archives={folder / 'archives'}",
        "APT::Sandbox::User=root",
        *_STRICT,
        *_IMPATIENT,
    )
    return ["apt-get", *(word for setting in settings for word in ("-o", setting))]


def _run(words: Sequence[str], place: Path, log: Path) -> str:
    """Run apt-get and return its standard output, which `log` gets too."""
    done = subprocess.run(
        words, cwd=place, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    with log.open("ab") as out:
        out.write(done.stdout + done.stderr)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").splitlines()
        errors = [line for line in said if line.startswith("E: ")] or said or ["no reason given"]
        raise SourceError(f"apt-get failed: {_harmless(errors[0])}")
    return done.stdout.decode(errors="replace")


def _harmless(text: str) -> str:
    # A mirror's words may hold escape sequences that drive a terminal.
    line = "".join(char if char.isprintable() else " " for char in text.removeprefix("E: "))
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"
