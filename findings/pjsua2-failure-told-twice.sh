#!/bin/sh
# Finding: pjsua2 tells of a request that it cannot send twice, in one call.
#
# pjsua2-python 2.15.1 (PJSIP 2.15.1) from PyPI, and unshare and ip of Linux: the
# program runs in a network namespace without any route. An account over UDP
# registers at 192.0.2.1 and calls a number there.
# Behaviour: setRegistration() first calls onRegState() with status 503, and
# makeCall() first onCallState() with the state of a call that has ended; then
# the same method raises the error as well. A program that goes on to another
# server at each failure takes the second for one of the server it has gone to.
# A server that refuses a connection later is told once, by the callback.
# Output seen:
#   setRegistration: onRegState 503 not active
#   setRegistration: raised Network is unreachable
#   makeCall: onCallState DISCONNECTED 503
#   makeCall: raised Network is unreachable
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pjsua2-python==2.15.1
cat >"$folder/twice.py" <<'TWICE'
import os
import sys

import pjsua2 as pj

doing = ""


class Account(pj.Account):
    def onRegState(self, prm):
        active = "active" if self.getInfo().regIsActive else "not active"
        print(f"{doing}: onRegState {prm.code} {active}")


class Call(pj.Call):
    def onCallState(self, prm):
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            print(f"{doing}: onCallState {info.stateText} {info.lastStatusCode}")


def attempt(name, do):
    global doing
    doing = name
    try:
        do()
    except pj.Error as error:
        print(f"{doing}: raised {error.reason}")


config = pj.EpConfig()
config.uaConfig.threadCnt = 0
config.uaConfig.mainThreadOnly = True
config.logConfig.level = config.logConfig.consoleLevel = 0
endpoint = pj.Endpoint()
endpoint.libCreate()
endpoint.libInit(config)
endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, pj.TransportConfig())
endpoint.libStart()
endpoint.audDevManager().setNullDev()
settings = pj.AccountConfig()
settings.idUri = "sip:caller@192.0.2.1"
settings.regConfig.registrarUri = "sip:192.0.2.1"
settings.regConfig.registerOnAdd = False
account = Account()
account.create(settings)
call = Call(account)
attempt("setRegistration", lambda: account.setRegistration(True))
attempt("makeCall", lambda: call.makeCall("sip:100@192.0.2.1", pj.CallOpParam(True)))
sys.stdout.flush()
os._exit(0)
TWICE
cat >"$folder/expected" <<'EXPECTED'
setRegistration: onRegState 503 not active
setRegistration: raised Network is unreachable
makeCall: onCallState DISCONNECTED 503
makeCall: raised Network is unreachable
EXPECTED
unshare --map-root-user --net sh -c 'ip link set lo up; exec "$@"' sh \
  "$folder/venv/bin/python" "$folder/twice.py" |
  grep -e '^setRegistration' -e '^makeCall' | tee "$folder/seen"
diff "$folder/expected" "$folder/seen"
