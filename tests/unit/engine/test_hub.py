"""Events are numbered and reach every subscriber."""

from __future__ import annotations

import re

from voip.engine.hub import Hub
from voip.protocol.calls import DigitEvent
from voip.protocol.client import NumberedEvent
from voip.protocol.phone import NoticeEvent, SipMessageEvent
from voip.protocol.sound import LevelsEvent

NOTICE = NoticeEvent(level="info", text="x")
LEVELS = LevelsEvent(call="1", rx=0.5, tx=0.25)
MESSAGE = SipMessageEvent(
    sent=True, remote="192.0.2.1:5061", transport=None, server=None, verified=False, lines=("x",)
)


def test_events_are_numbered_from_one() -> None:
    hub = Hub()
    heard: list[NumberedEvent] = []
    hub.listen(heard.append, levels=False)
    hub.publish(NOTICE)
    hub.publish(DigitEvent(call="1", digit="5"))
    assert [event.seq for event in heard] == [1, 2]
    assert [event.event for event in heard] == [NOTICE, DigitEvent(call="1", digit="5")]
    assert hub.seq == 2
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event.at) for event in heard)


def test_numbers_count_without_listeners() -> None:
    hub = Hub()
    hub.publish(NOTICE)
    heard: list[NumberedEvent] = []
    hub.listen(heard.append, levels=False)
    hub.publish(NOTICE)
    assert [event.seq for event in heard] == [2]


def test_levels_go_to_those_alone_who_asked_and_carry_the_last_number() -> None:
    hub = Hub()
    plain: list[NumberedEvent] = []
    keen: list[NumberedEvent] = []
    demands = [hub.wants_levels]
    hub.listen(plain.append, levels=False)
    demands.append(hub.wants_levels)
    hub.listen(keen.append, levels=True)
    demands.append(hub.wants_levels)
    assert demands == [False, False, True]
    hub.publish(NOTICE)
    hub.publish(LEVELS)
    hub.publish(NOTICE)
    assert [event.seq for event in plain] == [1, 2]
    assert [(event.seq, event.event) for event in keen] == [(1, NOTICE), (1, LEVELS), (2, NOTICE)]


def test_forgotten_listeners_hear_nothing() -> None:
    hub = Hub()
    heard: list[NumberedEvent] = []
    hub.listen(heard.append, levels=True)
    hub.forget(heard.append)
    hub.forget(heard.append)
    hub.publish(NOTICE)
    assert heard == []
    assert not hub.wants_levels


def test_listener_may_leave_while_it_is_told() -> None:
    hub = Hub()
    heard: list[str] = []

    def leaving(event: NumberedEvent) -> None:
        heard.append("leaving")
        hub.forget(leaving)

    def staying(event: NumberedEvent) -> None:
        heard.append("staying")

    hub.listen(leaving, levels=False)
    hub.listen(staying, levels=False)
    hub.publish(NOTICE)
    hub.publish(NOTICE)
    assert heard == ["leaving", "staying", "staying"]


def test_sip_messages_go_to_those_alone_who_asked() -> None:
    hub = Hub()
    plain: list[NumberedEvent] = []
    keen: list[NumberedEvent] = []
    demands: list[bool] = []
    hub.when_listeners_change(lambda: demands.append(hub.wants_sip))
    hub.listen(plain.append, levels=True)
    hub.listen(keen.append, levels=False, sip=True)
    hub.publish(MESSAGE)
    hub.publish(LEVELS)
    hub.forget(keen.append)
    assert demands == [False, True, False]
    assert [event.event for event in plain] == [LEVELS]
    assert [(event.seq, event.event) for event in keen] == [(0, MESSAGE)]
