"""Properties that hold for any bytes, one function for each reader.

A target raises AssertionError, or an error its reader should not raise.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import msgspec
import pjsua2 as pj

from tui.terminal import attention
from voip.engine import intake
from voip.engine.accounts import fields as field_rules
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.client import NumberedEvent, Reply, Request
from voip.protocol.framing import MAX_REPLY, Decoder, FramingError, LineSplitter, encode
from voip.protocol.worker.calls import CallStateEvent, IncomingCall
from voip.protocol.worker.process import AnyWorkerEvent, Order
from voip.security import masking, text
from voip.sip.dialing import DialError, Target, parse_host_port, parse_target
from voip.sip.messages import message as messages
from voip.sip.messages import mwi
from voip.sip.messages.gruu import public_gruu
from voip.sip.sentences import sentence
from voip.worker.tls import certificates, refusals

SECRET = "hunter2+Wn1Y0p/KEY9"
"""Secret that no text for a log or a person may hold."""

_SHORT_LINE = 512
_ACTING = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_HOST = r"(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])"
_URI = re.compile(
    rf"sip:(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-F]{{2}})+@{_HOST}(?::[0-9]{{1,5}})?;transport=tls"
)
_SEQUENCE = re.compile(
    r"\x1b\](?:2|9|777|99);"
    r"[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069]*(?:\a|\x1b\\)"
)


def decoded(data: bytes) -> str:
    """Any bytes as text; bytes that are not UTF-8 become lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


# Between the processes


def framing_client(data: bytes) -> None:
    """Messages of a client to the engine."""
    _read_lines(data, Decoder[Request](Request))


def framing_engine(data: bytes) -> None:
    """Messages of the engine to a client."""
    _read_lines(data, Decoder[NumberedEvent](NumberedEvent))
    _read_lines(data, Decoder[Reply](Reply))


def framing_worker(data: bytes) -> None:
    """Messages of a worker to the engine, before and after cleaning."""
    for event in _read_lines(data, Decoder[AnyWorkerEvent](AnyWorkerEvent)):
        cleaned = intake.clean_event(event)
        _assert_harmless(msgspec.to_builtins(cleaned))
        assert intake.clean_event(cleaned) == cleaned


def framing_order(data: bytes) -> None:
    """Messages of the engine to a worker."""
    _read_lines(data, Decoder[Order](Order))


def _read_lines(data: bytes, decoder: Decoder[Any]) -> list[Any]:
    """Every message; asserts that pieces and a second reading change none."""
    step = 1 + (data[0] if data else 0)
    pieces = LineSplitter(_SHORT_LINE)
    whole = LineSplitter(_SHORT_LINE)
    lines = whole.feed(data + b"\n")
    assert lines == [
        line
        for start in range(0, len(data) + 1, step)
        for line in pieces.feed((data + b"\n")[start : start + step])
    ]
    messages = []
    for line in lines:
        assert line is None or len(line) < _SHORT_LINE
        try:
            message = decoder.decode(line or b"")
        except FramingError as error:
            assert SECRET not in str(error)
            continue
        again = encode(message)
        assert decoder.decode(again) == message
        assert again.count(b"\n") == 1
        messages.append(message)
    return messages


# Addresses


def dialing(data: bytes) -> None:
    """Text that a user typed, pasted or keeps in a contact."""
    typed = decoded(data)
    try:
        target = parse_target(typed)
    except DialError as error:
        assert str(error)
        return
    try:
        uri = target.uri("pbx.example.test", Transport.TLS)
    except DialError as error:
        assert len(typed) > 20 or re.search("sips[:@]", typed, re.IGNORECASE), error
        return
    assert _URI.fullmatch(uri), uri
    assert "sips:" not in uri
    assert not target.secure or re.search("sips:", typed, re.IGNORECASE)
    assert parse_target(uri) == Target(
        target.user, target.host or "pbx.example.test", target.port, secure=False
    )


def host_and_port(data: bytes) -> None:
    """Server named by an account or an address."""
    try:
        host, port = parse_host_port(decoded(data))
    except DialError as error:
        assert str(error)
        return
    assert re.fullmatch(_HOST, host), host
    assert port is None or 1 <= port <= 65535
    assert parse_host_port(host if port is None else f"{host}:{port}") == (host, port)


def party(data: bytes) -> None:
    """From or To value of any sender."""
    caller = intake.party(decoded(data))
    _assert_harmless([caller.name, caller.uri])
    assert len(caller.name) <= 80
    assert len(caller.uri) <= 256
    quoted = caller.name.replace("\\", "\\\\").replace('"', '\\"')
    assert intake.party(f'"{quoted}" <sip:bob@pbx.example.test>').name == caller.name


# Text


def cleaning(data: bytes) -> None:
    """Any text: one line, bounded, no control character, and idempotent."""
    limit = 1 + (data[0] if data else 0)
    whole = decoded(data[1:])
    once = text.clean(whole, limit)
    _assert_harmless(once)
    assert len(once) <= limit
    assert text.clean(once, limit) == once
    assert text.fold(text.fold(whole)) == text.fold(whole)


def worker_event(data: bytes) -> None:
    """Every text of a worker's event: clean, and unchanged a second time."""
    words = decoded(data)
    for event in (
        CallStateEvent(call=1, state=CallState.ENDED, code=200, reason=words),
        IncomingCall(call=-1, account=words, remote=words),
    ):
        cleaned = intake.clean_event(event)
        _assert_harmless(msgspec.to_builtins(cleaned))
        assert intake.clean_event(cleaned) == cleaned


_LEAKS = (
    'Authorization: Digest username="alice", response="{}"',
    "Proxy-Authorization: Basic {}",
    'Authorization: Digest username="alice",\r\n response="{}"',
    "Authorization:\r\n Basic {}",
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{}|2^20|1:4",
    "a=key-mgmt:mikey {}",
    "inline:{}",
    'cnonce="{}"',
    'nonce="a\\"{}"',
    "password={}",
    'password: "two {}"',
    '{{"password":"{}"}}',
)


def masked(data: bytes) -> None:
    """A secret in each masked form, with any text on the lines around it."""
    form = _LEAKS[data[0] % len(_LEAKS)] if data else _LEAKS[0]
    before, _, after = decoded(data[1:]).partition("|")
    for whole in (
        f"{before}\r\n{form.format(SECRET)}\r\n{after}",
        f"{before} {form.format(SECRET)} {after}",
    ):
        once = masking.mask(whole)
        assert SECRET not in once, once
        assert masking.mask(once) == once


# SIP


def message_summary(data: bytes) -> None:
    """Message summary of a voice mail server."""
    voicemail = mwi.voicemail(decoded(data))
    assert voicemail is None or 0 <= voicemail.new <= 999_999
    assert voicemail is None or voicemail.old is None or 0 <= voicemail.old <= 999_999


def sip_message(data: bytes) -> None:
    """A whole SIP message of which a little is read."""
    message = decoded(data)
    head, *rest = re.split(r"\r?\n\r?\n", message, maxsplit=1)
    value = messages.sender(message)
    assert value is None or ("\n" not in value and value in messages.unfolded_head(message))
    assert messages.encrypts(message) in (None, True, False)
    challenge = messages.unusable_challenge(message)
    assert challenge is None or (
        sentence(challenge).isprintable() and len(sentence(challenge)) < 200
    )
    flow_timer_s = messages.flow_timer_s(message)
    assert flow_timer_s is None or 0 < flow_timer_s < 10**9
    gruu = public_gruu(
        message, user="alice", domain="pbx.test", transport=Transport.TLS, instance="urn:uuid:1"
    )
    assert gruu is None or re.fullmatch(
        r"sips?:alice@pbx\.test;gr=[\x21-\x7e]+", gruu, re.IGNORECASE
    )
    for body in rest:
        assert messages.encrypts(message) == messages.encrypts(f"INVITE x\r\n\r\n{body}")
        assert messages.sender(message) == messages.sender(f"{head}\r\n\r\n")


def certificate(data: bytes) -> None:
    """Certificate that a server showed in its handshake."""
    info = pj.TlsInfo()
    shown = pj.StringVector()
    for _ in range(8):
        shown.append(data.decode("latin-1"))
    info.remoteCertInfo.rawChain = shown
    info.remoteCertInfo.raw = data.decode("latin-1")
    info.verifyStatus = pj.PJ_SSL_CERT_EIDENTITY_NOT_MATCH
    status = certificates.status(info)
    assert not status.verified
    assert len(encode(status, MAX_REPLY)) < MAX_REPLY // 8
    cause = refusals.certificate(info, "pbx.example.test", status.chain)
    assert cause is not None
    assert len(sentence(cause)) < 2048


# The screen


def sequences(data: bytes) -> None:
    """A name in the terminal's own sequences never ends or begins one."""
    heading, _, body = decoded(data).partition("|")
    for utf8 in (True, False):
        assert _SEQUENCE.fullmatch(attention.title(heading, utf8))
        kinds: tuple[attention.Kind, ...] = ("osc9", "osc777")
        for kind in kinds:
            said = attention.notification(kind, heading, body, utf8)
            assert _SEQUENCE.fullmatch(said), said
            assert utf8 or said.isascii()
            assert kind == "osc9" or said.count(";") == 3
        parts = attention.notification("osc99", heading, body, utf8).split("\x1b\\")
        assert len(parts) == 3
        assert all(_SEQUENCE.fullmatch(part + "\x1b\\") for part in parts[:2])
        assert attention.through_tmux(attention.title(heading, utf8)).count("\x1b\\") == 1


def account_fields(data: bytes) -> None:
    """Account saved by a client: a problem in words, or a working account."""
    try:
        values = json.loads(decoded(data))
    except (ValueError, RecursionError):
        return
    if not isinstance(values, dict):
        return
    problems = field_rules.problems(values)
    assert all(isinstance(words, str) and words for words in problems.values())
    if problems:
        return
    account = field_rules.from_values(values)
    parse_host_port(account.next_hop)
    parse_host_port(account.registrar)
    uri = parse_target("100").uri(parse_host_port(account.domain)[0], account.transport)
    assert re.fullmatch(rf"sip:100@{_HOST}(?:;transport=(?:tls|tcp))?", uri), uri
    for words in (account.user, account.aor, account.display_name):
        assert not {"Cc", "Cs"} & {unicodedata.category(char) for char in words}


def _assert_harmless(value: Any) -> None:
    if isinstance(value, str):
        assert not {unicodedata.category(char) for char in value} & _ACTING, ascii(value)
    elif isinstance(value, dict):
        _assert_harmless(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            _assert_harmless(item)


Check = Callable[[bytes], None]
