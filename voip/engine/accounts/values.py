"""The fields of an account as they were typed or read, before they are one."""

from __future__ import annotations

from collections.abc import Mapping

from voip.protection import Transport
from voip.security.policy import DEMANDS

Values = Mapping[str, object]
"""Fields of any type, and not all of them known."""


def is_secure(values: Values) -> bool:
    """The account would use TLS."""
    transport = values.get("transport", Transport.TLS)
    return isinstance(transport, str) and any(
        demands.tls_only for name, demands in DEMANDS.items() if name == transport
    )


def is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def kind(value: object) -> str:
    """The kind of a value, in words."""
    kinds = ((bool, "true or false"), (int | float, "a number"), (str, "text"), (list, "a list"),
             (dict, "a table"), (type(None), "nothing"))  # fmt: skip
    return next((words for kind, words in kinds if isinstance(value, kind)), "a date or a time")
