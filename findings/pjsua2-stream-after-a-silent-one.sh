#!/bin/sh
# Finding: pjsua2 numbers a stream from 1 that follows one which has sent nothing.
#
# pjsua2-python 2.15.1 (PJSIP 2.15.1) from PyPI, on the loopback. A caller sends an
# INVITE whose voice is `sendonly` (RFC 3264), and then, in the call, one that is
# `sendrecv`; it looks at the first RTP packet that comes. A second caller asks for
# `sendrecv` at once.
# Behaviour: RTP packets begin at a random number (RFC 3550 section 5.1) in the second
# call, and at 1 in the first: a new stream goes on from what the one before has
# counted as sent, which is 0. Where the one before has sent its first packet after
# that look, the numbers go back, and SRTP refuses what it takes for sent before.
# Output seen:
#   after a stream that only heard: begins at 1
#   with no stream before: begins elsewhere
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pjsua2-python==2.15.1
cat >"$folder/numbers.py" <<'NUMBERS'
import os
import re
import socket
import sys
import threading

import pjsua2 as pj

HOST = "127.0.0.1"
calls = []
done = threading.Event()


class Call(pj.Call):
    def onCallMediaState(self, prm):
        info = self.getInfo()
        if info.media[0].status == pj.PJSUA_CALL_MEDIA_ACTIVE:
            tone.startTransmit(self.getAudioMedia(0))


class Account(pj.Account):
    def onIncomingCall(self, prm):
        call = Call(self, prm.callId)
        calls.append(call)
        options = pj.CallOpParam(True)
        options.statusCode = 200
        call.answer(options)


class Caller:
    def __init__(self, name):
        self.name = name
        self.sip, self.rtp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "12")
        for one in (self.sip, self.rtp):
            one.bind((HOST, 0))
            one.settimeout(10)
        self.to = f"<sip:phone@{HOST}:{port}>"

    def send(self, method, number, body=""):
        here = f"{HOST}:{self.sip.getsockname()[1]}"
        lines = [
            f"{method} sip:phone@{HOST}:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{self.name}{method}{number}",
            "Max-Forwards: 70", f"From: <sip:{self.name}@{here}>;tag=a", f"To: {self.to}",
            f"Call-ID: {self.name}", f"CSeq: {number} {method}",
            f"Contact: <sip:{self.name}@{here}>", "Content-Type: application/sdp",
            f"Content-Length: {len(body)}", "", body,
        ]
        self.sip.sendto("\r\n".join(lines).encode(), (HOST, port))

    def offer(self, number, direction):
        media = self.rtp.getsockname()[1]
        self.send("INVITE", number, "\r\n".join([
            "v=0", f"o=- 1 {number} IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0",
            f"m=audio {media} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", f"a={direction}", "",
        ]))
        while True:
            answer = self.sip.recv(4096).decode()
            if answer.startswith("SIP/2.0 200") and f"CSeq: {number} INVITE" in answer:
                break
        self.to = re.search(r"^To: (.*?)\r", answer, re.M)[1]
        self.send("ACK", number)

    def first(self):
        while True:
            packet = self.rtp.recv(2048)
            if packet[1] & 0x7F == 0:
                return int.from_bytes(packet[2:4], "big")


def talk():
    heard = Caller("one")
    heard.offer(1, "sendonly")
    heard.offer(2, "sendrecv")
    place = "at 1" if heard.first() == 1 else "elsewhere"
    print(f"after a stream that only heard: begins {place}")
    # One call in 32,768 begins at 1 by chance.
    plain = Caller("two")
    plain.offer(1, "sendrecv")
    place = "at 1" if plain.first() == 1 else "elsewhere"
    print(f"with no stream before: begins {place}")
    done.set()


config = pj.EpConfig()
config.uaConfig.threadCnt = 0
config.uaConfig.mainThreadOnly = True
config.logConfig.level = config.logConfig.consoleLevel = 0
config.medConfig.noVad = True
endpoint = pj.Endpoint()
endpoint.libCreate()
endpoint.libInit(config)
bound = pj.TransportConfig()
bound.boundAddress = HOST
transport = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, bound)
port = int(endpoint.transportGetInfo(transport).localName.rpartition(":")[2])
endpoint.libStart()
endpoint.audDevManager().setNullDev()
tone = pj.ToneGenerator()
tone.createToneGenerator()
one = pj.ToneDesc()
one.freq1, one.on_msec, one.off_msec = 500, 1000, 0
tones = pj.ToneDescVector()
tones.append(one)
tone.play(tones, True)
settings = pj.AccountConfig()
settings.idUri = f"sip:phone@{HOST}"
account = Account()
account.create(settings)
threading.Thread(target=talk, daemon=True).start()
while not done.is_set():
    endpoint.libHandleEvents(20)
sys.stdout.flush()
os._exit(0)
NUMBERS
cat >"$folder/expected" <<'EXPECTED'
after a stream that only heard: begins at 1
with no stream before: begins elsewhere
EXPECTED
timeout 60 "$folder/venv/bin/python" "$folder/numbers.py" |
  grep -e '^after' -e '^with' | tee "$folder/seen"
diff "$folder/expected" "$folder/seen"
