"""Entry of this phone among the programs of a desktop, by which it opens links.

See freedesktop.org: Desktop Entry Specification, and Association between MIME types and
applications. The entry names the programs that had the links before, for `remove`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from voip.client.errors import CommandFailed
from voip.protocol.client import ErrorInfo
from voip.sip.links import SCHEMES

_ENTRY = "offhook.desktop"
_MARK = "# Written by “offhook links install”; “offhook links remove” deletes it.\n"
_FORMER = "X-Offhook-Before-"
_PROGRAM = re.compile(r"[A-Za-z0-9_.-]{1,200}\.desktop")
_TIMEOUT_S = 60.0


def install(program: Path) -> tuple[Path, str | None]:
    """Write the entry, and make it the default for links.

    Returns its file, and why it is not the default if it could not be made so.

    Raises:
        CommandFailed: somebody else's file is there, or none can be written.
    """
    file = _file()
    if os.path.lexists(file) and not _is_ours(file):
        raise _failed(f"{file} was not written by Offhook: move it away first")
    now = {scheme: _default(scheme) for scheme in SCHEMES}
    others = {scheme: name for scheme, name in now.items() if name not in (None, _ENTRY)}
    text = _entry(program, _former(file) | others)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _failed(f"{file} cannot be written: {error.strerror}") from error
    return file, _make_default(_ENTRY, SCHEMES)


def remove() -> None:
    """Remove the entry; links open in the programs that had them before.

    Raises:
        CommandFailed: this phone has no entry, or it cannot be removed.
    """
    file = _file()
    if not _is_ours(file):
        raise _failed(f"{file} is not there or not Offhook's: there is nothing to remove")
    for scheme, program in _former(file).items():
        if _default(scheme) == _ENTRY:
            _make_default(program, (scheme,))
    try:
        file.unlink()
        _forget_default(platformdirs.user_config_path() / "mimeapps.list")
    except OSError as error:
        raise _failed(f"{error.filename} cannot be changed: {error.strerror}") from error


def _file() -> Path:
    return platformdirs.user_data_path() / "applications" / _ENTRY


def _is_ours(file: Path) -> bool:
    try:
        return file.read_text(encoding="utf-8").startswith(_MARK)
    except (OSError, UnicodeDecodeError):
        return False


def _former(file: Path) -> dict[str, str]:
    """Return the programs that had the links before, as the entry names them."""
    if not _is_ours(file):
        return {}
    found = re.findall(rf"^{_FORMER}(\w+)=(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {scheme: name for scheme, name in found if _PROGRAM.fullmatch(name)}


def _entry(program: Path, former: Mapping[str, str]) -> str:
    kinds = "".join(f"{_kind(scheme)};" for scheme in SCHEMES)
    lines = [
        "[Desktop Entry]",
        "Type=Application",
        "Name=Offhook",
        "Comment=Show whom a link calls, and call with Enter",
        "Icon=call-start",
        f"TryExec={_escaped(str(program))}",
        f"Exec={_escaped(_quoted(program))} open %u",
        "Terminal=true",
        "NoDisplay=true",
        "Categories=Network;Telephony;ConsoleOnly;",
        f"MimeType={kinds}",
        *(f"{_FORMER}{scheme}={name}" for scheme, name in former.items()),
    ]
    return _MARK + "".join(f"{line}\n" for line in lines)


def _quoted(program: Path) -> str:
    """Return the program as a word of Exec, quoted only if need be.

    The simplest of the programs that read it, xdg-open, knows no quotes.
    """
    path = str(program)
    # The specification forbids “=”, and GLib finds no program with a “%”.
    if not path.isprintable() or re.search("[=%]", path):
        raise _failed(f"no desktop can start {path!r}: install Offhook in another folder")
    if re.fullmatch(r"[\w./+:@,-]+", path):
        return path
    return '"' + re.sub(r'(["`$\\])', r"\\\1", path) + '"'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\")


def _kind(scheme: str) -> str:
    return f"x-scheme-handler/{scheme}"


def _default(scheme: str) -> str | None:
    """Return the entry that opens links of a scheme; None for none or an odd one."""
    if shutil.which("xdg-mime") is None:
        return None
    _, out = _xdg_mime("query", "default", _kind(scheme))
    return out if _PROGRAM.fullmatch(out) else None


def _make_default(entry: str, schemes: tuple[str, ...]) -> str | None:
    """Let an entry open links; return why it could not be done."""
    if shutil.which("xdg-mime") is None:
        return "there is no xdg-mime on this machine"
    status, _ = _xdg_mime("default", entry, *map(_kind, schemes))
    return f"xdg-mime failed with status {status}" if status else None


def _xdg_mime(*words: str) -> tuple[int, str]:
    try:
        done = subprocess.run(
            ["xdg-mime", *words], stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=_TIMEOUT_S,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(f"xdg-mime cannot be used: {error}") from error
    return done.returncode, done.stdout.decode(errors="replace").strip()


def _forget_default(file: Path) -> None:
    """Take lines that name the entry alone out of a list of defaults."""
    if not file.exists():
        return
    text = file.read_bytes()
    ours = "|".join(map(_kind, SCHEMES)).encode()
    rest = re.sub(rb"(?m)^(?:" + ours + rb")=" + _ENTRY.encode() + rb";?\n", b"", text)
    if rest != text:
        file.write_bytes(rest)


def _failed(words: str) -> CommandFailed:
    return CommandFailed(ErrorInfo(kind="links", message=words))
