"""The engine's log is private, bounded, without secrets or acting text."""

from __future__ import annotations

import logging
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from voip.engine.files import log_file

SECRET = "Wn1Y0psecretKEY9"
log = logging.getLogger("tests.unit.logs")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = logging.getLogger()
    level = root.level
    monkeypatch.setattr(root, "handlers", [])
    path = tmp_path / "state" / "engine.log"
    log_file.start(path, foreground=False)
    yield path
    for handler in root.handlers:
        handler.close()
    logging.captureWarnings(False)
    root.setLevel(level)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_file_is_its_owner_s_alone(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_file_that_was_open_to_others_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    path = tmp_path / "engine.log"
    path.write_text("old\n")
    path.chmod(0o644)
    log_file.start(path, foreground=False)
    for handler in logging.getLogger().handlers:
        handler.close()
    logging.captureWarnings(False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "old\n"


def test_words_arrive_with_level_and_name(path: Path) -> None:
    log.warning("call %s ended", 3)
    assert text(path).endswith(" WARNING tests.unit.logs: call 3 ended\n")


def test_details_are_left_out(path: Path) -> None:
    log.debug("a detail")
    assert text(path) == ""


@pytest.mark.parametrize(
    "words",
    [
        f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{SECRET}",
        f'Digest username="alice", response="{SECRET}"',
        f"password={SECRET}",
        f"SIP trace:\r\nREGISTER sip:x SIP/2.0\r\nAuthorization: Basic {SECRET}\r\n",
        f"RX Authorization: Basic {SECRET}",
    ],
)
def test_secrets_never_reach_the_file(path: Path, words: str) -> None:
    log.info("%s", words)
    assert "tests.unit.logs" in text(path)
    assert SECRET not in text(path)


def test_secrets_of_a_traceback_never_reach_the_file(path: Path) -> None:
    try:
        raise ValueError(f"password={SECRET}")
    except ValueError:
        log.exception("failed")
    assert "Traceback" in text(path)
    assert SECRET not in text(path)


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\x00", "\x9b", "\u202e", "\u2066", "\x7f"])
def test_acting_characters_never_reach_the_file(path: Path, char: str) -> None:
    log.info("a%sb", char)
    assert text(path).endswith("a\ufffdb\n")
    shown = text(path).replace("\n", "")
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf"}


def test_lines_are_bounded(path: Path) -> None:
    log.info("x" * 100_000)
    assert len(text(path)) <= 2001


def test_foreground_says_it_on_standard_error_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    log_file.start(tmp_path / "engine.log", foreground=True)
    log.info("a\x1bb password=%s", SECRET)
    for handler in logging.getLogger().handlers:
        handler.close()
    logging.captureWarnings(False)
    said = capsys.readouterr().err
    assert said.endswith("a\ufffdb password=[masked]\n")


def test_tail_is_the_last_lines(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_text("".join(f"line {number}\n" for number in range(10)))
    assert log_file.tail(path, 3) == ["line 7", "line 8", "line 9"]
    assert len(log_file.tail(path, 100)) == 10
    assert log_file.tail(path, 0) == log_file.tail(path, -1) == []


def test_tail_of_a_long_log_begins_with_a_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_text("".join(f"{number:06} {'x' * 90}\n" for number in range(20_000)))
    lines = log_file.tail(path, 20_000)
    assert 10_000 < len(lines) < 11_000
    assert {len(line) for line in lines} == {97}
    assert lines[-1].startswith("019999 ")


def test_tail_of_a_log_written_by_others_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_bytes(b"\x1b[2Jone\xff\n" + "\u202etwo\n".encode() + b"x" * 5000)
    lines = log_file.tail(path, 10)
    assert lines[:2] == ["\ufffd[2Jone\ufffd", "\ufffdtwo"]
    assert len(lines[2]) == 2000


def test_tail_of_no_log_says_so(tmp_path: Path) -> None:
    assert log_file.tail(tmp_path, 5)[0].startswith(f"{tmp_path} cannot be read: ")
