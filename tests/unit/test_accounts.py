"""accounts.toml: what is refused and in which words, and what stays as it was."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from voip.engine.accounts import Account, AccountFile
from voip.engine.toml import ConfigError
from voip.model import Keying, Transport

GOOD: dict[str, Any] = {"user": "alice", "domain": "pbx.example.com"}
KNOWN = (
    "user, domain, transport, server, proxy, auth_user, display_name, ca_file, allow_wildcard, "
    "password_command, password_file, register, expires_s, media_keying, enabled"
)

COMMENTED = """\
# My phones

[accounts.work]  # the office
domain = "pbx.example.com"
# my extension
user = "alice"
expires_s = 300 # five minutes

# at home
[accounts.home]
user = "bob"
domain = "home.example"
transport = "udp"

[accounts.spare]
user = "carol"
domain = "spare.example"
"""


@pytest.fixture
def file(tmp_path: Path) -> AccountFile:
    return AccountFile(tmp_path / "accounts.toml")


def written(file: AccountFile, text: str) -> AccountFile:
    file.path.write_text(text, encoding="utf-8")
    return file


BAD: list[tuple[dict[str, Any], str]] = [
    ({"user": ""}, "“user”: Expected `str` of length >= 1"),
    ({"user": 5}, "“user”: Expected `str`, got `int`"),
    ({"user": "x" * 129}, "“user”: Expected `str` of length <= 128"),
    ({"user": "a\nb"}, "“user” holds no control characters"),
    ({"display_name": "a\x1bb"}, "“display_name” holds no control characters"),
    ({"display_name": "a\x7fb"}, "“display_name” holds no control characters"),
    ({"display_name": "x" * 129}, "“display_name”: Expected `str` of length <= 128"),
    ({"domain": ""}, "“domain”: Expected `str` of length >= 1"),
    ({"domain": "a b"}, "“domain”: “a b” is not the name of a server"),
    ({"domain": "1.2.3"}, "“domain”: “1.2.3” is not an IPv4 address"),
    ({"domain": "pbx:5061"}, "“domain” has no port: put pbx:5061 into “server”"),
    ({"domain": "[::z]"}, "“domain”: “[::z]” is not the name or address of a server"),
    ({"transport": "tsl"},
     "“transport”: Invalid enum value 'tsl'; allowed are tls, tcp, udp"),
    ({"transport": 1}, "“transport”: Expected `str`, got `int`; allowed are tls, tcp, udp"),
    ({"server": "h:0"}, "“server”: 0 is no port: ports go from 1 to 65535"),
    ({"server": "h:70000"}, "“server”: 70000 is no port: ports go from 1 to 65535"),
    ({"server": "-x"}, "“server”: “-x” is not the name of a server"),
    ({"proxy": "http://x"}, "“proxy”: “http://x” is not the name or address of a server"),
    ({"proxy": ""}, "“proxy”: “” is not the name or address of a server"),
    ({"expires_s": 59}, "“expires_s”: Expected `int` >= 60"),
    ({"expires_s": 3601}, "“expires_s”: Expected `int` <= 3600"),
    ({"expires_s": "300"}, "“expires_s”: Expected `int`, got `str`"),
    ({"expires_s": True}, "“expires_s”: Expected `int`, got `bool`"),
    ({"enabled": "yes"}, "“enabled”: Expected `bool`, got `str`"),
    ({"register": 1}, "“register”: Expected `bool`, got `int`"),
    ({"allow_wildcard": "no"}, "“allow_wildcard”: Expected `bool`, got `str`"),
    ({"media_keying": "zrtp"},
     "“media_keying”: Invalid enum value 'zrtp'; allowed are sdes, dtls"),
    ({"transport": "udp", "ca_file": "/x"}, "“ca_file” is for transport “tls” only"),
    ({"ca_file": 3}, "“ca_file”: Expected `str | null`, got `int`"),
    ({"password_command": ["pass"]}, "“password_command”: Expected `str | null`, got `array`"),
    ({"domian": "x"}, "“domian” is not known, did you mean “domain”?"),
    ({"pasword_file": "x"}, "“pasword_file” is not known, did you mean “password_file”?"),
    ({"zzz": 1}, f"“zzz” is not known; known are {KNOWN}"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "words"), BAD)
def test_bad_field_is_named_with_file_account_and_what_is_allowed(
    file: AccountFile, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        file.add("work", {**GOOD, **fields})
    assert str(caught.value) == f"{file.path}: account work: {words}"
    assert not file.path.exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"user": "a"}, "“domain” is missing"),
        ({"domain": "example.com"}, "“user” is missing"),
        ({}, "“user” is missing"),
        (3, "a table of fields is needed, not a single value"),
        ([1], "a table of fields is needed, not a single value"),
    ],
)
def test_missing_fields(file: AccountFile, values: object, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        file.check("work", values)
    assert str(caught.value) == f"{file.path}: account work: {words}"


@pytest.mark.parametrize(
    "name", ["", "echo", "-a", ".a", "a b", "a/b", "../a", "é", "x" * 33, "work\n"]
)
def test_bad_names(file: AccountFile, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        file.add(name, GOOD)
    assert str(caught.value) == (
        f"{file.path}: account {name}: a name has 1 to 32 letters, digits, dots, dashes or "
        "underscores, starts with a letter or digit, and is not “echo”"
    )


@pytest.mark.parametrize("name", ["a", "Work.2_b-c", "0", "x" * 32])
def test_good_names(file: AccountFile, name: str) -> None:
    file.add(name, GOOD)
    assert list(file.load().accounts) == [name]


def test_defaults(file: AccountFile) -> None:
    account = file.add("work", GOOD)
    assert account == Account(user="alice", domain="pbx.example.com")
    assert account.transport is Transport.TLS
    assert account.media_keying is Keying.SDES
    assert account.register
    assert account.enabled
    assert account.aor == "sip:alice@pbx.example.com"
    assert account.next_hop == account.registrar == "pbx.example.com"


def test_proxy_is_reached_in_the_server_s_place(file: AccountFile) -> None:
    fields = {**GOOD, "server": "sip.example.com:5062", "proxy": "edge.example.com"}
    account = file.check("work", fields)
    assert account.next_hop == "edge.example.com"
    assert account.registrar == "sip.example.com:5062"


def test_no_file_is_no_account(file: AccountFile) -> None:
    loaded = file.load()
    assert (loaded.accounts, loaded.problems) == ({}, {})
    assert file.listing() == ()


def test_add_then_load(file: AccountFile) -> None:
    added = file.add("work", {**GOOD, "transport": "tcp", "expires_s": 600, "register": False})
    assert file.load().accounts == {"work": added}


def test_name_is_taken(file: AccountFile) -> None:
    file.add("work", GOOD)
    before = file.path.read_bytes()
    with pytest.raises(ConfigError) as caught:
        file.add("work", GOOD)
    assert str(caught.value) == f"{file.path}: there is an account work already"
    assert file.path.read_bytes() == before


def test_one_bad_account_does_not_spoil_the_others(file: AccountFile) -> None:
    written(
        file,
        "[accounts]\nworse = 3\n"
        '[accounts.bad]\nuser = "a"\n'
        '[accounts.good]\nuser = "b"\ndomain = "example.com"\n'
        '[accounts."not good"]\nuser = "c"\ndomain = "example.com"\n',
    )
    loaded = file.load()
    assert list(loaded.accounts) == ["good"]
    assert list(loaded.problems) == ["worse", "bad", "not good"]
    assert loaded.problems["bad"] == f"{file.path}: account bad: “domain” is missing"


def test_comments_and_order_survive_add(file: AccountFile) -> None:
    written(file, COMMENTED).add("new", {**GOOD, "user": "dave"})
    text = file.path.read_text()
    assert text.startswith(COMMENTED)
    assert list(file.load().accounts) == ["work", "home", "spare", "new"]


def test_comments_and_order_survive_edit(file: AccountFile) -> None:
    written(file, COMMENTED).edit("work", {"expires_s": 600, "display_name": "Alice"})
    text = file.path.read_text()
    changed = COMMENTED.replace("expires_s = 300 #", "expires_s = 600 #")
    assert [line for line in text.splitlines() if "display_name" not in line] == (
        changed.splitlines()
    )
    assert file.load().accounts["work"].display_name == "Alice"


def test_edit_with_none_takes_a_field_out(file: AccountFile) -> None:
    written(file, COMMENTED).edit("work", {"expires_s": None, "server": None})
    assert file.path.read_text() == COMMENTED.replace("expires_s = 300 # five minutes\n", "")


def test_comments_and_order_survive_remove(file: AccountFile) -> None:
    written(file, COMMENTED).remove("home")
    text = file.path.read_text()
    assert "[accounts.home]" not in text
    for line in ("# My phones", "[accounts.work]  # the office", "# my extension"):
        assert line in text.splitlines()
    assert list(file.load().accounts) == ["work", "spare"]


def test_unknown_tables_stay(file: AccountFile) -> None:
    written(file, '[other]\nkey = "value"\n').add("work", GOOD)
    assert file.path.read_text().startswith('[other]\nkey = "value"\n')


def test_last_account_removed_and_another_added(file: AccountFile) -> None:
    file.add("work", GOOD)
    file.remove("work")
    assert file.load().accounts == {}
    file.add("home", GOOD)
    assert list(file.load().accounts) == ["home"]


def test_bad_edit_leaves_the_file_alone(file: AccountFile) -> None:
    written(file, COMMENTED)
    with pytest.raises(ConfigError) as caught:
        file.edit("work", {"domain": None})
    assert str(caught.value) == f"{file.path}: account work: “domain” is missing"
    assert file.path.read_text() == COMMENTED


def test_bad_account_is_mended_by_edit(file: AccountFile) -> None:
    written(file, '[accounts.work]\nuser = "a"\n').edit("work", {"domain": "example.com"})
    assert file.load().problems == {}


def test_account_that_is_no_table_is_reported_by_edit(file: AccountFile) -> None:
    text = "[accounts]\nwork = 3\n"
    with pytest.raises(ConfigError):
        written(file, text).edit("work", {"user": "b"})
    assert file.path.read_text() == text


def test_account_that_is_no_table_is_listed_with_its_problem(file: AccountFile) -> None:
    listed = written(file, "[accounts]\nwork = 3\n").listing()
    assert [row.name for row in listed] == ["work"]
    assert listed[0].problem is not None


@pytest.mark.parametrize("work", [
    lambda file: file.edit("nobody", {"user": "b"}),
    lambda file: file.remove("nobody"),
])  # fmt: skip
def test_no_such_account(file: AccountFile, work: Callable[[AccountFile], object]) -> None:
    written(file, COMMENTED)
    with pytest.raises(ConfigError) as caught:
        work(file)
    assert str(caught.value) == f"{file.path}: there is no account nobody"
    assert file.path.read_text() == COMMENTED


OPERATIONS: dict[str, Callable[[AccountFile], object]] = {
    "load": lambda file: file.load(),
    "listing": lambda file: file.listing(),
    "add": lambda file: file.add("new", GOOD),
    "edit": lambda file: file.edit("work", {"user": "b"}),
    "remove": lambda file: file.remove("work"),
}

BROKEN = [
    b"[accounts.work\n",
    b"x = [[[\n",
    b'a = 1\na = 2\n[accounts.work]\nuser = "a"\ndomain = "b.example"\n',
    b"x = 2024-99-99\n",
    b'\xff\xfe[accounts.work]\nuser = "a"\n',
    b"accounts = 3\n",
    b"[[accounts]]\nuser = 1\n",
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("content", BROKEN)
def test_broken_file_is_reported_and_left_as_it_is(
    file: AccountFile, content: bytes, operation: str
) -> None:
    file.path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        OPERATIONS[operation](file)
    assert str(caught.value).startswith(str(file.path))
    assert file.path.read_bytes() == content
    assert list(file.path.parent.iterdir()) == [file.path]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_folder_in_the_file_s_place_is_reported(file: AccountFile, operation: str) -> None:
    file.path.mkdir()
    with pytest.raises(ConfigError) as caught:
        OPERATIONS[operation](file)
    assert str(caught.value).startswith(f"{file.path} cannot be read: ")


@pytest.mark.parametrize("operation", ["add", "edit", "remove"])
def test_file_is_its_owner_s_alone(file: AccountFile, operation: str) -> None:
    written(file, COMMENTED)
    file.path.chmod(0o644)
    OPERATIONS[operation](file)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert list(file.path.parent.iterdir()) == [file.path]


def test_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    file = AccountFile(tmp_path / "offhook" / "accounts.toml")
    file.add("work", GOOD)
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_link_stays_a_link(tmp_path: Path) -> None:
    # Many keep their settings in a repository and link to them.
    real = tmp_path / "real.toml"
    real.write_text(COMMENTED)
    link = tmp_path / "accounts.toml"
    link.symlink_to(real)
    AccountFile(link).edit("work", {"user": "b"})
    assert link.is_symlink()
    assert 'user = "b"' in real.read_text()


def test_accounts_around_another_table_can_be_added_to(file: AccountFile) -> None:
    text = (
        '[accounts.work]\nuser = "a"\ndomain = "b.example"\n'
        "[other]\nx = 1\n"
        '[accounts.home]\nuser = "a"\ndomain = "b.example"\n'
    )
    written(file, text).add("new", GOOD)
    assert set(file.load().accounts) == {"work", "home", "new"}


def test_listing_has_every_account_s_own_words(file: AccountFile) -> None:
    written(file, COMMENTED + '[accounts.bad]\nuser = "x"\nenabled = true\n')
    listed = {row.name: row for row in file.listing()}
    assert list(listed) == ["work", "home", "spare", "bad"]
    assert listed["work"].fields == {
        "domain": "pbx.example.com",
        "user": "alice",
        "expires_s": 300,
    }
    assert listed["work"].problem is None
    assert listed["bad"].fields == {"user": "x", "enabled": True}
    assert listed["bad"].problem == f"{file.path}: account bad: “domain” is missing"


def test_password_that_does_not_belong_there_is_in_no_answer(file: AccountFile) -> None:
    # AccountFields says that no password is ever in it.
    text = '[accounts.work]\nuser = "a"\ndomain = "b.example"\npassword = "hunter2"\n'
    written(file, text)
    loaded = file.load()
    assert loaded.accounts == {}
    assert "hunter2" not in loaded.problems["work"]
    assert "hunter2" not in repr(file.listing())
