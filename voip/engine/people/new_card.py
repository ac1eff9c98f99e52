"""Writes a new contact: a vCard file of its own (RFC 2426)."""

from __future__ import annotations

import uuid
from pathlib import Path

from voip.engine.files import whole_file
from voip.protocol.people import ContactNumber

_LONGEST_LINE = 75
"""Bytes of a line (RFC 2425 section 5.8.1); a longer one goes on in the next."""

_ESCAPED = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n"})


def write(folder: Path, name: str, number: ContactNumber) -> Path:
    """Write the card of a person; return its file, which nothing else has written.

    Raises:
        OSError: it cannot be written.
    """
    uid = str(uuid.uuid4())
    path = folder / f"{uid}.vcf"
    whole_file.create(path, _card(uid, name, number))
    return path


def _card(uid: str, name: str, number: ContactNumber) -> bytes:
    text = name.translate(_ESCAPED)
    kind = "IMPP" if "@" in number.target else "TEL"
    value = f"{number.target}{number.tones}".translate(_ESCAPED)
    lines = (
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:{uid}",
        f"FN:{text}",
        # Which of a person's names is the family's is unknown.
        f"N:{text};;;;",
        f"{kind}:{value}",
        "END:VCARD",
    )
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _folded(line: str) -> bytes:
    """Fold a line between letters, where every program joins it again."""
    pieces, room = [b""], _LONGEST_LINE
    for letter in line:
        encoded = letter.encode()
        if len(pieces[-1]) + len(encoded) > room:
            pieces.append(b"")
            room = _LONGEST_LINE - 1  # the space in front
        pieces[-1] += encoded
    return b"\r\n ".join(pieces)
