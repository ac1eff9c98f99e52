#!/bin/sh
# Finding: pjsua2 looks up this machine's own name whenever it makes a call.
#
# pjsua2-python 2.15.1 (PJSIP 2.15.1) from PyPI; a C compiler, for a library
# that counts calls of getaddrinfo() and passes them on. An account over UDP
# calls a number at 127.0.0.1 three times. No address holds a name.
# Behaviour: each makeCall() asks the resolver for an address of the
# machine's host name before anything is sent, in the caller's thread. A name
# that is not in a hosts file costs a DNS query, and makeCall() returns only
# after its answer or timeout.
# Output seen:
#   lookups of the own name before the calls: 0
#   during call 1: 1 (IPv4)
#   during call 2: 1 (IPv4)
#   during call 3: 1 (IPv4)
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pjsua2-python==2.15.1
cat >"$folder/count.c" <<'COUNT'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **found)
{
    int (*next)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    char own[256] = "";

    gethostname(own, sizeof(own) - 1);
    if (node && !strcmp(node, own)) {
        FILE *list = fopen(getenv("LOOKUPS"), "a");
        fprintf(list, "%s\n", !hints || hints->ai_family == AF_UNSPEC ? "any" :
                hints->ai_family == AF_INET ? "IPv4" : "IPv6");
        fclose(list);
    }
    return next(node, service, hints, found);
}
COUNT
cc -shared -fPIC -o "$folder/count.so" "$folder/count.c" -ldl
cat >"$folder/calls.py" <<'CALLS'
import os
import socket
import sys

import pjsua2 as pj


def looked_up():
    with open(os.environ["LOOKUPS"]) as file:
        return file.read().split()


nobody = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
nobody.bind(("127.0.0.1", 0))
config = pj.EpConfig()
config.uaConfig.threadCnt = 0
config.uaConfig.mainThreadOnly = True
config.logConfig.level = config.logConfig.consoleLevel = 0
endpoint = pj.Endpoint()
endpoint.libCreate()
endpoint.libInit(config)
transport = pj.TransportConfig()
transport.boundAddress = "127.0.0.1"
endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
endpoint.libStart()
endpoint.audDevManager().setNullDev()
settings = pj.AccountConfig()
settings.idUri = "sip:caller@127.0.0.1"
account = pj.Account()
account.create(settings)
open(os.environ["LOOKUPS"], "w").close()
print("lookups of the own name before the calls:", len(looked_up()))
calls = []
for number in (1, 2, 3):
    before = len(looked_up())
    call = pj.Call(account)
    call.makeCall(f"sip:100@127.0.0.1:{nobody.getsockname()[1]}", pj.CallOpParam(True))
    calls.append(call)
    new = looked_up()[before:]
    print(f"during call {number}: {len(new)} ({', '.join(sorted(set(new)))})")
sys.stdout.flush()
os._exit(0)
CALLS
cat >"$folder/expected" <<'EXPECTED'
lookups of the own name before the calls: 0
during call 1: 1 (IPv4)
during call 2: 1 (IPv4)
during call 3: 1 (IPv4)
EXPECTED
LOOKUPS=$folder/lookups LD_PRELOAD=$folder/count.so "$folder/venv/bin/python" "$folder/calls.py" |
  grep -e '^lookups' -e '^during' | tee "$folder/seen"
diff "$folder/expected" "$folder/seen"
