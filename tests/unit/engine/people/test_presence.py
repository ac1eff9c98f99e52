"""Subscriptions to contacts: whom, how many, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.clock import Clock
from tests.support.standin.engine import StandIn
from voip.engine.people import presence, watched
from voip.lamps import Lamp, LampState
from voip.protocol.accounts import EditAccount
from voip.protocol.people import LampEvent
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.people import Watch


def write(phone: StandIn, *lines: str) -> None:
    phone.paths.contacts.mkdir(exist_ok=True)
    cards = (
        f"BEGIN:VCARD\nVERSION:4.0\nFN:P{n}\n{line}\nEND:VCARD\n" for n, line in enumerate(lines)
    )
    (phone.paths.contacts / "all.vcf").write_text("".join(cards))


def states(phone: StandIn) -> list[LampState]:
    events = [numbered.event for numbered in phone.events]
    return [event.lamp.state for event in events if isinstance(event, LampEvent)]


async def watched_users(phone: StandIn, account: str = "work") -> list[str]:
    return sorted(watch.uri for watch in await phone.watches(account))


async def test_people_at_the_own_server_are_watched(standin: StandIn) -> None:
    write(
        standin,
        "TEL:200", "TEL:2 0 0", "TEL:200,,55", "TEL:112", "TEL:+34600111222", "TEL:6001112",
        "TEL:*97", "IMPP:sip:bob@pbx.example.com", "IMPP:sip:eve@elsewhere.example",
        "IMPP:sip:eve@pbx.example.com:5070", "IMPP:sips:ann@pbx.example.com",
    )  # fmt: skip
    await standin.add_account("work", lamps="dialog")
    assert await watched_users(standin) == [
        "sip:200@pbx.example.com", "sip:ann@pbx.example.com", "sip:bob@pbx.example.com",
    ]  # fmt: skip


@pytest.mark.parametrize("fields", [{}, {"lamps": "off"}, {"lamps": "dialog", "register": False}])
async def test_nobody_is_watched_unasked(standin: StandIn, fields: dict[str, object]) -> None:
    write(standin, "TEL:200")
    await standin.add_account("work", **fields)
    assert await watched_users(standin) == []


async def test_two_looks_at_once_watch_each_person_once(standin: StandIn) -> None:
    write(standin, "TEL:200", "TEL:201", "TEL:202")
    await standin.add_account("work", lamps="dialog")
    await standin.engine.contacts.refresh()
    await asyncio.gather(*(standin.engine.presence.refresh() for _ in range(2)))
    assert len(await watched_users(standin)) == 3


async def test_each_spelling_has_the_lamp(standin: StandIn) -> None:
    write(standin, "TEL:200", "TEL:2 0 0")
    await standin.add_account("work", lamps="dialog")
    await standin.in_calls("200", "confirmed")
    assert (await standin.status()).lamps == (
        Lamp("work", "2 0 0", LampState.BUSY), Lamp("work", "200", LampState.BUSY),
    )  # fmt: skip


async def test_contacts_that_come_and_go_are_followed(standin: StandIn) -> None:
    write(standin, "TEL:200")
    await standin.add_account("work", lamps="dialog")
    await standin.in_calls("200", "confirmed")
    write(standin, "TEL:300", "TEL:4444")
    assert await watched_users(standin) == ["sip:300@pbx.example.com", "sip:4444@pbx.example.com"]
    assert (await standin.status()).lamps == ()
    assert states(standin) == [LampState.BUSY, LampState.UNKNOWN]


async def test_lamps_over_the_bound_are_told_once(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "MOST", 2)
    write(standin, "TEL:200", "TEL:300", "TEL:400")
    await standin.add_account("work", lamps="dialog")
    assert len(await watched_users(standin)) == 2
    await standin.watches()
    words = "account work has lamps for 2 contacts, the most there may be: 1 more have none"
    notices = [e.event for e in standin.events if isinstance(e.event, NoticeEvent)]
    assert [notice.text for notice in notices] == [words]
    assert (await standin.status()).engine.problems == (words,)


async def test_lamps_over_the_bound_of_a_worker_are_told_and_wait_for_room(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "MOST_WATCHES", 3)
    write(standin, "TEL:200", "TEL:300")
    await standin.add_account("work", lamps="dialog")
    await standin.add_account("home", user="bob", lamps="dialog")
    await standin.add_account("open", transport="udp", user="carol", lamps="dialog")
    for _ in range(3):
        assert len(await watched_users(standin, "work")) == 2
        assert len(await watched_users(standin, "home")) == 1
        # Its worker is another one.
        assert len(await watched_users(standin, "open")) == 2
    words = (
        "account home has no lamp for 1 of its contacts: all TLS accounts together have 3, the "
        "most there may be. Turn “lamps” off for one that needs none"
    )
    notices = [e.event.text for e in standin.events if isinstance(e.event, NoticeEvent)]
    assert notices == [words]
    assert (await standin.status()).engine.problems == (words,)
    assert len(standin.script.of_kind(Watch)) == 5

    await standin.client.ask(EditAccount(name="work", fields={"lamps": "off"}))
    assert len(await watched_users(standin, "home")) == 2
    assert (await standin.status()).engine.problems == ()


async def test_a_server_is_asked_little_at_once(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_AT_ONCE", 2)
    write(standin, "TEL:200", "TEL:300", "TEL:400")
    await standin.add_account("work", lamps="dialog")
    assert len(await watched_users(standin)) == 2
    assert len(await watched_users(standin)) == 3


@pytest.fixture
def clock(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The time by which subscriptions are begun again."""
    clock = Clock()
    monkeypatch.setattr(standin.engine.presence, "_clock", clock.monotonic)
    yield clock


@pytest.mark.parametrize(
    ("code", "retry_after_s", "wait_s"),
    [(0, 0, 30), (0, 90, 90), (481, 0, 30), (503, 120, 120), (403, 0, 3600), (404, 9, 3600),
     (500, 1 << 30, 86400)],
)  # fmt: skip
async def test_a_subscription_that_ended_begins_again_calmly(
    standin: StandIn, clock: Clock, code: int, retry_after_s: int, wait_s: int
) -> None:
    write(standin, "TEL:200", "TEL:300")
    await standin.add_account("work", lamps="dialog")
    await standin.in_calls("200", "confirmed")
    await standin.ends_subscription("200", code, retry_after_s)
    assert states(standin) == [LampState.BUSY, LampState.UNKNOWN]
    clock.advance(wait_s - 1)
    assert await watched_users(standin) == ["sip:300@pbx.example.com"]
    clock.advance(1)
    assert len(await watched_users(standin)) == 2


async def test_one_that_fails_again_and_again_waits_longer(standin: StandIn, clock: Clock) -> None:
    write(standin, "TEL:200")
    await standin.add_account("work", lamps="dialog")
    for wait_s in (30, 60, 120):
        await standin.ends_subscription("200", 408)
        clock.advance(wait_s - 1)
        assert await watched_users(standin) == []
        clock.advance(1)
        assert len(await watched_users(standin)) == 1


async def test_a_server_without_lamps_is_not_asked_for_everybody(
    standin: StandIn, clock: Clock
) -> None:
    write(standin, "TEL:200", "TEL:300")
    await standin.add_account("work", lamps="dialog")
    await standin.watches()
    for user in ("200", "300"):
        await standin.ends_subscription(user, 489)
    write(standin, "TEL:200", "TEL:300", "TEL:400")
    assert await watched_users(standin) == []
    clock.advance(3600)
    assert len(await watched_users(standin)) == 3


async def test_what_is_missing_is_asked_for_anew(standin: StandIn, clock: Clock) -> None:
    write(standin, "TEL:200")
    await standin.add_account("work", lamps="dialog")
    await standin.in_calls("200", "confirmed")
    (first,) = await standin.watches("work", "200")
    head = 'xmlns="urn:ietf:params:xml:ns:dialog-info" version="7" state="partial"'
    await standin.notify("200", f'<dialog-info {head} entity="{first.uri}"/>')
    assert states(standin) == [LampState.BUSY, LampState.UNKNOWN]
    assert await standin.watches("work", "200") == []
    clock.advance(30)
    (second,) = await standin.watches("work", "200")
    assert second.number != first.number


async def test_a_worker_that_dies_leaves_no_lamp(standin: StandIn) -> None:
    write(standin, "TEL:200")
    await standin.add_account("work", lamps="dialog")
    await standin.in_calls("200", "confirmed")
    position = len(standin.events)
    standin.worker_dies()
    await standin.until(LampEvent, lambda e: e.lamp.state is LampState.UNKNOWN, position)
    await standin.until_registered("work", position)
    assert len(await watched_users(standin)) == 1


async def test_another_package_is_subscribed_to(standin: StandIn) -> None:
    write(standin, "TEL:200")
    await standin.add_account("work", lamps="dialog")
    await standin.watches()
    await standin.client.ask(EditAccount(name="work", fields={"lamps": "presence"}))
    (watch,) = await standin.watches()
    assert watch.package == "presence"
