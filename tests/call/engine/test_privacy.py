"""The engine's files and its processes' memory are its user's alone."""

from __future__ import annotations

import asyncio
import ctypes
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import NewPhone
from tests.support.network.ports import free_port
from tests.support.peers.kamailio import DOMAIN
from tests.support.phone import Phone
from voip.model import CallState
from voip.protocol.calls import GetHistory, HangUp, HistoryPage, Record
from voip.protocol.phone import Doctor, DoctorReport

_PR_CAPBSET_DROP = 24
_CAP_SYS_PTRACE = 19
_PR_SET_PTRACER = 0x59616D61

_SLEEPS = (
    "import ctypes, sys\n"
    f"ctypes.CDLL(None).prctl({_PR_SET_PTRACER}, ctypes.c_ulong(-1), 0, 0, 0)\n"
    "print('up', flush=True)\n"
    "sys.stdin.read()\n"
)


async def warnings(phone: Phone) -> list[str]:
    """The doctor's warnings; no call is stopped by any."""
    report = await phone.client.get(Doctor(), DoctorReport)
    assert report.ok
    assert all(finding.ok for finding in report.findings)
    return [finding.text for finding in report.findings if finding.warning]


def opened(pids: list[int]) -> list[bool]:
    """Readability of each process's memory for a program of the same user.

    Root may open any with CAP_SYS_PTRACE: this program and its control
    have no more than another user's program has.
    """
    script = (
        "import sys\n"
        "for pid in sys.argv[1:]:\n"
        "    try:\n"
        "        open(f'/proc/{pid}/mem', 'rb').close()\n"
        "    except PermissionError:\n"
        "        print('closed')\n"
        "    else:\n"
        "        print('open')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, pids)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [word == "open" for word in done.stdout.split()]


def core_limits(pid: int) -> list[str]:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("Max core file size")]
    return line.split()[4:6]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc/PID/mem")
async def test_nobody_reads_the_memory_of_engine_and_workers(place: Path) -> None:
    # A thread's capabilities are inherited by its children, and end with it.
    await asyncio.to_thread(lambda: asyncio.run(_look_at_memory(place)))


async def _look_at_memory(place: Path) -> None:
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_SYS_PTRACE, 0, 0, 0)
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SLEEPS, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    phone = Phone(place / "p", fresh=True)
    await phone.start()
    try:
        assert other.stdout is not None
        assert await other.stdout.readline() == b"up\n"
        call = await phone.call("echo")
        await phone.until_state(call, CallState.ACTIVE)
        assert phone.process is not None
        ours = [phone.process.pid, *phone.worker_pids()]
        assert len(ours) == 3  # the engine, the caller's worker, the echo line
        assert opened([other.pid, *ours]) == [True, False, False, False]
        assert [core_limits(pid) for pid in ours] == [["0", "0"]] * 3
        assert await warnings(phone) == []
    finally:
        await phone.stop()
        await other.communicate(b"")


OPENED = {
    "config": 0o755, "config/accounts.toml": 0o644, "config/config.toml": 0o640,
    "config/passwords": 0o711, "config/passwords/work": 0o604, "state": 0o750,
    "state/history.db": 0o644, "state/history.db-wal": 0o640, "state/engine.log": 0o644,
    "state/engine.log.1": 0o604, "run": 0o755, "run/engine.sock": 0o666, "run/engine.lock": 0o644,
}  # fmt: skip


async def test_the_doctor_sees_what_was_opened_and_the_next_start_closes_it(
    new_phone: NewPhone,
) -> None:
    phone = await new_phone()
    await phone.add("work", password="secret", user="x", domain="b.example", enabled=False)
    for made in ("config/config.toml", "state/engine.log.1"):
        (phone.folder / made).touch(mode=0o600)
    assert await warnings(phone) == []
    expected = set()
    for name, mode in OPENED.items():
        place = phone.folder / name
        closed = stat.S_IMODE(place.stat().st_mode)
        expected.add(f"permissions: {place} is open to others: run chmod {closed:o} {place}")
        place.chmod(mode)
        assert set(await warnings(phone)) == expected
    await phone.stop()
    await phone.start()
    assert await warnings(phone) == []


async def test_what_was_mended_is_in_the_log(new_phone: NewPhone) -> None:
    phone = await new_phone()
    await phone.stop()
    history = phone.folder / "state" / "history.db"
    history.chmod(0o644)
    await phone.start()
    assert f"{history} is open to others: fixed (chmod 600 {history})" in phone.log


async def test_an_engine_does_not_start_on_what_leads_elsewhere(new_phone: NewPhone) -> None:
    phone = await new_phone()
    await phone.stop()
    history = phone.folder / "state" / "history.db"
    kept = history.read_bytes()
    elsewhere = phone.folder / "elsewhere.db"
    history.rename(elsewhere)
    history.symlink_to(elsewhere)
    _, err = await phone.run("call", "echo", status=3)
    assert err == (
        "offhook: the engine cannot start: "
        f"{history} is a link to {elsewhere}, which is not followed: run rm {history}\n"
    )
    assert elsewhere.read_bytes() == kept


async def test_an_engine_does_not_start_where_others_decide(place: Path) -> None:
    phone = Phone(place / "open" / "p")
    phone.folder.mkdir(parents=True)
    phone.folder.parent.chmod(0o757)
    _, err = await phone.run("call", "echo", status=3)
    assert err == (
        f"offhook: the engine cannot start: {phone.folder.parent} can be written to by others, "
        f"who could exchange what is in it: run chmod o-w {phone.folder.parent}\n"
    )


async def test_a_recording_is_for_its_user_alone(new_phone: NewPhone, place: Path) -> None:
    phone = await new_phone()
    over = place / "over.wav"
    over.touch()
    over.chmod(0o666)
    fresh = place / "fresh.wav"
    call = await phone.call("echo", record=str(over))
    await phone.until_state(call, CallState.ACTIVE)
    await phone.client.ask(Record(call=call, path=str(fresh)))
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)
    assert [stat.S_IMODE(file.stat().st_mode) for file in (over, fresh)] == [0o600, 0o600]


async def test_a_deleted_call_is_not_in_the_files_of_the_log_any_more(
    new_phone: NewPhone, host: str
) -> None:
    phone = await new_phone()
    await phone.add_open("bob", host, free_port(), "tcp")
    numbers = ("49308173551", "49308173552")
    for number in numbers:
        call = await phone.call(number, account="bob")
        assert (await phone.until_logged(call)).remote.uri == f"sip:{number}@{DOMAIN}"
    assert in_files(phone, *numbers) == set(numbers)
    out, err = await phone.run("history", "--search", numbers[0], "--delete-all", "--yes")
    assert out == "deleted 1 call\n"
    assert err == "“offhook history --restore” brings it back for a minute\n"
    assert await phone.run("history", "--restore") == ("brought back 1 call\n", "")
    assert await phone.json("history", "--delete", call) == {"deleted": 1}
    await phone.stop()
    assert in_files(phone, *numbers) == {numbers[0]}
    files = list((phone.folder / "state").glob("history.db*"))
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600]
    await phone.start()
    page = await phone.client.get(GetHistory(), HistoryPage)
    assert [row.remote.uri for row in page.entries] == [f"sip:{numbers[0]}@{DOMAIN}"]
    again = await phone.call(numbers[0], account="bob")
    assert int(again) == int(call) + 1
    await phone.until_logged(again)


def in_files(phone: Phone, *texts: str) -> set[str]:
    """Return those texts that are somewhere in the files of the call log."""
    files = b"".join(file.read_bytes() for file in (phone.folder / "state").glob("history.db*"))
    return {text for text in texts if text.encode() in files}
