"""accounts.toml: refusals in their words, and parts left unchanged."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from voip.engine.accounts.fields import Account
from voip.engine.accounts.file import AccountFile
from voip.engine.files.toml import ChangedMeanwhile, ConfigError
from voip.protection import Keying, Transport

GOOD: dict[str, Any] = {"user": "alice", "domain": "pbx.example.com"}

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


NEEDED = "“domain”: needed: it is the part of your address after the @"


def test_every_bad_field_is_named_with_file_and_account(file: AccountFile) -> None:
    with pytest.raises(ConfigError) as caught:
        file.add("work", {"user": "alice", "domian": "x", "expires_s": 59})
    assert str(caught.value) == (
        f"{file.path}: account work: {NEEDED}; “domian”: not known, did you mean “domain”?; "
        "“expires_s”: 60 to 3600 seconds, not 59"
    )
    assert not file.path.exists()


def test_bad_name_is_named(file: AccountFile) -> None:
    with pytest.raises(ConfigError) as caught:
        file.add("echo", GOOD)
    assert str(caught.value) == (
        f"{file.path}: account echo: “name”: “echo” is the local test line: choose another name"
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
    assert loaded.names == ("worse", "bad", "good", "not good")
    assert loaded.problems == {
        "worse": f"{file.path}: account worse: a table of fields is needed, not a single value",
        "bad": f"{file.path}: account bad: {NEEDED}",
        "not good": f"{file.path}: account not good: “name”: letters, digits, dots, dashes and "
        "underscores only, a letter or digit first",
    }


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
    assert str(caught.value) == f"{file.path}: account work: {NEEDED}"
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
    lambda file: file.move("nobody", 0),
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
    "move": lambda file: file.move("work", 0),
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


@pytest.mark.parametrize("operation", ["add", "edit", "remove", "move"])
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
    # Users keep their settings in a repository and link to them.
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


def test_account_is_added_to_those_on_one_line(file: AccountFile) -> None:
    text = 'accounts = {work = {user = "a", domain = "b.example"}}  # mine\n'
    written(file, text).add("new", GOOD)
    assert set(file.load().accounts) == {"work", "new"}
    assert file.path.read_text().endswith("# mine\n")


def test_layout_that_would_be_spoilt_is_left_alone(file: AccountFile) -> None:
    text = (
        'accounts.work.user = "a"\naccounts.work.domain = "b.example"\n'
        'accounts.home.user = "a"\naccounts.home.domain = "b.example"\n'
    )
    with pytest.raises(ConfigError) as caught:
        written(file, text).add("new", GOOD)
    assert str(caught.value) == f"{file.path} is laid out in a way that only an editor can change"
    assert file.path.read_text() == text


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
    assert listed["bad"].problem == f"{file.path}: account bad: {NEEDED}"


STRANGE = """\
[accounts.work]
user = "a"
domain = "b.example"
pasword_file = "/x"  # mine
password = "hunter2"
zzz = 2026-01-01

[accounts.work.hooks]
ring = "bell"
"""


def test_unknown_keys_are_kept_told_and_no_reason_to_refuse(file: AccountFile) -> None:
    loaded = written(file, STRANGE).load()
    assert list(loaded.accounts) == ["work"]
    where = f"{file.path}: account work:"
    assert loaded.notices == (
        f"{where} “pasword_file” is not known and was kept, did you mean “password_file”?",
        f"{where} “password”: a password does not belong in this file and is not used: take it "
        "out, and give it to “offhook account edit” with --password-stdin, or name a "
        "password_command or a password_file",
        f"{where} “zzz” is not known and was kept",
        f"{where} “hooks” is not known and was kept",
    )
    file.edit("work", {"expires_s": 600, "user": "c"})
    file.add("home", GOOD)
    changed = STRANGE.replace('"a"', '"c"')
    assert file.path.read_text().replace("expires_s = 600\n", "").startswith(changed)
    assert file.load().accounts["work"].expires_s == 600


def test_unknown_values_are_in_no_answer(file: AccountFile) -> None:
    # AccountFields promises that no password is in it.
    (row,) = written(file, STRANGE).listing()
    assert row.unknown == ("pasword_file", "password", "zzz", "hooks")
    assert "hunter2" not in repr(row)
    assert "hunter2" not in repr(file.load())
    file.path.write_text(STRANGE.replace("hunter2", "hunter3"))
    assert file.listing() == (row,)


def test_unknown_fields_of_a_client_are_refused(file: AccountFile) -> None:
    written(file, STRANGE)
    for field in ("zzz", "domian"):
        for value in ("x", None):
            with pytest.raises(ConfigError, match=f"account work: “{field}”: not known"):
                file.edit("work", {field: value})
    with pytest.raises(ConfigError, match="“password”: a password does not belong"):
        file.edit("work", {"password": "x"})
    assert file.path.read_text() == STRANGE


def test_edit_of_a_version(file: AccountFile) -> None:
    written(file, COMMENTED)
    version = {row.name: row.version for row in file.listing()}
    assert len(set(version.values())) == 3
    file.edit("work", {"expires_s": 600}, version["work"])
    with pytest.raises(ChangedMeanwhile) as caught:
        file.edit("work", {"expires_s": 700}, version["work"])
    assert str(caught.value) == (
        f"account work was changed in {file.path} meanwhile: look at it again before you save"
    )
    assert file.load().accounts["work"].expires_s == 600
    # The others were not changed.
    file.edit("home", {"expires_s": 600}, version["home"])


def test_comments_are_no_other_version(file: AccountFile) -> None:
    before = written(file, COMMENTED).listing()
    assert written(file, COMMENTED.replace("# my extension", "# mine")).listing() == before
    unknown = written(file, COMMENTED + "zzz = 1\n").listing()
    assert [a.version == b.version for a, b in zip(before, unknown, strict=True)] == [
        True,
        True,
        False,
    ]


def names(file: AccountFile) -> list[str]:
    loaded, listed = file.load(), file.listing()
    assert list(loaded.names) == [row.name for row in listed]
    assert list(loaded.accounts) == list(loaded.names)
    return list(loaded.names)


@pytest.mark.parametrize(
    ("name", "place", "expected"),
    [
        ("spare", 0, ["spare", "work", "home"]),
        ("spare", 1, ["work", "spare", "home"]),
        ("spare", 2, ["work", "home", "spare"]),
        ("work", 1, ["home", "work", "spare"]),
        ("work", 99, ["home", "spare", "work"]),
        ("work", -5, ["work", "home", "spare"]),
    ],
)
@pytest.mark.parametrize(
    "before", ["", 'order = ["work"]  # as I like them\n', 'order = ["gone", "work", "home"]\n']
)
def test_move(file: AccountFile, before: str, name: str, place: int, expected: list[str]) -> None:
    written(file, before + COMMENTED).move(name, place)
    assert names(file) == expected
    assert file.path.read_text().endswith(COMMENTED)
    assert ("# as I like them" in file.path.read_text()) == ("# as" in before)
    assert ("gone" in file.path.read_text()) == ("gone" in before)
    file.move(name, place)
    assert names(file) == expected


def test_order_keeps_the_comments_in_it(file: AccountFile) -> None:
    order = "order = [\n    'home',  # first\n    'work',  # then\n    'spare',\n]\n"
    written(file, order + COMMENTED).move("spare", 0)
    assert names(file) == ["spare", "home", "work"]
    assert "'home',  # first" in file.path.read_text()
    assert "'work',  # then" in file.path.read_text()


def test_order_of_the_file_where_nothing_else_is_said(file: AccountFile) -> None:
    assert names(written(file, COMMENTED)) == ["work", "home", "spare"]
    assert names(written(file, 'order = ["spare", 3, "no", "spare"]\n' + COMMENTED)) == [
        "spare",
        "work",
        "home",
    ]


def test_account_that_is_added_comes_last_and_one_that_is_removed_leaves(
    file: AccountFile,
) -> None:
    written(file, COMMENTED).move("spare", 0)
    file.add("new", GOOD)
    assert names(file) == ["spare", "work", "home", "new"]
    file.remove("spare")
    assert names(file) == ["work", "home", "new"]
    assert "spare" not in file.path.read_text()
    file.add("spare", GOOD)
    assert names(file) == ["work", "home", "new", "spare"]


def test_order_that_is_none_is_told_and_left_alone(file: AccountFile) -> None:
    text = "order = 3\n" + COMMENTED
    loaded = written(file, text).load()
    assert list(loaded.accounts) == ["work", "home", "spare"]
    assert loaded.notices == (
        f"{file.path}: “order” is not a list of names, such as [“work”, “home”]",
    )
    with pytest.raises(ConfigError) as caught:
        file.move("home", 0)
    assert str(caught.value) == f"{file.path}: “order” is not a list of names: fix it first"
    assert file.path.read_text() == text


def test_problems_of_a_form(file: AccountFile) -> None:
    written(file, COMMENTED)
    assert file.problems("work", GOOD, new=False) == {}
    assert file.problems("fourth", GOOD, new=True) == {}
    assert file.problems("work", {**GOOD, "ca_file": "/nowhere", "domain": ""}, new=True) == {
        "name": "there is an account of that name already",
        "ca_file": "there is no file /nowhere",
        "domain": "needed: it is the part of your address after the @",
    }
    written(file, "[accounts\n")
    assert file.problems("x", GOOD, new=True)["name"].startswith(f"{file.path} is not valid TOML")


def test_edit_looks_at_the_files_that_it_names_and_at_no_others(file: AccountFile) -> None:
    written(file, COMMENTED.replace("expires_s = 300", 'ca_file = "/nowhere"'))
    file.edit("work", {"enabled": False})
    with pytest.raises(ConfigError, match="“ca_file”: there is no file /elsewhere"):
        file.edit("work", {"ca_file": "/elsewhere"})


def test_file_changed_while_an_account_is_added_is_left_alone(
    file: AccountFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(file, COMMENTED)
    check = file.check

    def meanwhile(name: str, values: Mapping[str, object]) -> Account:
        file.path.write_text("# by hand\n" + COMMENTED)
        return check(name, values)

    monkeypatch.setattr(file, "check", meanwhile)
    with pytest.raises(ChangedMeanwhile):
        file.add("new", GOOD)
    assert file.path.read_text() == "# by hand\n" + COMMENTED
