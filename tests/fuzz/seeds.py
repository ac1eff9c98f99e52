"""Fuzzing targets by name, with the well-formed texts they start from."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.fuzz import files, targets
from tests.fuzz.targets import SECRET, Check
from tests.support.peers import sip
from tests.support.pki import Authority
from voip.model import CallState, HeldBy
from voip.protection import Certificate, MediaKind, Stream, TlsStatus, Transport
from voip.protocol.accounts import AddAccount
from voip.protocol.calls import PlaceCall
from voip.protocol.client import NumberedEvent, Reply, Request
from voip.protocol.framing import encode
from voip.protocol.phone import Hello, NoticeEvent
from voip.protocol.worker.calls import Answer, CallStateEvent, IncomingCall, MediaEvent, StartCall
from voip.protocol.worker.process import ConnectionEvent, Order, Quit

_SDP = sip.sdp("127.0.0.1", 4000, "RTP/SAVP", (sip.crypto(),))
_INVITE = sip.request(
    "INVITE",
    "sip:alice@127.0.0.1:5061;transport=tls",
    via="SIP/2.0/TLS 127.0.0.1:5061",
    to="<sip:alice@pbx.test>",
    contact="<sip:mallory@127.0.0.1:5061;transport=tls>",
    body=_SDP,
)
_SUMMARY = b"Messages-Waiting: yes\r\nMessage-Account: sip:a@b.test\r\nVoice-Message: 2/8 (0/2)\r\n"
_CARD = (
    "BEGIN:VCARD\r\nVERSION:{}\r\nFN:Zo\u00eb Smith\r\nN:Smith;Zo\u00eb;;;\r\n"
    "TEL;TYPE=work,pref:+1 (555) 01-00\r\nIMPP:sip:zoe@b.test\r\nX-SIP:zoe@b.test\r\nEND:VCARD\r\n"
)


def _certificates() -> tuple[bytes, ...]:
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        leaf = authority.issue(
            "x", dns=["b.test", "*.b.test"], addresses=["127.0.0.1"], uris=["sip:b.test"]
        )
        long = authority.issue("y", uris=[f"sip:{n}.{'x' * 250}.test" for n in range(64)])
        return tuple(
            path.read_bytes() for path in (authority.file, leaf.certificate, long.certificate)
        )


def _connection() -> ConnectionEvent:
    shown = Certificate("CN=b.test", "CN=x", ("b.test",), "2026-01-01", "2027-01-01", "00" * 32)
    return ConnectionEvent(
        id=1, up=True, outgoing=True, transport=Transport.TLS, host="b.test", port=5061,
        tls=TlsStatus("TLSv1.3", "TLS_AES_256_GCM_SHA384", True, shown, (shown, shown)),
    )  # fmt: skip


SEEDS: dict[Check, tuple[bytes, ...]] = {
    targets.framing_client: (
        encode(Request(1, Hello())),
        encode(Request(2, PlaceCall(target="bob", hangup_after_s=1.5))),
        encode(Request(3, AddAccount("a", {"user": "a", "expires_s": 60}, SECRET))),
        f'{{"id":1,"command":{{"do":"{SECRET}"}}}}\n'.encode(),
        f'{{"id":1,"command":{{"do":"stop","{SECRET}":true}}}}\n'.encode(),
    ),
    targets.framing_engine: (
        encode(NumberedEvent(1, "2026-01-01T00:00:00Z", NoticeEvent("warning", "x"))),
        encode(Reply(1)),
    ),
    targets.framing_worker: (
        encode(_connection()),
        encode(CallStateEvent(call=1, state=CallState.ACTIVE, code=200, reason="OK")),
        encode(IncomingCall(call=-1, account="work", remote='"Bob" <sip:b@b.test>')),
        encode(MediaEvent(1, (Stream(MediaKind.AUDIO, True, True, "AES"),), HeldBy.THEM)),
    ),
    targets.framing_order: (
        encode(Order(1, StartCall(call=1, account="work", uri="sip:b@b.test"))),
        encode(Order(2, Answer(call=-1))),
        encode(Order(3, Quit())),
    ),
    targets.dialing: (
        b"+1 (555) 010-0", b"0049 (0)30 1234", b"tel:+1-555-0100;ext=1", b"bob@b.test:5061",
        b"sips:bob:x@[::1]:5061;transport=tls", b"sip:b%C3%A9b@xn--bcher-kva.test?X=y",
        '"Zo\u00eb" <sip:zoe@b\u00fccher.test;maddr=1.2.3.4>'.encode(), b"1-800-FLOWERS", b"*31#",
        b"tel:30123;npdi;phone-context=+49", b"sip:100;rn=+49;ext=5@b.test;user=phone",
        "\u202a(+49) 30\u00a0123,,5#\u202c".encode(), b"callto:9%23", b"0800 FLOWERS ext. 5",
    ),
    targets.host_and_port: (
        b"b.test:5061", b"127.0.0.1:1", b"[2001:db8::1]:65535", "b\u00fccher.test".encode(),
        b"B.Test.",
    ),
    targets.party: (
        b'"Bob \\"B\\" \\\\" <sip:bob@b.test;user=phone>;tag=1', b"Bob <sip:b;c?d@b.test?e=f>",
        b"sip:bob@b.test;tag=1", b"<tel:+15550100>",
        b"<sip:30123;phone-context=+49;rn=1@10.0.0.1:5060>",
        "\u202e\x1b[2J <sip:b@b.test>".encode(),
    ),
    targets.cleaning: (
        b"\x50Front  desk\r\n\t", "\x08a\u0300\u0301\u0489\u202e\u2028\u00a0\x9b".encode(),
        "\xffStra\u00dfe \ufb01 \u0345\u1fb7".encode("utf-8", "ignore"),
    ),
    targets.worker_event: ("Busy \u202e\x1b[2J here".encode(), b"\xff\x00 here"),
    targets.masked: tuple(
        bytes([form]) + around
        for form, around in enumerate(
            (b"INVITE sip:b@b.test SIP/2.0|Content-Length: 0", b'password="|"', b"inline:|x",
             b'response="a|"', b"Authorization:|", b"password:|'", b"a=crypto:1 x |y", b"'|'",
             b'nonce="|', b"password=|", b"\\|\\", b"[masked]|[masked]")
        )
    ),
    targets.message_summary: (
        _SUMMARY, b"messages-waiting:NO\nvoice-message :\t4 / 1\n",
        b"Voice-Message: 007/0 (0/0)\r\n",
    ),
    targets.sip_message: (
        b"SIP/2.0 200 OK\r\nRequire: outbound\r\nFlow-Timer: 120\r\nContact: <sip:a@b>"
        b';+sip.instance="<urn:uuid:1>";pub-gruu="sip:alice@pbx.test;gr=urn:uuid:1"\r\n\r\n',
        _INVITE, b"SIP/2.0 200 OK\r\nf : <sip:b@b.test>\r\n\r\nm=audio 0 RTP/AVP 0\r\n",
        b"m=audio 1 RTP/SAVP 0\r\nFrom: a\r\n\r\nm=audio 5/2 RTP/AVP 0\n",
    ),
    targets.certificate: _certificates(),
    targets.sequences: (b"Bob calls|on work", "7\u202e;|\x1b\\\x07\x9c".encode(), b"|", b"\xff|;;"),
    targets.account_fields: (
        b'{"user":"alice","domain":"b.test","server":"b.test:5061","expires_s":60,"register":true}',
        b'{"user":"a","domain":"[::1]","transport":"udp","proxy":"1.2.3.4","password":"x"}',
        b'{"user":"a","domain":"b.test","media_keying":"dtls","ca_file":"/x","display_name":"Z"}',
    ),
    files.settings_file: (
        b'[audio]\ninput = "x"\nclock_rate = 48000\n[screen]\ntheme = "auto"\n[keys]\nmute = "m"\n',
        b'audio = {input = "x"}\nkeys.mute = "x" # y\n',
    ),
    files.accounts_file: (
        b'order = ["b", "a"]\n[accounts.a]\nuser = "a"\ndomain = "b.test"\n'
        b'[accounts.b]\nuser = "b"\ndomain = "b.test"\nexpires_s = 60\npassword = "x"\n',
        b'accounts = {a = {user = "a", domain = "b.test"}}\n',
        b'[accounts]\na.user = "a"\na.domain = "b.test" # x\n',
    ),
    files.contacts_file: (
        _CARD.format("3.0").encode(), _CARD.format("4.0").encode(),
        "BEGIN:VCARD\nitem1.TEL;PREF=1:+49 1,,5\nitem1.X-ABLabel:_$!<W>!$_\nFN:\u00fc\nEND:VCARD\n"
        .encode("utf-16"),
        b"BEGIN:VCARD\nVERSION:2.1\nN;ENCODING=QUOTED-PRINTABLE:=C3=A9;a\nTEL;PREF;CELL:*31#1\n"
        b"END:VCARD\n",
    ),
}  # fmt: skip

TARGETS = {check.__name__: check for check in SEEDS}
