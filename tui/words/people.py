"""A person in words: numbers, the latest calls, the latest texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tui.terminal.glyphs import Glyphs
from tui.terminal.text import Part, Role
from tui.terminal.wrapping import Paragraph, paragraph
from tui.words import phrases
from voip.client import message_words
from voip.model import Direction, LogEntry, Outcome
from voip.protocol.people import Contact, LastCall, PersonPage

_HANG = 2


def last_call(last: LastCall, glyphs: Glyphs, now: datetime) -> Part:
    """The latest call with a contact: its direction, time, and outcome if it was in vain."""
    arrow = glyphs.incoming if last.direction is Direction.IN else glyphs.outgoing
    word = "" if last.outcome is Outcome.ANSWERED else f" {phrases.OUTCOMES[last.outcome]}"
    role: Role = "warning" if last.outcome is Outcome.MISSED else "muted"
    return Part(f"{arrow} {phrases.when(last.time, now)}{word}", role)


def describe(page: PersonPage, glyphs: Glyphs, now: datetime) -> Iterator[Paragraph]:
    """Paragraphs about a person."""
    if page.contact is not None:
        yield from _numbers(page.contact, glyphs)
    else:
        hides = "" if page.number else " They hide their number: they cannot be called back."
        yield paragraph(Part(f"Not among your contacts.{hides}", "muted"))
    yield from (paragraph(), paragraph(Part("Calls", "accent")))
    if not page.calls:
        yield paragraph(Part("No calls yet.", "muted"))
    yield from (_call(entry, glyphs, now) for entry in page.calls)
    yield from (paragraph(), paragraph(Part("Texts", "accent")))
    if not page.texts:
        yield paragraph(Part("No texts yet.", "muted"))
    for text in page.texts:
        who = "you" if text.is_ours else "they"
        when = Part(f"{phrases.when(text.time, now).rjust(6)}  {who}: ", "muted")
        yield paragraph(when, message_words.one_line(text), hang=_HANG)


def _numbers(contact: Contact, glyphs: Glyphs) -> Iterator[Paragraph]:
    if contact.favourite:
        yield paragraph(Part(f"{glyphs.favourite} favourite", "accent"))
    for number in contact.numbers:
        then = f" then {number.tones}" if number.tones else ""
        yield paragraph(f"{number.target}{then}", Part(f"  {number.label}", "muted"))


def _call(entry: LogEntry, glyphs: Glyphs, now: datetime) -> Paragraph:
    arrow = glyphs.incoming if entry.direction is Direction.IN else glyphs.outgoing
    when = Part(f"{phrases.when(entry.started, now).rjust(6)}  {arrow}  ", "muted")
    account = Part(f"  {entry.account}", "muted")
    role: Role = "warning" if entry.outcome is Outcome.MISSED else "text"
    return paragraph(when, Part(phrases.outcome(entry), role), account)
