"""Facts that scripted workers report of themselves and of servers."""

from __future__ import annotations

import hashlib

from voip.causes import Cause, CauseKind
from voip.engine.errors import Refusal
from voip.model import SoundDevice
from voip.native.inputs import patch_names
from voip.protection import Certificate, Keying, MediaKind, Stream, TlsStatus
from voip.protocol.settings import Audio
from voip.protocol.trust import ServerReport
from voip.protocol.worker.accounts import Trust
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import Configure, Ready
from voip.protocol.worker.sound import SoundEvent

ADDRESS = "1.2.3.4"
"""Address of every TLS account's server: publicly reachable."""

ANSWER_MS = 12
"""Time of every server's answer to a check's REGISTER."""

SUITE = "AEAD_AES_256_GCM"
CODEC = "opus/48000/2"

DEVICES = (
    SoundDevice(name="Built-in Audio", driver="PulseAudio", inputs=2, outputs=2),
    SoundDevice(name="USB Headset", driver="PulseAudio", inputs=1, outputs=2),
)

FINGERPRINTS = (
    "SHA-256 " + hashlib.sha256(b"ours").digest().hex(":").upper(),
    "SHA-256 " + hashlib.sha256(b"theirs").digest().hex(":").upper(),
)
"""Fingerprints of both ends' certificates in a DTLS handshake."""

ECHO_PORT = 45061
"""Address of the scripted echo line; nothing listens there."""

ISSUER = Certificate(
    subject="CN=Example Issuing CA 1,O=Example Trust,C=US",
    issuer="CN=Example Root,O=Example Trust,C=US",
    names=(),
    not_before="2024-01-01T00:00:00Z",
    not_after="2034-01-01T00:00:00Z",
    sha256=hashlib.sha256(b"issuer").hexdigest(),
    key_sha256=hashlib.sha256(b"key of the issuer").hexdigest(),
    key="RSA 4096",
    signature="sha256WithRSAEncryption",
)


def tls_to(host: str) -> TlsStatus:
    """Return a verified connection to `host`, with the chain it showed."""
    leaf = Certificate(
        subject=f"CN={host}",
        issuer=ISSUER.subject,
        names=(host,),
        not_before="2026-01-01T00:00:00Z",
        not_after="2036-01-01T00:00:00Z",
        sha256=hashlib.sha256(host.encode()).hexdigest(),
        key_sha256=hashlib.sha256(f"key of {host}".encode()).hexdigest(),
        key="EC P-256",
        signature="ecdsa-with-SHA256",
    )
    return TlsStatus(
        version="TLSv1.3",
        cipher="TLS_AES_256_GCM_SHA384",
        verified=True,
        peer=leaf,
        chain=(leaf, ISSUER),
    )


def server(host: str, problems: tuple[str, ...] = ()) -> ServerReport:
    """Return the inspection report of `host`: its connections' chain."""
    seen = tls_to(host)
    return ServerReport(
        host=host, port=5061, version=seen.version, cipher=seen.cipher, chain=seen.chain,
        problems=problems,
    )  # fmt: skip


def tls_of(shown: ServerReport | Refusal, trust: Trust | None) -> TlsStatus | None:
    """Return the TLS status of an accepted connection; None without TLS."""
    if isinstance(shown, Refusal) or trust is None:
        return None
    return TlsStatus(
        version=shown.version,
        cipher=shown.cipher,
        verified=True,
        peer=shown.chain[0],
        chain=shown.chain,
        pinned=trust.pin is not None,
    )


def refused(shown: ServerReport | Refusal, trust: Trust) -> tuple[Cause | None, str | None]:
    """Return the cause to refuse a server, and its key if that was another."""
    if isinstance(shown, Refusal):
        return Cause(CauseKind.NO_TLS), None
    if shown.refused:
        return Cause(CauseKind.CERTIFICATE_WEAK_KEY), None
    key = shown.chain[0].key_sha256
    if trust.pin is None:
        return Cause(CauseKind.CERTIFICATE_UNTRUSTED) if shown.problems else None, None
    if trust.pin != key:
        return Cause(CauseKind.OTHER_KEY), key
    return None, None


def ready(configured: Configure) -> Ready:
    """Return the first message of a worker built with our own pjsua2."""
    sound = sound_of(configured.audio, configured.silent, configured.role)
    return Ready(
        pjsip="2.17",
        tls_library="OpenSSL 3.5.4 30 Sep 2025",
        tls13=True,
        patches=tuple(patch_names()),
        codecs=(CODEC, "G722/16000/1", "PCMA/8000/1", "PCMU/8000/1"),
        srtp_suites=(SUITE, "AES_256_CM_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_80"),
        devices=sound.devices,
        sound=sound.sound,
        sound_ok=sound.sound_ok,
        listening=ECHO_PORT if configured.role is Role.ECHO else None,
    )


def sound_of(audio: Audio, silent: bool, role: Role) -> SoundEvent:
    """Return the devices that a worker with these settings uses."""
    if role is Role.RINGER:
        name = _device(audio.ring_device)
        missing = f"no sound device is called {audio.ring_device}: it rings on the speaker"
        return SoundEvent(devices=DEVICES, sound=name or missing, sound_ok=name is not None)
    if silent:
        return SoundEvent(devices=DEVICES, sound="sound is switched off", sound_ok=True)
    names = [_device(audio.input), _device(audio.output)]
    absent = [name for name in (audio.input, audio.output) if name and _device(name) is None]
    using = " / ".join(name or DEVICES[0].name for name in names)
    text = f"no sound device is called {absent[0]}: using {using}" if absent else using
    return SoundEvent(devices=DEVICES, sound=text, sound_ok=not absent)


def _device(part: str | None) -> str | None:
    if part is None:
        return DEVICES[0].name
    return next((d.name for d in DEVICES if part.lower() in d.name.lower()), None)


def voice(
    *,
    srtp: bool = True,
    suite: str = SUITE,
    keying: Keying = Keying.SDES,
    codec: str = CODEC,
    accepted: int = 0,
    fingerprints: tuple[str, str] | None = FINGERPRINTS,
) -> Stream:
    """Return a voice stream in use; no `fingerprints` if keys are by SDES."""
    local, remote = (fingerprints if srtp and keying is Keying.DTLS else None) or (None, None)
    return Stream(
        kind=MediaKind.AUDIO,
        active=True,
        srtp=srtp,
        suite=suite if srtp else None,
        keying=keying if srtp else None,
        codec=codec,
        accepted=accepted,
        local_fingerprint=local,
        remote_fingerprint=remote,
    )
