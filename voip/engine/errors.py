"""Refusals of the engine."""

from __future__ import annotations


class Refusal(Exception):
    """Command that cannot be executed.

    `kind` is for programs, the text for the user; `code` is the SIP status where there
    is one. `problem` is the text without the name of the command's file.
    """

    def __init__(
        self, kind: str, message: str, code: int | None = None, problem: str | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.problem = problem
