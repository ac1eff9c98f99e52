"""Write the golden files and the table of account fields again.

Run `python -m tests.contract.regenerate` after a change of the protocol, of the
output of --json, or of an account's fields; the table is in docs/accounts.md. Read
the difference before you commit it: clients depend on every line.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.contract.examples import GROUPS
from voip.cli.schema import document
from voip.protocol.account_fields import FIELDS
from voip.protocol.field import Field, Group, Kind

GOLDEN = Path(__file__).parent / "golden"
MANUAL = Path(__file__).parents[2] / "docs" / "accounts.md"
BEGINNING = "<!-- account fields: python -m tests.contract.regenerate writes this table -->"
END = "<!-- end of account fields -->"


def texts() -> dict[str, str]:
    """Return the current texts of the golden files, by name."""
    values: dict[str, object] = {**GROUPS, "schema": document()}
    return {
        f"{name}.json": msgspec.json.format(msgspec.json.encode(value)).decode() + "\n"
        for name, value in values.items()
    }


def with_fields(manual: str) -> str:
    """Return the manual with the current table of account fields."""
    before, _, rest = manual.partition(BEGINNING)
    _, _, after = rest.partition(END)
    rows = [_row(field) for field in FIELDS if field.group is not Group.NOTE]
    table = ["| field | meaning | default | option |", "| --- | --- | --- | --- |", *rows]
    return "\n".join([f"{before}{BEGINNING}", *table, f"{END}{after}"])


def _row(field: Field) -> str:
    label = [f"{field.label}."] if field.kind is Kind.SWITCH else []
    meanings = [f"`{value}`: {words}." for value, words in field.choices]
    words = " ".join([*label, field.help, *meanings]).replace("*", r"\*")
    default = f"`{msgspec.json.encode(field.default).decode()}`" if field.default != "" else ""
    options = " ".join(f"`{option}`" for option in field.option.split("/"))
    return f"| `{field.name}` | {words} | {default} | {options} |"


def main() -> None:
    MANUAL.write_text(with_fields(MANUAL.read_text(encoding="utf-8")), encoding="utf-8")
    GOLDEN.mkdir(exist_ok=True)
    for name, text in texts().items():
        (GOLDEN / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
