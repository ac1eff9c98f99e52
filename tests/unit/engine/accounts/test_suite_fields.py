"""SRTP suites of an account, and their order."""

from __future__ import annotations

from pathlib import Path

import pytest

from voip.engine.accounts import fields as account_fields
from voip.engine.accounts.file import AccountFile
from voip.engine.accounts.secrets import Passwords
from voip.engine.registration.setup import setup_of
from voip.protection import SHORT_TAG_SUITES, SRTP_SUITES
from voip.protocol.worker.accounts import Target

_BASE = {"user": "alice", "domain": "pbx.example.com"}
_TWO = ("AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM")


@pytest.mark.parametrize(
    "value",
    ["AES_CM_128_HMAC_SHA1_80, AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80 AEAD_AES_256_GCM",
     ",".join(_TWO), list(_TWO)],
)  # fmt: skip
def test_names_in_a_text_or_a_list_keep_their_order(value: object) -> None:
    values = {**_BASE, "srtp_suites": value}
    assert account_fields.problems(values) == {}
    assert account_fields.from_values(values).srtp_suites == _TWO


@pytest.mark.parametrize(
    ("written", "offered"), [({}, SRTP_SUITES), ({"srtp_suites": ", ".join(_TWO)}, _TWO)]
)
async def test_a_worker_gets_the_suites_that_are_named_or_else_the_usual_ones(
    tmp_path: Path, written: dict[str, str], offered: tuple[str, ...]
) -> None:
    account = account_fields.from_values({**_BASE, **written})
    target = Target("192.0.2.1", 5061)
    setup = await setup_of(
        "work", account, "urn:uuid:1", target, Passwords(tmp_path), password="secret"
    )
    assert setup.suites == offered


def test_no_usual_suite_has_a_short_tag() -> None:
    assert not set(SRTP_SUITES) & set(SHORT_TAG_SUITES)
    assert not [name for name in SRTP_SUITES if name.endswith(("_32", "_8"))]


@pytest.mark.parametrize("name", SHORT_TAG_SUITES)
def test_a_short_tag_may_be_named(name: str) -> None:
    values = {**_BASE, "srtp_suites": name}
    assert account_fields.problems(values) == {}
    assert account_fields.from_values(values).srtp_suites == (name,)


def test_a_list_in_the_file_is_read_and_shown_as_text(tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    path.write_text(
        '[accounts.work]\nuser = "a"\ndomain = "x.test"\n'
        'srtp_suites = ["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"]  # mine\n'
    )
    file = AccountFile(path)
    assert file.load().accounts["work"].srtp_suites == _TWO
    assert file.listing()[0].fields["srtp_suites"] == ", ".join(_TWO)
    file.edit("work", {"display_name": "A"})
    assert "# mine" in path.read_text()
    file.edit("work", {"srtp_suites": _TWO[1]})
    assert file.load().accounts["work"].srtp_suites == _TWO[1:]
    file.edit("work", {"srtp_suites": None})
    assert file.load().accounts["work"].srtp_suites == ()
