"""Makes the type stub of our pjsua2 from the module that SWIG wrote.

SWIG is asked to annotate each function with its C++ types; this turns those
into Python's.
"""

from __future__ import annotations

import ast
import re

_SCALARS = {
    "void": "None",
    "bool": "bool",
    "float": "float",
    "double": "float",
    "std::string": "str",
    "string": "str",
    "std::string const &": "str",
    "string const &": "str",
    "char const *": "str",
    "char *": "str",
    "pj::SocketAddress": "str",
    "SocketAddress": "str",
    "void *": "int",
    "Token": "int",
    "TransportHandle": "int",
}

_INTEGER = re.compile(
    r"^(unsigned|int|short|long|char|size_t|(un)?signed .*|pj_u?int\d+_t|pj_size_t|pj_ssize_t|"
    r"pj_status_t|pj_bool_t|pjsua?_\w+|pjsip_\w+|pjmedia_\w+|pjrpid_\w+|pj_\w+|PJ\w+|"
    r"TransportId|MimeType|pjsua2_\w+)$"
)


def stub(module: str) -> str:
    """The text of `pjsua2.pyi` for the text of SWIG's `pjsua2.py`."""
    tree = ast.parse(module)
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    lines = ["from typing import Any", ""]
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            lines += _class(node, classes)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            lines.append(_function(node, classes, indent=""))
        elif isinstance(node, ast.Assign) and _is_constant(node):
            lines.append(f"{ast.unparse(node.targets[0])}: int")
    return "\n".join(lines) + "\n"


def _is_constant(node: ast.Assign) -> bool:
    return (
        isinstance(node.value, ast.Attribute)
        and isinstance(node.value.value, ast.Name)
        and node.value.value.id == "_pjsua2"
        and isinstance(node.targets[0], ast.Name)
        and not node.targets[0].id.startswith("_")
    )


def _class(node: ast.ClassDef, classes: set[str]) -> list[str]:
    bases = [ast.unparse(base) for base in node.bases if ast.unparse(base) in classes]
    if node.name == "Error":
        # SWIG makes a class that C++ throws an exception at run time.
        bases = ["Exception"]
    inherits = f"({', '.join(bases)})" if bases else ""
    lines = [f"class {node.name}{inherits}:"]
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and _is_public(item.name):
            lines.append(_function(item, classes, indent="    "))
        elif isinstance(item, ast.Assign) and _is_property(item):
            lines.append(f"    {ast.unparse(item.targets[0])}: Any")
        elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            kind = _type(ast.literal_eval(item.annotation), classes)
            lines.append(f"    {item.target.id}: {kind}")
    if len(lines) == 1:
        lines.append("    pass")
    return lines


def _is_public(name: str) -> bool:
    kept = {"__init__", "__len__", "__getitem__", "__setitem__", "__iter__", "__disown__"}
    return name in kept or not name.startswith("_")


def _is_property(node: ast.Assign) -> bool:
    return (
        isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) == "property"
        and isinstance(node.targets[0], ast.Name)
    )


def _function(node: ast.FunctionDef, classes: set[str], indent: str) -> str:
    decorators = [ast.unparse(d) for d in node.decorator_list]
    static = f"{indent}@staticmethod\n" if "staticmethod" in decorators else ""
    parts = []
    arguments = node.args.args
    first_default = len(arguments) - len(node.args.defaults)
    for index, argument in enumerate(arguments):
        if index == 0 and argument.arg == "self":
            parts.append("self")
            continue
        default = " = ..." if index >= first_default else ""
        parts.append(f"{argument.arg}: {_annotation(argument.annotation, classes)}{default}")
    if node.args.vararg:
        parts.append(f"*{node.args.vararg.arg}: Any")
    returns = "None" if node.name == "__init__" else _annotation(node.returns, classes)
    return f"{static}{indent}def {node.name}({', '.join(parts)}) -> {returns}: ..."


def _annotation(node: ast.expr | None, classes: set[str]) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _type(node.value, classes)
    return "Any"


def _type(c_type: str, classes: set[str]) -> str:
    if c_type in _SCALARS:
        return _SCALARS[c_type]
    bare = re.sub(r"\b(const|enum|struct)\b|[&*]|\bpj::", "", c_type).strip()
    if bare in _SCALARS:
        return _SCALARS[bare]
    if bare in classes:
        return bare
    if _INTEGER.match(bare) and "*" not in c_type:
        return "int"
    return "Any"
