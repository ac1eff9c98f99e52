"""A TLS server's certificates as text, for deciding whether to trust it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from tui.terminal.glyphs import Glyphs
from tui.terminal.text import Part, Role
from tui.terminal.wrapping import Paragraph, paragraph
from tui.words import certificates as certificate_words
from tui.words.describing import INDENT, heading, labelled, listed, section
from voip.client import pin_words
from voip.model import AccountStatus, RegistrationState
from voip.protocol.trust import ServerReport

WORD_TO_ACCEPT = "accept"
"""Word to type to accept another key than before."""

WORD_TO_REMOVE = "remove"
"""Word to type to remove a pin."""

_GROUPS_A_LINE = 8


class Standing(StrEnum):
    """A server's standing with an account; the first that applies."""

    REFUSED = "refused"
    CHANGED = "changed"
    PINNED = "pinned"
    UNTRUSTED = "untrusted"
    TRUSTED = "trusted"


class Viewer(NamedTuple):
    """View of a server for the account `whose`, with the mapped keys.

    `calls` counts its live calls, and is None for an account in a form.
    """

    whose: str
    now: datetime
    calls: int | None
    leave_key: str
    accept_key: str


def standing(report: ServerReport) -> Standing:
    if report.refused:
        return Standing.REFUSED
    if report.pin is not None:
        return Standing.PINNED if report.pin == key_of(report) else Standing.CHANGED
    return Standing.UNTRUSTED if report.problems else Standing.TRUSTED


def key_of(report: ServerReport) -> str:
    """SHA-256 of the public key the server showed, or empty."""
    return report.chain[0].key_sha256 if report.chain else ""


def can_be_pinned(report: ServerReport) -> bool:
    """True if the key shown is not refused, and not the pin already."""
    return not report.refused and key_of(report) not in ("", report.pin)


def is_about_trust(account: AccountStatus) -> bool:
    """True if the account failed because of its server's certificate."""
    cause = account.registration.cause
    failed = account.registration.state is RegistrationState.FAILED
    return account.enabled and failed and cause is not None and cause.of_trust


def accepting(report: ServerReport, viewer: Viewer) -> str:
    """Meaning of a pin, for the question before it is set."""
    return (
        f"{_read_out(key_of(report))}\n\n"
        f"From now on {viewer.whose} accepts only this key, whoever issued its "
        "certificate, and whatever name and dates it has. Accept it only if whoever runs the "
        f"server told you these same characters. {_ending(viewer)}"
    )


def replacing(report: ServerReport, viewer: Viewer) -> str:
    """Meaning of another key than before, for the question about it."""
    return (
        f"{_read_out(key_of(report))}\n\n"
        "This is not the key that was accepted until now. If somebody is between you and the "
        f"server, this key is theirs, and they could listen. From now on {viewer.whose} would "
        "accept it and no other. Accept it only if the server's administrator read you these same "
        f"characters. {_ending(viewer)}"
    )


def taking_away(report: ServerReport, viewer: Viewer) -> str:
    """Meaning of removing a pin, for the question before it."""
    # A server chooses names in the problems: quoted, they could push the answer off the screen.
    fate = "refused" if report.problems else "accepted"
    return (
        f"From then on {viewer.whose} accepts any key that has a certificate for the right name, "
        "in date, from an authority that it trusts. A change of the key is no longer noticed. "
        f"The server as it is now would be {fate}. {_ending(viewer)}"
    )


def _ending(viewer: Viewer) -> str:
    if viewer.calls is None:
        return "When the form is saved, calls with the account that are up end."
    return pin_words.calls_end(viewer.calls, viewer.whose)


def describe(report: ServerReport, viewer: Viewer, glyphs: Glyphs) -> list[Paragraph]:
    """Everything in a report: problems, then keys to compare, then the rest.

    For a changed key, the safe advice comes before the keys.
    """
    current = standing(report)
    compare = list(_keys(report, viewer))
    advice = [*section("What to do", _advice(current, viewer))]
    return [
        *_verdict(report, viewer, glyphs),
        *(advice + compare if current is Standing.CHANGED else compare + advice),
        paragraph(),
        heading("Connection"),
        labelled("server", Part(f"{report.host}, port {report.port}")),
        labelled("TLS", Part(report.version)),
        labelled("cipher", Part(report.cipher)),
        *certificate_words.describe(report.chain, viewer.now),
    ]


def _advice(current: Standing, viewer: Viewer) -> Sequence[str]:
    if current is not Standing.CHANGED:
        return (_ADVICE[current],)
    return (
        f"{viewer.leave_key} leaves everything as it is. That is safe.",
        "Ask the server's administrator whether the key is a new one, and let them read its "
        "SHA-256 to you: face to face or by another telephone, not with this account.",
        f"Only if it is the one that is shown now, accept it with {viewer.accept_key}.",
    )


_ADVICE = {
    Standing.REFUSED: "Only the server's administrator can fix this.",
    Standing.PINNED: "Nothing. When the server gets another key, the account stops and says so.",
    Standing.UNTRUSTED: "Let the server's administrator read the SHA-256 of its key to you: face "
    "to face or by another telephone. If it is this one, it can be accepted from now on. If it is "
    "not, somebody is between you and the server.",
    Standing.TRUSTED: "Nothing. With a pin, this key alone would be accepted, and no authority.",
}


def _verdict(report: ServerReport, viewer: Viewer, glyphs: Glyphs) -> Iterator[Paragraph]:
    whose = viewer.whose
    match standing(report):
        case Standing.REFUSED:
            yield _verdict_line(
                glyphs.check_failed,
                "This server is refused, and a pin would not change that",
                "error",
            )
            # `problems` may repeat `refused`, which must be listed once, and first.
            yield from listed(tuple(dict.fromkeys((*report.refused, *report.problems))))
        case Standing.CHANGED:
            yield _verdict_line(
                glyphs.check_failed, "The server shows another key than before", "error"
            )
            yield from listed(
                (
                    "Nothing is sent to a server with this key.",
                    "This may be an attack: somebody between you and the server. "
                    "Or the server was given a new key.",
                )
            )
            if viewer.calls is not None:
                yield from listed((pin_words.calls_go_on(viewer.calls, whose),))
        case Standing.PINNED:
            words = f"This is the key that {whose} is pinned to"
            yield _verdict_line(glyphs.check_ok, words, "success")
            yield from listed((_accepted(report, viewer),))
            yield from _without(report)
        case Standing.UNTRUSTED:
            yield _verdict_line(glyphs.check_failed, f"Not trusted by {whose}", "error")
            yield from listed(report.problems)
        case Standing.TRUSTED:
            words = "Nothing is wrong with this server's certificate"
            yield _verdict_line(glyphs.check_ok, words, "success")


def _without(report: ServerReport) -> Iterator[Paragraph]:
    if report.problems:
        yield from listed(("Without a pin it would be refused:",))
        yield from listed(report.problems, 2 * INDENT)
    else:
        yield from listed(("Without a pin it would be trusted: an authority vouches for it.",))


def _accepted(report: ServerReport, viewer: Viewer) -> str:
    # A pin in a form must not be reported as written into the file by hand.
    if viewer.calls is None and report.pinned_on is None:
        return "The form has it."
    return pin_words.accepted(report, viewer.now)


def _keys(report: ServerReport, viewer: Viewer) -> Iterator[Paragraph]:
    if report.pin is not None and report.pin != key_of(report):
        yield from _key("Accepted until now: SHA-256 of the public key", report.pin)
        yield from listed((_accepted(report, viewer),))
        yield from _key("Shown by the server: SHA-256 of the public key", key_of(report))
        yield from _without(report)
    else:
        yield from _key("SHA-256 of the server's public key", key_of(report))


def _key(title: str, sha256: str) -> Iterator[Paragraph]:
    yield paragraph()
    yield heading(title)
    lines = _read_out(sha256).splitlines() or ["not known"]
    yield from (paragraph(" " * INDENT, Part(line, "strong"), hang=INDENT) for line in lines)


def _read_out(sha256: str) -> str:
    """A digest on two lines of equal length, to compare with one beneath."""
    groups = certificate_words.fingerprint(sha256).split()
    lines = (groups[at : at + _GROUPS_A_LINE] for at in range(0, len(groups), _GROUPS_A_LINE))
    return "\n".join(map(" ".join, lines))


def _verdict_line(sign: str, words: str, role: Role) -> Paragraph:
    return paragraph(Part(f"{sign} {words}", role), hang=INDENT)
