/* pulse_dev.h: what PJMEDIA's interface of sound devices has no words for.
 *
 * Part of Offhook; see pulse_dev.c.
 */
#ifndef __PJMEDIA_PULSE_DEV_H__
#define __PJMEDIA_PULSE_DEV_H__

#include <pjmedia-audiodev/audiodev.h>

PJ_BEGIN_DECL

typedef struct pjmedia_pulse_state
{
    pj_bool_t   is_available;   /* libpulse is there, and may be used        */
    pj_bool_t   is_connected;
    unsigned    changes;        /* of the list of devices                   */
    unsigned    underruns;      /* times that the speaker had to wait       */
    unsigned    overflows;      /* times that the microphone was cut    */
    unsigned    capture_us;     /* latencies as the server tells them;      */
    unsigned    playback_us;    /* 0: no such stream                        */
    unsigned    buffer_ms;      /* playback latency that is asked for       */
} pjmedia_pulse_state;

/* A device of the server, beyond what PJMEDIA knows of it. */
typedef struct pjmedia_pulse_dev_info
{
    pj_bool_t   is_default;     /* the server's, whichever that is          */
    pj_bool_t   is_missing;     /* the server has no such device: silence   */
    const char *node;           /* the server's name of it; empty: default  */
    const char *stem;           /* how its name begins, whatever its port
                                 * or today's default device is             */
} pjmedia_pulse_dev_info;

#if PJMEDIA_AUDIO_DEV_HAS_PULSE

/* Whether a server may be connected to. It may not until this is called. */
PJ_DECL(void) pjmedia_pulse_allow(pj_bool_t allow);

PJ_DECL(void) pjmedia_pulse_get_state(pjmedia_pulse_state *state);

/* Whether a device is a server's. It keeps time by itself, also while the
 * server hangs.
 */
PJ_DECL(pj_bool_t) pjmedia_pulse_has(pjmedia_aud_dev_index id);

/* False if the device is no server's. Its texts last until the next look-up. */
PJ_DECL(pj_bool_t) pjmedia_pulse_get_dev_info(pjmedia_aud_dev_index id,
                                              pjmedia_pulse_dev_info *info);

/* Move open streams to other devices, without a break. */
PJ_DECL(pj_status_t) pjmedia_pulse_move(pjmedia_aud_dev_index rec_id,
                                        pjmedia_aud_dev_index play_id);

/* Look up the server's devices, and leave those of other drivers as they are:
 * ALSA opens each of its own.
 */
PJ_DECL(void) pjmedia_pulse_refresh(void);

#else

#define pjmedia_pulse_allow(allow)      PJ_UNUSED_ARG(allow)
#define pjmedia_pulse_get_state(state)  pj_bzero(state, sizeof(*(state)))
#define pjmedia_pulse_has(id)           PJ_FALSE
#define pjmedia_pulse_get_dev_info(id, info) PJ_FALSE
#define pjmedia_pulse_move(rec_id, play_id) PJMEDIA_EAUD_NODEV
#define pjmedia_pulse_refresh()

#endif

PJ_END_DECL

#endif  /* __PJMEDIA_PULSE_DEV_H__ */
