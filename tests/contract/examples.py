"""One example of every message, every optional part of it filled somewhere.

Golden files hold their JSON: see `tests.contract.regenerate`.
"""

from __future__ import annotations

import types
from typing import Any, get_args

import msgspec

from voip import model, protection
from voip.causes import Cause, CauseKind
from voip.cli.calls.call import CallReport
from voip.cli.settings.settings import Setting
from voip.protection import MediaKind
from voip.protocol import client as told
from voip.protocol.settings import Audio, Screen, Settings
from voip.protocol.worker import process as say

CERTIFICATE = protection.Certificate(
    subject="CN=pbx.example.com",
    issuer="CN=Example CA",
    names=("pbx.example.com", "192.0.2.1"),
    not_before="2026-01-01T00:00:00Z",
    not_after="2027-01-01T00:00:00Z",
    sha256="ab" * 32,
    key_sha256="cd" * 32,
    key="EC P-256",
    signature="ecdsa-with-SHA256",
)
TLS = protection.TlsStatus(
    version="TLSv1.3",
    cipher="TLS_AES_256_GCM_SHA384",
    verified=True,
    peer=CERTIFICATE,
    chain=(CERTIFICATE,),
)
ACCOUNT = model.AccountStatus(
    name="work",
    aor="sip:alice@pbx.example.com",
    transport=protection.Transport.TLS,
    enabled=True,
    registration=model.Registration(model.RegistrationState.REGISTERED, 200, "OK", 300),
    tls=TLS,
    voicemail=model.Voicemail(new=2, old=8),
    warning="the server's certificate ends in 9 days",
    sign=protection.Sign.SERVER,
)
BAD_ACCOUNT = model.AccountStatus(
    name="home",
    aor="",
    transport=protection.Transport.TLS,
    enabled=False,
    registration=model.Registration(model.RegistrationState.OFFLINE),
    problem="accounts.toml: account home: “domain” is missing",
    distrusted=True,
)
BOB = model.Party(uri="sip:bob@example.com", name="Bob", name_from=model.NameFrom.CONTACT)
LOCK = protection.Lock(
    state=protection.LockState.CLOSED,
    why="encrypted to pbx.example.com; beyond it, unknown",
    signalling=protection.LockSignalling(
        protection.Transport.TLS, "TLSv1.3", True, "pbx.example.com", "TLS_AES_256_GCM_SHA384"
    ),
    media=(
        protection.LockStream(
            protection.MediaKind.AUDIO, True, "AES_256_CM_HMAC_SHA1_80", protection.Keying.SDES
        ),
        protection.LockStream(protection.MediaKind.VIDEO, False),
    ),
    sign=protection.Sign.SEALED,
    short="end to end, as compared on 2026-01-01",
    comparison=protection.Comparison(protection.Compared.REMEMBERED, "2026-01-01T00:00:00Z"),
)
QUALITY = model.Quality(rx_loss_pct=0.0, tx_loss_pct=0.5, jitter_ms=0.1, rtt_ms=0.2, mos=4.4)
CALL = model.Call(
    id="3",
    account="work",
    direction=model.Direction.IN,
    remote=BOB,
    state=model.CallState.ACTIVE,
    lock=LOCK,
    code=200,
    reason="OK",
    started="2026-01-01T00:00:00Z",
    answered="2026-01-01T00:00:05Z",
    duration_s=12.5,
    muted=True,
    recording=True,
    playing=True,
    held_by=model.HeldBy.THEM,
    hold_agreed=True,
    codec="opus/48000/2",
    quality=QUALITY,
)
NO_ENCRYPTION = Cause(CauseKind.NO_ENCRYPTION, ("caller",))
NEW_CALL = model.Call(
    id="4",
    account="home",
    direction=model.Direction.OUT,
    remote=model.Party(uri="sip:100@example.com"),
    state=model.CallState.DIALING,
    lock=protection.Lock(
        state=protection.LockState.OPEN,
        why="no connection to the server has been seen yet",
        signalling=protection.LockSignalling(protection.Transport.UDP),
        sign=protection.Sign.WAIT,
        short="waiting for the server",
    ),
    started="2026-01-01T00:00:00Z",
)
ENTRY = model.LogEntry(
    id="2",
    account="work",
    direction=model.Direction.OUT,
    remote=BOB,
    outcome=model.Outcome.ANSWERED,
    started="2026-01-01T00:00:00Z",
    answered="2026-01-01T00:00:05Z",
    ended="2026-01-01T00:01:05Z",
    duration_s=60.0,
    code=200,
    reason="",
    lock=protection.LockState.CLOSED,
    sign=protection.Sign.SERVER,
    lock_was_open=True,
    codec="opus/48000/2",
)
MISSED = model.LogEntry(
    id="1",
    account="work",
    direction=model.Direction.IN,
    remote=model.Party(
        uri="sip:100@example.com",
        name="LOCK",
        imitates=True,
        name_from=model.NameFrom.CLAIM,
    ),
    outcome=model.Outcome.MISSED,
    started="2026-01-01T00:00:00Z",
)
BLOCKED = model.BlockedCaller(
    account="work", address="sip:mallory@evil.example", since="2026-01-01T00:00:00Z"
)
STATUS = model.Status(
    engine=model.EngineStatus(
        "0.1.0", 1, 1.5, "2.17", "OpenSSL 3.5.0", ("config.toml is not valid TOML",)
    ),
    accounts=(ACCOUNT, BAD_ACCOUNT),
    calls=(CALL, NEW_CALL),
)
SETTINGS = Settings(
    audio=Audio(input="USB", output="Built-in", ring=False),
    screen=Screen(theme="light", glyphs="ascii", bell=False, notify="osc9"),
    keys={"hold": "h,f5"},
)
DEVICE = model.SoundDevice(name="pulse", driver="ALSA", inputs=2, outputs=2)

COMMANDS: dict[str, told.AnyCommand] = {
    "hello": told.Hello(),
    "status": told.GetStatus(),
    "subscribe": told.Subscribe(levels=True, messages=True),
    "stop": told.Stop(force=True),
    "doctor": told.Doctor(),
    "reload_accounts": told.ReloadAccounts(),
    "register": told.RegisterAccount(account="work"),
    "accounts": told.GetAccounts(),
    "add_account": told.AddAccount(
        name="work",
        fields={"user": "alice", "domain": "pbx.example.com", "expires_s": 300, "register": True},
        password="a password",
        means=model.Means.COMMAND,
    ),
    "edit_account": told.EditAccount(
        name="work",
        fields={"server": None, "expires_s": 600},
        password=None,
        version="0f1e2d3c",
        means=model.Means.SCREEN,
    ),
    "remove_account": told.RemoveAccount(name="work"),
    "move_account": told.MoveAccount(name="work", place=1),
    "check_account": told.CheckAccount(
        name="work",
        fields={"user": "alice", "domain": "pbx.example.com", "register": True},
        password="a password",
    ),
    "check_fields": told.CheckFields(
        name="work", fields={"user": "alice", "expires_s": 300, "register": True}, new=True
    ),
    "call": told.PlaceCall(
        target="bob@example.com",
        account="work",
        play="/tmp/in.wav",
        record="/tmp/out.wav",
        hangup_after_s=2.5,
        back=True,
    ),
    "answer": told.AnswerCall(call="3"),
    "decline": told.DeclineCall(call="3", busy=True),
    "hangup": told.HangUp(call="3"),
    "hold": told.Hold(call="3", wait=True),
    "resume": told.Resume(call="3"),
    "mute": told.Mute(call="3", on=False),
    "dtmf": told.SendDigits(call="3", digits="12*#,D"),
    "play": told.Play(call="3", path="/tmp/in.wav"),
    "record": told.Record(call="3", path=None),
    "history": told.GetHistory(
        search="bob", limit=20, before="7", offset=40, missed=True, account="work", secure=False
    ),
    "echo": told.StartEcho(),
    "stop_echo": told.StopEcho(),
    "look_up": told.LookUp(text="bob", account="work", limit=5),
    "lock": told.GetLock(call="3", account="work"),
    "compare_words": told.CompareWords(call="3", words=("abandon", "zoo"), equal=True),
    "compared": told.GetCompared(),
    "forget_compared": told.ForgetCompared(account="work", address="bob@example.com"),
    "block": told.BlockCaller(caller="+34 600 111 222", account="work"),
    "unblock": told.UnblockCaller(caller="sip:mallory@evil.example", account="work"),
    "blocked": told.GetBlocked(caller="sip:mallory@evil.example", account="work"),
    "inspect_server": told.InspectServer(
        server="pbx.example.com:5061", account="work", fields={"allow_wildcard": True}
    ),
    "settings": told.GetSettings(),
    "change_settings": told.ChangeSettings(
        changes={"audio.input": None, "audio.jitter_ms": 40, "audio.ring": False, "keys.hold": "h"}
    ),
    "devices": told.GetDevices(),
    "engine_log": told.GetEngineLog(limit=100),
}

EVENTS: dict[str, told.AnyEvent] = {
    "account": told.AccountEvent(account=ACCOUNT),
    "account_removed": told.AccountRemoved(name="work"),
    "accounts_ordered": told.AccountsOrdered(names=("home", "work")),
    "call": told.CallEvent(call=CALL),
    "log": told.LogEvent(entry=ENTRY),
    "digit": told.DigitEvent(call="3", digit="5"),
    "digits_sent": told.DigitsEvent(call="3", lost=2, reason="the call ended"),
    "levels": told.LevelsEvent(call="3", rx=0.5, tx=0.25),
    "notice": told.NoticeEvent(level="warning", text="the sound device changed"),
    "worker": told.WorkerEvent(role="secure", up=True, detail="PJSIP 2.17"),
    "echo": told.EchoEvent(uri="sip:echo@127.0.0.1:5061"),
    "check": told.CheckEvent(
        name="work", step=told.CheckStep("name", True, "pbx.example.com is at 192.0.2.1")
    ),
    "settings": told.SettingsEvent(settings=SETTINGS),
    "sip_message": told.SipMessageEvent(
        sent=True,
        remote="192.0.2.1:5061",
        transport=protection.Transport.TLS,
        server="pbx.example.com",
        verified=True,
        lines=("OPTIONS sip:x SIP/2.0", ""),
    ),
    "stopping": told.StoppingEvent(),
}

ACCOUNT_FIELDS = told.AccountFields(
    name="work",
    fields={"user": "alice", "expires_s": 300, "register": True},
    problem="accounts.toml: account work: “domain” is missing",
    version="0f1e2d3c",
    unknown=("pasword_file",),
    password_place="the system's keyring",
)

REPLIES: dict[str, msgspec.Struct] = {
    "hello": told.HelloData(protocol=told.PROTOCOL_VERSION, version="0.1.0", pid=1),
    "status": STATUS,
    "snapshot": told.Snapshot(seq=7, status=STATUS),
    "call_started": told.CallStarted(call="3", notice="there is no sound device: calls are silent"),
    "echo_started": told.EchoStarted(uri="sip:echo@127.0.0.1:5061"),
    "accounts": told.AccountList(accounts=(ACCOUNT_FIELDS,)),
    "account_changed": told.AccountChanged(
        name="work", password_place="the system's keyring", ended_calls=("3",)
    ),
    "check": told.CheckReport(
        name="work",
        ok=False,
        steps=(
            told.CheckStep("name", True, "pbx.example.com is at 192.0.2.1"),
            told.CheckStep("tls", False, "the server does not answer"),
            told.CheckStep("registration", None, "not reached"),
        ),
    ),
    "doctor": told.DoctorReport(
        ok=True,
        findings=(
            told.Finding(True, "the keyring answers"),
            told.Finding(True, "the call log can be read by others", warning=True),
        ),
        pjsip="2.17",
        tls_library="OpenSSL 3.5.0",
        tls13=True,
        patches=("verify-host-name",),
        advisories=(
            told.Advisory(
                name="CVE-2026-0001",
                fault="names that are not what they look like",
                closed=True,
                patches=("verify-host-name",),
            ),
        ),
        codecs=("opus/48000/2",),
        srtp_suites=("AEAD_AES_256_GCM",),
        sound="pulse",
        devices=(DEVICE,),
        ca_bundle="/etc/ssl/cert.pem",
        keyring="SecretService Keyring",
        terminal="xterm-256color",
    ),
    "history": told.HistoryPage(entries=(ENTRY, MISSED), total=102),
    "field_problems": told.FieldProblems(
        problems={"domain": "needed: it is the part of your address after the @"},
        password_place="the system's keyring",
    ),
    "looked_up": told.LookedUp(
        uri="sip:bob@example.com;transport=tls",
        account="work",
        problem=None,
        suggestions=(told.Suggestion("Bob", "+34 600 111 222", "contact", model.NameFrom.CONTACT),),
    ),
    "not_looked_up": told.LookedUp(uri=None, account=None, problem="“b b” is not a number"),
    "lock": protection.LockReport(
        state=protection.LockState.OPEN,
        why="the account uses UDP",
        sign=protection.Sign.UNSAFE,
        short="NOT encrypted: UDP",
        facts=(
            protection.Fact("transport", False, "UDP"),
            protection.Fact("media", None, "no media yet", protection.About.VOICE),
            protection.Fact("certificate", None, "does not apply (UDP)", applies=False),
        ),
        meaning=("Nothing is protected.", "Everything can be read.", "Everybody on the way."),
        remedy="Edit the account and choose TLS, if the server offers it.",
        tls=TLS,
        streams=(
            protection.StreamReport(
                kind=protection.MediaKind.AUDIO,
                active=True,
                srtp=True,
                suite="AES_256_CM_HMAC_SHA1_80",
                keying=protection.Keying.SDES,
                codec="opus/48000/2",
                accepted=2130,
                rejected=1,
            ),
        ),
        end_to_end=protection.EndToEnd(
            words=("abandon", "zoo"),
            meaning="Compare them by voice.",
            reading="You called: you read words 1 to 4 aloud.",
            comparison=LOCK.comparison,
            address="bob@example.com",
        ),
    ),
    "words_compared": told.WordsCompared(notice="they gave no address to remember"),
    "compared": told.ComparedList(
        keys=(
            protection.ComparedKey(
                account="work",
                address="bob@example.com",
                fingerprint="sha-256 ef:01",
                on="2026-01-01T00:00:00Z",
            ),
        )
    ),
    "server_report": told.ServerReport(
        host="pbx.example.com",
        port=5061,
        version="TLSv1.3",
        cipher="TLS_AES_256_GCM_SHA384",
        chain=(CERTIFICATE,),
        problems=("no authority that is trusted issued the server's certificate",),
        refused=("the server's key is too short",),
        pin="cd" * 32,
        pinned_on="2026-01-01T00:00:00Z",
        pinned_by="alice",
        pinned_with=model.Means.COMMAND,
    ),
    "settings": told.SettingsData(
        settings=SETTINGS, problem="config.toml is not valid TOML", folder="/home/alice/.config"
    ),
    "devices": told.Devices(devices=(DEVICE,), in_use="pulse"),
    "blocked": told.BlockedCallers(callers=(BLOCKED,)),
    "block": BLOCKED,
    "engine_log": told.EngineLog(lines=("the engine has ended",), path="/var/log/engine.log"),
    "setting": Setting(key="audio.input", value="USB"),
    "call_report": CallReport(
        id="3",
        account="work",
        remote=BOB,
        state=model.CallState.ENDED,
        outcome=model.Outcome.ANSWERED,
        code=200,
        reason="",
        duration_s=60.0,
        lock=LOCK,
        codec="opus/48000/2",
        quality=QUALITY,
    ),
}

ENVELOPES: dict[str, told.Request | told.Reply | told.NumberedEvent] = {
    "request": told.Request(id=1, command=told.GetStatus()),
    "accepted": told.Reply(reply=1),
    "data": told.Reply(reply=1, data=msgspec.Raw(b'{"call":"3"}')),
    "refused": told.Reply(
        reply=1, ok=False, error=told.ErrorInfo("no_account", "there is no account x", 404)
    ),
    "not a request": told.Reply(
        reply=None, ok=False, error=told.ErrorInfo("bad_request", "not a request")
    ),
    "event": told.NumberedEvent(
        seq=7, at="2026-01-01T00:00:00Z", event=told.DigitEvent(call="3", digit="#")
    ),
}

STREAM = protection.Stream(
    kind=MediaKind.AUDIO,
    active=True,
    srtp=True,
    suite="AES_256_CM_HMAC_SHA1_80",
    keying=protection.Keying.SDES,
    codec="opus/48000/2",
    accepted=100,
    rejected=2,
    local_fingerprint="SHA-256 AB:CD",
    remote_fingerprint="SHA-256 EF:01",
)

WORKER_COMMANDS: dict[str, say.AnyWorkerCommand] = {
    "configure": say.Configure(
        role=say.Role.ECHO,
        user_agent="Offhook/0.1.0",
        audio=Audio(input="USB", output="Built-in"),
        silent=True,
        certificate="/run/echo.pem",
        key="/run/echo.key",
    ),
    "add_account": say.AddAccount(
        account=say.AccountSetup(
            name="work",
            user="alice",
            domain="pbx.example.com",
            transport=protection.Transport.TLS,
            server="pbx.example.com:5061",
            registrar="pbx.example.com",
            display_name="Alice",
            register=False,
            expires_s=600,
            credentials=say.Credentials(user="alice", password="a password"),
            trust=say.Trust(
                ca_file="/etc/ssl/cert.pem",
                allow_wildcard=True,
                pin="cd" * 32,
                client=say.ClientCertificate("/etc/me.pem", "/etc/me.key", "rattle"),
            ),
            keying=protection.Keying.DTLS,
            hidden=True,
            own_key=say.OwnKey("a certificate and its key"),
            trial=True,
        )
    ),
    "remove_account": say.RemoveAccount(name="work"),
    "register": say.RegisterNow(name="work"),
    "use_own_key": say.UseOwnKey(name="work", own_key=say.OwnKey("a certificate and its key")),
    "call": say.StartCall(
        call=1,
        account="work",
        uri="sip:bob@example.com;transport=tls",
        play="/tmp/in.wav",
        record="/tmp/out.wav",
    ),
    "ring": say.Ring(call=-1),
    "answer": say.Answer(call=-1),
    "end": say.EndCall(call=-1, code=486),
    "hold": say.HoldCall(call=1, on=False),
    "voice": say.GiveVoice(call=1, on=False),
    "mute": say.MuteCall(call=1, on=False),
    "digits": say.Digits(call=1, digits="12*#"),
    "play": say.PlayFile(call=1, path=None),
    "record": say.RecordFile(call=1, path="/tmp/out.wav"),
    "use_audio": say.UseAudio(audio=Audio(output="Headset", ring=False)),
    "look_up_devices": say.LookUpDevices(),
    "levels": say.WatchLevels(interval_ms=100),
    "messages": say.WatchMessages(on=True),
    "quit": say.Quit(),
}

WORKER_EVENTS: dict[str, say.AnyWorkerEvent] = {
    "done": say.Done(id=7, error="there is no account x"),
    "ready": say.Ready(
        pjsip="2.17",
        tls_library="OpenSSL 3.5.0",
        tls13=True,
        patches=("verify-host-name",),
        codecs=("opus/48000/2",),
        srtp_suites=("AEAD_AES_256_GCM",),
        devices=(DEVICE,),
        sound="pulse",
        sound_ok=True,
        listening=5061,
        memory_problem="a crash would write its memory to a core file",
    ),
    "registration": say.RegistrationEvent("work", True, 200, "OK", 300, 1),
    "connection": say.ConnectionEvent(
        id=1,
        up=True,
        outgoing=True,
        transport=protection.Transport.TLS,
        host="pbx.example.com",
        port=5061,
        tls=TLS,
        cause=Cause(
            CauseKind.CERTIFICATE_EXPIRED,
            also=(Cause(CauseKind.CERTIFICATE_OTHER_NAME, ("pbx.example.com", "example.net")),),
        ),
        other_key="ef" * 32,
        address="192.0.2.1",
        accounts=("work",),
    ),
    "incoming": say.IncomingCall(-1, "work", '"Bob" <sip:bob@example.com>', 1),
    "unread_call": say.UnreadCall(accounts=("work",), connection=1),
    "refused": say.RefusedCall(
        call=-1,
        account="work",
        remote="<sip:bob@example.com>",
        code=488,
        cause=NO_ENCRYPTION,
    ),
    "call_state": say.CallStateEvent(
        call=1,
        state=model.CallState.ENDED,
        code=486,
        reason="Busy Here",
        remote="<sip:bob@example.com>",
        connection=1,
        cause=NO_ENCRYPTION,
        refused=True,
    ),
    "media": say.MediaEvent(1, (STREAM,), model.HeldBy.BOTH, 1),
    "hold": say.HoldEvent(call=1, agreed=False, held=True, code=491, reason="Request Pending"),
    "statistics": say.StatisticsEvent(1, (STREAM,), 1, 100, 1, 100, 2, 0.5, 20.5, 1.0, 50, 21.0),
    "levels": say.LevelsReport(call=1, rx=0.5, tx=0.25),
    "digit": say.DigitReceived(call=1, digit="5"),
    "digits_done": say.DigitsDone(call=1, lost=2, reason="the call ended"),
    "play_ended": say.PlayEnded(call=1),
    "sound": say.SoundEvent(devices=(DEVICE,), sound="pulse / pulse", sound_ok=True),
    "voicemail": say.VoicemailEvent(
        account="work", voicemail=model.Voicemail(new=3, old=0), connection=1
    ),
    "sip_message": say.SipMessage(
        sent=True, connection=1, remote="192.0.2.1:5061", lines=("OPTIONS sip:x SIP/2.0", "")
    ),
}

GROUPS: dict[str, dict[str, Any]] = {
    "commands": dict(COMMANDS),
    "events": dict(EVENTS),
    "replies": dict(REPLIES),
    "envelopes": dict(ENVELOPES),
    "worker_commands": dict(WORKER_COMMANDS),
    "worker_events": dict(WORKER_EVENTS),
}
"""Every example by the name of its golden file."""


def members(union: types.UnionType) -> set[type[msgspec.Struct]]:
    """The message types of a union."""
    return set(get_args(union))


def tag(message: msgspec.Struct) -> str:
    """What a message is called in JSON."""
    found = message.__struct_config__.tag
    assert isinstance(found, str)
    return found
