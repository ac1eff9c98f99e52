"""The screen's connection is kept up; a stopped engine is not started."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from textual.message import Message

from tests.support.attached import PATIENCE_S, environment_of
from tui.bridge import Attached, Bridge, Detached, Happened
from tui.state import Link
from voip.client import stream as clients
from voip.client.errors import CommandFailed, NoEngine
from voip.model import EngineStatus, Status
from voip.protocol.calls import HangUp, Mute
from voip.protocol.client import AnyCommand, AnyEvent, ErrorInfo, NumberedEvent, Reply, Request
from voip.protocol.framing import encode
from voip.protocol.phone import EchoEvent, NoticeEvent, Snapshot, StoppingEvent, Subscribe
from voip.protocol.settings import GetSettings, Settings, SettingsData

SNAPSHOT = Snapshot(
    seq=7,
    status=Status(engine=EngineStatus(version="0.1.0", pid=1, uptime_s=1.0), accounts=(), calls=()),
)
SETTINGS = SettingsData(settings=Settings(), folder="/nowhere")
NOTICE = NoticeEvent(level="info", text="hello")

Answer = Callable[[AnyCommand], bytes | ErrorInfo | None]


def as_it_should(command: AnyCommand) -> bytes | ErrorInfo | None:
    """Answer as a healthy engine does."""
    match command:
        case GetSettings():
            return msgspec.json.encode(SETTINGS)
        case Subscribe():
            return msgspec.json.encode(SNAPSHOT)
        case Mute():
            return ErrorInfo(kind="no_call", message="there is no such call")
        case _:
            return b"null"


class Engine:
    """Listens on the engine's socket; `answer` None ends the connection."""

    def __init__(self, path: Path) -> None:
        self.answer: Answer = as_it_should
        self.commands: list[AnyCommand] = []
        self.connections = 0
        self._path = path
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._seq = 7

    async def open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path)

    def close(self) -> None:
        self._close_listener()
        self.drop()

    def drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def tell(self, *events: AnyEvent) -> None:
        for event in events:
            self._seq += 1
            line = encode(NumberedEvent(seq=self._seq, at="2026-03-14T14:32:00Z", event=event))
            for writer in self._writers:
                writer.write(line)

    async def finish(self) -> None:
        """End as an engine ends on Stop."""
        self.tell(StoppingEvent())
        for writer in self._writers:
            await writer.drain()
            writer.write_eof()
        self._close_listener()

    def _close_listener(self) -> None:
        assert self._server is not None
        self._server.close()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        while line := await reader.readline():
            request = msgspec.json.decode(line, type=Request)
            self.commands.append(request.command)
            answer = self.answer(request.command)
            if answer is None:
                break
            if isinstance(answer, ErrorInfo):
                writer.write(encode(Reply(reply=request.id, ok=False, error=answer)))
            else:
                writer.write(encode(Reply(reply=request.id, data=msgspec.Raw(answer))))
        writer.close()


class Posted:
    """The bridge's messages to the screen, in order."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._news = asyncio.Event()

    def __call__(self, message: Message) -> None:
        self.messages.append(message)
        self._news.set()

    async def count(self, number: int) -> Sequence[Message]:
        """Return the messages, as soon as there are `number` of them."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(self.messages) < number:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"only {self.messages} came") from None
        return self.messages


class Waits:
    """The pauses between attempts: recorded, and over at once unless `held`."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.over_at_once: list[bool] = []
        self.held = False
        self._news = asyncio.Event()

    async def wait_for(self, waiting: asyncio.Future[object], seconds: float) -> object:
        task = asyncio.ensure_future(waiting)
        await asyncio.wait([task], timeout=0)
        self.seconds.append(seconds)
        self.over_at_once.append(task.done())
        self._news.set()
        if self.held or task.done():
            return await task
        task.cancel()
        raise TimeoutError

    async def count(self, number: int) -> list[float]:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.seconds) < number:
                self._news.clear()
                await self._news.wait()
        return self.seconds


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    waits = Waits()
    monkeypatch.setattr("tui.bridge.asyncio.wait_for", waits.wait_for)
    return waits


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count attempts to start an engine; none succeeds."""
    starts: list[str] = []

    def reach(start: bool) -> Path:
        if not start:
            raise NoEngine("the engine is not running")
        starts.append("start")
        raise NoEngine("the engine ended at once")

    monkeypatch.setattr(clients, "reach", reach)
    return starts


@pytest.fixture
async def engine(place: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    for name, value in environment_of(place).items():
        monkeypatch.setenv(name, value)
    engine = Engine(place / "run" / "engine.sock")
    await engine.open()
    yield engine
    engine.close()


@asynccontextmanager
async def running(posted: Posted) -> AsyncIterator[Bridge]:
    bridge = Bridge(posted, levels=True)
    task = asyncio.create_task(bridge.run())
    try:
        yield bridge
        assert not task.done(), "the bridge gave up"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def lost(message: Message) -> str:
    assert isinstance(message, Detached), message
    assert message.link is Link.LOST
    return message.text


async def test_it_attaches_and_tells_what_happens_in_order(engine: Engine, waits: Waits) -> None:
    posted = Posted()
    async with running(posted):
        await posted.count(1)
        engine.tell(NOTICE, EchoEvent(uri=None))
        attached, first, second = await posted.count(3)
    assert isinstance(attached, Attached)
    assert attached.snapshot == SNAPSHOT
    assert attached.settings == SETTINGS
    assert isinstance(first, Happened)
    assert first.numbered.event == NOTICE
    assert first.numbered.seq == 8
    assert isinstance(second, Happened)
    assert second.numbered.seq == 9
    assert engine.commands == [GetSettings(), Subscribe(levels=True)]


async def test_commands_reach_the_engine_and_refusals_the_caller(
    engine: Engine, waits: Waits
) -> None:
    posted = Posted()
    async with running(posted) as bridge:
        await posted.count(1)
        await bridge.ask(HangUp(call="3"))
        assert engine.commands[-1] == HangUp(call="3")
        assert await bridge.get(GetSettings(), SettingsData) == SETTINGS
        with pytest.raises(CommandFailed, match="there is no such call") as caught:
            await bridge.ask(Mute(call="3"))
        assert caught.value.kind == "no_call"


async def test_without_an_engine_a_command_is_refused_at_once(
    engine: Engine, waits: Waits, starts: list[str]
) -> None:
    engine.close()
    bridge = Bridge(Posted(), levels=False)
    with pytest.raises(NoEngine):
        await bridge.ask(HangUp(call="3"))


async def test_a_command_under_way_fails_when_the_engine_dies(engine: Engine, waits: Waits) -> None:
    posted = Posted()
    async with running(posted) as bridge:
        await posted.count(1)
        engine.answer = lambda command: (
            None if isinstance(command, HangUp) else as_it_should(command)
        )
        with pytest.raises(NoEngine):
            await bridge.ask(HangUp(call="3"))


async def test_it_attaches_again_when_the_connection_is_lost(engine: Engine, waits: Waits) -> None:
    posted = Posted()
    async with running(posted) as bridge:
        await posted.count(1)
        engine.drop()
        _, gone, again = await posted.count(3)
        assert "went away" in lost(gone)
        assert isinstance(again, Attached)
        await bridge.ask(HangUp(call="3"))
    assert engine.connections == 2


async def test_it_starts_an_engine_when_one_died(
    engine: Engine, waits: Waits, starts: list[str]
) -> None:
    posted = Posted()
    async with running(posted):
        await posted.count(1)
        engine.close()
        _, gone, failed = (await posted.count(3))[:3]
    assert "went away" in lost(gone)
    assert lost(failed) == "The engine ended at once. Trying again."
    assert starts


async def test_attempts_grow_rare_and_begin_anew_once_attached(
    engine: Engine, waits: Waits, starts: list[str]
) -> None:
    engine.close()
    posted = Posted()
    async with running(posted):
        await waits.count(9)
        assert waits.seconds[:7] == pytest.approx([0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 15.0])
        assert set(waits.seconds[7:]) == {15.0}
        await engine.open()
        while not isinstance(posted.messages[-1], Attached):
            await posted.count(len(posted.messages) + 1)
        before = len(waits.seconds)
        engine.drop()
        assert (await waits.count(before + 1))[before] == pytest.approx(0.3)


async def test_an_engine_that_hangs_up_at_once_is_not_hammered(
    engine: Engine, waits: Waits
) -> None:
    engine.answer = lambda command: None
    posted = Posted()
    async with running(posted):
        await waits.count(4)
    assert waits.seconds[:4] == pytest.approx([0.3, 0.6, 1.2, 2.4])
    assert "the engine ended the connection" in lost(posted.messages[0]).lower()


async def test_to_be_woken_is_to_try_at_once(
    engine: Engine, waits: Waits, starts: list[str]
) -> None:
    engine.close()
    waits.held = True
    posted = Posted()
    async with running(posted) as bridge:
        await waits.count(1)
        bridge.wake()
        await waits.count(2)
        assert waits.over_at_once == [False, False]
        await engine.open()
        bridge.wake()
        *_, last = await posted.count(3)
        assert isinstance(last, Attached)


async def test_an_engine_that_was_stopped_is_not_started_again(
    engine: Engine, waits: Waits, starts: list[str]
) -> None:
    posted = Posted()
    async with running(posted):
        await posted.count(1)
        await engine.finish()
        await waits.count(5)
        assert starts == []
        assert [type(message) for message in posted.messages] == [Attached, Happened]


async def test_one_that_somebody_else_starts_is_found(
    engine: Engine, waits: Waits, starts: list[str]
) -> None:
    posted = Posted()
    async with running(posted):
        await posted.count(1)
        await engine.finish()
        await waits.count(2)
        await engine.open()
        *_, last = await posted.count(3)
        assert isinstance(last, Attached)
        assert starts == []
        # From here it is like any engine: it is started again when it dies.
        engine.close()
        while not starts:
            await posted.count(len(posted.messages) + 1)


async def test_one_that_was_stopped_is_started_when_the_person_wants_it(
    engine: Engine, waits: Waits, starts: list[str]
) -> None:
    posted = Posted()
    async with running(posted) as bridge:
        await posted.count(1)
        waits.held = True
        await engine.finish()
        await waits.count(1)
        bridge.wake()
        *_, last = await posted.count(3)
        assert lost(last) == "The engine ended at once. Trying again."
        assert starts == ["start"]


async def test_who_is_woken_while_trying_tries_again(
    engine: Engine, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.close()
    loop = asyncio.get_running_loop()
    begun = asyncio.Event()
    go_on = threading.Event()
    tries: list[str] = []

    def reach(start: bool) -> Path:
        tries.append("start")
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(PATIENCE_S)
        raise NoEngine("the engine ended at once")

    monkeypatch.setattr(clients, "reach", reach)
    waits.held = True
    posted = Posted()
    async with running(posted) as bridge:
        await begun.wait()
        bridge.wake()
        go_on.set()
        await posted.count(2)
    assert len(tries) == 2


@pytest.mark.parametrize(
    "answer",
    [b'{"settings":7}', ErrorInfo(kind="bad_request", message="there is no such command")],
    ids=["another reply", "an unknown command"],
)
async def test_an_engine_of_another_version_is_named_as_such(
    engine: Engine, waits: Waits, answer: bytes | ErrorInfo
) -> None:
    engine.answer = lambda command: answer
    posted = Posted()
    async with running(posted):
        (message, *_) = await posted.count(1)
        text = lost(message)
        assert "another version" in text
        assert "offhook stop" in text
        await waits.count(3)
        engine.answer = as_it_should
        while not isinstance(posted.messages[-1], Attached):
            await posted.count(len(posted.messages) + 1)
