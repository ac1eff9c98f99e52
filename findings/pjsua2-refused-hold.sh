#!/bin/sh
# Finding: pjsua2 keeps a call's audio connected when its hold is refused.
#
# pjsua2-python 2.15.1 (PJSIP 2.15.1) from PyPI. A call is up, its conference
# port connected both ways; setHold() sends a re-INVITE, which the far end
# refuses with 488 (RFC 3261 section 14.1 leaves the session as it was).
# Behaviour: only the transaction is reported to the application (no
# onCallMediaState), the call's media stays "active", and the microphone's port
# still feeds the call. An application that waits for the far end's consent
# before it disconnects a caller from the microphone never does so.
# Output seen:
#   media reports after the refusal: 0
#   media active: True
#   microphone connected to the call: True
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pjsua2-python==2.15.1
cat >"$folder/far_end.py" <<'FAR'
"""A far end over UDP on loopback: takes the call, refuses what is offered later."""

import re
import socket


def answer(request, status, extra="", body=""):
    keep = "".join(
        line + "\r\n"
        for line in request.split("\r\n")
        if re.match(r"(?i)(via|from|call-id|cseq):", line)
    )
    to = re.search(r"(?im)^to:.*$", request)[0].strip()
    if "tag=" not in to:
        to += ";tag=far"
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"SIP/2.0 {status}\r\n{keep}{to}\r\n{extra}{kind}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sip.bind(("127.0.0.1", 0))
rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
rtp.bind(("127.0.0.1", 0))
port = sip.getsockname()[1]
print(port, flush=True)
session = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    f"m=audio {rtp.getsockname()[1]} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)
contact = f"Contact: <sip:far@127.0.0.1:{port}>\r\n"
while True:
    data, client = sip.recvfrom(65536)
    text = data.decode()
    method = text.split(" ", 1)[0]
    if method == "INVITE" and re.search(r"(?im)^to:.*tag=", text):
        sip.sendto(answer(text, "488 Not Acceptable Here"), client)
    elif method == "INVITE":
        sip.sendto(answer(text, "200 OK", contact, session), client)
    elif method not in ("ACK", "SIP/2.0"):
        sip.sendto(answer(text, "200 OK"), client)
FAR
cat >"$folder/phone.py" <<'PHONE'
"""Places the call, holds it, and prints what there is after the refusal."""

import os
import sys
import time

import pjsua2 as pj

far = sys.argv[1]


class Call(pj.Call):
    reports = 0
    refused = False

    def onCallMediaState(self, prm):
        self.reports += 1
        audio = self.getAudioMedia(0)
        manager = pj.Endpoint.instance().audDevManager()
        manager.getCaptureDevMedia().startTransmit(audio)
        audio.startTransmit(manager.getPlaybackDevMedia())

    def onCallTsxState(self, prm):
        tsx = prm.e.body.tsxState.tsx
        self.refused = self.refused or tsx.statusCode == 488


def wait(endpoint, done):
    until = time.monotonic() + 10
    while not done():
        assert time.monotonic() < until, "it did not happen in 10 s"
        endpoint.libHandleEvents(20)


endpoint = pj.Endpoint()
endpoint.libCreate()
config = pj.EpConfig()
config.uaConfig.threadCnt = 0
config.uaConfig.mainThreadOnly = True
config.logConfig.level = config.logConfig.consoleLevel = 0
endpoint.libInit(config)
endpoint.audDevManager().setNullDev()
transport = pj.TransportConfig()
transport.boundAddress = "127.0.0.1"
endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
endpoint.libStart()
account_config = pj.AccountConfig()
account_config.idUri = "sip:near@127.0.0.1"
account = pj.Account()
account.create(account_config)
call = Call(account)
options = pj.CallOpParam(True)
call.makeCall(f"sip:far@127.0.0.1:{far}", options)
wait(endpoint, lambda: call.reports > 0 and call.getInfo().stateText == "CONFIRMED")
before = call.reports
call.setHold(pj.CallOpParam(True))
wait(endpoint, lambda: call.refused)
for _ in range(25):
    endpoint.libHandleEvents(20)
info = call.getInfo()
microphone = endpoint.audDevManager().getCaptureDevMedia().getPortInfo()
connected = call.getAudioMedia(0).getPortId() in list(microphone.listeners)
with open(sys.argv[2], "w") as seen:
    print("media reports after the refusal:", call.reports - before, file=seen)
    print("media active:", info.media[0].status == pj.PJSUA_CALL_MEDIA_ACTIVE, file=seen)
    print("microphone connected to the call:", connected, file=seen)
call.hangup(pj.CallOpParam(True))
for _ in range(25):
    endpoint.libHandleEvents(20)
# Objects that Python frees after the library are no part of this.
os._exit(0)
PHONE
"$folder/venv/bin/python" "$folder/far_end.py" >"$folder/port" &
far_end=$!
trap 'kill $far_end; rm -rf "$folder"' EXIT
while [ ! -s "$folder/port" ]; do sleep 0.1; done
"$folder/venv/bin/python" "$folder/phone.py" "$(cat "$folder/port")" "$folder/seen" >"$folder/log"
cat "$folder/seen"
cat >"$folder/expected" <<'SEEN'
media reports after the refusal: 0
media active: True
microphone connected to the call: True
SEEN
diff "$folder/expected" "$folder/seen"
