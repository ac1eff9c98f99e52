"""Valid sessions (RFC 4566, RFC 3264) of every direction and stream count."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from tests.support.peers import sip
from voip.protection import Transport

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive", "")
"""Directions; an empty one means sendrecv (RFC 4566 section 6)."""

_NOWHERE = "0.0.0.0"

_ADDRESSES = ("session", "stream", "nowhere", "nowhere of the stream")
_BESIDE = ("", "video", "video, not used", "audio", "application, before", "text")


@dataclass(frozen=True)
class Session:
    """A session with a voice stream.

    `address`: place of the c= line, and whether it leads anywhere; `beside`:
    other streams; `used`: the voice has a port.
    """

    direction: str
    address: str
    used: bool
    beside: str = ""

    def text(self, host: str, port: int, transport: Transport, keys: str = "") -> str:
        """SDP of the session; `keys` is the a=crypto line of an answer over TLS."""
        secure = transport is Transport.TLS
        profile = "RTP/SAVP" if secure else "RTP/AVP"
        crypto = [keys or sip.crypto()] if secure else []
        where = _NOWHERE if self.address.startswith("nowhere") else host
        of_stream = "stream" in self.address
        address = f"c=IN IP4 {where}"
        voice = [
            f"m=audio {port if self.used else 0} {profile} 0 101",
            *([address] if of_stream else []),
            "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16",
            *([f"a={self.direction}"] if self.direction else []),
            *crypto,
        ]  # fmt: skip
        before, after = self._others(port, profile, [address] if of_stream else [], crypto)
        lines = [
            "v=0", f"o=- 7 7 IN IP4 {host}", "s=-", *([] if of_stream else [address]), "t=0 0",
            *before, *voice, *after,
        ]  # fmt: skip
        return "".join(f"{line}\r\n" for line in lines)

    def _others(
        self, port: int, profile: str, address: list[str], crypto: list[str]
    ) -> tuple[list[str], list[str]]:
        match self.beside:
            case "video":
                return [], [f"m=video {port + 2} {profile} 31", *address, *crypto]
            case "video, not used":
                return [], [f"m=video 0 {profile} 31", *address]
            case "audio":
                return [], [f"m=audio {port + 2} {profile} 8", *address, *crypto]
            case "application, before":
                return ["m=application 9 UDP/BFCP *", *address], []
            case "text":
                text = [f"m=text {port + 2} {profile} 98", *address, "a=rtpmap:98 t140/1000"]
                return [], [*text, *crypto]
            case _:
                return [], []

    @property
    def streams(self) -> int:
        return 2 if self.beside else 1


OFFERS = tuple(
    Session(*parts) for parts in itertools.product(DIRECTIONS, _ADDRESSES, (True, False), _BESIDE)
)
ANSWERS = tuple(
    Session(*parts) for parts in itertools.product(DIRECTIONS, _ADDRESSES, (True, False))
)
"""Answers to an offer of one stream, and so of one (RFC 3264 section 6)."""


def directions(session: str) -> list[str]:
    """Direction of each stream, in order."""
    problems: list[str] = []
    of_session = "sendrecv"
    for line in session.splitlines():
        if line.startswith("m="):
            problems.append(of_session)
        elif line.removeprefix("a=") in DIRECTIONS[:4]:
            if problems:
                problems[-1] = line.removeprefix("a=")
            else:
                of_session = line.removeprefix("a=")
    return problems
