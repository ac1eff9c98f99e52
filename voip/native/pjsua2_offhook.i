// Offhook's module: pjsua2 and what its worker asks the build about itself.
%module(directors="1") pjsua2
%include "pjsua2.i"
%include "certificates.i"

%{
#include <list>
#include <map>
#include <set>
#include <poll.h>
#include <pjmedia/call_recorder.h>
#include <pjmedia/event.h>
#include <pjmedia/transport_srtp.h>
#include <pjsua-lib/pjsua_internal.h>
#include <pjmedia-audiodev/pulse_dev.h>
#include <openssl/crypto.h>
#include <opus/opus.h>
#include <srtp2/srtp.h>
%}

// PJSIP's own list of constants does not know what patch 0034 adds.
%constant int PJMEDIA_EVENT_RX_OTHER_PT = PJMEDIA_EVENT_RX_OTHER_PT;

%{
extern "C" pj_bool_t pjmedia_add_rtpmap_for_static_pt;
%}

%{
namespace {

const unsigned MOST_LOOKUPS = 64;
const unsigned LOOKUP_SECONDS = 4;

/** A request that waits for the addresses of its host. */
struct Lookup
{
    std::string name;
    pj_str_t host;
    bool isTaken;
    pjsip_transport_type_e type;
    int port;
    void *token;
    pjsip_resolver_callback *callback;
    pj_timer_entry timer;
};

std::map<std::string, std::vector<pj_sockaddr> > addresses;
std::list<Lookup> lookups;

/** Prefix of the network's translator; a length of 0 stands for none. */
pj_in6_addr translatorPrefix;
unsigned translatorLength;

std::string inLowerCase(std::string name)
{
    for (char &letter : name)
        letter = (char)pj_tolower((unsigned char)letter);
    return name;
}

std::string nameOf(const pj_str_t &host)
{
    return inLowerCase(std::string(host.ptr, host.slen));
}

bool readAddress(const pj_str_t &text, pj_sockaddr *address)
{
    int family = pj_strchr(&text, ':') ? pj_AF_INET6() : pj_AF_INET();

    pj_sockaddr_init(family, address, NULL, 0);
    return pj_inet_pton(family, &text, pj_sockaddr_get_addr(address)) ==
           PJ_SUCCESS;
}

/** The IPv6 address by which the translator leads to an IPv4 one (RFC 6052). */
bool translate(const pj_str_t &text, pj_sockaddr *address)
{
    const unsigned unused = 8;
    pj_uint8_t *bytes = address->ipv6.sin6_addr.s6_addr;
    pj_in_addr literal;
    unsigned at = translatorLength / 8;

    if (!at || pj_inet_pton(pj_AF_INET(), &text, &literal) != PJ_SUCCESS)
        return false;
    pj_sockaddr_init(pj_AF_INET6(), address, NULL, 0);
    pj_memcpy(bytes, &translatorPrefix, at);
    for (unsigned i = 0; i < sizeof(literal); ++i, ++at) {
        at += at == unused;
        bytes[at] = ((const pj_uint8_t *)&literal)[i];
    }
    return true;
}

bool isOfFamily(const pj_sockaddr &address, int family)
{
    return family == pj_AF_UNSPEC() || address.addr.sa_family == family;
}

/** Answer a lookup with those of the addresses that its transport can reach. */
void answer(const Lookup &lookup, const std::vector<pj_sockaddr> &candidates)
{
    bool ipv6 = (lookup.type & PJSIP_TRANSPORT_IPV6) != 0;
    pjsip_server_addresses result;

    pj_bzero(&result, sizeof(result));
    for (const pj_sockaddr &address : candidates) {
        pjsip_server_address_record &entry = result.entry[result.count];
        int type = lookup.type & ~PJSIP_TRANSPORT_IPV6;

        if (!isOfFamily(address, ipv6 ? pj_AF_INET6() : pj_AF_UNSPEC()))
            continue;
        if (result.count == PJSIP_MAX_RESOLVED_ADDRESSES)
            break;
        if (address.addr.sa_family == pj_AF_INET6())
            type |= PJSIP_TRANSPORT_IPV6;
        entry.name = lookup.host;
        entry.type = (pjsip_transport_type_e)type;
        pj_sockaddr_cp(&entry.addr, &address);
        if (lookup.port)
            pj_sockaddr_set_port(&entry.addr, (pj_uint16_t)lookup.port);
        else if (!pj_sockaddr_get_port(&address))
            pj_sockaddr_set_port(&entry.addr, (pj_uint16_t)
                pjsip_transport_get_default_port_for_type(
                    (pjsip_transport_type_e)(type & ~PJSIP_TRANSPORT_IPV6)));
        entry.addr_len = pj_sockaddr_get_len(&entry.addr);
        ++result.count;
    }
    lookup.callback(result.count ? PJ_SUCCESS : PJ_ERESOLVE, lookup.token,
                    &result);
}

/** Take the lookups of a name, whose callbacks may begin others. */
std::list<Lookup> takeLookupsOf(const std::string &name)
{
    std::list<Lookup> taken;

    for (auto lookup = lookups.begin(); lookup != lookups.end();) {
        auto next = std::next(lookup);

        if (lookup->name == name) {
            pjsua_cancel_timer(&lookup->timer);
            taken.splice(taken.end(), lookups, lookup);
        }
        lookup = next;
    }
    return taken;
}

void endLate(pj_timer_heap_t *, pj_timer_entry *timer)
{
    for (auto lookup = lookups.begin(); lookup != lookups.end(); ++lookup) {
        if (&lookup->timer == timer) {
            std::list<Lookup> late;

            late.splice(late.end(), lookups, lookup);
            late.front().callback(PJ_ETIMEDOUT, late.front().token, NULL);
            return;
        }
    }
}

void resolve(pjsip_resolver_t *, pj_pool_t *pool, const pjsip_host_info *target,
             void *token, pjsip_resolver_callback *callback)
{
    Lookup lookup = { nameOf(target->addr.host), target->addr.host, false,
                      target->type, target->addr.port, token, callback, {} };
    std::vector<pj_sockaddr> literal(1);

    if (lookup.type == PJSIP_TRANSPORT_UNSPECIFIED) {
        lookup.type = target->flag & PJSIP_TRANSPORT_SECURE ?
                      PJSIP_TRANSPORT_TLS :
                      target->flag & PJSIP_TRANSPORT_RELIABLE ?
                      PJSIP_TRANSPORT_TCP : PJSIP_TRANSPORT_UDP;
    }
    /* An address of the other family is like a name: the program may know one
     * that this transport reaches.
     */
    if (readAddress(target->addr.host, &literal[0]) &&
        isOfFamily(literal[0], lookup.type & PJSIP_TRANSPORT_IPV6 ?
                               pj_AF_INET6() : pj_AF_INET()))
    {
        return answer(lookup, literal);
    }
    if (addresses.count(lookup.name))
        return answer(lookup, addresses[lookup.name]);
    if (lookups.size() == MOST_LOOKUPS)
        return callback(PJ_ETOOMANY, token, NULL);

    for (const Lookup &other : lookups)
        lookup.isTaken |= other.isTaken && other.name == lookup.name;
    pj_strdup(pool, &lookup.host, &target->addr.host);
    lookups.push_back(lookup);
    pj_timer_entry_init(&lookups.back().timer, 0, NULL, &endLate);
    pj_time_val delay = { LOOKUP_SECONDS, 0 };
    pjsip_endpt_schedule_timer(pjsua_get_pjsip_endpt(), &lookups.back().timer,
                               &delay);
}

pj_status_t findName(int family, const pj_str_t *name, unsigned *count,
                     pj_addrinfo results[])
{
    auto row = addresses.find(nameOf(*name));
    unsigned most = *count;

    *count = 0;
    if (family == pj_AF_INET6() && translate(*name, &results[0].ai_addr)) {
        results[0].ai_canonname[0] = '\0';
        *count = 1;
    }
    if (row != addresses.end()) {
        for (const pj_sockaddr &address : row->second) {
            if (*count < most && isOfFamily(address, family)) {
                results[*count].ai_canonname[0] = '\0';
                pj_sockaddr_cp(&results[*count].ai_addr, &address);
                ++*count;
            }
        }
    }
    return *count ? PJ_SUCCESS : PJ_ERESOLVE;
}

pjsip_ext_resolver resolver = { &resolve };

} // namespace
%}

%inline %{
namespace pj {

/**
 * Leave all names to the program, from libInit() on: none is looked up here.
 * Each function on names is for the thread of the endpoint.
 */
void keepNames() PJSUA2_THROW(Error)
{
    pj_status_t status = pjsip_endpt_set_ext_resolver(pjsua_get_pjsip_endpt(),
                                                      &resolver);

    if (status != PJ_SUCCESS)
        throw Error(status, "keepNames()", "", __FILE__, __LINE__);
    pj_find_name = &findName;
}

/**
 * Names that requests wait for, each once, since the last call; also addresses
 * that their transport does not reach, of the other family. Without
 * setAddresses() or refuseName() such a request fails after four seconds.
 */
std::vector<std::string> takeLookups()
{
    std::set<std::string> names;

    for (Lookup &lookup : lookups) {
        if (!lookup.isTaken)
            names.insert(lookup.name);
        lookup.isTaken = true;
    }
    return std::vector<std::string>(names.begin(), names.end());
}

/**
 * Set the addresses of a name, the best first, for this and later requests.
 * Those that name no port go to this one, or to their transport's if it is 0.
 */
void setAddresses(const std::string &name,
                  const std::vector<std::string> &texts,
                  int port = 0) PJSUA2_THROW(Error)
{
    std::string key = inLowerCase(name);
    std::vector<pj_sockaddr> read(texts.size());

    for (unsigned i = 0; i < texts.size(); ++i) {
        pj_str_t text;

        pj_cstr(&text, texts[i].c_str());
        if (!readAddress(text, &read[i]))
            throw Error(PJ_EINVAL, "setAddresses()", texts[i], __FILE__,
                        __LINE__);
        pj_sockaddr_set_port(&read[i], (pj_uint16_t)port);
    }
    addresses[key] = read;
    for (const Lookup &lookup : takeLookupsOf(key))
        answer(lookup, read);
}

/** Forget the addresses of a name: the next request asks for them. */
void forgetName(const std::string &name)
{
    addresses.erase(inLowerCase(name));
}

/**
 * Have voice for IPv4 addresses go through a translator of this prefix from
 * IPv6, of 32 to 64 or 96 bits (RFC 6052); with a length of 0 through none.
 */
void setTranslator(const std::string &prefix, unsigned length)
    PJSUA2_THROW(Error)
{
    pj_sockaddr read;
    pj_str_t text;

    pj_cstr(&text, prefix.c_str());
    if (length && (length % 8 || length < 32 || length > 96 ||
                   !readAddress(text, &read) ||
                   !isOfFamily(read, pj_AF_INET6())))
        throw Error(PJ_EINVAL, "setTranslator()", prefix, __FILE__, __LINE__);
    translatorLength = length;
    if (length)
        translatorPrefix = read.ipv6.sin6_addr;
}

/** End the requests that wait for a name. */
void refuseName(const std::string &name)
{
    for (const Lookup &lookup : takeLookupsOf(inLowerCase(name)))
        lookup.callback(PJ_ERESOLVE, lookup.token, NULL);
}

/**
 * Ping on a connection at least this often, in seconds; 0 goes back to the
 * configuration's interval. For the thread of the endpoint.
 */
void setPingInterval(TransportHandle connection, unsigned seconds)
{
    ((pjsip_transport *)connection)->ping_interval = seconds;
}

/**
 * Wait until a file, such as a socket, can be read, or libHandleEvents() has
 * something to do: at most so many milliseconds. For the thread of the endpoint.
 * False, at once, where what PJSIP waits for cannot be waited for beside a file.
 */
bool waitForWork(int file, unsigned milliseconds)
{
#if PJ_IOQUEUE_IMP == PJ_IOQUEUE_IMP_EPOLL || \
    PJ_IOQUEUE_IMP == PJ_IOQUEUE_IMP_KQUEUE
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    pj_timer_heap_t *timers = pjsip_endpt_get_timer_heap(endpoint);
    pj_ioqueue_t *queue = pjsip_endpt_get_ioqueue(endpoint);
    struct pollfd files[] = { { file, POLLIN, 0 },
        { *(int *)pj_ioqueue_get_os_handle(queue), POLLIN, 0 } };
    pj_time_val until, now;

    if (pj_timer_heap_count(timers) &&
        pj_timer_heap_earliest_time(timers, &until) == PJ_SUCCESS)
    {
        pj_gettickcount(&now);
        if (PJ_TIME_VAL_LTE(until, now))
            return true;
        PJ_TIME_VAL_SUB(until, now);
        milliseconds = PJ_MIN(milliseconds,
                              (unsigned)PJ_TIME_VAL_MSEC(until));
    }
    poll(files, PJ_ARRAY_SIZE(files), (int)milliseconds);
    return true;
#else
    PJ_UNUSED_ARG(file);
    PJ_UNUSED_ARG(milliseconds);
    return false;
#endif
}

/** Leave out what sessions say of payload types that everybody knows. */
void shortenSessions()
{
    pjmedia_add_rtpmap_for_static_pt = PJ_FALSE;
}

/** Open two sound devices. The setters of one open it with the other's old one. */
void openSoundDevices(int capture, int playback) PJSUA2_THROW(Error)
{
    pj_status_t status = pjsua_set_snd_dev(capture, playback);

    if (status != PJ_SUCCESS)
        throw Error(status, "openSoundDevices()", "", __FILE__, __LINE__);
}

/**
 * Close the sound device in a second, if nothing is connected to it then. The
 * next connection opens it again.
 */
void restSound()
{
    pjsua_check_snd_dev_idle();
}

/** Whether a sound device is open, if only the null one: it is the clock. */
bool soundIsOpen()
{
    return pjsua_var.snd_is_on != PJ_FALSE;
}

/** Let the phone connect to a sound server, which no silent one does. */
void allowSoundServer(bool allow)
{
    pjmedia_pulse_allow(allow);
}

/** Look up the sound server's devices, and no others. */
void lookUpSoundServer()
{
    pjmedia_pulse_refresh();
}

/** A device of the sound server, by PJSIP's index, beyond what PJSIP knows of it. */
struct SoundServerDevice
{
    bool isServers;         /**< else the rest says nothing                 */
    bool isDefault;         /**< the server's, whichever that is            */
    bool isMissing;         /**< the server has no such device: silence     */
    std::string node;       /**< the server's name of it; empty: default    */
    std::string stem;       /**< how its name begins, whatever its port or
                                 today's default device is                  */
};

SoundServerDevice soundServerDevice(int index)
{
    pjmedia_pulse_dev_info info;

    if (!pjmedia_pulse_get_dev_info(index, &info))
        return { false, false, false, "", "" };
    return { true, info.is_default != PJ_FALSE, info.is_missing != PJ_FALSE,
             info.node, info.stem };
}

/** Move what is open to other devices of the sound server, without a break. */
bool moveSound(int capture, int playback)
{
    return pjmedia_pulse_move(capture, playback) == PJ_SUCCESS;
}

/** The connection to the sound server, and what has happened to its streams. */
struct SoundServerState
{
    bool isAvailable;       /**< libpulse is there, and may be used         */
    bool isConnected;
    unsigned changes;       /**< of its list of devices                     */
    unsigned underruns;
    unsigned overflows;
    unsigned captureUs;     /**< latencies as the server tells them         */
    unsigned playbackUs;
    unsigned bufferMs;      /**< playback latency that is asked for         */
};

SoundServerState soundServerState()
{
    pjmedia_pulse_state state;

    pjmedia_pulse_get_state(&state);
    return { state.is_available != PJ_FALSE, state.is_connected != PJ_FALSE,
             state.changes, state.underruns, state.overflows,
             state.capture_us, state.playback_us, state.buffer_ms };
}

/** How far a recording is, and why it has ended by itself. */
struct RecordingState
{
    bool isComplete;        /**< nothing more is written                */
    bool isFull;            /**< it has as many bytes as it may         */
    int status;             /**< of a write that failed, or PJ_SUCCESS  */
};

/** A channel of a recording: a port that sound is sent to. */
class RecordedSide : public AudioMedia
{
public:
    virtual ~RecordedSide()
    {
        PJSUA2_CATCH_IGNORE( unregisterMediaPort() );
    }

private:
    friend class CallRecorder;

    RecordedSide(pjmedia_call_recorder *recorder,
                 pjmedia_call_recorder_side side)
    {
        registerMediaPort2(pjmedia_call_recorder_port(recorder, side),
                           pjmedia_call_recorder_pool(recorder));
    }
};

/**
 * A recording of both sides of a call, each in a channel of a WAV file: see
 * voip/native/recorder. For the thread of the endpoint. The destructor waits
 * until the file is complete.
 */
class CallRecorder
{
public:
    CallRecorder(const std::string &path, unsigned mostBytes)
        PJSUA2_THROW(Error)
    {
        pj_status_t status = pjmedia_call_recorder_create(
            pjsua_get_pool_factory(), path.c_str(),
            pjsua_var.media_cfg.clock_rate,
            pjsua_var.mconf_cfg.samples_per_frame, mostBytes, &recorder);

        if (status != PJ_SUCCESS)
            throw Error(status, "CallRecorder()", path, __FILE__, __LINE__);
        try {
            sides[0] = new RecordedSide(recorder, PJMEDIA_CALL_RECORDER_NEAR);
            sides[1] = new RecordedSide(recorder, PJMEDIA_CALL_RECORDER_FAR);
        } catch (...) {
            release();
            throw;
        }
    }

    ~CallRecorder()
    {
        release();
    }

    /** The left channel, for what is sent to the far end. */
    AudioMedia &nearSide()
    {
        return *sides[0];
    }

    /** The right channel, for what the far end sends. */
    AudioMedia &farSide()
    {
        return *sides[1];
    }

    /** Take no more sound, and have what was taken written. */
    void end()
    {
        pjmedia_call_recorder_end(recorder);
    }

    RecordingState state()
    {
        pjmedia_call_recorder_state now;

        pjmedia_call_recorder_get_state(recorder, &now);
        return { now.is_complete != PJ_FALSE, now.is_full != PJ_FALSE,
                 now.status };
    }

private:
    pjmedia_call_recorder *recorder = NULL;
    RecordedSide *sides[2] = { NULL, NULL };

    CallRecorder(const CallRecorder &);
    CallRecorder &operator=(const CallRecorder &);

    void release()
    {
        delete sides[0];
        delete sides[1];
        pjmedia_call_recorder_release(recorder);
    }
};

/** Send a text (RFC 3428), of which Account::onInstantMessageStatus() tells the end.
 *
 *  \param token is its `userData`.
 */
void sendText(const Account &account, const std::string &uri,
              const std::string &text, int token, const SipTxOption &option)
              PJSUA2_THROW(Error)
{
    const std::string address = "<" + uri + ">";
    pj_str_t to = { (char*)address.data(), (pj_ssize_t)address.size() };
    pj_str_t content = { (char*)text.data(), (pj_ssize_t)text.size() };
    pjsua_msg_data data;
    pj_status_t status;

    option.toPj(data);
    status = pjsua_im_send(account.getId(), &to, NULL, &content, &data,
                           (void*)(pj_ssize_t)token);
    if (status != PJ_SUCCESS)
        throw Error(status, "sendText()", "", __FILE__, __LINE__);
}

/** What this build was made from, as JSON; see voip/native/mark.py. */
std::string offhookMark()
{
    return OFFHOOK_MARK;
}

/** The TLS library in this process, as it names itself. */
std::string tlsLibrary()
{
    return OpenSSL_version(OPENSSL_VERSION);
}

/** The libopus that is linked into it, as it names itself. */
std::string opusLibrary()
{
    return opus_get_version_string();
}

/** The libsrtp that is linked into it, as it names itself. */
std::string srtpLibrary()
{
    return srtp_get_version_string();
}

/** The SRTP suites of this build, PJSIP's preference first. */
std::vector<std::string> srtpSuites()
{
    pjmedia_srtp_crypto crypto[16];
    unsigned count = PJ_ARRAY_SIZE(crypto);
    std::vector<std::string> names;

    if (pjmedia_srtp_enum_crypto(&count, crypto) == PJ_SUCCESS)
        for (unsigned i = 0; i < count; ++i)
            names.push_back(std::string(crypto[i].name.ptr,
                                        crypto[i].name.slen));
    return names;
}

} // namespace pj
%}

%include "subscriptions.i"
%include "publications.i"
