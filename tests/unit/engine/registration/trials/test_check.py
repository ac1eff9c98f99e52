"""A check's search: each name, and each target in the order of a registration."""

from __future__ import annotations

import time

import pytest

from tests.support.standin.engine import StandIn
from tests.support.standin.script import Registrar
from voip.causes import Cause, CauseKind
from voip.engine.errors import Refusal
from voip.engine.network.locator import Located, Step
from voip.engine.network.search import Search
from voip.protocol.accounts import (
    CheckAccount,
    CheckEvent,
    CheckReport,
    Family,
    LookupOutcome,
)
from voip.protocol.trust import ServerReport
from voip.protocol.worker.accounts import Target
from voip.sip.network.locating import Pointer, Service

A, B, C = "192.0.2.1", "192.0.2.2", "2001:db8::3"
REFUSED = Cause(CauseKind.CONNECTION_FAILED, ("Connection refused",))


@pytest.fixture
def server(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Give example.com two servers with three addresses, in a fixed order."""
    monkeypatch.setattr("voip.engine.network.locator.has_ipv6_route", lambda: False)
    names = standin.names
    names.services_of["_sips._tcp.example.com"] = (
        Service(1, 1, 5061, "a.example.com"),
        Service(2, 1, 5071, "b.example.com"),
    )
    names.addresses_of["a.example.com"] = (A,)
    names.addresses_of["b.example.com"] = (B, C)
    return standin


async def check(standin: StandIn, **fields: str | bool) -> CheckReport:
    command = CheckAccount(name="new", fields={"user": "a", "domain": "example.com", **fields})
    return await standin.client.get(command, CheckReport)


def outcomes(report: CheckReport) -> list[tuple[str, bool, CauseKind | None]]:
    return [(t.address, t.taken, t.cause.kind if t.cause else None) for t in report.targets]


def oks(report: CheckReport) -> dict[str, bool | None]:
    return {step.step: step.ok for step in report.steps}


async def test_it_reports_what_the_name_led_to_in_order(server: StandIn) -> None:
    report = await check(server)
    assert [(row.record, row.name, row.outcome, row.records) for row in report.lookups] == [
        ("NAPTR", "example.com", LookupOutcome.NO_RECORD, ()),
        (
            "SRV",
            "_sips._tcp.example.com",
            LookupOutcome.ANSWERED,
            ("a.example.com:5061", "b.example.com:5071"),
        ),
        ("A/AAAA", "a.example.com", LookupOutcome.ANSWERED, (A,)),
        ("A/AAAA", "b.example.com", LookupOutcome.ANSWERED, (B, C)),
    ]
    assert [row.text for row in report.lookups] == [
        "example.com has no NAPTR records",
        "SRV _sips._tcp.example.com: a.example.com:5061, b.example.com:5071",
        "a.example.com is at 192.0.2.1",
        "b.example.com is at 192.0.2.2, 2001:db8::3",
    ]
    assert [(t.address, t.port, t.family) for t in report.targets] == [
        (A, 5061, Family.IPV4),
        (B, 5071, Family.IPV4),
        (C, 5071, Family.IPV6),
    ]


async def test_the_first_that_answers_is_taken_and_the_rest_is_not_tried(server: StandIn) -> None:
    report = await check(server)
    assert outcomes(report) == [(A, True, None), (B, False, None), (C, False, None)]
    first, second, _ = report.targets
    assert (first.rtt_ms, first.text) == (12, "192.0.2.1:5061 answered in 12 ms, IPv4")
    assert (second.rtt_ms, second.text) == (None, "192.0.2.2:5071 was not tried")


async def test_targets_that_fail_leave_it_to_the_next_and_say_why(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voip.engine.registration.trials.check.SHORT_SILENCE_S", 0.05)
    server.script.registrars_at = {A: Registrar(cause=REFUSED), B: Registrar(silent=True)}
    report = await check(server)
    assert report.ok
    assert outcomes(report) == [
        (A, False, CauseKind.CONNECTION_FAILED),
        (B, False, CauseKind.NO_ANSWER),
        (C, True, None),
    ]
    texts = [target.text for target in report.targets]
    assert texts == [
        "192.0.2.1:5061: the connection failed: Connection refused",
        "192.0.2.2:5071: the server did not answer",
        "[2001:db8::3]:5071 answered in 12 ms, IPv6",
    ]


@pytest.mark.parametrize("code", [408, 503])
async def test_a_server_that_cannot_serve_leaves_it_to_the_next(server: StandIn, code: int) -> None:
    server.script.registrars_at = {A: Registrar(code, "Later")}
    report = await check(server)
    assert report.ok
    assert outcomes(report)[:2] == [(A, False, CauseKind.SIP_STATUS), (B, True, None)]


async def test_a_refusal_of_the_account_is_an_answer_and_final(server: StandIn) -> None:
    server.script.registrars_at = {A: Registrar(403, "Forbidden")}
    report = await check(server)
    assert oks(report) == {"name": True, "tls": True, "certificate": True, "registration": False}
    assert outcomes(report) == [(A, True, None), (B, False, None), (C, False, None)]


async def test_with_none_left_the_steps_are_those_of_the_last(server: StandIn) -> None:
    expired = Cause(CauseKind.CERTIFICATE_EXPIRED)
    server.script.registrars_at = {
        A: Registrar(503, "Later"),
        B: Registrar(cause=expired),
        C: Registrar(cause=REFUSED),
    }
    report = await check(server)
    assert oks(report) == {"name": True, "tls": False, "certificate": None, "registration": None}
    assert [kind for _, _, kind in outcomes(report)] == [
        CauseKind.SIP_STATUS,
        CauseKind.CERTIFICATE_EXPIRED,
        CauseKind.CONNECTION_FAILED,
    ]


async def test_clients_follow_the_search(server: StandIn) -> None:
    server.script.registrars_at = {A: Registrar(cause=REFUSED)}
    report = await check(server)
    events = [e.event for e in server.events if isinstance(e.event, CheckEvent)]
    assert all(event.lookups == report.lookups for event in events)
    seen = [(e.step.step, e.step.ok, e.targets[0].cause) for e in events]
    assert seen == [
        ("name", True, None),
        ("tls", False, REFUSED),
        ("tls", None, REFUSED),
        ("certificate", None, REFUSED),
        ("registration", None, REFUSED),
        ("tls", True, REFUSED),
        ("certificate", True, REFUSED),
        ("registration", True, REFUSED),
    ]


async def test_an_account_that_does_not_register_goes_on_as_well(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = server.engine.account_check._look

    async def look_at(host: str, targets: tuple[Target, ...], *trusted: object) -> ServerReport:
        if targets[0].address == A:
            refusal = Refusal("no_server", "the connection to it failed")
            raise refusal from ConnectionRefusedError(111, "Connection refused")
        return await look(host, targets, *trusted)  # type: ignore[arg-type]

    monkeypatch.setattr(server.engine.account_check, "_look", look_at)
    report = await check(server, register=False)
    assert report.ok
    assert report.targets[0].cause == REFUSED
    assert outcomes(report)[1:] == [(B, True, None), (C, False, None)]
    # No request was sent.
    assert report.targets[1].rtt_ms is None
    assert report.targets[1].text == "192.0.2.2:5071 answered, IPv4"


async def test_an_address_has_no_lookups(standin: StandIn) -> None:
    report = await check(standin, server="192.0.2.7:5070")
    assert report.lookups == ()
    assert [(t.address, t.port, t.taken) for t in report.targets] == [("192.0.2.7", 5070, True)]


async def test_what_strangers_wrote_is_cleaned(server: StandIn) -> None:
    hostile = "\x1b[31m\u202e"
    server.names.pointers_of["example.com"] = (Pointer(1, 1, f"SIP+D2U{hostile}", "x"),)
    server.script.registrars_at = {A: Registrar(503, hostile)}
    report = await check(server)
    assert not set(repr(report.lookups) + repr(report.targets)) & {"\x1b", "\u202e"}
    texts = [row.text for row in report.lookups] + [target.text for target in report.targets]
    assert not any(set(text) & set(hostile[:1] + hostile[-1:]) for text in texts)


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (Step("A/AAAA", "a.test", LookupOutcome.NO_NAME), "a.test is not found"),
        (Step("A/AAAA", "a.test", LookupOutcome.NO_RECORD), "a.test has no addresses"),
        (Step("SRV", "a.test", LookupOutcome.NO_NAME), "a.test has no SRV records"),
        (Step("NAPTR", "a.test", LookupOutcome.ANSWERED), "a.test has no usable NAPTR records"),
        (
            Step("SRV", "a.test", LookupOutcome.FAILED),
            "the name server failed to look up SRV records of a.test",
        ),
        (
            Step("A/AAAA", "a.test", LookupOutcome.SILENT),
            "no name server answered for addresses of a.test",
        ),
        (
            Step("A/AAAA", "a.test", LookupOutcome.ANSWERED, (A,), stale=True),
            "a.test is at 192.0.2.1 (from before: no name server answers)",
        ),
    ],
)
def test_each_outcome_of_a_lookup_has_its_words(step: Step, text: str) -> None:
    (lookup,) = Search(Located("a.test", steps=(step,))).lookups
    assert (lookup.text, lookup.outcome, lookup.stale) == (text, step.outcome, step.stale)


def test_the_time_of_an_answer_counts_from_the_last_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = Target(A, 5061)
    search = Search(Located("a.test", (target,)))
    times = iter([1.0, 2.0, 2.0124])
    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: next(times))
        search.sent()
        search.sent()
        search.answered(target)
    assert search.targets[0].rtt_ms == 12
