"""Guard for PJSIP's callbacks, so that none fails silently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_Callback = TypeVar("_Callback", bound=Callable[..., Any])


def guarded(callback: _Callback) -> _Callback:
    """End the worker where a PJSIP callback fails.

    SWIG prints an exception and goes on, so a check in a callback would fail
    open. The failure goes to the `context` of the callback's object.
    """

    def wrapper(self: Any, *args: Any) -> Any:
        try:
            return callback(self, *args)
        except Exception as error:
            self.context.fail(error)
            return None

    return wrapper  # type: ignore[return-value]
