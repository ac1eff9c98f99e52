"""The lock of an ended call as text, from its row in the log."""

from __future__ import annotations

from datetime import datetime

from tui.terminal.glyphs import Glyphs
from tui.terminal.text import Part, Role
from tui.terminal.wrapping import Paragraph, paragraph
from tui.words import phrases
from tui.words.describing import INDENT, labelled, section
from voip.model import LogEntry, Outcome
from voip.protection import LockState, Sign

_WITH_OTHERS = "Assume that others on the way could listen, for a while at least."
_ENCRYPTED = "The voice was encrypted on the way between this phone and the account's server."
_BETWEEN_THE_PHONES = "Nobody between the two phones could listen: the words of both were equal."
_AT_THE_END = "At the end the voice was encrypted on the way to the account's server."
_ANOTHER_KEY = (
    "Assume that somebody between you could listen: the words were not compared again in it."
)
_FORGOTTEN = (
    "The server's certificate, the ciphers, and what was missing while a lock was open. The phone "
    "knows them only while the call is up.",
)
_BEYOND = "Assume that the server could listen. Who could beyond it is not known."


def describe(entry: LogEntry, glyphs: Glyphs) -> list[Paragraph]:
    """The lock of a call that has ended."""
    role, verdict, meaning = _verdict(entry)
    sign = f"{glyphs.sign(entry.sign)} " if entry.sign else ""
    started = datetime.fromisoformat(entry.started).astimezone()
    return [
        paragraph(Part(phrases.who(entry.remote), "strong"), hang=INDENT),
        paragraph(),
        paragraph(Part(f"{sign}{verdict}", role), hang=INDENT),
        *section("What it means", meaning),
        *section("What is no longer known", _FORGOTTEN if entry.answered else ()),
        paragraph(),
        labelled("account", Part(entry.account)),
        labelled("address", Part(phrases.address(entry.remote.uri))),
        labelled("began", Part(f"{started:%d %b %Y, %H:%M}")),
        labelled("lasted", Part(phrases.duration(entry.duration_s))),
    ]


def _verdict(entry: LogEntry) -> tuple[Role, str, tuple[str, ...]]:
    if entry.answered is None:
        return (
            "muted",
            "There was no lock: nobody answered this call",
            ("Nothing was said in it that a lock could have protected.",),
        )
    if entry.outcome is Outcome.INTERRUPTED:
        # A later engine closed the row, knowing nothing of the call's lock.
        return (
            "warning",
            "The lock is not known: the phone stopped during the call",
            (_WITH_OTHERS,),
        )
    if entry.lock is LockState.OPEN:
        if entry.sign is Sign.UNSAFE:
            return "insecure", "The call was NOT protected when it ended", (_WITH_OTHERS,)
        if entry.sign is Sign.VERIFY:
            return "insecure", "The far end showed another key than was compared", (_ANOTHER_KEY,)
        if entry.sign is not None and entry.sign.closed:
            return "insecure", "Encrypted, but the lock was open at the end", (_WITH_OTHERS,)
        return "muted", "The call had no voice yet that could be protected", ()
    if entry.lock_was_open:
        return (
            "insecure",
            "Protected to the server at the end, but NOT before",
            (_WITH_OTHERS, _AT_THE_END, _BEYOND),
        )
    if entry.sign is Sign.SEALED:
        return "secure", "Encrypted end to end, and compared", (_BETWEEN_THE_PHONES,)
    return "secure", "Encrypted to the server from answer to end", (_ENCRYPTED, _BEYOND)
