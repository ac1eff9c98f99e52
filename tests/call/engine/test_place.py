"""One engine per settings folder, reachable when its folders change."""

from __future__ import annotations

import asyncio
import shutil
import signal
import stat
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.conftest import NewPhone
from tests.support.attached import PATIENCE_S, connect
from tests.support.phone import Phone
from tests.support.processes import until_ended
from voip.model import Status
from voip.protocol.phone import NoticeEvent, Stop, Subscribe

MOVED = ("OFFHOOK_CONFIG_DIR", "OFFHOOK_STATE_DIR", "OFFHOOK_RUNTIME_DIR")


def _unlink_socket(phone: Phone) -> None:
    phone.socket.unlink()


def _remove_folder(phone: Phone) -> None:
    shutil.rmtree(phone.socket.parent)


def _replace_folder(phone: Phone) -> None:
    folder = phone.socket.parent
    folder.rename(folder.with_name("away"))
    folder.mkdir()
    folder.chmod(0o777)
    phone.socket.touch()


VANISHED = {
    "socket": _unlink_socket,
    "folder": _remove_folder,
    "folder replaced": _replace_folder,
}


async def _second_engine(phone: Phone, **moved: Path) -> tuple[int | None, str]:
    """Exit status and errors of an engine started beside the phone's."""
    environment = {**phone.environment, **{name: str(path) for name, path in moved.items()}}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voip.engine", env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()
    return process.returncode, err.decode()


async def _process_of(phone: Phone, *words: str, **moved: Path) -> int:
    """Process of the engine that the command line finds or starts."""
    beside = Phone(phone.folder)
    beside.environment |= {name: str(path) for name, path in moved.items()}
    engines: Any = await beside.json("status", *words)
    return msgspec.convert(engines, Status).engine.pid


def _process(phone: Phone) -> int:
    assert phone.process is not None
    return phone.process.pid


def _is_bound_again(event: NoticeEvent) -> bool:
    return "listens there again" in event.text


@pytest.mark.parametrize("kind", list(VANISHED))
async def test_a_socket_that_vanished_is_made_again(new_phone: NewPhone, kind: str) -> None:
    phone = await new_phone()
    VANISHED[kind](phone)
    # While the socket is missing, a new client still finds the running engine.
    assert await _process_of(phone) == _process(phone)
    # Connected clients stay connected, and get the notice.
    notice = await phone.until(NoticeEvent, _is_bound_again)
    assert notice.level == "warning"
    assert (await phone.status()).engine.pid == _process(phone)
    assert stat.S_IMODE(phone.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(phone.socket.parent.stat().st_mode) == 0o700
    status, err = await _second_engine(phone)
    assert status == 3
    assert f"an engine is running already, process {_process(phone)}" in err


async def test_ten_who_come_at_once_find_the_same_engine(new_phone: NewPhone) -> None:
    phone = await new_phone()
    _remove_folder(phone)
    engines = await asyncio.gather(*(_process_of(phone) for _ in range(10)))
    assert set(engines) == {_process(phone)}


async def test_ten_who_come_first_start_one_engine(place: Path) -> None:
    phone = Phone(place / "p")
    engines = await asyncio.gather(*(_process_of(phone) for _ in range(10)))
    client = await connect(phone.socket)
    await client.ask(Subscribe())
    await client.ask(Stop(force=False))
    async for _ in client.events():
        pass
    await client.__aexit__(None, None, None)
    (engine,) = set(engines)
    # It writes until its end.
    await until_ended(engine, PATIENCE_S)


async def test_the_end_of_an_engine_is_not_taken_for_one_out_of_reach(new_phone: NewPhone) -> None:
    phone = await new_phone()
    _remove_folder(phone)
    assert phone.process is not None
    phone.process.send_signal(signal.SIGKILL)
    await phone.process.wait()
    _, err = await phone.run("stop")
    assert "the engine is not running" in err


async def test_a_lock_that_vanished_is_taken_again(new_phone: NewPhone) -> None:
    phone = await new_phone()
    lock = phone.folder / "state" / "engine.lock"
    lock.unlink()
    # The settings are locked as well.
    status, err = await _second_engine(phone)
    assert status == 3
    assert "another engine runs with the settings in" in err or "is running already" in err
    async with asyncio.timeout(PATIENCE_S):
        while not lock.exists() or not lock.read_text():  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.01)
    assert lock.read_text().split() == [str(_process(phone)), str(phone.socket)]
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600


async def test_a_folder_that_others_could_exchange_is_left_alone(new_phone: NewPhone) -> None:
    phone = await new_phone()
    before = stat.S_IMODE(phone.folder.stat().st_mode)
    phone.folder.chmod(0o777)
    _remove_folder(phone)
    notice = await phone.until(NoticeEvent, lambda e: e.level == "error")
    assert notice.text.startswith(f"no other program can reach the engine at {phone.socket}: ")
    assert f"-w {phone.folder}" in notice.text
    assert not phone.socket.exists()
    phone.folder.chmod(before)
    await phone.until(NoticeEvent, _is_bound_again)
    assert await _process_of(phone) == _process(phone)


async def test_another_runtime_folder_leads_to_the_same_engine(
    new_phone: NewPhone, place: Path
) -> None:
    """A cron job has no XDG_RUNTIME_DIR."""
    phone = await new_phone()
    assert await _process_of(phone, OFFHOOK_RUNTIME_DIR=place / "r") == _process(phone)
    status, err = await _second_engine(phone, OFFHOOK_RUNTIME_DIR=place / "r")
    assert status == 3
    assert f"listens at {phone.socket}" in err


@pytest.mark.parametrize("shared", ["OFFHOOK_CONFIG_DIR", "OFFHOOK_RUNTIME_DIR"])
async def test_no_folder_is_shared_by_two_engines(
    new_phone: NewPhone, place: Path, shared: str
) -> None:
    phone = await new_phone()
    moved = {name: place / name[8] for name in MOVED if name != shared}
    status, err = await _second_engine(phone, **moved)
    assert status == 3
    assert "another engine" in err
    assert f"set {shared} to another folder" in err
    assert await _process_of(phone) == _process(phone)
