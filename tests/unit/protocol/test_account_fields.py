"""The table of account fields is the one place that declares a field."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]

TABLE = "voip/protocol/account_fields.py"
FIELDS = """\
    nickname: Annotated[str, Field("Nickname", "A name for tests.", longest=5)] = ""
    patience_s: Annotated[int, Field(
        "Patience", "A number for tests.", bounds=(1, 9), unit="seconds",
    )] = 3
    orders: Annotated[tuple[str, ...], Field(
        "Orders", "A list for tests.", names=("first", "second"), noun="rule",
    )] = ()
# fmt: on
"""

SETUP = "class AccountSetup("
TAKEN = """\
    trial: bool = False
    nickname: str = ""
    patience_s: int = 3
    orders: tuple[str, ...] = ()
"""

LOOK = """
import asyncio, json
from pathlib import Path
from click.testing import CliRunner
from textual.app import App
from tests.contract import regenerate
from tui.accounts import draft
from tui.accounts.field_rows import AccountRows
from tui.terminal.glyphs import ASCII
from tui.widgets.form import Row
from voip.cli.app import offhook
from voip.engine.accounts import fields
from voip.engine.accounts.file import AccountFile
from voip.engine.accounts.secrets import Passwords
from voip.engine.registration.setup import setup_of
from voip.protocol.worker.accounts import Target

class Form(App):
    glyphs = ASCII

    def compose(self):
        yield AccountRows(new=True)

async def rows():
    async with (form := Form()).run_test():
        await form.query_one(AccountRows).toggle_more()
        return [row.field for row in form.query(Row)]

address = {"user": "alice", "domain": "pbx.example.com"}
new = {"nickname": "Al", "patience_s": 5, "orders": "second, first"}
wrong = {"nickname": "Alexandra", "patience_s": 10, "orders": "third"}
file = AccountFile(Path("accounts.toml"))
file.add("work", {**address, **new})
account = file.load().accounts["work"]
target = Target("192.0.2.1", 5061)
kept = Passwords(Path())
setup = asyncio.run(setup_of("work", account, "urn:uuid:1", target, kept, password="x"))
shown = draft.typed({**address, **new})
print(json.dumps({
    "account": [account.nickname, account.patience_s, account.orders],
    "worker": [setup.nickname, setup.patience_s, setup.orders],
    "problems": fields.problems({**address, **wrong}),
    "typed": [shown[name] for name in new],
    "saved": draft.fields(shown),
    "rows": asyncio.run(rows()),
    "options": CliRunner().invoke(offhook, ["account", "add", "--help"]).output,
    "manual": regenerate.with_fields(regenerate.MANUAL.read_text()),
}))
"""


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return every place that lists the fields, in a copy with three more."""
    copy = tmp_path_factory.mktemp("copy")
    for wing in ("voip", "tui"):
        shutil.copytree(ROOT / wing, copy / wing, ignore=shutil.ignore_patterns("__pycache__"))
    _replace(copy / TABLE, "# fmt: on\n", FIELDS)
    (setup,) = (
        path for path in (copy / "voip/protocol").rglob("*.py") if SETUP in path.read_text()
    )
    _replace(setup, "    trial: bool = False\n", TAKEN)
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, f"{path} is not what it was: change this test"
    path.write_text(text.replace(old, new))


def test_a_field_of_the_table_is_one_of_the_file(look: dict[str, Any]) -> None:
    assert look["account"] == ["Al", 5, ["second", "first"]]
    assert look["problems"] == {
        "nickname": "longer than 5 characters",
        "patience_s": "1 to 9 seconds, not 10",
        "orders": "“third” is not a rule of this phone, known are first, second",
    }


def test_a_worker_that_takes_it_gets_it(look: dict[str, Any]) -> None:
    assert look["worker"] == look["account"]


def test_it_is_one_of_the_form(look: dict[str, Any]) -> None:
    assert look["rows"][-3:] == ["nickname", "patience_s", "orders"]
    assert look["typed"] == ["Al", "5", "second, first"]
    assert look["saved"] == {
        "user": "alice",
        "domain": "pbx.example.com",
        "nickname": "Al",
        "patience_s": 5,
        "orders": "second, first",
    }


def test_it_is_an_option(look: dict[str, Any]) -> None:
    words = " ".join(look["options"].split())
    assert "--nickname TEXT A name for tests." in words
    assert "--patience-s SECONDS A number for tests. Default: 3." in words
    assert "--orders NAMES A list for tests." in words


def test_it_is_in_the_manual(look: dict[str, Any]) -> None:
    rows = look["manual"].splitlines()
    assert "| `nickname` | A name for tests. |  | `--nickname` |" in rows
    assert "| `patience_s` | A number for tests. | `3` | `--patience-s` |" in rows
    assert "| `orders` | A list for tests. |  | `--orders` |" in rows
