"""Transfers: reading NOTIFY and answers, and each order of what can happen."""

from __future__ import annotations

import itertools

import pytest

from voip.causes import CauseKind
from voip.model import TransferState
from voip.sip.messages import refer
from voip.sip.messages.refer import Notice, Progress


def notify(
    body: str,
    event: str = "Event: refer",
    state: str = "Subscription-State: active;expires=60",
    kind: str = "Content-Type: message/sipfrag;version=2.0",
) -> str:
    head = ("NOTIFY sip:a@192.0.2.1 SIP/2.0", "Call-ID: a@b", "CSeq: 4 NOTIFY", event, state, kind)
    return "\r\n".join(filter(None, head)) + f"\r\n\r\n{body}"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (notify("SIP/2.0 100 Trying\r\n"), Notice(100, "Trying", False)),
        (notify("SIP/2.0 180 Ringing"), Notice(180, "Ringing", False)),
        (notify("SIP/2.0 200\r\n"), Notice(200, "", False)),
        (notify("SIP/2.0 486 Busy Here\r\nFrom: x\r\n"), Notice(486, "Busy Here", False)),
        (notify("SIP/2.0 200 OK", state="Subscription-State:terminated"), Notice(200, "OK", True)),
        (notify("", kind=""), Notice(0, "", False)),
        (notify("SIP/2.0 200 OK", event="o : Refer;id=7"), Notice(200, "OK", False)),
        (notify("SIP/2.0 200 OK", event="Event: refer;x=1;id=7;y"), Notice(200, "OK", False)),
        (notify("SIP/2.0 200 OK", event="Event: refer\r\n ;id=7"), Notice(200, "OK", False)),
        # What is not a status line says nothing.
        (notify("SIP/2.0 200 OK", kind="Content-Type: text/plain"), Notice(0, "", False)),
        (notify("\r\nSIP/2.0 200 OK"), Notice(0, "", False)),
        (notify("INVITE sip:x SIP/2.0\r\n\r\nSIP/2.0 200 OK"), Notice(0, "", False)),
        (notify("SIP/2.0 99 OK"), Notice(0, "", False)),
        (notify("SIP/2.0 700 OK"), Notice(0, "", False)),
        (notify("SIP/2.0 2000 OK"), Notice(0, "", False)),
        (notify("SIP/2.0 200x OK"), Notice(0, "", False)),
        (notify("SIP/2.0 ２００ OK"), Notice(0, "", False)),
        (notify("SIP/2.0 500 " + "x" * 5000), Notice(500, "x" * 256, False)),
        # About something else.
        (notify("SIP/2.0 200 OK", event="Event: refer;id=8"), None),
        (notify("SIP/2.0 200 OK", event="Event: referred"), None),
        (notify("SIP/2.0 200 OK", event="Event: dialog"), None),
        (notify("SIP/2.0 200 OK", event="X-Event: refer"), None),
        (notify("Event: refer\r\nSIP/2.0 200 OK", event=""), None),
    ],
)
def test_a_notify_is_read(message: str, expected: Notice | None) -> None:
    assert refer.notice(message, "a@b", 7) == expected


def test_a_notify_before_the_answer_is_of_the_only_request() -> None:
    assert (
        refer.notice(notify("SIP/2.0 200 OK", event="Event: refer;id=8"), "a@b", None) is not None
    )


@pytest.mark.parametrize("call_id", ["a@B", "a@", "x", ""])
def test_a_notify_of_another_call_is_not_read(call_id: str) -> None:
    assert refer.notice(notify("SIP/2.0 200 OK"), call_id, 7) is None


def test_an_answer_is_read() -> None:
    answer = "SIP/2.0 202 Accepted\r\nCSeq: 17 REFER\r\n"
    assert (refer.cseq(answer + "\r\n"), refer.reports(answer + "\r\n")) == (17, True)
    assert not refer.reports(answer + "Refer-Sub: False\r\n\r\n")
    assert refer.reports(answer + "Refer-Sub: true\r\n\r\n")
    assert refer.reports(answer + "\r\nRefer-Sub: false")
    assert refer.cseq("SIP/2.0 200 OK\r\nCSeq: 17 INVITE\r\n\r\n") is None


ACCEPTED = Progress().answered(202, "Accepted", True)


def kind(progress: Progress) -> CauseKind | None:
    return progress.cause.kind if progress.cause else None


def test_the_outcome_is_reported() -> None:
    trying = ACCEPTED.notified(100, "Trying", False)
    ringing = trying.notified(180, "Ringing", False)
    done = ringing.notified(200, "OK", True)
    states = [p.state.value for p in (ACCEPTED, trying, ringing, done)]
    assert states == ["trying", "trying", "ringing", "done"]
    assert done.patience_s is None


def test_an_outcome_may_come_before_the_answer() -> None:
    done = Progress().notified(200, "OK", True)
    assert done.state is TransferState.DONE
    assert done.answered(202, "Accepted", True) == done


@pytest.mark.parametrize(
    ("progress", "cause"),
    [
        (Progress().answered(405, "No", True), CauseKind.TRANSFER_REFUSED),
        (Progress().lapsed(), CauseKind.TRANSFER_UNANSWERED),
        (Progress().ended(), None),
        (ACCEPTED.notified(486, "Busy", True), CauseKind.SIP_STATUS),
        (ACCEPTED.notified(302, "Moved", True), CauseKind.SIP_STATUS),
        (ACCEPTED.notified(420, "Bad Extension", True), CauseKind.SIP_STATUS),
        (Progress(replaces=True).notified(420, "", True), CauseKind.NO_REPLACES),
    ],
)
def test_it_fails(progress: Progress, cause: CauseKind | None) -> None:
    assert (progress.state, kind(progress)) == (TransferState.FAILED, cause)


@pytest.mark.parametrize(
    ("progress", "cause"),
    [
        (Progress().answered(202, "Accepted", False), None),
        (ACCEPTED.ended(), None),
        (ACCEPTED.notified(180, "Ringing", False).ended(), None),
        (ACCEPTED.lapsed(), CauseKind.TRANSFER_UNREPORTED),
    ],
)
def test_its_outcome_is_unknown(progress: Progress, cause: CauseKind | None) -> None:
    assert (progress.state, kind(progress)) == (TransferState.UNKNOWN, cause)


def test_a_late_outcome_counts() -> None:
    late = ACCEPTED.lapsed()
    assert late.notified(180, "Ringing", False).state is TransferState.UNKNOWN
    assert late.notified(200, "OK", True).state is TransferState.DONE
    assert late.notified(486, "Busy", True).state is TransferState.FAILED


def test_the_waits_get_longer_with_what_is_known() -> None:
    told = ACCEPTED.notified(100, "", False)
    closed = ACCEPTED.notified(100, "", True)
    waits = [p.patience_s for p in (closed, ACCEPTED, Progress(), told)]
    assert None not in waits
    assert waits == sorted(waits, key=lambda wait: wait or 0)


_STEPS = {
    "accepted": lambda p: p.answered(202, "", True),
    "refused": lambda p: p.answered(603, "", True),
    "ringing": lambda p: p.notified(180, "", False),
    "busy": lambda p: p.notified(486, "", True),
    "taken": lambda p: p.notified(200, "", True),
    "lapsed": lambda p: p.lapsed(),
    "ended": lambda p: p.ended(),
}


def test_no_order_changes_a_known_outcome_or_waits_after_it() -> None:
    for order in itertools.product(_STEPS, repeat=4):
        progress = Progress()
        for step in order:
            before, progress = progress, _STEPS[step](progress)
            if before.is_over:
                assert progress == before, order
            assert (progress.patience_s is None) is not progress.state.under_way, order
        if "ended" in order:
            assert not progress.state.under_way, order
