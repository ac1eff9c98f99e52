"""OPTIONS outside a call, and what answers it."""

from __future__ import annotations

import pytest

from tests.support.peers import sip
from voip.sip.messages import options


def _read(question: options.Question) -> sip.Message:
    (message,) = sip.Parser().feed(question.text)
    return message


@pytest.mark.parametrize(
    ("address", "via"), [("192.0.2.1", "192.0.2.1:40000"), ("2001:db8::1", "[2001:db8::1]:40000")]
)
def test_the_question_names_nobody(address: str, via: str) -> None:
    message = _read(options.question("pbx.test", address, 40000))
    assert message.first == "OPTIONS sip:pbx.test SIP/2.0"
    assert message.get("Via").startswith(f"SIP/2.0/UDP {via};rport;branch=z9hG4bK")
    assert message.get("From").startswith("<sip:pbx.test>;tag=")
    assert "@" not in message.get("From") + message.get("To") + message.get("Call-ID")


@pytest.mark.parametrize("status", [100, 200, 404, 503])
def test_every_status_is_an_answer(status: int) -> None:
    question = options.question("pbx.test", "192.0.2.1", 40000)
    assert question.answer_in(sip.response(_read(question), status)) == status


def test_what_is_no_answer() -> None:
    question, other = (options.question("pbx.test", "192.0.2.1", 40000) for _ in range(2))
    for datagram in (b"", b"\xff\xfe", question.text, sip.response(_read(other), 200)):
        assert question.answer_in(datagram) is None
