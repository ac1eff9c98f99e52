"""Layout of descriptions: headings, sentences, labelled values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tui.terminal.text import Part
from tui.terminal.wrapping import Paragraph, paragraph

INDENT = 2
_LABEL = 10


def heading(title: str) -> Paragraph:
    return paragraph(Part(title, "accent"))


def section(title: str, sentences: Sequence[str]) -> Iterator[Paragraph]:
    """Sentences under a heading; empty without sentences."""
    if sentences:
        yield paragraph()
        yield heading(title)
    yield from listed(sentences)


def listed(sentences: Iterable[str], indent: int = INDENT) -> Iterator[Paragraph]:
    """Sentences indented under the text before them."""
    return (paragraph(" " * indent, sentence, hang=indent) for sentence in sentences)


def labelled(label: str, *parts: Part) -> Paragraph:
    """A value with its label in front."""
    head = Part(f"{' ' * INDENT}{label:<{_LABEL}}", "muted")
    return paragraph(head, *parts, hang=INDENT + _LABEL)
