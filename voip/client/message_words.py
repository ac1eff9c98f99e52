"""Words about text messages and real-time text, for the command line and the screen."""

from __future__ import annotations

from voip.protocol.people import RealtimeTextEvent
from voip.texts import ERASE, LOST, NEW_LINE, TextMessage, TextState, Thread

_DELIVERIES = {
    TextState.RECEIVED: "received",
    TextState.SENDING: "being sent",
    TextState.DELIVERED: "delivered",
    TextState.ACCEPTED: "accepted, delivered later",
}


def one_line(message: TextMessage) -> str:
    """A text in one line; “⏎” stands for its line breaks."""
    return message.text.replace("\n", " ⏎ ")


def delivery(message: TextMessage) -> str:
    """The delivery of a text of ours."""
    if message.state is TextState.FAILED:
        return f"not delivered: {message.problem}"
    return _DELIVERIES[message.state]


def count(number: int) -> str:
    """A number of texts."""
    return f"{number:,} text{'' if number == 1 else 's'}"


def them(number: int) -> str:
    """Pronoun for a number of texts."""
    return "it" if number == 1 else "them"


def realtime(event: RealtimeTextEvent) -> str:
    """Real-time text in one line, and whose; “⌫” stands for an erased character."""
    typed = event.text.replace(NEW_LINE, " ⏎ ").replace(ERASE, "⌫").replace(LOST, "[lost]")
    return f"call {event.call}: {'you' if event.ours else 'they'} wrote “{typed}”"


def party(thread: Thread) -> tuple[str, str]:
    """Account and address of a thread, by which it is the same one later."""
    return thread.last.account, thread.last.remote.uri
