"""A real Kamailio: registrar and proxy over UDP, TCP and TLS."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.network.ports import LOOPBACK, free_sip_port
from tests.support.pki import Leaf
from tests.support.processes import end_server, until_ready

DOMAIN = "pbx.test"

_TABLES = Path("/usr/share/kamailio/dbtext/kamailio")
"""Tables of Kamailio's presence server, empty, as Debian has them."""

_CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=2
enable_tls=yes
listen=udp:{host}:{port}
listen=tcp:{host}:{port}
listen=tls:{host}:{tls_port}
alias={domain}
mpath="{modules}"
tcp_connection_lifetime=3605
loadmodule "tls.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "xlog.so"
{media_module}
{presence_modules}
modparam("tls", "config", "{folder}/tls.cfg")
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 600)
modparam("rr", "enable_full_lr", 1)

request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
{presence_routes}    if (has_totag()) {{
        if (loose_route()) {{ route(MEDIA); t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("404", "Not here"); exit;
    }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    t_check_trans();
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("$td", "secret-$tU", "0")) {{ www_challenge("$td", "0"); exit; }}
        if (!save("location")) sl_reply_error();
{registered}        exit;
    }}
    if (!pv_proxy_authenticate("{domain}", "secret-$au", "0")) {{
        proxy_challenge("{domain}", "0"); exit;
    }}
    consume_credentials();
    remove_hf("Route");
    record_route();
    if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    route(MEDIA);
{watched}    t_relay();
}}

route[MEDIA] {{
{media_offers}
    return;
}}
{media_answers}
"""

_REGISTERED = """        xlog("L_NOTICE", "registered $tU\\n");
"""

_PRESENCE_MODULES = """
loadmodule "db_text.so"
loadmodule "dialog.so"
loadmodule "presence.so"
loadmodule "presence_xml.so"
loadmodule "presence_dialoginfo.so"
loadmodule "pua.so"
loadmodule "pua_dialoginfo.so"
modparam("presence|presence_xml|pua", "db_url", "text://{folder}/tables")
modparam("presence", "server_address", "sip:presence@{host}:{port}")
modparam("presence", "subs_db_mode", 0)
modparam("presence", "publ_cache", 2)
modparam("presence_xml", "force_active", 1)
modparam("presence_dialoginfo", "force_dummy_dialog", 1)
modparam("pua", "db_mode", 0)
modparam("pua", "outbound_proxy", "sip:{host}:{port}")
modparam("dialog", "db_mode", 0)
"""

_PRESENCE_ROUTES = """
    if (is_method("PUBLISH") && !has_totag()) {{
        # Its own ones, of calls, come from itself.
        if ($hdr(Event) != "dialog" || $si != "{host}") {{
            if (!pv_proxy_authenticate("{domain}", "secret-$fU", "0")) {{
                proxy_challenge("{domain}", "0"); exit;
            }}
        }}
        if (t_newtran()) handle_publish();
        t_release();
        exit;
    }}
    if (is_method("SUBSCRIBE")) {{
        if (!has_totag() && !pv_proxy_authenticate("{domain}", "secret-$au", "0")) {{
            proxy_challenge("{domain}", "0"); exit;
        }}
        if (t_newtran()) handle_subscribe();
        t_release();
        exit;
    }}
"""

_MEDIA_ANSWERS = """
onreply_route[MEDIA] {
    rtpengine_manage("");
}
"""


@dataclass(frozen=True)
class MediaServer:
    """An rtpengine that all calls' voice goes through, asked at `address`.

    `profiles` has the RTP profile that each user's phone is offered.
    """

    address: str
    profiles: Mapping[str, str]

    @property
    def module(self) -> str:
        return (
            'loadmodule "rtpengine.so"\n'
            f'modparam("rtpengine", "rtpengine_sock", "udp:{self.address}")\n'
            # An offer that is not answered in this time goes on unchanged.
            'modparam("rtpengine", "rtpengine_tout_ms", 10000)'
        )

    @property
    def offers(self) -> str:
        lines = [
            f'    if ($rU == "{user}") rtpengine_manage("{profile}");'
            for user, profile in self.profiles.items()
        ]
        return "\n".join([*lines, '    t_on_reply("MEDIA");'])


class Kamailio:
    """A Kamailio; its users log in with the password `secret-<user>`.

    With `clients`, the PEM file of an authority, every client must show a
    certificate that it issued. With `media` the voice goes through that server.
    With `logs_registrations` its `log` has a line “registered <user>” for each. With
    `presence` it reports who is in a call, and what is published to it.
    """

    def __init__(
        self,
        folder: Path,
        leaf: Leaf,
        method: str = "TLSv1.2+",
        domain: str = DOMAIN,
        clients: Path | None = None,
        host: str = LOOPBACK,
        media: MediaServer | None = None,
        logs_registrations: bool = False,
        presence: bool = False,
    ) -> None:
        self._presence = presence
        self._logs_registrations = logs_registrations
        self._host = host
        self._media = media
        self._folder = folder
        self._domain = domain
        self._leaf = leaf
        self._method = method
        self._clients = clients
        self._process: asyncio.subprocess.Process | None = None
        self.port = free_sip_port()
        self.tls_port = free_sip_port()
        self.log = folder / "kamailio.log"

    async def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        demands = "verify_certificate = no\nrequire_certificate = no\n"
        if self._clients is not None:
            demands = (
                f"verify_certificate = yes\nrequire_certificate = yes\nca_list = {self._clients}\n"
            )
        (self._folder / "tls.cfg").write_text(
            "[server:default]\n"
            f"method = {self._method}\n"
            f"{demands}"
            f"private_key = {self._leaf.key}\ncertificate = {self._leaf.certificate}\n"
            "[client:default]\nverify_certificate = no\n"
        )
        known = {"host": self._host, "port": self.port, "domain": self._domain}
        if self._presence:
            shutil.copytree(_TABLES, self._folder / "tables", dirs_exist_ok=True)
        config = self._folder / "kamailio.cfg"
        config.write_text(
            _CONFIG.format(
                host=self._host, port=self.port, tls_port=self.tls_port, domain=self._domain,
                folder=self._folder, modules=_modules(),
                media_module=self._media.module if self._media else "",
                media_offers=self._media.offers if self._media else "",
                media_answers=_MEDIA_ANSWERS if self._media else "",
                presence_modules=_PRESENCE_MODULES.format(folder=self._folder, **known)
                if self._presence else "",
                presence_routes=_PRESENCE_ROUTES.format(**known) if self._presence else "",
                watched='    if (is_method("INVITE")) dlg_manage();\n' if self._presence else "",
                registered=_REGISTERED if self._logs_registrations else "",
            )
        )  # fmt: skip
        runtime = self._folder / "run"
        runtime.mkdir(exist_ok=True)
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                "kamailio", "-f", str(config), "-DD", "-E", "-Y", str(runtime),
                "-P", str(runtime / "pid"), "-m", "32", "-M", "8",
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        await until_ready(self._process, self._is_listening, self.log)

    async def stop(self) -> None:
        await end_server(self._process)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Let the server answer nothing, with its connections open."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    async def _is_listening(self) -> bool:
        ports = (self.port, self.tls_port)
        return all([await _connects(self._host, port) for port in ports])


async def _connects(host: str, port: int) -> bool:
    loop = asyncio.get_running_loop()
    with socket.socket() as probe:
        probe.setblocking(False)
        try:
            await asyncio.wait_for(loop.sock_connect(probe, (host, port)), 1)
        except (OSError, TimeoutError):
            return False
        return True


def _modules() -> str:
    program = shutil.which("kamailio")
    assert program, "kamailio is missing: run ./check, which installs it"
    folders = sorted(Path("/usr/lib").glob("*/kamailio/modules"))
    assert folders, "kamailio has no modules: run ./check, which installs them"
    return str(folders[0])
