/* call_recorder.h: both sides of a call in one file, each in a channel.
 *
 * Part of Offhook; see call_recorder.c.
 */
#ifndef __PJMEDIA_CALL_RECORDER_H__
#define __PJMEDIA_CALL_RECORDER_H__

#include <pjmedia/port.h>

PJ_BEGIN_DECL

/* Channels of the file, in its order. */
typedef enum pjmedia_call_recorder_side
{
    PJMEDIA_CALL_RECORDER_NEAR,
    PJMEDIA_CALL_RECORDER_FAR,
    PJMEDIA_CALL_RECORDER_SIDES
} pjmedia_call_recorder_side;

typedef struct pjmedia_call_recorder_state
{
    pj_bool_t   is_complete;    /* nothing more is written                 */
    pj_bool_t   is_full;        /* it has ended at its most bytes           */
    pj_status_t status;         /* of the write that failed, which ended it */
} pjmedia_call_recorder_state;

typedef struct pjmedia_call_recorder pjmedia_call_recorder;

/* Create a WAV file of at most so many bytes, and a port for each side with
 * the rate and the frames of the bridge. The file's rate is that of the bridge,
 * 24 kHz at most. Also a thread, which alone writes.
 */
PJ_DECL(pj_status_t) pjmedia_call_recorder_create(pj_pool_factory *factory,
                                                  const char *path,
                                                  unsigned clock_rate,
                                                  unsigned samples_per_frame,
                                                  pj_uint32_t most_bytes,
                                                  pjmedia_call_recorder **p_rec);

/* The pool of both ports, and the port of one. */
PJ_DECL(pj_pool_t*) pjmedia_call_recorder_pool(pjmedia_call_recorder *rec);
PJ_DECL(pjmedia_port*)
pjmedia_call_recorder_port(pjmedia_call_recorder *rec,
                           pjmedia_call_recorder_side side);

/* Take no more sound, and have what was taken written. */
PJ_DECL(void) pjmedia_call_recorder_end(pjmedia_call_recorder *rec);

PJ_DECL(void)
pjmedia_call_recorder_get_state(pjmedia_call_recorder *rec,
                                pjmedia_call_recorder_state *state);

/* End it, wait until it is complete, and let go of it and of both ports. */
PJ_DECL(void) pjmedia_call_recorder_release(pjmedia_call_recorder *rec);

PJ_END_DECL

#endif  /* __PJMEDIA_CALL_RECORDER_H__ */
