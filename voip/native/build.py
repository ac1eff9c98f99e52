"""Builds our pjsua2 into a wheel, or finds the one built before.

python3 -m voip.native.build             print the wheel's path
python3 -m voip.native.build --newer     a newer PJSIP than the manifest's
python3 -m voip.native.build --sanitize  one that ends at a fault of memory,
                                         for python -m tests.sanitized
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from voip.native import inputs, libraries, packages, stub, wheel
from voip.native.sources import source
from voip.native.sources.archive import SourceError
from voip.native.sources.release import PJSIP

STEPS = (
    "finding the sources of PJSIP, libopus and libsrtp, and checking them",
    "compiling libopus and libsrtp (half a minute)",
    "patching PJSIP",
    "configuring it",
    "compiling the libraries (about two minutes)",
    "wrapping for Python (about a minute)",
    "packing the wheel",
)


class BuildError(Exception):
    """A step failed; the text says which, where its log is and what to do."""


def build(sanitized: bool = False, newer: bool = False) -> Path:
    """Return the wheel for this Python and machine, building it if need be.

    Raises:
        BuildError, SourceError: with words for the person waiting.
    """
    given = os.environ.get("PJPROJECT_SOURCE", "")
    folder = inputs.cache_folder() / inputs.build_key(given, sanitized, newer)
    folder.mkdir(parents=True, exist_ok=True)
    with _only_one(folder):
        ready = sorted(folder.glob("*.whl"))
        if ready:
            return ready[-1]
        gaps = packages.missing()
        if gaps:
            raise BuildError(
                "building pjsua2 needs what is not installed: "
                + ", ".join(gaps)
                + "\nInstall it with the line for your system:\n"
                + packages.install_advice()
            )
        return _Build(folder, sanitized, newer).run()


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    # Two starts at once must not build into each other's tree.
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class _Build:
    def __init__(self, folder: Path, sanitized: bool, newer: bool) -> None:
        self.folder = folder
        self.sanitized = sanitized
        self.newer = newer
        self.log = folder / "build.log"
        self.work = folder / "work"
        self.tree = self.work / "tree"
        self.libraries = self.work / "libraries"
        self.started = time.monotonic()
        self.step = 0

    def run(self) -> Path:
        self.log.unlink(missing_ok=True)
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        self._say(f"building pjsua2; the log is {self.log}")

        self._next()
        found = source.obtain(PJSIP, self.work, self.log, self._say_more, self.newer)
        trees = {
            library: source.obtain(library.release, self.work, self.log, self._say_more).root
            for library in libraries.LIBRARIES
        }
        self._next()
        for library, tree in trees.items():
            libraries.build(library, tree, self.libraries, self._compile)
        self._next()
        self._lay_out(found)
        self._next()
        self._compile(["bash", "./aconfigure", *inputs.CONFIGURE_FLAGS], self.tree)
        self._next()
        self._command(["make", f"-j{os.cpu_count() or 2}", "lib"], self.tree)
        self._next()
        files = self._wrap(found)
        self._next()
        target = wheel.write(self.folder, f"{found.version}+offhook", files)
        shutil.rmtree(self.work, ignore_errors=True)
        self._say(f"built {target.name} in {time.monotonic() - self.started:.0f} s")
        return target

    def _lay_out(self, found: source.Source) -> None:
        # Only what the manifest names is compiled, so what else a source tree
        # holds cannot matter. A newer version has its own list of files.
        if self.newer:
            shutil.copytree(found.root, self.tree)
        else:
            for name in PJSIP.sums():
                target = self.tree / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found.root / name, target)
        shutil.copy2(inputs.CONFIG_SITE, self.tree / "pjlib/include/pj/config_site.h")
        for file in inputs.OWN_FILES:
            folder = "include" if file.name in inputs.OWN_FACES else "src"
            part = inputs.OWN_PARTS[file.parent.name]
            shutil.copy2(file, self.tree / "pjmedia" / folder / part)
        # Debian leaves this driver out for its licence; the Makefile names it.
        (self.tree / "pjmedia/src/pjmedia-audiodev/bdimad_dev.c").touch()
        for patch in inputs.PATCHES:
            self._command(["patch", "-p1", "--forward", "--fuzz=0", "-i", str(patch)], self.tree)

    def _compile(self, words: Sequence[str], place: Path) -> None:
        ours = inputs.SANITIZED_CFLAGS if self.sanitized else inputs.CFLAGS
        # Without ours first, a system's library of the same name would be taken.
        compiling = [ours, f"-I{self.libraries}/include", os.environ.get("CFLAGS", "")]
        linking = [f"-L{self.libraries}/lib", os.environ.get("LDFLAGS", "")]
        environment = {**os.environ}
        if self.sanitized:
            linking.append(inputs.SANITIZERS)
            # What configure tries out leaks, and is no finding.
            environment["ASAN_OPTIONS"] = "detect_leaks=0"
        flags = " ".join(compiling).strip()
        environment |= {"CFLAGS": flags, "CXXFLAGS": flags, "LDFLAGS": " ".join(linking).strip()}
        self._command(words, place, environment)

    def _wrap(self, found: source.Source) -> dict[str, bytes]:
        place = self.tree / "pjsip-apps/src/swig/python"
        settings = {name: self._make_words(place, name) for name in ("cflags", "ldflags", "libs")}
        interface = place.parent / inputs.INTERFACES[0].name
        for file in inputs.INTERFACES:
            shutil.copy2(file, place.parent)
        includes = [
            f"-I../../../../{part}/include"
            for part in ("pjlib", "pjlib-util", "pjmedia", "pjsip", "pjnath")
        ]
        swig = ["swig", *includes, "-I..", "-c++", "-w312,401,302,509", "-threads", "-python",
                "-features", "python:annotations=c", "-o", "pjsua2_wrap.cpp",
                str(interface)]  # fmt: skip
        self._command(swig, place)
        mark = json.dumps(
            {
                "pjsip": found.version,
                "patches": inputs.patch_names(),
                "key": self.folder.name,
            }
        )
        include = Path(sysconfig.get_path("include"))
        compile_line = ["g++", "-c", *settings["cflags"], inputs.WRAPPER_OPTIMISATION, "-w",
                        "-U_FORTIFY_SOURCE", "-fvisibility=hidden", f"-I{include}",
                        f"-DOFFHOOK_MARK={_c_string(mark)}", "pjsua2_wrap.cpp", "-o",
                        "pjsua2_wrap.o"]  # fmt: skip
        self._command(compile_line, place)
        name = wheel.extension_name()
        link = ["g++", "-shared", "pjsua2_wrap.o", "-o", name, *settings["ldflags"],
                *(f"-l{library}" for library in settings["libs"])]  # fmt: skip
        if sys.platform == "linux":
            link += ["-Wl,--exclude-libs,ALL", "-Wl,-z,relro,-z,now", "-Wl,-Bsymbolic"]
            # A finding names its lines by what -s strips.
            link.append(inputs.SANITIZERS if self.sanitized else "-s")
        else:
            link += ["-undefined", "dynamic_lookup"]
        self._command(link, place)
        module = (place / "pjsua2.py").read_text()
        return {
            "pjsua2.py": module.encode(),
            # PEP 561: a module that is one file has its types in a package.
            "pjsua2-stubs/__init__.pyi": stub.stub(module).encode(),
            name: (place / name).read_bytes(),
        }

    def _make_words(self, place: Path, target: str) -> list[str]:
        done = subprocess.run(
            ["make", "--no-print-directory", "-f", "helper.mak", target],
            cwd=place, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise BuildError(self._failure(["make", target]))
        return shlex.split(done.stdout)

    def _command(
        self, words: Sequence[str], place: Path, environment: dict[str, str] | None = None
    ) -> None:
        with self.log.open("ab") as out:
            out.write(f"\n$ {shlex.join(words)}\n".encode())
            out.flush()
            done = subprocess.run(
                words, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, check=False,
            )  # fmt: skip
        if done.returncode != 0:
            raise BuildError(self._failure(words))

    def _failure(self, words: Sequence[str]) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        # With several jobs the cause stands well before the end.
        causes = [line for line in lines if "error:" in line or "*** " in line]
        tail = "\n".join((causes or lines)[-8:])
        return (
            f"step {self.step} of {len(STEPS)} failed: {STEPS[self.step - 1]} ({words[0]})\n"
            f"the whole log: {self.log}\nwhat went wrong:\n{tail}\n"
            "If a header or a library is missing, install what your system calls it:\n"
            f"{packages.install_advice()}"
            + (f"\nOur patches were made for PJSIP {inputs.PJSIP_VERSION}." if self.newer else "")
        )

    def _next(self) -> None:
        self.step += 1
        elapsed = time.monotonic() - self.started
        self._say(f"  {self.step} of {len(STEPS)}  {elapsed:4.0f} s  {STEPS[self.step - 1]}")

    def _say_more(self, text: str) -> None:
        self._say(f"                  {text}")

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


def _c_string(text: str) -> str:
    return json.dumps(text)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m voip.native.build", description=__doc__)
    parser.add_argument("--sanitize", action="store_true", help="for python -m tests.sanitized")
    parser.add_argument(
        "--newer", action="store_true", help="a newer PJSIP, if Debian has one; patches may not fit"
    )
    options = parser.parse_args()
    try:
        print(build(options.sanitize, options.newer))
    except (BuildError, SourceError) as error:
        print(f"offhook: pjsua2 could not be built: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("offhook: interrupted; the next start takes up where it can", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
