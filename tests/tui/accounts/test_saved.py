"""Fields of an account, put into its form by keys and saved to the file."""

from __future__ import annotations

import tomllib

import pytest

from tests.support.pki import Authority
from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.accounts.test_form import accounts_file, open_new, put, seen
from tui.accounts.form import AccountForm
from voip.protocol.account_fields import BY_NAME
from voip.protocol.field import Group, Kind

FORMS: dict[str, dict[str, str | int | bool]] = {
    "identity": {"display_name": "Alice", "hide_identity": True},
    "server": {
        "transport": "tcp", "server": "sip.example.com:5071", "proxy": "proxy.example.com",
        "auth_user": "al", "minimum_digest": "sha-256", "expires_s": 600, "register": False,
    },
    "trust": {
        "ca_file": "", "allow_wildcard": True, "media_keying": "dtls",
    },
    "suites": {"srtp_suites": "AEAD_AES_256_GCM"},
    "pin": {"pin": "ab" * 32, "trust": "system"},
    "client certificate": {"client_certificate": "", "client_key": ""},
    "password": {"password_command": "pass show sip/work"},
    "ways": {
        "ice": True, "stun_server": "stun.example.com", "turn_server": "turn.example.com",
        "turn_transport": "tcp", "turn_user": "al",
    },
    "voice": {
        "codecs": "pcma, pcmu", "opus_bit_rate": 16000, "opus_dtx": True, "dtmf": "info",
        "session_timer": "always", "session_expires_s": 300, "session_min_s": 120,
        "prack": "optional",
    },
    "numbers": {"country": "ES", "plus": "00", "trunk": "none", "emergency": False},
    "incoming calls": {
        "call_waiting": "busy", "forward_always": "100", "forward_busy": "200",
        "forward_unanswered": "300", "forward_after_s": 30, "auto_answer": "asked",
        "auto_answer_from": "bob@example.com", "text_messages": False, "realtime_text": True,
    },
}  # fmt: skip
"""Values that are saved together, by the subject."""


@pytest.mark.parametrize("form", FORMS)
async def test_fields_are_saved_as_they_were_put(
    phone: Screen, standin: StandIn, authority: Authority, form: str
) -> None:
    values = dict(FORMS[form])
    if "ca_file" in values:
        values["ca_file"] = str(authority.file)
    if "client_key" in values:
        leaf = authority.issue("client", common_name="alice", client_only=True)
        leaf.key.chmod(0o600)
        values |= {"client_certificate": str(leaf.certificate), "client_key": str(leaf.key)}
    await phone.resize(120, 60)
    await open_new(phone)
    await put(phone, "user", "alice")
    await put(phone, "domain", "pbx.example.com")
    await phone.press("ctrl+o")
    for name, value in values.items():
        if BY_NAME[name].kind in (Kind.SWITCH, Kind.CHOICE):
            await _choose(phone, name, value)
        else:
            await put(phone, name, str(value))
    assert "✗" not in await seen(phone, f"#row-{next(iter(values))}")
    await phone.press("ctrl+s")
    await phone.until(lambda: phone.app.screen is phone.app.main)
    (saved,) = tomllib.loads(accounts_file(standin))["accounts"].values()
    # The phone notes beside a pin who accepted it, and when.
    noted = {name for name in saved if BY_NAME[name].group is Group.NOTE}
    assert {name: value for name, value in saved.items() if name not in noted} == {
        "user": "alice", "domain": "pbx.example.com", **values,
    }  # fmt: skip


async def _choose(phone: Screen, name: str, value: str | int | bool) -> None:
    """Press the mark of a value, which is reached as by Tab."""
    form = phone.app.screen
    assert isinstance(form, AccountForm)
    row = form.rows._fields[name]
    choices = [value for value, _ in BY_NAME[name].choices]
    place = choices.index(str(value)) if choices else 0
    row.editors[place].focus()
    await phone.settle()
    await phone.press("space")
    assert row.value == value
