"""The SRTP suites that an account names, and their order."""

from __future__ import annotations

from pathlib import Path

import pytest

from voip.engine.accounts import fields as account_fields
from voip.engine.accounts import suite_fields
from voip.engine.accounts.file import AccountFile
from voip.protection import SHORT_TAG_SUITES, SRTP_SUITES

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
    account = account_fields.from_values(values)
    assert suite_fields.parse(account.srtp_suites) == _TWO


def test_without_names_the_usual_ones_are_meant_and_no_short_tag_is() -> None:
    assert suite_fields.parse("") == SRTP_SUITES
    assert not set(SRTP_SUITES) & set(SHORT_TAG_SUITES)
    assert not [name for name in SRTP_SUITES if name.endswith(("_32", "_8"))]


@pytest.mark.parametrize("name", SHORT_TAG_SUITES)
def test_a_short_tag_may_be_named(name: str) -> None:
    values = {**_BASE, "srtp_suites": name}
    assert account_fields.problems(values) == {}
    assert suite_fields.parse(name) == (name,)


def test_a_list_in_the_file_is_read_and_shown_as_text(tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    path.write_text(
        '[accounts.work]\nuser = "a"\ndomain = "x.test"\n'
        'srtp_suites = ["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"]  # mine\n'
    )
    file = AccountFile(path)
    assert file.load().accounts["work"].srtp_suites == ", ".join(_TWO)
    assert file.listing()[0].fields["srtp_suites"] == ", ".join(_TWO)
    file.edit("work", {"display_name": "A"})
    assert "# mine" in path.read_text()
    file.edit("work", {"srtp_suites": _TWO[1]})
    assert file.load().accounts["work"].srtp_suites == _TWO[1]
    file.edit("work", {"srtp_suites": None})
    assert file.load().accounts["work"].srtp_suites == ""
