"""A person in words: lamp, numbers, the latest calls, the latest texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tui.terminal.glyphs import Glyphs
from tui.terminal.text import Line, Part, Role, line
from tui.terminal.wrapping import Paragraph, paragraph
from tui.words import phrases
from voip.client import lamp_words, message_words
from voip.lamps import Lamp, LampState
from voip.model import LogEntry, Outcome, Party
from voip.protocol.people import Contact, LastCall, PersonPage, Suggestion

_HANG = 2
_LAMP_ROLES: dict[LampState, Role] = {
    LampState.FREE: "success",
    LampState.RINGING: "warning",
    LampState.BUSY: "error",
    LampState.DND: "error",
}


def lamp(of: Lamp | None, glyphs: Glyphs) -> tuple[Part, ...]:
    """Sign and words of a lamp behind two blanks, nothing for an unknown one."""
    if of is None:
        return ()
    role = _LAMP_ROLES.get(of.state, "muted")
    return (Part(f"  {glyphs.lamps[of.state]} {lamp_words.words(of)}", role),)


def suggestion(offer: Suggestion, lit: Lamp | None, glyphs: Glyphs) -> Line:
    """Row of a suggestion above the dial line, with its lamp."""
    target = phrases.address(offer.target)
    party = Party(offer.target, offer.name, name_from=offer.name_from)
    name = phrases.quoted(party.name) if party.claimed else party.name
    parts: list[Part | str] = [" ", name or target]
    if offer.name and offer.name != target:
        parts.append(Part(f"  {target}", "muted"))
    return line(*parts, *lamp(lit, glyphs), right=(Part(f"{offer.source} ", "muted"),))


def last_call(last: LastCall, glyphs: Glyphs, now: datetime) -> Part:
    """The latest call with a contact: its direction, time, and outcome if it was in vain."""
    arrow = glyphs.arrow(last.direction)
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
    arrow = glyphs.arrow(entry.direction)
    when = Part(f"{phrases.when(entry.started, now).rjust(6)}  {arrow}  ", "muted")
    account = Part(f"  {entry.account}", "muted")
    role: Role = "warning" if entry.outcome is Outcome.MISSED else "text"
    return paragraph(when, Part(phrases.outcome(entry), role), account)
