"""linphonec, with its defaults but for what the bench demands of all phones."""

from __future__ import annotations

import time
from pathlib import Path

from tests.bench.peers.phones.base import (
    MICROPHONE,
    SPEAKER,
    TARGET,
    USER,
    Processing,
    Program,
    Setup,
)
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN

_CONFIG = """[sip]
default_proxy=0
sip_port=0
sip_tcp_port=0
sip_tls_port=-1
verify_server_certs=1
verify_server_cn=0
root_ca={authority}
media_encryption=srtp
media_encryption_mandatory=1
guess_hostname=1

[proxy_0]
reg_proxy=<sip:{host}:{port};transport=tls>
reg_route=<sip:{host}:{port};transport=tls;lr>
reg_identity=sip:{user}@{domain}
reg_expires=600
reg_sendregister=1
publish=0

[auth_info_0]
username={user}
passwd={password}
realm={domain}
domain={domain}

[sound]
echocancellation={cancels_echo:d}
capture_dev_id=PulseAudio Unknown: {microphone}
playback_dev_id=PulseAudio Unknown: {speaker}
ringer_dev_id=PulseAudio Unknown: {speaker}
"""


class Linphone(Program):
    name = program = "linphonec"
    package = "linphone-cli"
    processing = frozenset({Processing.ECHO})

    def __init__(self, folder: Path, setup: Setup) -> None:
        super().__init__(folder, setup, "-c", str(folder / "linphonerc"))

    async def prepare(self, processing: Processing) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / ".local" / "share" / "linphone").mkdir(parents=True, exist_ok=True)
        (self._folder / "linphonerc").write_text(
            _CONFIG.format(
                authority=self._setup.authority, host=LOOPBACK, port=self._setup.tls_port,
                user=USER, domain=DOMAIN, password=self._setup.password,
                microphone=MICROPHONE, speaker=SPEAKER,
                cancels_echo=processing is Processing.ECHO,
            )
        )  # fmt: skip

    async def dial(self) -> float:
        begun = time.time()
        self._process.type(f"call {TARGET}")
        return begun

    async def hang_up(self) -> None:
        self._process.type("terminate")
