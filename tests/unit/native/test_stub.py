"""The type stub is made from SWIG's annotations."""

from __future__ import annotations

import ast

import pytest

from voip.native.stub import stub

SWIG = """
import _pjsua2
PJ_SUCCESS = _pjsua2.PJ_SUCCESS
_hidden = _pjsua2._hidden
other = 3

class _Private(object):
    pass

class Error(object):
    thisown = property(lambda x: x.this.own(), doc="")
    def __init__(self, *args): pass
    def info(self, multi_line: "bool"=False) -> "string": pass

class Endpoint(object):
    def __init__(self): pass
    def _inner(self): pass
    def libHandleEvents(self, msec_timeout: "unsigned int") -> "int": pass
    def transportCreate(self, type: "pjsip_transport_type_e", cfg: "TransportConfig") -> "int": pass
    def codecEnum2(self) -> "CodecInfoVector2 const": pass
    @staticmethod
    def instance() -> "pj::Endpoint &": pass
    def raw(self, p: "pjmedia_frame *") -> "void": pass

class TransportConfig(Endpoint):
    port: "unsigned" = property(_pjsua2.get, _pjsua2.set)
    name: "std::string" = property(_pjsua2.get, _pjsua2.set)
    options = property(_pjsua2.get, _pjsua2.set)
    def __len__(self) -> "size_t": pass

class Empty(object):
    pass

def offhookMark() -> "std::string": pass
def _secret() -> "int": pass
"""


def test_stub() -> None:
    assert stub(SWIG) == (
        "from typing import Any\n"
        "\n"
        "PJ_SUCCESS: int\n"
        "class Error(Exception):\n"
        "    thisown: Any\n"
        "    def __init__(self, *args: Any) -> None: ...\n"
        "    def info(self, multi_line: bool = ...) -> str: ...\n"
        "class Endpoint:\n"
        "    def __init__(self) -> None: ...\n"
        "    def libHandleEvents(self, msec_timeout: int) -> int: ...\n"
        "    def transportCreate(self, type: int, cfg: TransportConfig) -> int: ...\n"
        "    def codecEnum2(self) -> Any: ...\n"
        "    @staticmethod\n"
        "    def instance() -> Endpoint: ...\n"
        "    def raw(self, p: Any) -> None: ...\n"
        "class TransportConfig(Endpoint):\n"
        "    port: int\n"
        "    name: str\n"
        "    options: Any\n"
        "    def __len__(self) -> int: ...\n"
        "class Empty:\n"
        "    pass\n"
        "def offhookMark() -> str: ...\n"
    )


def test_stub_is_python() -> None:
    names = [n.name for n in ast.parse(stub(SWIG)).body if isinstance(n, ast.ClassDef)]
    assert names == ["Error", "Endpoint", "TransportConfig", "Empty"]


@pytest.mark.parametrize(
    ("c_type", "python"),
    [
        ("void", "None"),
        ("bool", "bool"),
        ("float", "float"),
        ("string const &", "str"),
        ("pj::SocketAddress", "str"),
        ("Token", "int"),
        ("pj_status_t", "int"),
        ("enum pjsip_status_code", "int"),
        ("pj_uint32_t", "int"),
        ("unsigned long", "int"),
        ("void *", "int"),
        ("int *", "Any"),
        ("StrangeThing", "Any"),
    ],
)
def test_types(c_type: str, python: str) -> None:
    made = stub(f'def f(x: "{c_type}") -> "void": pass\n')
    assert made.endswith(f"def f(x: {python}) -> None: ...\n")
