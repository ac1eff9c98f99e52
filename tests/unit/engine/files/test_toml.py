"""TOML that a person edits too."""

from __future__ import annotations

import codecs
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from voip.engine.files import toml
from voip.engine.files.toml import ChangedMeanwhile, ConfigError


def put(key: str, value: object) -> Callable[[tomlkit.TOMLDocument], None]:
    def edit(document: tomlkit.TOMLDocument) -> None:
        document[key] = value

    return edit


def test_no_file_is_an_empty_document(tmp_path: Path) -> None:
    assert toml.read(tmp_path / "no.toml").unwrap() == {}


def test_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.toml"
    toml.change(path, put("name", "Zoë"))
    assert path.read_text(encoding="utf-8") == 'name = "Zoë"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_byte_order_mark_is_read_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("# mine\n[work]\nuser = 'alice'\n", encoding="utf-8-sig")
    assert toml.read(path).unwrap() == {"work": {"user": "alice"}}
    for number in (1, 2):
        toml.change(path, put("name", f"Zoë {number}"))
    assert path.read_bytes().count(codecs.BOM_UTF8) == 1
    text = path.read_text(encoding="utf-8-sig")
    assert text.startswith("# mine")
    assert tomlkit.parse(text).unwrap() == {"work": {"user": "alice"}, "name": "Zoë 2"}


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "x.toml"
    with pytest.raises(ConfigError) as caught:
        toml.change(path, put("a", 1))
    assert str(caught.value).startswith(f"{path} cannot be read: ")


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "nowhere").symlink_to("/proc/nowhere")
    path = tmp_path / "nowhere" / "x.toml"
    with pytest.raises(ConfigError) as caught:
        toml.change(path, put("a", 1))
    assert str(caught.value).startswith(f"{path} cannot be written: ")


def test_folder_in_the_file_s_place_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.mkdir()
    with pytest.raises(ConfigError):
        toml.change(path, put("a", 1))
    assert list(tmp_path.iterdir()) == [path]


OTHER = "# by hand\nb = 2\n"


@pytest.mark.parametrize("before", [None, "", "a = 1\n"])
def test_file_changed_by_hand_meanwhile_is_left_alone(tmp_path: Path, before: str | None) -> None:
    path = tmp_path / "x.toml"
    if before is not None:
        path.write_text(before)

    def edit(document: tomlkit.TOMLDocument) -> None:
        document["a"] = 3
        path.write_text(OTHER)

    with pytest.raises(ChangedMeanwhile) as caught:
        toml.change(path, edit)
    assert str(caught.value) == (
        f"{path} was changed by somebody else at the same moment and was left alone: "
        "look at it, and try again"
    )
    assert path.read_text() == OTHER
    assert list(tmp_path.iterdir()) == [path]


def test_file_removed_meanwhile_does_not_come_back(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("a = 1\n")

    def edit(document: tomlkit.TOMLDocument) -> None:
        document["a"] = 3
        path.unlink()

    with pytest.raises(ChangedMeanwhile):
        toml.change(path, edit)
    assert list(tmp_path.iterdir()) == []


def test_file_written_anew_with_the_same_text_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("a = 1\n")

    def edit(document: tomlkit.TOMLDocument) -> str:
        path.write_text("a = 1\n")
        document["a"] = 3
        return "done"

    assert toml.change(path, edit) == "done"
    assert path.read_text() == "a = 3\n"


def test_refused_change_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("a = 1\n")

    def edit(document: tomlkit.TOMLDocument) -> None:
        document["a"] = 3
        raise ConfigError("no")

    with pytest.raises(ConfigError, match="no"):
        toml.change(path, edit)
    assert path.read_text() == "a = 1\n"


def test_lines_keep_their_ends(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"# c\r\na = 1\r\nb = 2\r\n")
    toml.change(path, put("a", 3))
    assert path.read_bytes() == b"# c\r\na = 3\r\nb = 2\r\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("[t]\na = 1\n\n# about u\n[u]\n", "[t]\na = 1\nnew = 2\n\n# about u\n[u]\n"),
        ("[t]\n\n# about u\n[u]\n", "[t]\nnew = 2\n\n# about u\n[u]\n"),
        ("[t]\na = 1", "[t]\na = 1\nnew = 2\n"),
        ("t = {a = 1}\n", "t = {a = 1,new = 2}\n"),
        ("t.a = 1\n# end\n", "t.a = 1\nt.new = 2\n# end\n"),
        ("[t]\nnew = 1 # c\na = 1\n", "[t]\nnew = 2 # c\na = 1\n"),
    ],
)  # fmt: skip
def test_new_key_comes_before_the_comments_of_what_follows(
    tmp_path: Path, text: str, after: str
) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    toml.change(path, lambda document: toml.put(document["t"], "new", 2))
    assert path.read_text() == after


def test_beginning_comes_before_every_comment(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("# about t\n[t]\na = 1\n")

    def edit(document: tomlkit.TOMLDocument) -> None:
        toml.put_first(document, "first", ["x"])
        document["first"].append("y")
        toml.put(document["t"], "b", 2)

    toml.change(path, edit)
    assert path.read_text() == 'first = ["x", "y"]\n\n# about t\n[t]\na = 1\nb = 2\n'


def test_empty_tables_are_no_reason_to_refuse(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("[t.u]\na = 1\n")

    def edit(document: tomlkit.TOMLDocument) -> None:
        table: Any = document["t"]
        del table["u"]

    toml.change(path, edit)
    assert path.read_text() == ""


PATTERN = "[]{}=\"'#\n\r\t,.-+_ abeintf019:TZ\\u\x00é"


@given(st.text(st.sampled_from(PATTERN)) | st.binary(max_size=40))
def test_reading_raises_nothing_but_config_errors(
    tmp_path_factory: pytest.TempPathFactory, content: str | bytes
) -> None:
    path = tmp_path_factory.mktemp("toml") / "file.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        toml.read(path)
    except ConfigError as error:
        assert str(error).startswith(str(path))
