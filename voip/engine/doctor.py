"""Reports abilities of this build, and problems in it or around it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import certifi

from voip.engine.accounts.secrets import KeyringError, keyring_name
from voip.engine.files import permissions
from voip.engine.history.log import History
from voip.engine.people.contacts import Contacts
from voip.engine.sound import SoundDevices
from voip.engine.supervisor import Supervisor, WorkerGone
from voip.native.advisories import ADVISORIES
from voip.native.inputs import PJSIP_VERSION
from voip.paths import Paths
from voip.protocol.phone import Advisory, DoctorReport, Finding
from voip.protocol.worker.process import Ready
from voip.security import hardening

_NEEDED_CODECS = ("opus", "G722", "PCMA", "PCMU")


async def examine(
    worker: Supervisor, sound: SoundDevices, history: History, contacts: Contacts, paths: Paths
) -> DoctorReport:
    """Start `worker` if it is not running, and check everything a call needs."""
    worker.start()
    try:
        ready = await worker.wait_up()
    except WorkerGone as error:
        return DoctorReport(
            ok=False,
            findings=(
                Finding(ok=False, text=f"the calling process does not start: {error}"),
                *_privacy(paths, None),
            ),
            ca_bundle=certifi.where(),
        )
    keyring, keyring_finding = await asyncio.to_thread(_keyring)
    advisories = _advisories(ready)
    findings = [
        *_library(ready),
        _advisory_finding(advisories),
        *_sound(ready, await sound.priority()),
        *_surroundings(history, keyring_finding),
        *await _contacts(contacts),
        *_privacy(paths, ready.memory_problem),
    ]
    return DoctorReport(
        ok=all(finding.ok for finding in findings),
        findings=tuple(findings),
        pjsip=ready.pjsip,
        tls_library=ready.tls_library,
        tls13=ready.tls13,
        patches=ready.patches,
        advisories=advisories,
        codecs=ready.codecs,
        srtp_suites=ready.srtp_suites,
        sound=ready.sound,
        devices=ready.devices,
        ca_bundle=certifi.where(),
        keyring=keyring,
    )


def _library(ready: Ready) -> list[Finding]:
    names = [codec.split("/")[0].lower() for codec in ready.codecs]
    lacking = [codec for codec in _NEEDED_CODECS if codec.lower() not in names]
    playable = len(lacking) < len(_NEEDED_CODECS)
    return [
        Finding(ok=True, text=f"PJSIP {ready.pjsip} with {len(ready.patches)} patches"),
        Finding(
            ok=True,
            text=f"{ready.tls_library}, TLS 1.3 {'available' if ready.tls13 else 'missing'}",
            warning=not ready.tls13,
        ),
        Finding(
            ok=playable,
            text=f"codecs {', '.join(ready.codecs)}"
            + (f"; missing {', '.join(lacking)}" if lacking else ""),
            warning=playable and bool(lacking),
        ),
        Finding(ok=bool(ready.srtp_suites), text=f"SRTP {', '.join(ready.srtp_suites)}"),
    ]


def _advisories(ready: Ready) -> tuple[Advisory, ...]:
    return tuple(
        Advisory(
            name=advisory.name,
            fault=advisory.fault,
            closed=advisory.closed(ready.patches),
            patches=advisory.patches,
            not_reachable=advisory.not_reachable,
        )
        for advisory in ADVISORIES
    )


def _advisory_finding(advisories: tuple[Advisory, ...]) -> Finding:
    open_ones = [advisory.name for advisory in advisories if not advisory.closed]
    if open_ones:
        return _warning(f"advisories that are open: {'; '.join(open_ones)}")
    patched = sum(1 for advisory in advisories if advisory.patches)
    unreachable = len(advisories) - patched
    return Finding(
        ok=True,
        text=f"advisories since PJSIP {PJSIP_VERSION}: {patched} closed by patches, "
        f"{unreachable} not reachable",
    )


def _sound(ready: Ready, priority: str) -> list[Finding]:
    # Many servers have no sound device: calls are silent, and that is not a fault.
    return [
        Finding(ok=True, text=f"sound: {ready.sound}"),
        Finding(ok=True, text=f"priority of sound: {priority}"),
    ]


def _keyring() -> tuple[str | None, Finding]:
    """Return the name of the keyring, if one is in use, and what to say of it."""
    try:
        name = keyring_name()
    except KeyringError as error:
        text = f"the keyring did not answer: {error}; passwords are kept in files"
        return None, Finding(ok=True, text=text, warning=True)
    if name is not None:
        return name, Finding(ok=True, text=f"keyring: {name}")
    text = "no keyring: passwords are kept in files that only you can read, or come from "
    return None, Finding(ok=True, text=f"{text}password_command")


def _surroundings(history: History, keyring: Finding) -> list[Finding]:
    bundle = Path(certifi.where())
    problem = history.check()
    return [
        Finding(ok=bundle.is_file(), text=f"certificate authorities: {bundle}"),
        keyring,
        Finding(
            ok=True,
            text="call log: sound" if problem is None else f"call log: damaged: {problem}",
            warning=problem is not None,
        ),
    ]


async def _contacts(contacts: Contacts) -> list[Finding]:
    await contacts.refresh()
    return [_warning(f"contacts: {words}") for words in contacts.problems]


def _privacy(paths: Paths, workers_memory: str | None) -> list[Finding]:
    memory = hardening.problem() or workers_memory
    findings = [
        Finding(
            ok=True,
            text="memory: no core dumps, and closed to other programs"
            if memory is None
            else f"memory: {memory}; stop the phone, and start it again",
            warning=memory is not None,
        )
    ]
    try:
        flaws = permissions.find(paths)
    except OSError as error:
        return [*findings, _warning(f"permissions: {error}")]
    if not flaws:
        yours = "accounts, passwords, call log, engine log and socket are yours alone"
        return [*findings, Finding(ok=True, text=f"permissions: {yours}")]
    return findings + [_warning(f"permissions: {flaw.text}") for flaw in flaws]


def _warning(text: str) -> Finding:
    return Finding(ok=True, text=text, warning=True)
