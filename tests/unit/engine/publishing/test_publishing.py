"""The user's own state, from calls and do not disturb to a worker's requests."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from tests.support.clock import Clock
from tests.support.standin.engine import StandIn
from tests.support.standin.script import PUBLISHED
from voip.causes import Cause, CauseKind
from voip.client.errors import CommandFailed
from voip.lamps import LampState
from voip.model import Publication
from voip.protocol.accounts import EditAccount, RegisterAccount, RemoveAccount
from voip.protocol.calls import AnswerCall, HangUp
from voip.protocol.settings import ChangeSettings
from voip.protocol.worker.accounts import CloseAccount
from voip.protocol.worker.people import Publish
from voip.sip.messages import pidf

FREE, BUSY, DND = LampState.FREE, LampState.BUSY, LampState.DND


@pytest.fixture
def clock(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The time by which the state is published."""
    clock = Clock()
    monkeypatch.setattr(standin.engine.publishing, "_clock", clock.monotonic)
    yield clock


def requests(phone: StandIn) -> list[Publish]:
    return phone.script.of_kind(Publish)


async def shows(phone: StandIn, state: LampState, account: str = "work") -> None:
    """Wait until a server has a state of the account."""
    await phone.reaches(lambda s: _state(s.accounts, account) is state)


def _state(accounts: object, name: str) -> LampState | None:
    assert isinstance(accounts, tuple)
    found = next(one.publication for one in accounts if one.name == name)
    return found.state if found else None


async def later(phone: StandIn, clock: Clock, seconds: float = 5) -> None:
    """Let time pass, and have the engine look at what is due."""
    clock.advance(seconds)
    await phone.engine.publishing.refresh()
    await phone.read_workers()


def state_of(request: Publish) -> LampState:
    return pidf.read(pidf.TYPE, request.body.encode()).state


@pytest.mark.parametrize(
    "fields", [{}, {"publish_state": True, "register": False}, {"publish_state": False}]
)
async def test_nothing_is_published_unasked(standin: StandIn, fields: dict[str, object]) -> None:
    await standin.add_account("work", **fields)
    await standin.engine.publishing.refresh()
    await standin.read_workers()
    assert requests(standin) == []
    assert (await standin.status()).accounts[0].publication is None


async def test_a_document_names_the_user_and_no_address_to_call(standin: StandIn) -> None:
    await standin.add_account("work", publish_state=True)
    await shows(standin, FREE)
    (request,) = requests(standin)
    assert (request.uri, request.expires_s, request.entity_tag) == (
        "sip:alice@pbx.example.com", 600, None,
    )  # fmt: skip
    read = pidf.read(pidf.TYPE, request.body.encode())
    assert (read.entity, read.state, read.note) == ("sip:alice@pbx.example.com", FREE, "")
    assert "contact" not in request.body


async def test_a_call_is_on_the_phone_from_the_answer_to_the_end(
    standin: StandIn, clock: Clock
) -> None:
    await standin.add_account("work", publish_state=True)
    await standin.add_account("home", user="bob", publish_state=True)
    await shows(standin, FREE)
    await shows(standin, FREE, "home")
    call = await standin.incoming()
    await later(standin, clock)
    assert len(requests(standin)) == 2
    await standin.client.ask(AnswerCall(call=call))
    await shows(standin, BUSY)
    await later(standin, clock)
    await standin.client.ask(HangUp(call=call))
    await shows(standin, FREE)
    mine = [request for request in requests(standin) if request.account == "work"]
    assert [state_of(request) for request in mine] == [FREE, BUSY, FREE]
    assert [request.entity_tag for request in mine[1:]] == [f"tag{r.number}" for r in mine[:2]]
    # The other account has no call; and nothing names the far end.
    assert len(requests(standin)) == 4
    assert not any("sip:bob@example.com" in request.body for request in mine)


async def test_a_call_of_mine_is_on_the_phone_before_the_answer(
    standin: StandIn, clock: Clock
) -> None:
    await standin.add_account("work", publish_state=True)
    await shows(standin, FREE)
    await later(standin, clock)
    await standin.call("200")
    await shows(standin, BUSY)


async def test_do_not_disturb_is_published_and_a_call_goes_first(
    standin: StandIn, clock: Clock
) -> None:
    await standin.add_account("work", publish_state=True)
    await shows(standin, FREE)
    await later(standin, clock)
    await standin.client.ask(ChangeSettings(changes={"calls.do_not_disturb": True}))
    await shows(standin, DND)
    assert "<r:busy/>" in requests(standin)[-1].body
    await later(standin, clock)
    call = await standin.call("200")
    await shows(standin, BUSY)
    await later(standin, clock)
    await standin.client.ask(HangUp(call=call))
    await shows(standin, DND)


async def test_a_refresh_has_the_tag_and_no_body(standin: StandIn, clock: Clock) -> None:
    await standin.add_account("work", publish_state=True)
    await shows(standin, FREE)
    await later(standin, clock, 479)
    assert len(requests(standin)) == 1
    await later(standin, clock, 1)
    first, second = requests(standin)
    assert (second.body, second.entity_tag) == ("", f"tag{first.number}")


@pytest.mark.parametrize("ends", ["field", "removed", "disabled", "stopped"])
async def test_an_account_that_goes_takes_its_state_back(
    standin: StandIn, clock: Clock, ends: str
) -> None:
    await standin.add_account("work", publish_state=True)
    await shows(standin, FREE)
    clock.advance(5)
    if ends == "removed":
        await standin.client.ask(RemoveAccount(name="work"))
    elif ends == "stopped":
        await standin.stop()
    else:
        field = "publish_state" if ends == "field" else "enabled"
        await standin.client.ask(EditAccount(name="work", fields={field: False}))
    first, last = await standin.script.until(Publish, 2)
    assert (last.expires_s, last.entity_tag, last.body) == (0, f"tag{first.number}", "")
    if ends in ("removed", "disabled"):
        orders = standin.script.orders
        assert orders.index(last) < orders.index(CloseAccount(name="work"))
    if ends == "field":
        await standin.reaches(lambda s: s.accounts[0].publication is None)


async def test_a_removal_waits_for_the_newest_tag(standin: StandIn) -> None:
    held = standin.script.hold(Publish)
    await standin.add_account("work", publish_state=True)
    await held.come()
    leaving = standin.client.ask(RemoveAccount(name="work"))
    held.release()
    await leaving
    first, last = await standin.script.until(Publish, 2)
    assert (last.expires_s, last.entity_tag) == (0, f"tag{first.number}")


async def test_a_refusal_is_told_with_the_account_and_nowhere_else(
    standin: StandIn, clock: Clock
) -> None:
    standin.script.publish_answer = msgspec.structs.replace(PUBLISHED, code=489, reason="Bad Event")
    await standin.add_account("work", publish_state=True)
    cause = Cause(CauseKind.STATE_REFUSED, (489, "Bad Event"))
    words = "the server takes no state of its users"
    refused = Publication(LampState.UNKNOWN, cause, words)
    await standin.reaches(lambda s: s.accounts[0].publication == refused)
    assert (await standin.status()).engine.problems == ()
    # No call and no other registration makes it ask again.
    position = len(standin.events)
    await standin.call("200")
    await standin.client.ask(RegisterAccount(account="work"))
    await standin.until_registered("work", position)
    await later(standin, clock, 3599)
    assert len(requests(standin)) == 1
    await later(standin, clock, 1)
    assert len(requests(standin)) == 2


async def test_a_worker_that_dies_is_followed_by_one_that_publishes(standin: StandIn) -> None:
    await standin.add_account("work", publish_state=True)
    await shows(standin, FREE)
    position = len(standin.events)
    standin.worker_dies()
    await standin.until_registered("work", position)
    first, second = await standin.script.until(Publish, 2)
    assert (second.entity_tag, state_of(second)) == (f"tag{first.number}", FREE)
    await shows(standin, FREE)


async def test_a_hidden_account_cannot_be_set_to_publish(standin: StandIn) -> None:
    await standin.add("work", user="a", domain="b.example", publish_state=True)
    with pytest.raises(CommandFailed, match="“hide_identity” hides who you are"):
        await standin.client.ask(EditAccount(name="work", fields={"hide_identity": True}))
