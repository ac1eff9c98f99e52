// Offhook's module: pjsua2 and what its worker asks the build about itself.
%module(directors="1") pjsua2
%include "pjsua2.i"

%{
#include <pjmedia/event.h>
#include <pjmedia/transport_srtp.h>
#include <openssl/crypto.h>
%}

// PJSIP's own list of constants does not know what patch 0034 adds.
%constant int PJMEDIA_EVENT_RX_OTHER_PT = PJMEDIA_EVENT_RX_OTHER_PT;

%{
extern "C" pj_bool_t pjmedia_add_rtpmap_for_static_pt;
%}

%inline %{
namespace pj {

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
