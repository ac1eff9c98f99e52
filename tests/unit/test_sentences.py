"""No decision by the text of a sentence, but by kinds and numbers.

A sentence is a literal of several words, or a value whose name marks it as shown to
users or as a library's prose.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ALLOWED = {
    "tui/themes/file.py:_not_toml": "Python before 3.14 names the line of a TOML error in words",
    "tui/calls/realtime_text.py:_parts": "a mark in what somebody types, not a sentence",
    "voip/engine/files/toml.py:_explain": "msgspec names the field of an error in words alone",
    "voip/engine/accounts/own_keys.py:_check": "a mark of PEM, not a sentence",
    "voip/protocol/framing.py:_without_quotes": "nothing is decided: values are taken out",
    "voip/engine/supervisor.py:": "nothing is decided: noise of sound libraries is not logged",
    "voip/security/masking.py:readable": "a SIP message, not a sentence",
    "voip/sip/messages/message.py:status": "a SIP message, not a sentence",
    "voip/sip/messages/message.py:phrase": "a SIP message, not a sentence",
    "voip/sip/messages/message.py:_parts": "a SIP message, not a sentence",
}
"""Exceptions, as file:function, each with its reason."""

_SHOWN = frozenset(
    {
        "error", "failure", "lastReason", "message", "notice", "phrase", "problem", "reason",
        "refusal", "said", "sentence", "statusText", "warning", "why",
    }
)  # fmt: skip
"""Names of values that are sentences; `text` is one as an attribute."""

_WORDS = re.compile(r"[A-Za-z]{2}[,:]? [A-Za-z]{2}")
_CLEANING = frozenset({"casefold", "lower", "lstrip", "rstrip", "strip", "upper"})
_LOOKING = frozenset(
    {
        "count", "endswith", "find", "index", "partition", "removeprefix", "removesuffix", "rfind",
        "rindex", "rpartition", "rsplit", "split", "startswith",
    }
)  # fmt: skip
_MATCHING = frozenset(
    {"compile", "findall", "finditer", "fullmatch", "get", "match", "search", "split", "sub"}
)


def decisions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """List places that inspect a sentence, each by its function and line."""
    for function, node in _nodes(tree, ""):
        if _decides(node):
            yield function, getattr(node, "lineno", 0)


def _nodes(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        inside = child.name if named else function  # type: ignore[attr-defined]
        yield inside, child
        yield from _nodes(child, inside)


def _decides(node: ast.AST) -> bool:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            pairs = zip([left, *others], ops, others, strict=False)
            return any(_compares(one, operator, other) for one, operator, other in pairs)
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=arguments):
            looks = name in _LOOKING and (_is_shown(value) or any(map(_is_prose, arguments)))
            keys = arguments[:1] if name == "get" else arguments
            matches = name in _MATCHING and any(_is_shown(one) or _is_prose(one) for one in keys)
            return looks or matches
        case ast.Subscript(slice=key):
            return _is_shown(key) or _is_prose(key)
        case ast.MatchValue(value=value):
            return _is_prose(value)
    return False


def _compares(one: ast.expr, operator: ast.cmpop, other: ast.expr) -> bool:
    if isinstance(operator, ast.In | ast.NotIn):
        return _is_shown(other) or _is_prose(one) or _is_prose(other)
    if isinstance(operator, ast.Eq | ast.NotEq):
        literal = _is_text(one) or _is_text(other)
        shown = _is_shown(one) or _is_shown(other)
        return (literal and shown) or _is_prose(one) or _is_prose(other)
    return False


def _is_shown(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name):
            return name in _SHOWN
        case ast.Attribute(value=ast.Name(id="self"), attr="text"):
            return False
        case ast.Attribute(attr=name):
            return name in _SHOWN or name == "text"
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in _CLEANING:
            return _is_shown(value)
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[value]):
            return _is_shown(value)
    return False


def _is_prose(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(_is_prose, node.elts))
    if isinstance(node, ast.JoinedStr):
        return any(map(_is_prose, node.values))
    return _is_text(node) and _WORDS.search(ast.literal_eval(node)) is not None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _product() -> Iterable[Path]:
    """Return modules of the phone, without the build in `voip/native`."""
    for wing in ("voip", "tui"):
        for path in sorted((ROOT / wing).rglob("*.py")):
            if not path.is_relative_to(ROOT / "voip/native"):
                yield path


def test_nothing_is_decided_by_a_sentence() -> None:
    places = {
        f"{path.relative_to(ROOT)}:{function}": f"line {line}"
        for path in _product()
        for function, line in decisions(ast.parse(path.read_text()))
    }
    assert {place: places[place] for place in places.keys() - ALLOWED.keys()} == {}
    assert ALLOWED.keys() - places.keys() == set(), "take out what is gone"


@pytest.mark.parametrize(
    "code",
    [
        "if 'the server' in words: pass",
        "if words == 'the server is gone': pass",
        "if words in ('busy', 'not here'): pass",
        "if reason == 'busy': pass",
        "if 'busy' in event.reason.lower(): pass",
        "if part in said: pass",
        "if 'TLS' in str(error): pass",
        "if step.text != 'passed': pass",
        "words.startswith('the server ')",
        "words.removeprefix(f'{place} is not: here')",
        "why.partition(':')",
        "re.search('certificate|key', account.registration.reason)",
        "_TRUST = re.compile('not trusted|no trust')",
        "_KINDS[reason]",
        "_KINDS.get(error.message)",
        "match words:\n    case 'not found': pass",
    ],
)
def test_a_decision_by_a_sentence_is_found(code: str) -> None:
    assert list(decisions(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "if cause.kind is CauseKind.KEYRING: pass",
        "if live.problem != problem: pass",
        "if reason is None: pass",
        "if error.status == 70013: pass",
        "words = f'{reason}: the server is gone'",
        "text = 'the server ' + reason.strip()",
        "{'reason': 'the server is gone'}",
        "if line.startswith('m='): pass",
    ],
)
def test_other_code_is_left_alone(code: str) -> None:
    assert not list(decisions(ast.parse(code)))
