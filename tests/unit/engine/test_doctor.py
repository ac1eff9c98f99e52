"""Findings of the doctor: a problem that stops calls, or a warning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import certifi
import keyring
import pytest
from keyring.backend import KeyringBackend
from msgspec.structs import replace

from tests.support.standin.engine import StandIn
from voip.protocol.phone import Doctor, DoctorReport, Finding
from voip.protocol.worker.base import Role


async def examine(standin: StandIn) -> DoctorReport:
    return await standin.client.get(Doctor(), DoctorReport)


async def with_worker(standin: StandIn, **facts: Any) -> Finding:
    """Return the last finding that depends on these `facts` of the worker."""
    before = (await examine(standin)).findings
    worker = standin.engine.workers[Role.SECURE]
    assert worker.ready is not None
    worker.ready = replace(worker.ready, **facts)
    report = await examine(standin)
    other = [finding for finding in report.findings if finding not in before][-1]
    assert report.ok is other.ok
    return other


async def test_nothing_is_wrong(standin: StandIn) -> None:
    report = await examine(standin)
    assert report.ok
    assert not [f for f in report.findings if f.warning or not f.ok]


@pytest.mark.parametrize(
    ("facts", "ok", "text"),
    [
        ({"tls13": False}, True, "OpenSSL 3.5.4 30 Sep 2025, TLS 1.3 missing"),
        ({"codecs": ("PCMU/8000/1",)}, True, "codecs PCMU/8000/1; missing opus, G722, PCMA"),
        ({"codecs": ("GSM/8000/1",)}, False, "codecs GSM/8000/1; missing opus, G722, PCMA, PCMU"),
        ({"srtp_suites": ()}, False, "SRTP "),
        (
            {"memory_problem": "it may be read"},
            True,
            "memory: it may be read; stop the phone, and start it again",
        ),
    ],
)
async def test_facts_of_the_worker(
    standin: StandIn, facts: dict[str, Any], ok: bool, text: str
) -> None:
    finding = await with_worker(standin, **facts)
    assert (finding.ok, finding.text) == (ok, text)
    assert finding.warning is ok


async def test_an_open_advisory_is_a_warning(standin: StandIn) -> None:
    finding = await with_worker(standin, patches=("none",))
    assert finding.text.startswith("advisories that are open: CVE-")
    assert (finding.ok, finding.warning) == (True, True)


async def test_a_mode_is_a_warning(standin: StandIn) -> None:
    standin.paths.state.chmod(0o755)
    report = await examine(standin)
    (finding,) = [f for f in report.findings if f.warning]
    assert finding.text.startswith(f"permissions: {standin.paths.state} is open to others")
    assert report.ok


async def test_a_keyring_that_does_not_answer_is_a_warning(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> KeyringBackend:
        raise RuntimeError("no such module")

    monkeypatch.setattr(keyring, "get_keyring", fails)
    report = await examine(standin)
    (finding,) = [f for f in report.findings if f.warning]
    words = "the keyring did not answer: no such module; passwords are kept in files"
    assert (finding.text, report.ok, report.keyring) == (words, True, None)


async def test_without_authorities_no_call_can_be_made(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "none.pem"))
    report = await examine(standin)
    (finding,) = [f for f in report.findings if not f.ok]
    assert finding.text == f"certificate authorities: {tmp_path / 'none.pem'}"
    assert not report.ok
