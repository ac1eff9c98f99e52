"""Errors of the client: no engine, or an engine that refused."""

from __future__ import annotations

from voip.protocol.client import ErrorInfo


class NoEngine(Exception):
    """No engine can be reached; the text says why."""


class CommandFailed(Exception):
    """Refusal by the engine: `kind` is for programs, `code` a SIP status.

    `problem` is the text for a place that names the file already.
    """

    def __init__(self, error: ErrorInfo) -> None:
        super().__init__(error.message)
        self.kind = error.kind
        self.code = error.code
        self.problem = error.problem or error.message
