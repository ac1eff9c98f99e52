"""Handlers of commands, by the command's type."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from voip.engine.engine import Engine

Handler = Callable[[Engine, Any], Awaitable[msgspec.Struct | None]]
Handlers = dict[type, Handler]
