/* Offhook's configuration of PJSIP. Every line differs from a default for the
 * reason next to it.
 */

/* Level 5 prints SRTP keys: it does not exist in this build. */
#define PJ_LOG_MAX_LEVEL                        4

/* No camera, no screen. */
#define PJMEDIA_HAS_VIDEO                       0

/* IPv6 accounts. */
#define PJ_HAS_IPV6                             1

/* TLS signalling and SRTP with every keying and suite that is worth having.
 * AES-192 has no advantage over AES-256 and no users.
 */
#define PJSIP_HAS_TLS_TRANSPORT                 1
#define PJMEDIA_HAS_SRTP                        1
#define PJMEDIA_SRTP_HAS_DTLS                   1
#define PJMEDIA_SRTP_HAS_AES_CM_256             1
#define PJMEDIA_SRTP_HAS_AES_CM_192             0
#define PJMEDIA_SRTP_HAS_AES_GCM_256            1
#define PJMEDIA_SRTP_HAS_AES_GCM_128            1

/* libsrtp calls its AES-GCM ciphers by other names than PJSIP expects of one that
 * is not bundled.
 */
#define srtp_aes_gcm_256_openssl                srtp_aes_gcm_256
#define srtp_aes_gcm_128_openssl                srtp_aes_gcm_128

/* A phone that calls out has no open port; TLS: see patch 0005. */
#define PJSIP_TCP_TRANSPORT_DONT_CREATE_LISTENER 1

/* A call outlives half a minute without SIP: PJSIP would close the connection
 * under it, and with it the reason for a closed lock. Seconds.
 */
#define PJSIP_TRANSPORT_IDLE_TIME               43200
#define PJSIP_TRANSPORT_SERVER_IDLE_TIME        43200

/* The name of this machine says nothing of its addresses, and looking it up
 * waits for name servers at each call. Its routes do.
 */
#define PJ_GETHOSTIP_DISABLE_LOCAL_RESOLUTION   1

/* A lost connection is noticed within this and ten seconds: see patch 0086. */
#define PJSIP_TCP_KEEP_ALIVE_INTERVAL           30
#define PJSIP_TLS_KEEP_ALIVE_INTERVAL           30

/* A router forgets the way of a voice or a text that only comes: a packet
 * without a payload each five seconds keeps it.
 */
#define PJMEDIA_STREAM_ENABLE_KA                1

/* Never fall back to another transport because a request is large. */
#define PJSIP_DONT_SWITCH_TO_TCP                1
#define PJSIP_DONT_SWITCH_TO_TLS                1

/* Nobody acts on them, and an INVITE over UDP has to be short. */
#define PJMEDIA_ADD_BANDWIDTH_TIAS_IN_SDP       0

/* Offers with many codecs, SRTP suites and candidates are large. */
#define PJSIP_MAX_PKT_LEN                       16000

/* pjsua2 hands out a session that is longer as an empty text, and an account's
 * own choice of codecs would not be made in it.
 */
#define PJSUA2_MAX_SDP_BUF_LEN                  16000

/* Those of a connection that has to notice that its other end is gone. */
#define PJ_MAX_SOCKOPT_PARAMS                   8

/* 64 accounts and 64 calls, and the local echo line's account. */
#define PJSUA_MAX_ACC                           72
#define PJSUA_MAX_CALLS                         72
/* One for each call, and the one before it: that is freed two seconds later. */
#define PJSUA_MAX_PLAYERS                       160
#define PJSUA_MAX_RECORDERS                     80
#define PJSUA_MAX_CONF_PORTS                    512
#define PJ_IOQUEUE_MAX_HANDLES                  1024
/* A closed socket holds its handle for this time (ms). With PJLIB's half a
   second, 512 short calls in a row left none for the next. */
#define PJ_IOQUEUE_KEY_FREE_DELAY               100
#define PJSIP_MAX_TSX_COUNT                     1023
#define PJSIP_MAX_DIALOG_COUNT                  1023

/* Of 100,000 packets of which one in ten is lost, one is lost with each of four
 * repetitions of its text; with two of them it is a hundred.
 */
#define PJMEDIA_TXT_STREAM_MAX_RED_LEVELS       4

/* Lost packets are hidden, echo is cancelled by WebRTC's third canceller. */
#define PJMEDIA_HAS_WEBRTC_AEC3                 1

/* The sound server's own devices, each named with its port, beside ALSA's. */
#ifdef __linux__
#   define PJMEDIA_AUDIO_DEV_HAS_PULSE          1
#else
#   define PJMEDIA_AUDIO_DEV_HAS_PULSE          0
#endif
#define PJMEDIA_AUD_DEV_MAX_DEVS                128
#define PJMEDIA_AUD_DEV_INFO_NAME_LEN           160
