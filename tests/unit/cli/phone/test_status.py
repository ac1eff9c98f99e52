"""`offhook status --json` and its page in the manual, value by value."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip import model, protection

PAGE = (Path(__file__).parents[4] / "docs" / "scripting.md").read_text(encoding="utf-8")
DOCUMENTED = PAGE.partition("```json\n")[2].partition("```")[0]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def differences(documented: Any, actual: Any, where: str = "status") -> list[str]:
    """List the documented keys that are absent, and values that differ."""
    if isinstance(documented, dict):
        if not isinstance(actual, dict):
            return [f"{where} is {actual!r}"]
        return [
            problem
            for key, value in documented.items()
            for problem in (
                differences(value, actual[key], f"{where}.{key}")
                if key in actual
                else [f"{where}.{key} is absent"]
            )
        ]
    if isinstance(documented, list):
        if not isinstance(actual, list) or len(actual) != len(documented):
            return [f"{where} is {actual!r}"]
        pairs = enumerate(zip(documented, actual, strict=True))
        return [p for i, (one, other) in pairs for p in differences(one, other, f"{where}[{i}]")]
    return [] if agrees(documented, actual) else [f"{where} is {actual!r}"]


def agrees(documented: Any, actual: Any) -> bool:
    """Compare a value: by kind for a measurement or time, else by equality."""
    if type(documented) is not type(actual):
        return False
    if isinstance(documented, float):
        return True
    if not isinstance(documented, str):
        return bool(documented == actual)
    if TIME.fullmatch(documented):
        return TIME.fullmatch(actual) is not None
    return actual in documented.split("|") or bool(
        re.fullmatch(re.escape(documented).replace("…", ".+"), actual)
    )


@pytest.fixture
async def shown(standin: StandIn) -> Any:
    """Return the printed status while the call of the page is up."""
    await standin.add_account("work")
    standin.voicemail("work", model.Voicemail(new=2))
    call = await standin.incoming("work")
    assert (await typed("answer", call)).status == 0
    standin.remote_answers(call, suite="AES_256_CM_HMAC_SHA1_80")
    standin.statistics(call)
    standin.remote_holds(call)
    await standin.reaches_call(call, lambda c: c.held_by is not None and c.quality.mos is not None)
    status, out, err = await typed("status", "--json")
    assert (status, err) == (0, "")
    shown = json.loads(out)
    shown["engine"]["pid"] = 1
    return shown


async def test_the_status_is_as_documented(shown: Any) -> None:
    assert differences(json.loads(DOCUMENTED), shown) == []


async def test_differences_are_noticed(shown: Any) -> None:
    (account,), (call,) = shown["accounts"], shown["calls"]
    account["registration"]["code"] = None
    account["voicemail"]["old"] = 0
    account["tls"]["peer"]["issuer"] = ""
    call["lock"]["media"][0]["kind"] = "voice"
    call["lock"]["signalling"]["verified"] = False
    call["started"] = 1.0
    call["quality"]["mos"] = None
    del call["held_by"]
    shown["engine"]["uptime_s"] = "1"
    assert differences(json.loads(DOCUMENTED), shown) == [
        "status.engine.uptime_s is '1'",
        "status.accounts[0].voicemail.old is 0",
        "status.accounts[0].registration.code is None",
        "status.accounts[0].tls.peer.issuer is ''",
        "status.calls[0].held_by is absent",
        "status.calls[0].started is 1.0",
        "status.calls[0].lock.signalling.verified is False",
        "status.calls[0].lock.media[0].kind is 'voice'",
        "status.calls[0].quality.mos is None",
    ]
    assert differences({"calls": []}, shown) == [f"status.calls is {shown['calls']!r}"]


@pytest.mark.parametrize(
    "kind",
    [
        model.CallState,
        model.Direction,
        model.HeldBy,
        model.RegistrationState,
        protection.Keying,
        protection.LockState,
        protection.MediaKind,
        protection.Transport,
    ],
)
def test_documented_words_are_the_words(kind: type[StrEnum]) -> None:
    alternatives = re.findall(r'"(\w+(?:\|\w+)+)"', DOCUMENTED)
    assert [word.value for word in kind] in [words.split("|") for words in alternatives]
