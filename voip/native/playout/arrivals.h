/* arrivals.h: the delay that the arrival of packets asks for.
 *
 * Part of Offhook; see playout.h. Times are in samples of one channel.
 */
#ifndef OFFHOOK_ARRIVALS_H
#define OFFHOOK_ARRIVALS_H

#include <pj/types.h>

/* Packets that are remembered: those of three seconds, 10 ms each, and some. */
#define PACKETS                 384

struct arrival
{
    pj_int64_t      lag;        /* Played until then, less the packet's number */
    pj_int64_t      at;         /* Time of voice, pauses left out             */
};

struct arrivals
{
    unsigned        rate;       /* Samples in a second                        */
    unsigned        frame;      /* Samples that are asked for at once         */
    unsigned        least;      /* Delay beyond the earliest packet's         */
    unsigned        most;
    unsigned        kept;       /* Samples that others are restored from      */

    struct arrival  ring[PACKETS];
    unsigned        first, count;
    pj_int64_t      wanted;     /* Delay that they ask for, if `count`        */

    unsigned        length;     /* of the latest packet                       */
    pj_int64_t      voice;      /* Time of the latest one, pauses left out    */
    pj_int64_t      losses[2];  /* Such times of the latest two losses        */
    pj_int64_t      played;     /* What was played by then                    */
    pj_int64_t      unasked;    /* First number since a frame was asked for   */
    pj_bool_t       is_fresh;   /* Nothing was asked for since the latest     */
    pj_timestamp    clock;      /* at this time                               */
};

/* Note a packet of `length` samples that begins with `number`. */
void pjmedia_arrivals_add(struct arrivals *arrivals, pj_int64_t number,
                          unsigned length, pj_bool_t is_after_loss,
                          pj_int64_t played);

/* Note that a frame is asked for. */
void pjmedia_arrivals_asked(struct arrivals *arrivals);

#endif
