"""Look-ups: the target of a text, and the people it could mean."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.screen import manyrows
from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.engine.history.reader import HistoryReader
from voip.model import NameFrom
from voip.protocol.calls import CallStarted, DeclineCall, HangUp, PlaceCall
from voip.protocol.people import LookedUp, LookUp, Suggestion
from voip.protocol.phone import Doctor, DoctorReport, Finding, NoticeEvent, StartEcho
from voip.protocol.worker.calls import StartCall
from voip.sip.callers import HIDDEN

ECHO = Suggestion("Echo line (test call on this machine)", "echo", "echo", NameFrom.PHONE)
NO_ACCOUNT = (
    "there is no account to call with: add one with “offhook account add”, or try "
    "“offhook call echo”"
)


def cards(phone: StandIn, *people: tuple[str, *tuple[str, ...]]) -> None:
    folder = phone.paths.contacts
    folder.mkdir(exist_ok=True)
    text = ""
    for name, *lines in people:
        text += "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"FN:{name}", *lines, "END:VCARD", ""])
    (folder / "all.vcf").write_text(text)


async def look_up(phone: StandIn, text: str, **options: Any) -> LookedUp:
    return await phone.client.get(LookUp(text=text, **options), LookedUp)


async def suggested(phone: StandIn, text: str, **options: Any) -> list[tuple[str, str, str]]:
    matches = await look_up(phone, text, **options)
    return [(row.source, row.name, row.target) for row in matches.suggestions]


async def called(phone: StandIn, *targets: str) -> None:
    for target in targets:
        call = await phone.call(target)
        await phone.client.ask(HangUp(call=call))
        await phone.until_logged(call)


async def test_number_address_and_which_account(standin: StandIn) -> None:
    await standin.add_account("work")
    await standin.add_account("home", transport="udp", domain="home.example")
    matches = await look_up(standin, "+34 (600) 111-222")
    assert matches == LookedUp(
        uri="sip:+34600111222@pbx.example.com;transport=tls", account="work", problem=None
    )
    assert (await look_up(standin, "100", account="home")).uri == "sip:100@home.example"
    assert (await look_up(standin, "sip:bob@example.com")).account == "work"
    assert (await standin.status()).calls == ()


async def test_what_is_looked_up_is_what_is_called(standin: StandIn) -> None:
    await standin.add_account("work")
    cards(standin, ("Bob", "TEL:+34 600 111 222"))
    for text in ("bob", "100", "carol@example.com", "0034 600 (0) 1"):
        matches = await look_up(standin, text)
        call = await standin.call(text)
        (live,) = [c for c in (await standin.status()).calls if c.id == call]
        assert matches.uri is not None
        assert (live.remote.uri, live.account) == (matches.uri.split(";")[0], matches.account)
        await standin.client.ask(HangUp(call=call))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a b", "“a b” is neither a number nor an address: remove the spaces"),
        ("a@", "“” is not the name or address of a server"),
        ("sip:a@b?Route=x", "an address with headers (“?…”) is not called: remove them"),
        ("\x1b[2J", "the address holds control characters"),
        ("x" * 300, "the address is longer than 255 characters"),
    ],
)
async def test_what_cannot_be_called_says_why(standin: StandIn, text: str, problem: str) -> None:
    await standin.add_account("work")
    assert await look_up(standin, text) == LookedUp(None, "work", problem)


async def test_account_that_cannot_be_used_says_why(standin: StandIn) -> None:
    assert await look_up(standin, "100") == LookedUp(None, None, NO_ACCOUNT)
    assert await look_up(standin, "") == LookedUp(None, None, None)
    assert (await look_up(standin, "100", account="x")).problem == "there is no account x"
    await standin.add_account("home", transport="udp")
    matches = await look_up(standin, "sips:bob@example.com")
    assert matches.problem == "a sips: address asks for TLS, which this account does not use"


@pytest.mark.parametrize(("text", "first"), [("e", False), ("EC", False), ("Echo ", True)])
async def test_echo_line_is_suggested(standin: StandIn, text: str, first: bool) -> None:
    await standin.add_account("echelon")
    cards(standin, ("Echo Beach", "TEL:100"))
    matches = await look_up(standin, text)
    assert matches.suggestions[0 if first else -1] == ECHO
    assert matches.suggestions.count(ECHO) == 1
    if first:
        assert (matches.uri, matches.account) == ("sip:echo@127.0.0.1", "echo")


async def test_echo_line_needs_no_account(standin: StandIn) -> None:
    matches = await look_up(standin, "echo")
    assert matches == LookedUp("sip:echo@127.0.0.1", "echo", None, (ECHO,))
    assert "echo" not in [row[2] for row in await suggested(standin, "echoes")]
    await standin.client.ask(StartEcho())
    assert (await look_up(standin, "echo")).uri == standin.engine.echo.uri


async def test_contacts_then_log_then_accounts(standin: StandIn) -> None:
    await standin.add_account("work", user="bob.work")
    cards(
        standin,
        ("Jacob", "TEL:7"),
        ("Abobo", "TEL:8"),
        ("Bob", "TEL;TYPE=work:100", "TEL:+34 600 111 222"),
        ("Bobby", "X-SIP:bobby@example.com"),
    )
    await called(standin, "bob@example.com", "100", "bobo", "bob@example.com")
    assert await suggested(standin, "BOB") == [
        ("contact", "Bob", "100"),
        ("contact", "Bob", "+34 600 111 222"),
        ("contact", "Bobby", "bobby@example.com"),
        ("contact", "Abobo", "8"),
        ("log", "", "bob@example.com"),
        ("log", "", "bobo@pbx.example.com"),
        ("account", "work", "bob.work@pbx.example.com"),
    ]
    assert len(await suggested(standin, "bob", limit=2)) == 2
    assert await suggested(standin, "bob", limit=-1) == []


async def test_numbers_by_their_digits(standin: StandIn) -> None:
    await standin.add_account("work")
    cards(standin, ("Bob", "TEL:+34 600-111-222"), ("Ana", "TEL:+34 (699) 11"))
    await called(standin, "+34 600 (999)")
    for text in ("600", "34 600", "+34-600", "(34) 60 0", "\u202a(+34) 600\u202c"):
        assert await suggested(standin, text) == [
            ("contact", "Bob", "+34 600-111-222"),
            ("log", "", "+34600999@pbx.example.com"),
        ]
    assert await suggested(standin, "1112") == [("contact", "Bob", "+34 600-111-222")]


async def test_one_number_is_suggested_once(standin: StandIn) -> None:
    await standin.add_account("work")
    cards(standin, ("Bob", "TEL:+34 600 111 222"))
    await called(standin, "+34600111222")
    assert await suggested(standin, "600") == [("contact", "Bob", "+34 600 111 222")]


async def test_nothing_typed_suggests_the_latest_people(standin: StandIn) -> None:
    await standin.add_account("work")
    cards(standin, ("Bob", "TEL:1"))
    await called(standin, "100")
    await look_up(standin, "")
    await called(standin, "200", "100", "300")
    call = await standin.incoming("work", '"Carol" <sip:carol@example.com>')
    await standin.client.ask(DeclineCall(call=call))
    await called(standin, "carol@example.com", "echo")
    expected = [
        ("log", "Carol", "carol@example.com"),
        ("log", "", "300@pbx.example.com"),
        ("log", "", "100@pbx.example.com"),
        ("log", "", "200@pbx.example.com"),
    ]
    assert await suggested(standin, "  ") == expected
    await standin.stop()
    await standin.start()
    assert await suggested(standin, "") == expected
    assert await suggested(standin, "", limit=1) == expected[:1]


async def test_calls_that_hide_are_nobody(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work", '"Anonymous" <sip:anonymous@anonymous.invalid>')
    await standin.client.ask(DeclineCall(call=call))
    await standin.until_logged(call)
    assert await suggested(standin, "") == []
    await standin.stop()
    await standin.start()
    assert await suggested(standin, "") == []


async def test_name_of_a_contact_is_called(standin: StandIn) -> None:
    await standin.add_account("work")
    cards(standin, ("Front Desk", "TEL:+34 600"))
    matches = await look_up(standin, "front  DESK")
    assert (matches.uri, matches.problem) == ("sip:+34600@pbx.example.com;transport=tls", None)
    call = await standin.call("Front Desk")
    await standin.client.ask(HangUp(call=call))
    logged = await standin.until_logged(call)
    assert (logged.remote.uri, logged.remote.name) == ("sip:+34600@pbx.example.com", "Front Desk")


@pytest.mark.parametrize("target", ["+34 600", "+34600@pbx.example.com", "tel:+34-600"])
async def test_a_call_to_the_number_of_a_contact_has_the_name(
    standin: StandIn, target: str
) -> None:
    await standin.add_account("work")
    cards(standin, ("Front Desk", "TEL:+34 600"), ("Ana", "TEL:100"))
    call = await standin.call(target)
    assert (await standin.status()).calls[0].remote.name == "Front Desk"
    await standin.client.ask(HangUp(call=call))


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ('"I am Ana" <sip:+34600@pbx.work.example.com>', ("Front Desk", False)),
        ("<sip:100@pbx.work.example.com>", ("Ana", False)),
        ('"Front Desk" <sip:mallory@evil.example>', ("Front Desk", True)),
        ('"frοnt DESK" <sip:+34600@evil.example>', ("frοnt DESK", True)),
        ('"Bob" <sip:bob@pbx.work.example.com>', ("Bob", False)),
        ('"+34 600" <sip:bob@pbx.work.example.com>', ("+34 600", True)),
    ],
)
async def test_a_caller_is_the_contact_of_its_address_and_else_what_it_claims(
    standin: StandIn, sender: str, expected: tuple[str, bool]
) -> None:
    await standin.add_account("work", domain="pbx.work.example.com")
    cards(standin, ("Front Desk", "TEL:+34 600"), ("Ana", "TEL:100"))
    await look_up(standin, "")  # reads the contacts
    call = await standin.incoming("work", sender)
    (shown,) = (await standin.status()).calls
    assert (shown.remote.name, shown.remote.imitates) == expected
    await standin.client.ask(HangUp(call=call))
    logged = await standin.until_logged(call)
    assert (logged.remote.name, logged.remote.imitates) == expected
    matches = [name for source, name, _ in await suggested(standin, "") if source == "log"]
    assert matches == ["" if expected[1] else expected[0]]


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        # The exchange: its domain, its server, its address, an address of its own network.
        ('"Front Desk" <sip:+34600@pbx.example.com>', "Front Desk"),
        ('"Front Desk" <sip:+34600@SIP.example.com:5061>', "Front Desk"),
        (f'"Front Desk" <sip:+34600@{facts.ADDRESS}>', "Front Desk"),
        ('"Front Desk" <sip:+34600@10.0.0.1>', "Front Desk"),
        ('"Front Desk" <sip:+34600@[fd00::1]:5060>', "Front Desk"),
        ('"Front Desk" <sip:+34600;npdi;rn=+3499@10.0.0.1;user=phone>', "Front Desk"),
        ('"Front Desk" <sip:600;phone-context=+34@10.0.0.1>', None),
        ('"Front Desk" <tel:+34-600>', "Front Desk"),
        ("<sip:100@10.0.0.1>", "Ana"),
        (f"<sip:bob@{facts.ADDRESS}>", "Bob"),
        # These must not get the name of a contact.
        ('"Front Desk" <sip:+34600@9.9.9.9>', None),
        ('"Front Desk" <sip:+34600@evil.example>', None),
        ('"Front Desk" <sip:+34600@anonymous.invalid>', None),
        ('"Bob" <sip:bob@10.0.0.1>', None),
        ('"Bob" <sip:bob@9.9.9.9>', None),
    ],
)
async def test_a_number_is_somebodys_wherever_the_exchange_says_it_is(
    standin: StandIn, sender: str, expected: str | None
) -> None:
    await standin.add_account("work", server="sip.example.com")
    cards(
        standin,
        ("Front Desk", "TEL:(+34) 600"),
        ("Ana", "TEL:100"),
        ("Bob", "X-SIP:bob@pbx.example.com"),
    )
    await look_up(standin, "")
    await standin.incoming("work", sender)
    (shown,) = (await standin.status()).calls
    if expected is None:
        assert shown.remote.imitates
    else:
        assert (shown.remote.name, shown.remote.imitates) == (expected, False)


async def call_back(phone: StandIn, uri: str, account: str | None = "work") -> str:
    """Request URI of the call back to `uri`."""
    command = PlaceCall(target=uri, account=account, back=True)
    started = await phone.client.get(command, CallStarted)
    (start,) = [o for o in phone.script.orders if isinstance(o, StartCall)]
    await phone.client.ask(HangUp(call=started.call))
    await phone.until_logged(started.call)
    return start.uri.removesuffix(";transport=tls")


@pytest.mark.parametrize(
    ("uri", "account", "called_back"),
    [
        ("sip:+49301234@10.0.0.1", "work", "sip:+49301234@pbx.example.com"),
        ("sip:+49301234@9.9.9.9", "work", "sip:+49301234@pbx.example.com"),
        ("sip:+49301234@anonymous.invalid", "work", "sip:+49301234@pbx.example.com"),
        ("sip:+49301234@ims.example.net", "work", "sip:+49301234@pbx.example.com"),
        ("sip:+49301234@10.0.0.1", None, "sip:+49301234@pbx.example.com"),
        ("tel:+49301234", "work", "sip:+49301234@pbx.example.com"),
        ("sip:9%23@10.0.0.1:5060", "work", "sip:9%23@pbx.example.com"),
        ("sip:100@9.9.9.9", "work", "sip:100@pbx.example.com"),
        ("sip:100@sip.example.com", "work", "sip:100@pbx.example.com"),
        (f"sip:bob@{facts.ADDRESS}", "work", "sip:bob@pbx.example.com"),
        ("sip:bob@sip.example.com:5061", "work", "sip:bob@pbx.example.com"),
        # Numbers and names at other hosts stay there.
        ("sip:100@other.example", "work", "sip:100@other.example"),
        ("sip:100@10.0.0.1", None, "sip:100@10.0.0.1"),
        ("sip:bob@10.0.0.1", "work", "sip:bob@10.0.0.1"),
        ("sip:bob@other.example", "work", "sip:bob@other.example"),
    ],
)
async def test_a_caller_is_called_back_at_the_accounts_own_domain(
    standin: StandIn, uri: str, account: str | None, called_back: str
) -> None:
    await standin.add_account("work", server="sip.example.com")
    assert await call_back(standin, uri, account) == called_back


@pytest.mark.parametrize(
    ("uri", "account"),
    [
        ("sip:anonymous@anonymous.invalid", "work"),
        ("sip:anonymous@10.0.0.1", "work"),
        ("sip:Restricted@pbx.example.com", "work"),
        ("sip:x@unknown.invalid", "work"),
        ("sip:100@anonymous.invalid", None),
    ],
)
async def test_a_caller_who_hides_is_not_called_back(
    standin: StandIn, uri: str, account: str | None
) -> None:
    await standin.add_account("work")
    with pytest.raises(CommandFailed) as caught:
        await call_back(standin, uri, account)
    assert (caught.value.kind, str(caught.value)) == ("bad_target", HIDDEN)


async def test_a_callers_address_that_is_typed_is_called_as_it_is(standin: StandIn) -> None:
    await standin.add_account("work")
    assert (await look_up(standin, "sip:+49301234@10.0.0.1")).uri == (
        "sip:+49301234@10.0.0.1;transport=tls"
    )
    with pytest.raises(CommandFailed) as caught:
        await standin.call("sip:anonymous@anonymous.invalid")
    assert caught.value.kind == "bad_target"


async def test_callers_in_the_log_are_suggested_as_they_are_called_back(standin: StandIn) -> None:
    await standin.add_account("work")
    await standin.add_account("home", domain="home.example")
    for account, caller in (
        ("work", "<sip:+49301234@10.0.0.1>"),
        ("home", "<sip:100@10.0.0.1>"),
        ("work", "<sip:bob@other.example>"),
        ("work", "<sip:anonymous@anonymous.invalid>"),
    ):
        call = await standin.incoming(account, caller)
        await standin.client.ask(DeclineCall(call=call))
        await standin.until_logged(call)
    await called(standin, "+49301234", "200@10.0.0.1")
    expected = [
        ("log", "", "200@10.0.0.1"),  # as it was dialled
        ("log", "", "+49301234@pbx.example.com"),
        ("log", "", "bob@other.example"),
        ("log", "", "100@home.example"),
    ]
    assert await suggested(standin, "") == expected
    await standin.stop()
    await standin.start()
    assert await suggested(standin, "") == expected


async def test_tones_of_a_contact_are_not_dialled(standin: StandIn) -> None:
    await standin.add_account("work")
    cards(standin, ("Bob", "TEL:+34 600 ext. 12"), ("24h Hotline", "TEL:112"))
    command = PlaceCall(target="bob")
    started = await standin.client.get(command, CallStarted)
    assert started.notice is None
    assert (await look_up(standin, "bob")).tones == "12"
    (call,) = (await standin.status()).calls
    assert (call.remote.uri, call.remote.name) == ("sip:+34600@pbx.example.com", "Bob")
    await standin.client.ask(HangUp(call=started.call))
    assert (await look_up(standin, "24h Hotline")).uri == "sip:112@pbx.example.com;transport=tls"


@pytest.mark.parametrize("text", ["+34 600 ext. 12", "24h Number", "600 100\n600 200"])
async def test_what_is_not_wholly_a_number_is_called_by_nobody(standin: StandIn, text: str) -> None:
    await standin.add_account("work")
    assert (await look_up(standin, text)).uri is None
    with pytest.raises(CommandFailed) as caught:
        await standin.call(text)
    assert caught.value.kind == "bad_target"
    assert not [o for o in standin.script.orders if isinstance(o, StartCall)]


async def test_name_of_several_numbers_lists_them(standin: StandIn) -> None:
    await standin.add_account("work")
    cards(
        standin,
        ("Bob", "TEL;TYPE=cell:+34 600", "TEL:100", "X-SIP:bob@example.com"),
        ("Ana", "TEL:1"),
        ("ana", "TEL:2"),
        ("Eve", "TEL:5"),
        ("eve", "TEL:(5)"),
    )
    several = "“Bob” has several numbers: call +34 600 (cell), 100 or bob@example.com"
    people = "“Ana” is the name of several people: call 1 or 2"
    for text, words in (("bob", several), ("ANA", people)):
        assert (await look_up(standin, text)).problem == words
        with pytest.raises(CommandFailed) as caught:
            await standin.call(text)
        assert (caught.value.kind, str(caught.value)) == ("bad_target", words)
    assert (await look_up(standin, "eve")).uri == "sip:5@pbx.example.com;transport=tls"


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("bob@example.com", "sip:bob@example.com;transport=tls"),
        ("sip:bob@example.com", "sip:bob@example.com;transport=tls"),
        ("100", "sip:100@pbx.example.com;transport=tls"),
        ("+34 600", "sip:+34600@pbx.example.com;transport=tls"),
        ("1-800-FLOWERS", "sip:18003569377@pbx.example.com;transport=tls"),
        ("<sip:bob@example.com>", "sip:bob@example.com;transport=tls"),
        ("tel:100", "sip:100@pbx.example.com;transport=tls"),
        ("echo", "sip:echo@127.0.0.1"),
    ],
)
async def test_no_contact_stands_in_for_a_number_or_an_address(
    standin: StandIn, name: str, uri: str
) -> None:
    await standin.add_account("work")
    cards(standin, (name, "TEL:666"))
    matches = await look_up(standin, name)
    assert (matches.uri, matches.problem) == (uri, None)


async def test_broken_contacts_are_in_the_status(standin: StandIn) -> None:
    folder = standin.paths.contacts
    folder.mkdir()
    (folder / "x.vcf").write_text("nonsense\n")
    await look_up(standin, "x")
    (problem,) = (await standin.status()).engine.problems
    assert problem.startswith(f"{folder / 'x.vcf'} is not read, its contacts are missing: ")
    findings = (await standin.client.get(Doctor(), DoctorReport)).findings
    assert Finding(ok=True, text=f"contacts: {problem}", warning=True) in findings
    notice = await standin.until(NoticeEvent, lambda e: e.level == "warning")
    assert notice.text == problem


async def test_people_of_a_long_log_are_read_once(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await standin.stop()
    standin.paths.history.unlink()
    manyrows.fill(standin.paths.history, 5_000)
    await standin.start()
    reads: list[int] = []
    people = HistoryReader.people

    def noted(reader: HistoryReader, limit: int, without: str) -> object:
        reads.append(limit)
        return people(reader, limit, without)

    monkeypatch.setattr(HistoryReader, "people", noted)
    assert await suggested(standin, manyrows.RARE) != []
    assert len(await suggested(standin, manyrows.FREQUENT, limit=20)) == 20
    assert reads == [10_000]
