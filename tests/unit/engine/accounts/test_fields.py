"""Account fields: each bad one with its message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.pki import Authority
from voip.engine.accounts import fields as account_fields
from voip.engine.accounts import named_files
from voip.engine.accounts.fields import Account
from voip.protection import Keying, Transport

GOOD: dict[str, Any] = {"user": "alice", "domain": "pbx.example.com"}
KNOWN = (
    "user, domain, transport, display_name, server, proxy, auth_user, trust, ca_file, "
    "allow_wildcard, pin, pinned_on, pinned_by, pinned_with, pinned_key, client_certificate, "
    "client_key, client_passphrase_command, client_passphrase_file, password_command, "
    "password_file, "
    "minimum_digest, media_keying, srtp_suites, ice, stun_server, turn_server, turn_transport, "
    "turn_user, turn_password_command, turn_password_file, "
    "codecs, opus_bit_rate, opus_dtx, dtmf, "
    "session_timer, session_expires_s, session_min_s, prack, "
    "register, expires_s, country, plus, trunk, emergency, hide_identity, call_waiting, "
    "text_messages, realtime_text, keep_realtime_text, "
    "forward_always, forward_busy, "
    "forward_unanswered, forward_after_s, auto_answer, auto_answer_from, "
    "pickup, pickup_group, park, retrieve, voicemail, lamps, publish_state, enabled"
)
USER = "needed: it is the part of your address in front of the @"
DOMAIN = "needed: it is the part of your address after the @"
CIRCLE = "is this account itself: its calls would go round in a circle"
NO_RELAY = "there is none: name it in “turn_server”"
SUCH_AS = "only the name of the server, such as pbx.example.com"

NOT_DIALLED = "is not dialled: digits, letters, and * # + . _ - are"
BAD: list[tuple[str, Any, str]] = [
    ("user", "", USER),
    ("user", " \t", USER),
    ("user", None, USER),
    ("user", 5, "text is needed, not a number"),
    ("user", "x" * 129, "longer than 128 characters"),
    ("user", "a\nb", "holds control characters"),
    ("user", "sip:alice", "without “sip:”: only the part of your address in front of the @"),
    ("user", "alice@PBX.example.com", "without “@PBX.example.com”: that is the domain"),
    ("domain", "", DOMAIN),
    ("domain", "a b", f"without spaces: {SUCH_AS}"),
    ("domain", "pbx.example.com ", f"without spaces: {SUCH_AS}"),
    ("domain", "sip:pbx.example.com", f"without “sip:”: {SUCH_AS}"),
    ("domain", "https://pbx.example.com", f"without “https://”: {SUCH_AS}"),
    ("domain", "alice@pbx.example.com",
     "only what follows the @: “alice” is a user's name, not a server's"),
    ("domain", "pbx:5061", "no port here: put pbx:5061 into “server”"),
    ("domain", "pbx;transport=tls", "“pbx;transport=tls” is not the name of a server"),
    ("domain", "1.2.3", "“1.2.3” is not an IPv4 address"),
    ("domain", "[::z]", "“[::z]” is not the name or address of a server"),
    ("domain", "x" * 254, "longer than 253 characters"),
    ("domain", "a\x00b", "holds control characters"),
    ("transport", "tsl", "tls, tcp or udp, not “tsl”"),
    ("transport", "", "tls, tcp or udp, not “”"),
    ("transport", 1, "text is needed, not a number"),
    ("server", "", "empty: leave it out to use the domain"),
    ("server", "h:0", "0 is not a port: ports go from 1 to 65535"),
    ("server", "h:70000", "70000 is not a port: ports go from 1 to 65535"),
    ("server", "h:sips", "“sips” is not a port: ports go from 1 to 65535"),
    ("server", "h:", "“” is not a port: ports go from 1 to 65535"),
    ("server", "-x", "“-x” is not the name of a server"),
    ("server", "a@h:5061", "only what follows the @: “a” is a user's name, not a server's"),
    ("server", "x" * 271, "longer than 270 characters"),
    ("proxy", "", "empty: leave it out to use none"),
    ("proxy", "sips:h", f"without “sips:”: {SUCH_AS}"),
    ("proxy", "h\x7f", "holds control characters"),
    ("auth_user", "a\x85b", "holds control characters"),
    ("auth_user", "x" * 129, "longer than 128 characters"),
    ("display_name", "a\x1b[2Jb", "holds control characters"),
    ("display_name", "x" * 129, "longer than 128 characters"),
    ("ca_file", "", "empty: leave it out to trust the usual authorities"),
    ("ca_file", 3, "text is needed, not a number"),
    ("ca_file", "/" + "x" * 4096, "longer than 4096 characters"),
    ("allow_wildcard", "no", "true or false is needed, not text"),
    ("password_command", "", "empty: leave it out, or give a command that prints the password"),
    ("password_command", "pass 'show", "a quote in it is not closed"),
    ("password_command", ["pass"], "text is needed, not a list"),
    ("password_file", " ", "empty: leave it out, or name a file"),
    ("register", 1, "true or false is needed, not a number"),
    ("expires_s", 59, "60 to 3600 seconds, not 59"),
    ("expires_s", 3601, "60 to 3600 seconds, not 3601"),
    ("expires_s", -(10**30), f"60 to 3600 seconds, not {-(10**30)}"),
    ("expires_s", "300", "a whole number of seconds is needed, not text"),
    ("expires_s", 300.5, "a whole number of seconds is needed, not a number"),
    ("expires_s", True, "a whole number of seconds is needed, not true or false"),
    ("media_keying", "zrtp", "sdes or dtls, not “zrtp”"),
    ("srtp_suites", " , ", "empty: leave it out to offer the usual ones"),
    ("srtp_suites", 80, "text is needed, not a number"),
    ("srtp_suites", ["AES_CM_128_HMAC_SHA1_80", 1], "text is needed, not a list"),
    ("srtp_suites", "aes_cm_128_hmac_sha1_80",
     "“aes_cm_128_hmac_sha1_80” is not a suite of this phone, "
     "did you mean “AES_CM_128_HMAC_SHA1_80”?"),
    ("srtp_suites", "ROT13",
     "“ROT13” is not a suite of this phone, known are AEAD_AES_256_GCM, AES_256_CM_HMAC_SHA1_80, "
     "AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80, AES_256_CM_HMAC_SHA1_32, AES_CM_128_HMAC_SHA1_32"),
    ("srtp_suites", "AEAD_AES_128_GCM, AEAD_AES_128_GCM", "“AEAD_AES_128_GCM” is there twice"),
    ("codecs", "PCMA", "“PCMA” is not a codec of this phone, did you mean “pcma”?"),
    ("codecs", "ilbc",
     "“ilbc” is not a codec of this phone, known are opus, g722, pcma, pcmu, g729, gsm"),
    ("codecs", "pcma, pcma", "“pcma” is there twice"),
    ("codecs", "", "empty: leave it out to use all"),
    ("opus_bit_rate", 5999, "6000 to 510000 bits, not 5999"),
    ("dtmf", "sip", "auto, rfc4733, info or inband, not “sip”"),
    ("session_timer", "on", "off, optional, always or required, not “on”"),
    ("session_expires_s", 89, "90 to 86400 seconds, not 89"),
    ("session_min_s", 1801, "more than “session_expires_s”, which is 1800"),
    ("prack", "yes", "off, optional or required, not “yes”"),
    ("hide_identity", "yes", "true or false is needed, not text"),
    ("enabled", {}, "true or false is needed, not a table"),
    ("enabled", None, "true or false is needed, not nothing"),
    ("domian", "x", "not known, did you mean “domain”?"),
    ("pasword_file", "x", "not known, did you mean “password_file”?"),
    ("zzz", 1, f"not known; known are {KNOWN}"),
    ("password", "hunter2",
     "a password does not belong in this file: give it with --password-stdin, or name a "
     "password_command or a password_file"),
    ("client_passphrase", "hunter2",
     "a passphrase does not belong in this file: give it with --client-passphrase-stdin, or "
     "name a client_passphrase_command or a client_passphrase_file"),
    ("turn_password", "hunter2",
     "a relay password does not belong in this file: give it with --turn-password-stdin, or "
     "name a turn_password_command or a turn_password_file"),
    ("stun_server", "stun.example.com", "is for ICE: turn “ice” on as well"),
    ("turn_server", "turn.example.com", "is for ICE: turn “ice” on as well"),
    ("turn_transport", "tls", f"is for a relay, and {NO_RELAY}"),
    ("turn_user", "alice", f"is for a relay, and {NO_RELAY}"),
    ("turn_password_command", "pass x", f"is for a relay, and {NO_RELAY}"),
    ("turn_password_file", "/p", f"is for a relay, and {NO_RELAY}"),
    ("country", "", "empty: leave it out if numbers have no country"),
    ("country", "ESP", "longer than 2 characters"),
    ("country", "UK", "“UK” is not the code of a country, such as ES, US or DE"),
    ("country", "34", "“34” is not the code of a country, such as ES, US or DE"),
    ("plus", "0", "+, or two to six digits such as 00 or 011"),
    ("plus", "++", "+, or two to six digits such as 00 or 011"),
    ("trunk", "0", "is for numbers of a country: name it in “country”"),
    ("trunk", "*9", "digits such as 0, or none"),
    ("emergency", "no", "true or false is needed, not text"),
    ("pickup", "", "empty: leave it out if the server has none"),
    ("pickup", "**", "lacks {number}, which stands for what you choose"),
    ("pickup", "**{nummer}", "“{nummer}” is not known: only {number} is filled in"),
    ("pickup", "**{number", "“{” is not known: only {number} is filled in"),
    ("pickup", "{number}*{number}", "{number} is there more than once"),
    ("pickup", "**{number}@evil.test", f"“@” {NOT_DIALLED}"),
    ("pickup", "**{number};transport=udp", f"“;” {NOT_DIALLED}"),
    ("pickup", "x" * 65, "longer than 64 characters"),
    ("pickup_group", "*8{number}", "“{number}” is not known: nothing is filled in here"),
    ("pickup_group", "*8}", "“}” is not known: nothing is filled in here"),
    ("pickup_group", "* 8", f"a space {NOT_DIALLED}"),
    ("pickup_group", "*8\r\nX: y", "holds control characters"),
    ("voicemail", "*97@evil.test", f"“@” {NOT_DIALLED}"),
    ("voicemail", "{number}", "“{number}” is not known: nothing is filled in here"),
    ("pickup_group", "*8\u202e", f"a control character {NOT_DIALLED}"),
    ("park", "sip:700@evil.test;transport=udp", f"“:” {NOT_DIALLED}"),
    ("park", "700%40evil.test", f"“%” {NOT_DIALLED}"),
    ("park", "700,,1", f"“,” {NOT_DIALLED}"),
    ("park", "*68{number}", "“{number}” is not known: only {slot} is filled in"),
    ("retrieve", "*88", "lacks {slot}, which stands for what you choose"),
    ("retrieve", "{slot}?Replaces=x", f"“?” {NOT_DIALLED}"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "words"), BAD)
def test_bad_field(field: str, value: Any, words: str) -> None:
    assert account_fields.problems({**GOOD, field: value}) == {field: words}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"transport": "udp", "ca_file": "/x"}, {"ca_file": "for transport “tls” only"}),
        ({"transport": "tcp", "media_keying": "dtls"},
         {"media_keying": "“dtls” is for transport “tls” only"}),
        ({"media_keying": "dtls", "srtp_suites": "AEAD_AES_128_GCM"},
         {"srtp_suites": "with “dtls” keys the two ends choose the suite: leave it out"}),
        ({"ice": True, "hide_identity": True},
         {"ice": "with “hide_identity” a relay is needed, which hides your address: name a "
          "“turn_server”"}),
        ({"ice": True, "hide_identity": True, "turn_server": "turn.example.com"}, {}),
        ({"ice": False, "hide_identity": True}, {}),
        ({"publish_state": True, "hide_identity": True},
         {"publish_state": "tells others what you do, and “hide_identity” hides who you are: "
                           "turn one of them off"}),
        ({"publish_state": True, "hide_identity": False}, {}),
        ({"lamps": "presence", "hide_identity": True},
         {"lamps": "asks in your name what others do, and “hide_identity” hides who you are: "
                   "turn one of them off"}),
        ({"lamps": "off", "hide_identity": True}, {}),
        ({"lamps": "dialog", "hide_identity": False}, {}),
        ({"country": "es", "plus": "00", "trunk": "none"}, {}),
        ({"country": "DE", "plus": "+", "trunk": "0", "emergency": False}, {}),
        ({"ice": True, "stun_server": "stun.example.com:3478", "turn_server": "192.0.2.1",
          "turn_transport": "tls", "turn_user": "alice", "turn_password_file": "/p"}, {}),
        ({"forward_always": "100", "forward_unanswered": "bob@other.example"}, {}),
        ({"call_waiting": "busy", "forward_busy": "+34 600"}, {}),
        ({"forward_busy": "100"},
         {"forward_busy": "is for “call_waiting” busy: with the tone, the phone is never busy"}),
        ({"forward_always": "alice"}, {"forward_always": CIRCLE}),
        ({"forward_unanswered": "sip:alice@PBX.example.com"}, {"forward_unanswered": CIRCLE}),
        ({"forward_always": "alice@other.example"}, {}),
        ({"forward_always": "two words"}, {"forward_always":
          "“two words” is neither a number nor an address: remove the spaces"}),
        ({"forward_always": "bob@x.example?Route=y"}, {"forward_always":
          "an address with headers (“?…”) is not called: remove them"}),
        ({"transport": "udp", "forward_always": "sips:bob@x.example"}, {"forward_always":
          "a sips: address asks for TLS, which this account does not use"}),
        ({"forward_after_s": 4}, {"forward_after_s": "5 to 120 seconds, not 4"}),
        ({"auto_answer": "asked", "auto_answer_from": "100, bob@x.example"}, {}),
        ({"auto_answer_from": "100"}, {}),
        ({"auto_answer": "always"}, {"auto_answer":
          "is for callers that you list: name them in “auto_answer_from”"}),
        ({"auto_answer": "always", "auto_answer_from": "100", "transport": "udp"},
         {"auto_answer": "not over UDP, where anyone can send a call in your server's name"}),
        ({"auto_answer_from": "100, two words"}, {"auto_answer_from":
          "“two words” is neither a number nor an address: remove the spaces"}),
        ({"auto_answer_from": "100,"}, {"auto_answer_from":
          "there is nothing to call: type a number, a name or a SIP address"}),
        ({"call_waiting": "never"}, {"call_waiting": "tone or busy, not “never”"}),
        ({"transport": 3, "ca_file": "/x", "user": "", "expires_s": 0},
         {"user": USER, "transport": "text is needed, not a number",
          "ca_file": "for transport “tls” only", "expires_s": "60 to 3600 seconds, not 0"}),
    ],
)  # fmt: skip
def test_fields_beside_others_and_several_at_once(
    values: dict[str, Any], words: dict[str, str]
) -> None:
    assert account_fields.problems({**GOOD, **values}) == words


def test_nothing_given() -> None:
    assert account_fields.problems({}) == {"user": USER, "domain": DOMAIN}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"user": "alice@other.example"},
        {"user": "Ж ж"},
        {"server": "[2001:db8::1]:5061"},
        {"server": "192.0.2.1:5061", "proxy": "bücher.example"},
        {"password_command": "pass show sip/work | head -1  # it's mine"},
        {"transport": "udp", "media_keying": "sdes", "enabled": False},
        {"expires_s": 60, "media_keying": "dtls", "display_name": ""},
    ],
)
def test_good_fields(values: dict[str, Any]) -> None:
    assert account_fields.problems({**GOOD, **values}) == {}


@pytest.mark.parametrize(
    ("server", "written", "parts"),
    [
        ("PBX.Example", "pbx.example", ("pbx.example", 5061)),
        ("bücher.example:5070", "xn--bcher-kva.example:5070", ("xn--bcher-kva.example", 5070)),
        ("[2001:db8::1]:5070", "[2001:db8::1]:5070", ("2001:db8::1", 5070)),
        ("192.0.2.1", "192.0.2.1", ("192.0.2.1", 5061)),
    ],
)
def test_a_server_is_written_as_sip_takes_it(
    server: str, written: str, parts: tuple[str, int]
) -> None:
    account = account_fields.from_values({**GOOD, "server": server})
    assert account.registrar == account.next_hop == written
    assert account.next_hop_parts == parts


NAMES = [
    ("", "needed: it is what you call this account here"),
    ("x" * 33, "longer than 32 characters"),
    ("echo", "“echo” is the local test line: choose another name"),
    *(
        (name, "letters, digits, dots, dashes and underscores only, a letter or digit first")
        for name in ("-a", ".a", "a b", "a/b", "../a", "é", "work\n")
    ),
]


@pytest.mark.parametrize(("name", "words"), NAMES)
def test_bad_name(name: str, words: str) -> None:
    assert account_fields.name_problem(name) == words


@pytest.mark.parametrize("name", ["a", "Work.2_b-c", "0", "x" * 32])
def test_good_name(name: str) -> None:
    assert account_fields.name_problem(name) is None


TYPED = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.text("@:[]/.sip5061'\" \x00\ud800é", max_size=12),
    st.sampled_from(["tls", "udp", "dtls", "/etc", "~nobody/x", "~"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)


@given(st.dictionaries(st.sampled_from([*Account.__struct_fields__, "zzz"]), TYPED))
@example({"user": "a", "domain": "b", "ca_file": "\x00"})
def test_whatever_is_typed_has_words_or_is_an_account(values: dict[str, Any]) -> None:
    named_files.problems(values)
    if not account_fields.problems(values):
        account = account_fields.from_values(values)
        assert isinstance(account.transport, Transport)
        assert isinstance(account.media_keying, Keying)
        assert {field: getattr(account, field) for field in values} == values


# The files that fields name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority = Authority(tmp_path / "pki")
    (tmp_path / "ca.pem").write_bytes(b"my authority\n" + authority.file.read_bytes())
    (tmp_path / "ca.der").write_bytes(b"\x30\x82")
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "bad.pem").write_text(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    )
    (tmp_path / "secret").write_text("hunter2\n")
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "open").write_text("hunter2\n")
    (tmp_path / "open").chmod(0o640)
    return tmp_path


@pytest.mark.parametrize(
    ("field", "name", "words"),
    [
        ("ca_file", "nowhere.pem", "there is no file {}"),
        ("ca_file", "pki", "{} is a folder, not a file"),
        ("ca_file", "empty.pem", "{} holds no certificate in PEM form"),
        ("ca_file", "bad.pem", "{} holds no certificate in PEM form"),
        ("ca_file", "ca.der", "{} holds no certificate in PEM form"),
        ("ca_file", "secret/x", "{} cannot be read: Not a directory"),
        ("ca_file", "/dev/zero", "{} is not a readable file"),
        ("ca_file", "/proc/self/mem", "{} cannot be read: Input/output error"),
        ("password_file", "nowhere", "there is no file {}"),
        ("password_file", "pki", "{} is a folder, not a file"),
        ("password_file", "open", "{0} can be read by others: run chmod 600 {0}"),
        ("password_file", "/dev/zero", "{} is not a readable file"),
    ],
)
def test_bad_file(folder: Path, field: str, name: str, words: str) -> None:
    path = folder / name
    assert named_files.problems({field: str(path)}) == {field: words.format(path)}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("ca.pem", "the whole path is needed, not ca.pem"),
        ("./secret", "the whole path is needed, not ./secret"),
        ("~no.such.user/x", "~no.such.user/x cannot be read: Could not determine home directory."),
        ("/a\x00b", "/a\x00b cannot be read: embedded null byte"),
    ],
)
def test_bad_path(value: str, words: str) -> None:
    assert named_files.problems({"ca_file": value, "password_file": value}) == {
        "ca_file": words,
        "password_file": words,
    }


def test_good_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"ca_file": str(folder / "ca.pem"), "password_file": str(folder / "secret")}
    assert named_files.problems(good) == {}
    monkeypatch.setenv("HOME", str(folder))
    assert named_files.problems({"ca_file": "~/ca.pem", "password_file": "~/secret"}) == {}
    assert named_files.problems({"ca_file": 3, "password_file": None}) == {}
