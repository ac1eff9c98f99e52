"""One example of every message, with every optional part filled once."""

from __future__ import annotations

import types
from typing import Any, get_args

import msgspec

from voip import choices, model, protection, quality
from voip.causes import Cause, CauseKind
from voip.choices import Dtmf, FeatureCodes
from voip.cli.calls.call import CallReport
from voip.cli.calls.transfer import TransferReport
from voip.cli.settings.settings import Setting
from voip.client.importing import ImportReport, Problem
from voip.lamps import Lamp, LampState
from voip.protection import MediaKind
from voip.protocol.accounts import (
    AccountChanged,
    AccountEvent,
    AccountFields,
    AccountList,
    AccountRemoved,
    AccountsOrdered,
    AddAccount,
    CheckAccount,
    CheckedTarget,
    CheckEvent,
    CheckFields,
    CheckReport,
    CheckStep,
    EditAccount,
    Family,
    FieldProblems,
    GetAccounts,
    Lookup,
    LookupOutcome,
    MoveAccount,
    RegisterAccount,
    ReloadAccounts,
    RemoveAccount,
)
from voip.protocol.calls import (
    AcceptTransfer,
    AnswerCall,
    CallEvent,
    CallsDeleted,
    CallsRestored,
    CallStarted,
    CallVoicemail,
    ConferenceEvent,
    ConnectCalls,
    DeclineCall,
    DeleteCalls,
    DeleteHistory,
    DigitEvent,
    DigitsEvent,
    EndConference,
    GetHistory,
    HangUp,
    HistoryPage,
    Hold,
    JoinCalls,
    LeaveConference,
    LogEvent,
    Mute,
    Park,
    PickUp,
    PlaceCall,
    Play,
    Record,
    RefuseTransfer,
    RestoreCalls,
    Resume,
    Retrieve,
    RowsDeletedEvent,
    RowsRestoredEvent,
    SendDigits,
    SendRest,
    SilenceParty,
    TakeOut,
    TalkAside,
    TransferCall,
    TransferEvent,
)
from voip.protocol.client import (
    PROTOCOL_VERSION,
    AnyCommand,
    AnyEvent,
    ErrorInfo,
    NumberedEvent,
    Reply,
    Request,
)
from voip.protocol.people import (
    AddContact,
    BlockCaller,
    BlockedCallers,
    Contact,
    ContactAdded,
    ContactNumber,
    ContactsEvent,
    ContactsPage,
    DeleteAllMessages,
    DeleteMessages,
    DeleteThread,
    DirectoryPage,
    GetBlocked,
    GetContacts,
    GetMessages,
    GetPerson,
    GetRealtimeText,
    GetThreads,
    LampEvent,
    LastCall,
    LookedUp,
    LookUp,
    MarkFavourite,
    MarkRead,
    MessageEvent,
    Messages,
    MessagesDeleted,
    MessagesRestored,
    PersonPage,
    RealtimeText,
    RealtimeTextEvent,
    RestoreMessages,
    SearchDirectory,
    SendMessage,
    SendRealtimeText,
    Suggestion,
    Threads,
    UnblockCaller,
    UnreadEvent,
)
from voip.protocol.phone import (
    Advisory,
    CallsImported,
    Doctor,
    DoctorReport,
    EchoEvent,
    EchoStarted,
    EngineLog,
    Finding,
    GetEngineLog,
    GetStatus,
    Hello,
    HelloData,
    ImportCalls,
    NoticeEvent,
    RefusedRow,
    RowsImportedEvent,
    SipMessageEvent,
    Snapshot,
    StartEcho,
    Stop,
    StopEcho,
    StoppingEvent,
    Subscribe,
    WorkerEvent,
)
from voip.protocol.settings import (
    Audio,
    ChangeSettings,
    Contacts,
    GetSettings,
    Screen,
    Settings,
    SettingsData,
    SettingsEvent,
)
from voip.protocol.sound import (
    Devices,
    GetDevices,
    HearMicrophone,
    LevelsEvent,
    MicrophoneEvent,
    MicrophoneLevelEvent,
    TrialStage,
    TryMicrophone,
)
from voip.protocol.trust import (
    ComparedList,
    CompareWords,
    ForgetCompared,
    GetCompared,
    GetLock,
    InspectServer,
    ServerReport,
    WordsCompared,
)
from voip.protocol.worker.accounts import (
    AccountSetup,
    ClientCertificate,
    CloseAccount,
    Credentials,
    IceServers,
    LeaveConnection,
    OpenAccount,
    OwnKey,
    RegisterNow,
    RegistrationEvent,
    Relay,
    RelayFailed,
    ServerSilent,
    Target,
    Trust,
    UseIceServers,
    UseOwnKey,
    UseTarget,
    VoicemailEvent,
)
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import (
    Answer,
    AnswerTransfer,
    CallStateEvent,
    DigitReceived,
    Digits,
    DigitsDone,
    EndCall,
    GiveVoice,
    HoldCall,
    HoldEvent,
    IdentityEvent,
    IncomingCall,
    MediaEvent,
    MixCalls,
    MixedCall,
    MoveCall,
    MuteCall,
    PlayEnded,
    PlayFile,
    RealtimeTextReceived,
    RecordFile,
    RecordingEnded,
    ReferAnswered,
    ReferCall,
    ReferProgress,
    ReferToCall,
    RefusedCall,
    Ring,
    StartCall,
    StatisticsEvent,
    TransferAsked,
    TypeText,
    UnreadCall,
)
from voip.protocol.worker.messages import AnswerText, SendText, TextReceived, TextSent
from voip.protocol.worker.people import (
    EndWatch,
    Publish,
    PublishEnded,
    Watch,
    WatchEnded,
    WatchNotice,
)
from voip.protocol.worker.process import (
    AnswerName,
    AnyWorkerCommand,
    AnyWorkerEvent,
    Configure,
    ConnectionEvent,
    Done,
    NameAsked,
    Quit,
    Ready,
    SipMessage,
    WatchSip,
)
from voip.protocol.worker.sound import (
    EndMicrophone,
    LevelsReport,
    LookUpDevices,
    MicrophoneReport,
    PlayRing,
    RecordMicrophone,
    RingHere,
    RingingEvent,
    SoundEvent,
    UseAudio,
    WatchLevels,
)
from voip.texts import TextMessage, TextState, Thread, TypedLine

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
    voicemail=model.Voicemail(new=2, old=8, urgent=1, mailbox="sip:*97@pbx.example.com"),
    warning="the server's certificate ends in 9 days",
    sign=protection.Sign.SERVER,
    codes=FeatureCodes("**{number}", "*8", "*68{slot}", "*88{slot}"),
    publication=model.Publication(
        cause=Cause(CauseKind.STATE_REFUSED, (489, "Bad Event")),
        reason="the server takes no state of its users",
    ),
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
TRANSFER = model.Transfer(
    target=model.Party(uri="sip:carol@example.com"),
    state=model.TransferState.FAILED,
    code=486,
    reason="busy",
    cause=Cause(CauseKind.SIP_STATUS, (486, "Busy Here")),
    to_call="4",
)
QUALITY = quality.Quality(rx_loss_pct=0.0, tx_loss_pct=0.5, jitter_ms=0.1, rtt_ms=0.2, mos=4.4)
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
    forwarded_by=model.Party("sip:200@pbx.test", "Reception", name_from=model.NameFrom.SERVER),
    connected=model.Party("sip:201@pbx.test"),
    asked=model.Party("sip:202@pbx.test"),
    in_place_of=model.Party("sip:203@pbx.test"),
    muted=True,
    recording=True,
    playing=True,
    held_by=model.HeldBy.THEM,
    hold_agreed=True,
    codec="opus/48000/2",
    quality=QUALITY,
    transfer=TRANSFER,
    conference="1",
)
CONFERENCE = model.Conference(
    id="1",
    calls=("3", "5", "6"),
    lock=protection.ConferenceLock(
        state=protection.LockState.CLOSED,
        why="every party is encrypted to its server; beyond it, unknown",
        sign=protection.Sign.SERVER,
        short="all encrypted to their servers",
    ),
    here=True,
    aside="5",
    silenced=("6",),
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
    post_dial=model.PostDial(sent=0, total=5),
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
CONTACT = Contact(
    name="Ann",
    numbers=(ContactNumber("030 123456", label="work", tones=",,55"),),
    favourite=True,
    last_call=LastCall("2026-01-01T00:00:00Z", model.Direction.IN, model.Outcome.MISSED),
)
TEXT = TextMessage(
    id="7",
    account="work",
    remote=BOB,
    direction=model.Direction.IN,
    text="hello\nsecond line",
    time="2026-01-01T00:00:00Z",
    state=TextState.RECEIVED,
    unread=True,
    says_from='"Bob" <im:bob@example.com>',
)
FAILED_TEXT = TextMessage(
    id="8",
    account="work",
    remote=BOB,
    direction=model.Direction.OUT,
    text="hello",
    time="2026-01-01T00:01:00Z",
    state=TextState.FAILED,
    code=405,
    cause=Cause(CauseKind.TEXT_REFUSED, (405, "Method Not Allowed")),
    problem="their phone takes no texts",
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
    conferences=(CONFERENCE,),
)
SETTINGS = Settings(
    audio=Audio(input="USB", output="Built-in", ring=False),
    screen=Screen(theme="light", glyphs="ascii", bell=False, notify="osc9"),
    contacts=Contacts(last_digits=8, command="find-people --ldap"),
    keys={"hold": "h,f5"},
)
DEVICE = model.SoundDevice(name="pulse", driver="ALSA", inputs=2, outputs=2)
LOOKUPS = (
    Lookup(
        "NAPTR", "example.com", LookupOutcome.NO_RECORD, (), False,
        "example.com has no NAPTR records",
    ),
    Lookup(
        "SRV", "_sips._tcp.example.com", LookupOutcome.ANSWERED, ("pbx.example.com:5061",), False,
        "SRV _sips._tcp.example.com: pbx.example.com:5061",
    ),
    Lookup(
        "A/AAAA", "pbx.example.com", LookupOutcome.ANSWERED, ("192.0.2.1", "2001:db8::1"), False,
        "pbx.example.com is at 192.0.2.1, 2001:db8::1",
    ),
)  # fmt: skip
TARGETS = (
    CheckedTarget(
        "192.0.2.1", 5061, Family.IPV4, False,
        Cause(CauseKind.CONNECTION_FAILED, ("Connection refused",)), None,
        "192.0.2.1:5061: the connection failed: Connection refused",
    ),
    CheckedTarget(
        "2001:db8::1", 5061, Family.IPV6, True, None, 12,
        "[2001:db8::1]:5061 answered in 12 ms, IPv6",
    ),
)  # fmt: skip

LAMP = Lamp(account="work", target="200", state=LampState.AWAY, note="back at 3")

COMMANDS: dict[str, AnyCommand] = {
    "hello": Hello(),
    "status": GetStatus(),
    "subscribe": Subscribe(levels=True, sip=True),
    "stop": Stop(force=True),
    "doctor": Doctor(),
    "reload_accounts": ReloadAccounts(),
    "register": RegisterAccount(account="work"),
    "accounts": GetAccounts(),
    "add_account": AddAccount(
        name="work",
        fields={"user": "alice", "domain": "pbx.example.com", "expires_s": 300, "register": True},
        password="a password",
        means=choices.Means.COMMAND,
    ),
    "edit_account": EditAccount(
        name="work",
        fields={"server": None, "expires_s": 600},
        password=None,
        version="0f1e2d3c",
        means=choices.Means.SCREEN,
    ),
    "remove_account": RemoveAccount(name="work"),
    "move_account": MoveAccount(name="work", place=1),
    "check_account": CheckAccount(
        name="work",
        fields={"user": "alice", "domain": "pbx.example.com", "register": True},
        password="a password",
    ),
    "check_fields": CheckFields(
        name="work", fields={"user": "alice", "expires_s": 300, "register": True}, new=True
    ),
    "call": PlaceCall(
        target="bob@example.com",
        account="work",
        play="/tmp/in.wav",
        record="/tmp/out.wav",
        hangup_after_s=2.5,
        back=True,
    ),
    "pickup": PickUp(target="bob", account="work"),
    "call_voicemail": CallVoicemail(account="work"),
    "retrieve": Retrieve(slot="701", account="work"),
    "answer": AnswerCall(call="3"),
    "decline": DeclineCall(call="3", busy=True),
    "hangup": HangUp(call="3"),
    "hold": Hold(call="3", wait=True),
    "resume": Resume(call="3"),
    "mute": Mute(call="3", on=False),
    "transfer": TransferCall(call="3", target="carol"),
    "park": Park(call="3", slot="701"),
    "connect": ConnectCalls(call="3", other="4"),
    "dtmf": SendDigits(call="3", digits="12*#,D"),
    "accept_transfer": AcceptTransfer(call="3"),
    "refuse_transfer": RefuseTransfer(call="3"),
    "dtmf_rest": SendRest(call="3"),
    "play": Play(call="3", path="/tmp/in.wav"),
    "record": Record(call="3", path=None),
    "join": JoinCalls(calls=("3", "4")),
    "leave": LeaveConference(call="3"),
    "aside": TalkAside(call="3"),
    "silence": SilenceParty(call="3", on=False),
    "take_out": TakeOut(call="3"),
    "end_conference": EndConference(call="3"),
    "history": GetHistory(
        search="bob",
        limit=20,
        before="7",
        offset=40,
        missed=True,
        account="work",
        secure=False,
        person="Bob",
    ),
    "delete_calls": DeleteCalls(rows=("3", "4")),
    "delete_history": DeleteHistory(
        search="bob", missed=True, account="work", secure=False, newest="7", person="Bob"
    ),
    "restore_calls": RestoreCalls(),
    "import_calls": ImportCalls(rows=(ENTRY, MISSED), preview=True),
    "echo": StartEcho(),
    "stop_echo": StopEcho(),
    "look_up": LookUp(text="bob", account="work", limit=5),
    "lock": GetLock(call="3", account="work"),
    "compare_words": CompareWords(call="3", words=("abandon", "zoo"), equal=True),
    "compared": GetCompared(),
    "forget_compared": ForgetCompared(account="work", address="bob@example.com"),
    "block": BlockCaller(caller="+34 600 111 222", account="work"),
    "unblock": UnblockCaller(caller="sip:mallory@evil.example", account="work"),
    "contacts": GetContacts(search="ann", limit=20),
    "directory": SearchDirectory(search="ann"),
    "favourite": MarkFavourite(contact="Ann", number="030 123456", on=False),
    "add_contact": AddContact(name="Ann", number="030 123456"),
    "person": GetPerson(who="sip:100@pbx.example.com", number="100", account="work", limit=5),
    "blocked": GetBlocked(caller="sip:mallory@evil.example", account="work"),
    "message": SendMessage(target="bob", text="hello", account="work", back=True),
    "messages": GetMessages(
        account="work", address="bob", search="hello", unread=True, limit=20, before="9"
    ),
    "threads": GetThreads(limit=20),
    "realtime_text": SendRealtimeText(call="3", text="Hi\n"),
    "get_realtime_text": GetRealtimeText(call="3"),
    "mark_read": MarkRead(account="work", address="bob"),
    "delete_messages": DeleteMessages(messages=("7", "8")),
    "delete_thread": DeleteThread(account="work", address="bob"),
    "delete_all_messages": DeleteAllMessages(newest="7", account="work"),
    "restore_messages": RestoreMessages(),
    "inspect_server": InspectServer(
        server="pbx.example.com:5061", account="work", fields={"allow_wildcard": True}
    ),
    "settings": GetSettings(),
    "change_settings": ChangeSettings(
        changes={"audio.input": None, "audio.jitter_ms": 40, "audio.ring": False, "keys.hold": "h"}
    ),
    "devices": GetDevices(),
    "try_microphone": TryMicrophone(seconds=3),
    "hear_microphone": HearMicrophone(),
    "engine_log": GetEngineLog(limit=100),
}

EVENTS: dict[str, AnyEvent] = {
    "account": AccountEvent(account=ACCOUNT),
    "account_removed": AccountRemoved(name="work"),
    "accounts_ordered": AccountsOrdered(names=("home", "work")),
    "call": CallEvent(call=CALL),
    "conference": ConferenceEvent(conference=CONFERENCE),
    "log": LogEvent(entry=ENTRY),
    "rows_deleted": RowsDeletedEvent(count=2, rows=("3", "4")),
    "rows_restored": RowsRestoredEvent(count=2),
    "rows_imported": RowsImportedEvent(count=2),
    "message": MessageEvent(message=TEXT),
    "unread": UnreadEvent(unread=1),
    "contacts": ContactsEvent(),
    "lamp": LampEvent(lamp=LAMP),
    "realtime_text": RealtimeTextEvent(call="3", ours=False, text="Hu\bi\n", piece=4),
    "digit": DigitEvent(call="3", digit="5"),
    "digits_sent": DigitsEvent(
        call="3",
        lost=2,
        reason="the call ended",
        cause=Cause(CauseKind.DIGITS_CALL_ENDED),
        way=Dtmf.INFO,
    ),
    "transfer": TransferEvent(call="3", transfer=TRANSFER),
    "levels": LevelsEvent(call="3", rx=0.5, tx=0.25),
    "microphone": MicrophoneEvent(
        stage=TrialStage.DONE, peak=0.5, problem="a call needs the microphone"
    ),
    "microphone_level": MicrophoneLevelEvent(level=0.25),
    "notice": NoticeEvent(level="warning", text="the sound device changed"),
    "worker": WorkerEvent(role="secure", up=True, detail="PJSIP 2.17"),
    "echo": EchoEvent(uri="sip:echo@127.0.0.1:5061"),
    "check": CheckEvent(
        name="work",
        step=CheckStep("name", True, "pbx.example.com is at 192.0.2.1"),
        lookups=LOOKUPS,
        targets=TARGETS,
    ),
    "settings": SettingsEvent(settings=SETTINGS),
    "sip_message": SipMessageEvent(
        sent=True,
        remote="192.0.2.1:5061",
        transport=protection.Transport.TLS,
        server="pbx.example.com",
        verified=True,
        lines=("OPTIONS sip:x SIP/2.0", ""),
    ),
    "stopping": StoppingEvent(),
}

ACCOUNT_FIELDS = AccountFields(
    name="work",
    fields={"user": "alice", "expires_s": 300, "register": True},
    problem="accounts.toml: account work: “domain” is missing",
    version="0f1e2d3c",
    unknown=("pasword_file",),
    password_place="the system's keyring",
)

REPLIES: dict[str, msgspec.Struct] = {
    "hello": HelloData(protocol=PROTOCOL_VERSION, version="0.1.0", pid=1),
    "status": STATUS,
    "snapshot": Snapshot(seq=7, status=STATUS),
    "conference": CONFERENCE,
    "call_started": CallStarted(call="3", notice="there is no sound device: calls are silent"),
    "echo_started": EchoStarted(uri="sip:echo@127.0.0.1:5061"),
    "accounts": AccountList(accounts=(ACCOUNT_FIELDS,)),
    "account_changed": AccountChanged(
        name="work",
        password_place="the system's keyring",
        turn_password_place="the system's keyring",
        ended_calls=("3",),
    ),
    "check": CheckReport(
        name="work",
        ok=False,
        steps=(
            CheckStep("name", True, "pbx.example.com is at 192.0.2.1, 2001:db8::1"),
            CheckStep("tls", True, "TLSv1.3, TLS_AES_256_GCM_SHA384"),
            CheckStep("certificate", True, "verified, for pbx.example.com"),
            CheckStep("registration", False, "the user name or password is wrong (401)"),
            CheckStep("stun", True, "stun.example.com answers"),
            CheckStep("relay", None, "not reached"),
        ),
        lookups=LOOKUPS,
        targets=TARGETS,
    ),
    "doctor": DoctorReport(
        ok=True,
        findings=(
            Finding(True, "the keyring answers"),
            Finding(True, "the call log can be read by others", warning=True),
        ),
        pjsip="2.17",
        tls_library="OpenSSL 3.5.0",
        tls13=True,
        patches=("verify-host-name",),
        advisories=(
            Advisory(
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
    "history": HistoryPage(entries=(ENTRY, MISSED), total=102),
    "calls_deleted": CallsDeleted(deleted=2),
    "calls_restored": CallsRestored(restored=2),
    "messages_restored": MessagesRestored(restored=2),
    "calls_imported": CallsImported(
        new=2, known=1, refused=(RefusedRow(row=3, reason="it has no account"),)
    ),
    "import_report": ImportReport(
        new=2, known=1, refused=1, problems=(Problem(line=5, reason="it has no account"),)
    ),
    "field_problems": FieldProblems(
        problems={"domain": "needed: it is the part of your address after the @"},
        password_place="the system's keyring",
    ),
    "looked_up": LookedUp(
        uri="sip:bob@example.com;transport=tls",
        account="work",
        problem=None,
        suggestions=(Suggestion("Bob", "+34 600 111 222", "contact", model.NameFrom.CONTACT),),
        tones=",,55#",
    ),
    "looked_up_emergency": LookedUp(
        uri="sip:112@example.com;transport=tls",
        account="work",
        problem=None,
        warning="“work” places no emergency calls: use another phone",
    ),
    "not_looked_up": LookedUp(uri=None, account=None, problem="“b b” is not a number"),
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
                relayed=True,
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
    "words_compared": WordsCompared(notice="they gave no address to remember"),
    "compared": ComparedList(
        keys=(
            protection.ComparedKey(
                account="work",
                address="bob@example.com",
                fingerprint="sha-256 ef:01",
                on="2026-01-01T00:00:00Z",
            ),
        )
    ),
    "server_report": ServerReport(
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
        pinned_with=choices.Means.COMMAND,
    ),
    "settings": SettingsData(
        settings=SETTINGS,
        problem="config.toml is not valid TOML",
        folder="/home/alice/.config",
        remarks={"calls.pause_music": "it has no effect now"},
    ),
    "devices": Devices(devices=(DEVICE,), in_use="pulse"),
    "blocked": BlockedCallers(callers=(BLOCKED,)),
    "contacts": ContactsPage(
        contacts=(
            msgspec.structs.replace(
                CONTACT, numbers=(msgspec.structs.replace(CONTACT.numbers[0], lamps=(LAMP,)),)
            ),
            msgspec.structs.replace(CONTACT, favourite=False, last_call=None),
        ),
        total=1,
        folder="/home/me/.config/offhook/contacts",
    ),
    "directory": DirectoryPage(
        contacts=(Contact("Eve", (ContactNumber("100"),), directory=True),), problem="it failed"
    ),
    "favourite": CONTACT,
    "contact_added": ContactAdded(contact=CONTACT, path="/home/me/.config/offhook/contacts/x.vcf"),
    "person": PersonPage(
        contact=CONTACT, number="030 123456", calls=(ENTRY, MISSED), texts=(TEXT,)
    ),
    "nobodys_person": PersonPage(contact=None, number=None),
    "message": FAILED_TEXT,
    "messages": Messages(messages=(FAILED_TEXT, TEXT), unread=1),
    "realtime_text": RealtimeText(
        lines=(
            TypedLine(ours=True, text="Hi", time="2026-01-01T00:00:02Z", ended=True),
            TypedLine(ours=False, text="Hel", time="2026-01-01T00:00:05Z"),
        ),
        pieces=5,
    ),
    "threads": Threads(threads=(Thread(FAILED_TEXT, messages=2, unread=1),), unread=1),
    "messages_deleted": MessagesDeleted(count=2),
    "block": BLOCKED,
    "engine_log": EngineLog(lines=("the engine has ended",), path="/var/log/engine.log"),
    "setting": Setting(key="audio.input", value="USB"),
    "transfer_report": TransferReport(call="3", transfer=TRANSFER),
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

ENVELOPES: dict[str, Request | Reply | NumberedEvent] = {
    "request": Request(id=1, command=GetStatus()),
    "accepted": Reply(reply=1),
    "data": Reply(reply=1, data=msgspec.Raw(b'{"call":"3"}')),
    "refused": Reply(
        reply=1, ok=False, error=ErrorInfo("no_account", "there is no account x", 404)
    ),
    "not a request": Reply(reply=None, ok=False, error=ErrorInfo("bad_request", "not a request")),
    "event": NumberedEvent(seq=7, at="2026-01-01T00:00:00Z", event=DigitEvent(call="3", digit="#")),
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

WORKER_COMMANDS: dict[str, AnyWorkerCommand] = {
    "type_text": TypeText(call=3, text="Hi\n"),
    "send_text": SendText(number=8, account="work", uri="sip:bob@example.com", text="hello"),
    "answer_text": AnswerText(number=1, code=200),
    "configure": Configure(
        role=Role.ECHO,
        user_agent="Offhook/0.1.0",
        audio=Audio(input="USB", output="Built-in"),
        silent=True,
        certificate="/run/echo.pem",
        key="/run/echo.key",
    ),
    "add_account": OpenAccount(
        account=AccountSetup(
            name="work",
            user="alice",
            domain="pbx.example.com",
            instance="urn:uuid:00000000-0000-4000-8000-000000000000",
            transport=protection.Transport.TLS,
            server_name="pbx.example.com",
            target=Target("192.0.2.7", 5061),
            registrar="pbx.example.com",
            display_name="Alice",
            register=False,
            expires_s=600,
            credentials=Credentials(user="alice", password="a password"),
            trust=Trust(
                ca_file="/etc/ssl/cert.pem",
                allow_wildcard=True,
                pin="cd" * 32,
                client=ClientCertificate("/etc/me.pem", "/etc/me.key", "rattle"),
            ),
            keying=protection.Keying.DTLS,
            hidden=True,
            own_key=OwnKey("a certificate and its key"),
            ice_servers=IceServers(
                stun=Target("192.0.2.8", 3478),
                relay=Relay(
                    Target("192.0.2.9", 5349),
                    "turn.example.com",
                    protection.Transport.TLS,
                    Credentials(user="alice", password="a relay's password"),
                    Trust(ca_file="/etc/ssl/cert.pem"),
                ),
            ),
            trial=True,
        )
    ),
    "remove_account": CloseAccount(name="work"),
    "use_target": UseTarget(name="work", target=Target("2001:db8::7", 5061)),
    "leave_connection": LeaveConnection(name="work"),
    "register": RegisterNow(name="work"),
    "use_ice_servers": UseIceServers(
        name="work", ice_servers=IceServers(stun=Target("192.0.2.8", 3478))
    ),
    "use_own_key": UseOwnKey(name="work", own_key=OwnKey("a certificate and its key")),
    "call": StartCall(
        call=1,
        account="work",
        uri="sip:bob@example.com;transport=tls",
        play="/tmp/in.wav",
        record="/tmp/out.wav",
        patience_s=4.0,
    ),
    "move_call": MoveCall(call=1, media=True),
    "ring": Ring(call=-1),
    "answer": Answer(call=-1, beep=True, voice=False),
    "end": EndCall(call=-1, code=486),
    "hold": HoldCall(call=1, on=False, voice=False),
    "answer_transfer": AnswerTransfer(call=1, by=2),
    "mix": MixCalls(
        calls=(MixedCall(1, (-1,), True, False), MixedCall(-1, (1,), False, True)),
    ),
    "voice": GiveVoice(call=1, on=False),
    "mute": MuteCall(call=1, on=False),
    "digits": Digits(call=1, digits="12*#"),
    "refer": ReferCall(call=1, uri="sip:bob@example.com;transport=tls", hold=True),
    "refer_to_call": ReferToCall(call=1, other=2),
    "play": PlayFile(call=1, path=None),
    "record": RecordFile(call=1, path="/tmp/out.wav"),
    "use_audio": UseAudio(audio=Audio(output="Headset", ring=False)),
    "look_up_devices": LookUpDevices(),
    "record_microphone": RecordMicrophone(path="/run/offhook/sound/microphone.wav", seconds=5),
    "end_microphone": EndMicrophone(at_once=True),
    "play_ring": PlayRing(on=True),
    "ring_here": RingHere(),
    "levels": WatchLevels(interval_ms=100),
    "sip": WatchSip(on=True),
    "watch": Watch(number=1, account="work", uri="sip:200@example.com", package="dialog"),
    "end_watch": EndWatch(number=1),
    "publish": Publish(
        number=2,
        account="work",
        uri="sip:alice@example.com",
        expires_s=600,
        entity_tag="dx200xyz",
        body="<presence/>",
    ),
    "answer_name": AnswerName(name="edge.example.com", addresses=("192.0.2.9",), port=5071),
    "quit": Quit(),
}

WORKER_EVENTS: dict[str, AnyWorkerEvent] = {
    "done": Done(id=7, error="there is no account x"),
    "ready": Ready(
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
        voice_threads=(4712, 4713),
    ),
    "registration": RegistrationEvent("work", True, 200, "OK", 300, 1),
    "name": NameAsked(name="edge.example.com"),
    "connection": ConnectionEvent(
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
    "incoming": IncomingCall(-1, "work", '"Bob" <sip:bob@example.com>', 1, replaces=2),
    "watch_notice": WatchNotice(1, "work", 1, "application/pidf+xml", b"<presence/>"),
    "watch_ended": WatchEnded(number=1, account="work", code=489, retry_after_s=60),
    "publish_ended": PublishEnded(
        number=2, account="work", code=423, reason="Interval Too Brief", min_expires_s=1800
    ),
    "unread_call": UnreadCall(accounts=("work",), connection=1),
    "refused": RefusedCall(
        call=-1,
        account="work",
        remote="<sip:bob@example.com>",
        code=488,
        cause=NO_ENCRYPTION,
    ),
    "call_state": CallStateEvent(
        call=1,
        state=model.CallState.ENDED,
        code=486,
        reason="Busy Here",
        remote="<sip:bob@example.com>",
        connection=1,
        cause=NO_ENCRYPTION,
        refused=True,
    ),
    "identity": IdentityEvent(1, '"Reception" <sip:200@pbx.test>'),
    "transfer_asked": TransferAsked(1, '"Carol" <sip:carol@example.com>'),
    "media": MediaEvent(1, (STREAM,), model.HeldBy.BOTH, 1),
    "refer_answered": ReferAnswered(call=1, code=202, reason="Accepted", reports=False),
    "refer_progress": ReferProgress(call=1, code=180, reason="Ringing", last=False),
    "hold": HoldEvent(call=1, agreed=False, held=True, code=491, reason="Request Pending"),
    "statistics": StatisticsEvent(1, (STREAM,), 1, 100, 1, 100, 2, 0.5, 20.5, 1.0, 50, 21.0),
    "levels": LevelsReport(call=1, rx=0.5, tx=0.25),
    "microphone": MicrophoneReport(stage=TrialStage.DONE, cause=Cause(CauseKind.RECORDING_EMPTY)),
    "digit": DigitReceived(call=1, digit="5"),
    "realtime_text": RealtimeTextReceived(call=1, text="é".encode()),
    "digits_done": DigitsDone(
        call=1, lost=2, cause=Cause(CauseKind.DIGITS_CALL_ENDED), way=Dtmf.INFO
    ),
    "play_ended": PlayEnded(call=1),
    "recording_ended": RecordingEnded(call=1, cause=Cause(CauseKind.RECORDING_FULL)),
    "sound": SoundEvent(devices=(DEVICE,), sound="pulse / pulse", sound_ok=True),
    "ringing": RingingEvent(on=True),
    "server_silent": ServerSilent(account="work"),
    "relay_failed": RelayFailed(
        account="work", cause=Cause(CauseKind.RELAY_PASSWORD, ("turn.example.com",))
    ),
    "voicemail": VoicemailEvent(
        account="work", voicemail=model.Voicemail(new=3, old=0), connection=1
    ),
    "text_received": TextReceived(
        number=1,
        account="work",
        connection=1,
        remote='"Bob" <sip:bob@example.com>;tag=1',
        content_type="text/plain",
        content_encoding="",
        body=b"hello",
        mark="0f1e",
        asserted="<sip:bob@example.com>",
    ),
    "text_sent": TextSent(
        number=8,
        account="work",
        code=407,
        reason="Who",
        cause=Cause(CauseKind.UNSAFE_CHALLENGE, ("Basic",)),
    ),
    "sip_message": SipMessage(
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
    """Return a message's tag in JSON."""
    tag = message.__struct_config__.tag
    assert isinstance(tag, str)
    return tag
