"""TOML that a person edits too."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from voip.engine import toml
from voip.engine.toml import ConfigError


def test_no_file_is_an_empty_document(tmp_path: Path) -> None:
    assert toml.read(tmp_path / "no.toml").unwrap() == {}


def test_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.toml"
    toml.write(path, tomlkit.parse('# c\nname = "Zoë"\n'))
    assert path.read_text(encoding="utf-8") == '# c\nname = "Zoë"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "x.toml"
    with pytest.raises(ConfigError) as caught:
        toml.write(path, tomlkit.document())
    assert str(caught.value).startswith(f"{path} cannot be written: ")


def test_folder_in_the_file_s_place_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.mkdir()
    with pytest.raises(ConfigError):
        toml.write(path, tomlkit.document())
    assert list(tmp_path.iterdir()) == [path]


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
