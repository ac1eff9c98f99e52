"""Refusals of the engine."""

from __future__ import annotations


class Refusal(Exception):
    """A command that cannot be carried out.

    `kind` is for programs, the text for the person; `code` is the SIP status
    where there is one. `problem` is the text without the name of the file that
    the command was about.
    """

    def __init__(
        self, kind: str, message: str, code: int | None = None, problem: str | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.problem = problem
