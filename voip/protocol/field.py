"""Kinds and contents of a field of accounts.toml."""

from __future__ import annotations

from enum import Enum, auto

import msgspec


class Kind(Enum):
    """Kind of a field's value, which follows from its type.

    NAMES is a list of names. Forms and options have it as a text with commas.
    """

    TEXT = auto()
    NUMBER = auto()
    SWITCH = auto()
    CHOICE = auto()
    NAMES = auto()


class Content(Enum):
    """Content of a text. A HOST may have a port; a COMMAND prints a secret."""

    ANY = auto()
    HOST = auto()
    COMMAND = auto()
    CERTIFICATES = auto()
    SECRET_FILE = auto()

    @property
    def is_file(self) -> bool:
        return self in (Content.CERTIFICATES, Content.SECRET_FILE)


class Group(Enum):
    """Group of a field in the form; the engine writes a NOTE, in no form."""

    USUAL = auto()
    MORE = auto()
    NOTE = auto()


class Field(msgspec.Struct, frozen=True):
    """Field of accounts.toml; `label` names it, `help` explains it.

    `form_help` is added in the form. `empty` says what to do in place of an empty text,
    which is allowed without it. `metavar` stands for the value in the command line's
    help; `switches` replace --name and --no-name. `longest` counts characters, `bounds`
    are allowed values. A `tls_only` field has its default in accounts that do not use
    TLS. `names` are those of a list, each a `noun`; `meanings` explain values of a
    choice.

    The rest follows from the type and default in `WrittenAccount`.
    """

    label: str
    help: str
    form_help: str = ""
    group: Group = Group.MORE
    content: Content = Content.ANY
    empty: str = ""
    metavar: str = ""
    switches: str = ""
    longest: int | None = None
    bounds: tuple[int, int] | None = None
    unit: str = ""
    tls_only: bool = False
    names: tuple[str, ...] = ()
    noun: str = ""
    meanings: tuple[tuple[str, str], ...] = ()

    name: str = ""
    kind: Kind = Kind.TEXT
    default: str | int | bool = ""
    needed: bool = False
    values: tuple[str, ...] = ()

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Values of a choice with their meanings."""
        meanings = dict(self.meanings)
        return tuple((value, meanings.get(value, "")) for value in self.values)

    @property
    def option(self) -> str:
        """Name of the command line's option."""
        plain = self.name.replace("_", "-")
        if self.kind is Kind.SWITCH:
            return self.switches or f"--{plain}/--no-{plain}"
        return f"--{plain}"
