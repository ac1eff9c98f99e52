/*
 * Playout delay of a voice stream: how long a packet waits before it is heard.
 *
 * The delay follows the arrival of packets: that which came latest within three
 * seconds of voice sets it, so that a delay of the network is paid for while it
 * lasts. Delay is added and taken away by playing one period of the voice twice, or
 * not at all (WSOLA), in a pause first.
 *
 * All times are in samples of one channel. The clock is what was played, so that a
 * sound device that asks unevenly is a delay like one of the network, and two clocks
 * that drift apart are followed.
 */
#ifndef OFFHOOK_PLAYOUT_H
#define OFFHOOK_PLAYOUT_H

#include <pjmedia/types.h>

typedef struct pjmedia_playout pjmedia_playout;

/** What a stream has to do next for a frame that is asked for. */
typedef enum pjmedia_playout_step
{
    PJMEDIA_PLAYOUT_TAKE,       /**< Nothing: there is enough.                */
    PJMEDIA_PLAYOUT_DECODE,     /**< Add the next of the jitter buffer.       */
    PJMEDIA_PLAYOUT_WAIT,       /**< Add what conceals a loss, and leave the
                                     jitter buffer as it is.                  */
    PJMEDIA_PLAYOUT_SKIP        /**< Remove a frame from the jitter buffer.   */
} pjmedia_playout_step;

/** What waits in the jitter buffer. */
typedef struct pjmedia_playout_queue
{
    pj_int64_t      head;       /**< Number of its first sample.              */
    unsigned        length;     /**< Samples, missing ones included; 0 if none
                                     waits, then `head` has no meaning.       */
    pj_bool_t       is_ready;   /**< The first of them are not missing.       */
} pjmedia_playout_queue;

/**
 * Create the playout of a stream.
 *
 * @param frame     Length of a frame that is asked for, 10 ms or more.
 * @param least     Delay beyond that of the fastest packet, at least.
 * @param most      The same, at most.
 */
pjmedia_playout *pjmedia_playout_create(pj_pool_t *pool, unsigned clock_rate,
                                        unsigned channel_count, unsigned frame,
                                        unsigned least, unsigned most);

/** Forget the arrivals so far: the stream was not heard. */
void pjmedia_playout_restart(pjmedia_playout *playout);

/** Note a packet of `length` samples that begins with `number`; some before it may
 *  be missing.
 */
void pjmedia_playout_arrived(pjmedia_playout *playout, pj_int64_t number,
                             unsigned length, pj_bool_t is_after_loss);

/** Have so many samples wait behind the one that is heard, beyond what jitter asks
 *  for: those that a missing one can be restored from.
 */
void pjmedia_playout_keep(pjmedia_playout *playout, unsigned length);

/** The next step for a frame that is asked for, until it is to be taken. */
pjmedia_playout_step pjmedia_playout_next(pjmedia_playout *playout,
                                          const pjmedia_playout_queue *queue);

/** Where the next samples are to be put, a frame of them at most. */
pj_int16_t *pjmedia_playout_room(pjmedia_playout *playout);

/** Add those that were put there. */
void pjmedia_playout_add(pjmedia_playout *playout, unsigned length);

/** Put there what conceals a loss, to be added next. */
void pjmedia_playout_conceal(pjmedia_playout *playout, unsigned length);

/** Take a frame. */
void pjmedia_playout_take(pjmedia_playout *playout, pj_int16_t *samples);

#endif
