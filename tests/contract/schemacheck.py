"""Checks values against the part of JSON Schema (2020-12) msgspec writes.

An unknown keyword is an error: a skipped check would pass unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_IGNORED = frozenset({"title", "description", "default", "$schema", "discriminator"})

_TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


class UnknownKeyword(Exception):
    """A keyword of the schema that is not checked here."""


def errors(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """List where and how `value` breaks `schema`; empty when it is valid."""
    return _Check(definitions).of(value, schema, "$")


class _Check:
    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions

    def of(self, value: Any, schema: dict[str, Any], where: str) -> list[str]:
        problems: list[str] = []
        for keyword, rule in schema.items():
            problems += self._keyword(keyword, rule, value, schema, where)
        return problems

    def _keyword(
        self, keyword: str, rule: Any, value: Any, schema: dict[str, Any], where: str
    ) -> list[str]:
        match keyword:
            case "$ref":
                name = re.fullmatch(r"#/\$defs/(.+)", rule)
                assert name is not None, rule
                return self.of(value, self._definitions[name[1]], where)
            case "anyOf":
                attempts = [self.of(value, option, where) for option in rule]
                return [] if [] in attempts else [f"{where}: no alternative fits {value!r}"]
            case "type":
                return [] if _TYPES[rule](value) else [f"{where}: {value!r} is no {rule}"]
            case "enum":
                return [] if value in rule else [f"{where}: {value!r} is not one of {rule}"]
            case "const":
                return [] if value == rule else [f"{where}: {value!r} is not {rule!r}"]
            case "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems":
                return _limit(keyword, rule, value, where)
            case "required":
                missing = [name for name in rule if isinstance(value, dict) and name not in value]
                return [f"{where}: {name} is missing" for name in missing]
            case "properties":
                return self._properties(rule, value, where)
            case "additionalProperties":
                return self._additional(rule, value, schema, where)
            case "prefixItems":
                return self._each(rule, value, where)
            case "items":
                return self._items(rule, value, len(schema.get("prefixItems", ())), where)
            case _ if keyword in _IGNORED:
                return []
        raise UnknownKeyword(f"{where}: {keyword}")

    def _properties(self, rule: dict[str, Any], value: Any, where: str) -> list[str]:
        if not isinstance(value, dict):
            return []
        return [
            error
            for name, schema in rule.items()
            if name in value
            for error in self.of(value[name], schema, f"{where}.{name}")
        ]

    def _additional(self, rule: Any, value: Any, schema: dict[str, Any], where: str) -> list[str]:
        if not isinstance(value, dict) or rule is True:
            return []
        more = [name for name in value if name not in schema.get("properties", {})]
        if rule is False:
            return [f"{where}: {name} is not known" for name in more]
        return [e for name in more for e in self.of(value[name], rule, f"{where}.{name}")]

    def _each(self, rules: list[dict[str, Any]], value: Any, where: str) -> list[str]:
        """Check the first items, each by a rule of its own."""
        if not isinstance(value, list):
            return []
        pairs = enumerate(zip(value, rules, strict=False))
        return [e for i, (item, rule) in pairs for e in self.of(item, rule, f"{where}[{i}]")]

    def _items(self, rule: Any, value: Any, first: int, where: str) -> list[str]:
        """Check the items from `first` on, all by one rule."""
        if not isinstance(value, list):
            return []
        rest = list(enumerate(value))[first:]
        if rule is False:
            return [f"{where}: nothing belongs in it"] if rest else []
        return [e for i, item in rest for e in self.of(item, rule, f"{where}[{i}]")]


def _limit(keyword: str, rule: float, value: Any, where: str) -> list[str]:
    sized = {"Length": str, "Items": list}.get(keyword[3:])
    size: Any = value
    if sized is not None:
        size = len(value) if isinstance(value, sized) else None
    if not isinstance(size, int | float):
        return []
    if size < rule if keyword.startswith("min") else size > rule:
        return [f"{where}: {value!r} is out of bounds: {keyword} {rule}"]
    return []
