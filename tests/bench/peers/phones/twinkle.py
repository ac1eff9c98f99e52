"""Twinkle's console, over UDP and RTP: it has no TLS.

Everything has its default but for what the bench demands of all phones, and for its
detection of voice: with it nothing is sent of a quiet microphone.
"""

from __future__ import annotations

import time
from pathlib import Path

from tests.bench.peers.phones.base import TARGET, USER, Processing, Program, Setup
from tests.support.network.ports import LOOPBACK, free_sip_port
from tests.support.peers.kamailio import DOMAIN

_SYSTEM = """dev_ringtone=alsa:pulse
dev_speaker=alsa:pulse
dev_mic=alsa:pulse
validate_audio_dev=no
sip_port={sip}
rtp_port={rtp}
play_ringtone=no
play_ringback=no
"""
_ACCOUNT = """user_name={user}
user_domain={domain}
auth_realm={domain}
auth_name={user}
auth_pass={password}
outbound_proxy={host}:{port}
all_requests_to_proxy=yes
registrar={host}:{port}
register_at_startup=yes
registration_time=600
sip_transport=udp
codecs=g711u
speex_dsp_vad=no
speex_dsp_aec=no
zrtp_enabled=no
"""

_TURNED_ON = {
    Processing.NOTHING: "",
    Processing.ECHO: "speex_dsp_aec=yes\n",
    Processing.NOISE: "speex_dsp_nrd=yes\n",
}
"""The last line of a setting counts."""


class Twinkle(Program):
    name = "Twinkle"
    program = package = "twinkle-console"
    codecs = frozenset({"PCMU"})
    is_secure = False
    processing = frozenset({Processing.ECHO, Processing.NOISE})

    def __init__(self, folder: Path, setup: Setup) -> None:
        super().__init__(folder, setup, f"{USER}.cfg")

    async def prepare(self, processing: Processing) -> None:
        home = self._folder / ".twinkle"
        home.mkdir(parents=True, exist_ok=True)
        # RTP ports are even (RFC 3550 section 11); Twinkle is silent at an odd one.
        rtp = free_sip_port() & ~1
        (home / "twinkle.sys").write_text(_SYSTEM.format(sip=free_sip_port(), rtp=rtp))
        (home / f"{USER}.cfg").write_text(
            _ACCOUNT.format(
                user=USER, domain=DOMAIN, password=self._setup.password,
                host=LOOPBACK, port=self._setup.udp_port,
            )
            + _TURNED_ON[processing]
        )  # fmt: skip

    async def dial(self) -> float:
        begun = time.time()
        self._process.type(f"call {TARGET}")
        return begun

    async def hang_up(self) -> None:
        self._process.type("bye")
