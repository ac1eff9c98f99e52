"""`offhook call` names the callee on standard error, and calls no other."""

from __future__ import annotations

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip.protocol.worker.calls import StartCall


@pytest.mark.parametrize(
    ("words", "uri"),
    [
        ("1-800-FLOWERS", "sip:18003569377@pbx.example.com"),
        ("(+49) 30 123", "sip:+4930123@pbx.example.com"),
        ("9bob", "sip:9bob@pbx.example.com"),
    ],
)
async def test_it_says_whom_it_calls(standin: StandIn, words: str, uri: str) -> None:
    await standin.add_account("work")
    result = await typed("call", words)
    assert (result.status, result.err) == (0, f"calling {uri} with work\n")
    (call,) = (await standin.status()).calls
    assert (result.out, call.remote.uri) == (f"{call.id}\n", uri)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("+1 555 0100 ext. 5", "is more than a number: call +15550100, then send 5 as tones"),
        ("24h Hotline", "is not a number: remove what is not part of one"),
        ("555 0100\n555 0200", "the address holds control characters"),
    ],
)
async def test_what_is_not_wholly_a_number_is_refused(
    standin: StandIn, words: str, complaint: str
) -> None:
    await standin.add_account("work")
    result = await typed("call", words)
    assert result.status == 1
    assert result.err.endswith(f"{complaint}\n")
    assert not [o for o in standin.script.orders if isinstance(o, StartCall)]


@pytest.mark.parametrize(
    ("options", "uri"),
    [
        ((), "sip:+4930123@carrier.example"),
        (("--back",), "sip:+4930123@pbx.example.com"),
    ],
)
async def test_a_caller_is_called_back_at_the_account_that_they_called(
    standin: StandIn, options: tuple[str, ...], uri: str
) -> None:
    await standin.add_account("work")
    await typed("call", "sip:+4930123@carrier.example", "--account", "work", *options)
    (call,) = (await standin.status()).calls
    assert call.remote.uri == uri
