"""Sources of passwords, and the places that keep them."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import msgspec
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import PasswordDeleteError

from tests.support.processes import hanging, opened
from voip.engine.accounts import secrets
from voip.engine.accounts.fields import Account
from voip.engine.accounts.secrets import KeyringError, PasswordError, Passwords, keyring_name

SECRET = "pässword with spaces"


def account(command: str | None = None, file: Path | None = None) -> Account:
    return Account(
        user="alice",
        domain="pbx.example.com",
        password_command=command,
        password_file=None if file is None else str(file),
    )


class Memory(KeyringBackend):
    """A keyring in memory, empty again after the test."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.broken = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.broken:
            raise RuntimeError("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.broken:
            raise RuntimeError("locked")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.broken:
            raise RuntimeError("locked")
        if (service, username) not in self.kept:
            raise PasswordDeleteError("nothing there")
        del self.kept[service, username]


@pytest.fixture
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.fixture
def memory() -> Iterator[Memory]:
    before = keyring.get_keyring()
    backend = Memory()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def passwords(tmp_path: Path) -> Passwords:
    return Passwords(tmp_path / "passwords")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (f"echo '{SECRET}'", SECRET),
        ("printf 'first\\nsecond\\n'", "first"),
        ("printf 'first\\r\\nsecond'", "first"),
        ("printf no-newline", "no-newline"),
        ("echo noise >&2; echo quiet", "quiet"),
        ("cat; echo after-end-of-input", "after-end-of-input"),
        ("printf ' spaces stay '", " spaces stay "),
    ],
)
async def test_command(passwords: Passwords, command: str, expected: str) -> None:
    assert await passwords.find("work", account(command)) == expected


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo hunter2; exit 3", "the password command failed with status 3"),
        ("no-such-command-here", "the password command failed with status 127"),
        ("true", "the password command printed nothing"),
        ("echo", "the password command printed nothing"),
    ],
)
async def test_command_that_fails(passwords: Passwords, command: str, words: str) -> None:
    with pytest.raises(PasswordError) as caught:
        await passwords.find("work", account(command))
    assert str(caught.value) == words


async def test_command_that_hangs_is_killed_with_what_it_started(
    passwords: Passwords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "COMMAND_LIMIT_S", 2.0)
    finding = asyncio.create_task(
        passwords.find("work", account(f"{hanging(tmp_path / 'fifo')} | cat"))
    )
    async with opened(tmp_path / "fifo") as reader:
        with pytest.raises(PasswordError, match="command did not end within 2 seconds"):
            await finding
        assert await reader.read() == b""


async def test_private_file(passwords: Passwords, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\nmore\n", encoding="utf-8")
    file.chmod(0o600)
    assert await passwords.find("work", account(file=file)) == SECRET


async def test_a_byte_order_mark_is_no_part_of_a_password(
    passwords: Passwords, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter2\r\n", encoding="utf-8-sig")
    file.chmod(0o600)
    assert await passwords.find("work", account(file=file)) == "hunter2"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o666])
async def test_file_that_others_reach_is_refused(
    passwords: Passwords, tmp_path: Path, mode: int
) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET, encoding="utf-8")
    file.chmod(mode)
    with pytest.raises(PasswordError) as caught:
        await passwords.find("work", account(file=file))
    assert str(caught.value) == f"{file} can be read by others: run chmod 600 {file}"


async def test_missing_file(passwords: Passwords, tmp_path: Path) -> None:
    file = tmp_path / "none"
    with pytest.raises(PasswordError) as caught:
        await passwords.find("work", account(file=file))
    assert str(caught.value).startswith(f"the password file {file} cannot be read: ")


async def test_file_that_is_no_text(passwords: Passwords, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xff\xfe")
    file.chmod(0o600)
    with pytest.raises(PasswordError) as caught:
        await passwords.find("work", account(file=file))
    assert str(caught.value).startswith(f"the password file {file} cannot be read: ")


async def test_empty_file_is_no_password(passwords: Passwords, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch(mode=0o600)
    with pytest.raises(PasswordError):
        await passwords.find("work", account(file=file))


async def test_home_is_found(
    passwords: Passwords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "secret").write_text("x")
    (tmp_path / "secret").chmod(0o600)
    assert await passwords.find("work", account(file=Path("~/secret"))) == "x"


@pytest.mark.usefixtures("no_keyring")
async def test_nothing_stored(passwords: Passwords) -> None:
    assert await passwords.find("work", account()) is None


@pytest.mark.usefixtures("no_keyring")
async def test_folder_keeps_it_where_there_is_no_keyring(
    passwords: Passwords, tmp_path: Path
) -> None:
    folder = tmp_path / "passwords"
    place = passwords.store("work", SECRET)
    assert place == f"{folder / 'work'} (there is no keyring)"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "work").stat().st_mode) == 0o600
    assert await passwords.find("work", account()) == SECRET
    assert await passwords.find("other", account()) is None


@pytest.mark.usefixtures("no_keyring")
async def test_storing_again_replaces_and_forgetting_forgets(passwords: Passwords) -> None:
    passwords.store("work", "a long one")
    passwords.store("work", "short")
    assert await passwords.find("work", account()) == "short"
    passwords.forget("work")
    assert await passwords.find("work", account()) is None
    passwords.forget("work")


@pytest.mark.usefixtures("no_keyring")
async def test_the_passphrase_of_a_client_key_has_a_place_of_its_own(
    passwords: Passwords, tmp_path: Path
) -> None:
    shown = msgspec.structs.replace(account(), client_certificate="/client.pem")
    passwords.store("work", SECRET)
    assert await passwords.find_passphrase("work", shown) is None
    place = passwords.store_passphrase("work", "open sesame")
    assert place == f"{tmp_path / 'passwords' / 'client-key@work'} (there is no keyring)"
    assert await passwords.find_passphrase("work", shown) == "open sesame"
    assert await passwords.find("work", shown) == SECRET
    # Without a certificate there is no key to decrypt.
    assert await passwords.find_passphrase("work", account()) is None
    failing = msgspec.structs.replace(shown, client_passphrase_command="exit 3")
    with pytest.raises(PasswordError, match="the passphrase command failed with status 3"):
        await passwords.find_passphrase("work", failing)
    passwords.forget("work")
    assert await passwords.find_passphrase("work", shown) is None
    assert await passwords.find("work", shown) is None


@pytest.mark.usefixtures("no_keyring")
async def test_the_password_for_a_relay_has_a_place_of_its_own(
    passwords: Passwords, tmp_path: Path
) -> None:
    relayed = msgspec.structs.replace(account(), turn_server="turn.example.com")
    passwords.store("work", SECRET)
    assert await passwords.find_relay_password("work", relayed) is None
    place = passwords.store_relay_password("work", "open sesame")
    assert place == f"{tmp_path / 'passwords' / 'relay@work'} (there is no keyring)"
    assert await passwords.find_relay_password("work", relayed) == "open sesame"
    assert await passwords.find("work", relayed) == SECRET
    # Without a relay nobody is to be asked.
    assert await passwords.find_relay_password("work", account()) is None
    failing = msgspec.structs.replace(relayed, turn_password_command="exit 3")
    with pytest.raises(PasswordError, match="the relay password command failed with status 3"):
        await passwords.find_relay_password("work", failing)
    passwords.forget("work")
    assert await passwords.find_relay_password("work", relayed) is None


@pytest.mark.usefixtures("no_keyring")
async def test_storing_closes_a_file_that_was_open_to_others(
    passwords: Passwords, tmp_path: Path
) -> None:
    folder = tmp_path / "passwords"
    folder.mkdir()
    (folder / "work").write_text("old")
    (folder / "work").chmod(0o644)
    passwords.store("work", "new")
    assert await passwords.find("work", account()) == "new"


@pytest.mark.usefixtures("no_keyring")
def test_failing_keyring_is_none() -> None:
    assert keyring_name() is None


def test_keyring_chosen_by_the_environment_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keyring.get_keyring()
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    keyring.core.init_backend()
    try:
        assert keyring_name() is None
    finally:
        keyring.set_keyring(before)


async def test_keyring_first_and_no_file(
    passwords: Passwords, memory: Memory, tmp_path: Path
) -> None:
    assert passwords.store("work", SECRET) == "the system's keyring"
    assert memory.kept == {("offhook", "work"): SECRET}
    assert not (tmp_path / "passwords").exists()
    assert await passwords.find("work", account()) == SECRET
    passwords.forget("work")
    assert memory.kept == {}
    passwords.forget("work")


async def test_own_word_of_the_account_comes_before_the_keyring(
    passwords: Passwords, memory: Memory
) -> None:
    passwords.store("work", "from the keyring")
    assert await passwords.find("work", account("echo mine")) == "mine"
    assert memory.kept != {}


async def test_move_to_the_keyring_leaves_no_file(
    passwords: Passwords, memory: Memory, tmp_path: Path
) -> None:
    memory.broken = True
    file = tmp_path / "passwords" / "work"
    assert passwords.store("work", "old") == f"{file} (the keyring did not answer)"
    assert await passwords.find("work", account()) == "old"
    memory.broken = False
    passwords.store("work", "new")
    assert not (tmp_path / "passwords" / "work").exists()
    assert await passwords.find("work", account()) == "new"


async def test_keyring_that_does_not_answer(passwords: Passwords, memory: Memory) -> None:
    memory.broken = True
    with pytest.raises(PasswordError) as caught:
        await passwords.find("work", account())
    assert str(caught.value) == "the keyring did not answer: locked"


async def test_what_a_silent_keyring_did_not_take_replaces_what_it_has(
    passwords: Passwords, memory: Memory
) -> None:
    passwords.store("work", "old")
    memory.broken = True
    passwords.store("work", "new")
    memory.broken = False
    assert await passwords.find("work", account()) == "new"
    assert passwords.place("work", account()) != "the system's keyring"


async def test_keyring_that_cannot_be_loaded_is_not_an_absent_one(
    passwords: Passwords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> KeyringBackend:
        raise RuntimeError("no such module")

    monkeypatch.setattr(keyring, "get_keyring", fails)
    words = "the keyring did not answer"
    with pytest.raises(PasswordError, match=f"^{words}: no such module$"):
        await passwords.find("work", account())
    folder = tmp_path / "passwords"
    assert passwords.place_to_keep() == f"a file of its own in {folder} ({words})"
    assert passwords.place("work", account()) == "the system's keyring, if it was stored there"
    assert passwords.store("work", SECRET) == f"{folder / 'work'} ({words})"
    assert await passwords.find("work", account()) == SECRET


def test_forgetting_says_that_a_keyring_did_not_answer(
    passwords: Passwords, memory: Memory, tmp_path: Path
) -> None:
    memory.broken = True
    passwords.store("work", SECRET)
    with pytest.raises(KeyringError, match="locked"):
        passwords.forget("work")
    assert not (tmp_path / "passwords" / "work").exists()


def test_place_of_a_command_and_a_file(passwords: Passwords, memory: Memory) -> None:
    memory.kept["offhook", "work"] = SECRET
    assert passwords.place("work", account(command="pass show x")) == "the password command"
    assert passwords.place("work", account(file=Path("/x"))) == "the file /x"


async def test_place_in_a_keyring_is_what_it_last_said(
    passwords: Passwords, memory: Memory
) -> None:
    memory.kept["offhook", "work"] = SECRET
    maybe = "the system's keyring, if it was stored there"
    assert passwords.place("work", account()) == passwords.place("work", None) == maybe
    await passwords.find("work", account())
    await passwords.find("home", account())
    assert passwords.place("work", account()) == "the system's keyring"
    assert passwords.place("home", account()) is None
    passwords.store("home", SECRET)
    passwords.forget("work")
    assert passwords.place("home", account()) == "the system's keyring"
    assert passwords.place("work", account()) is None


def test_place_asks_no_keyring(
    passwords: Passwords, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*words: object) -> None:
        raise AssertionError("the keyring was asked")

    monkeypatch.setattr(memory, "get_password", asked)
    assert passwords.place("work", account()) is not None


@pytest.mark.usefixtures("no_keyring")
def test_place_in_a_file(passwords: Passwords, tmp_path: Path) -> None:
    assert passwords.place("work", account()) is None
    folder = tmp_path / "passwords"
    assert passwords.place_to_keep() == f"a file of its own in {folder} (there is no keyring)"
    passwords.store("work", SECRET)
    assert passwords.place("work", account()) == f"the file {folder / 'work'}"


def test_place_to_keep_in_a_keyring(passwords: Passwords, memory: Memory) -> None:
    assert memory.kept == {}
    assert passwords.place_to_keep() == passwords.store("work", SECRET) == "the system's keyring"
