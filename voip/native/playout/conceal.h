/* conceal.h: voice in place of what is lost, from both sides of the gap.
 *
 * Part of Offhook; see playout.h. Lengths are in samples of one channel.
 */
#ifndef OFFHOOK_CONCEAL_H
#define OFFHOOK_CONCEAL_H

#include <pj/pool.h>

struct concealment
{
    unsigned    rate, channels;
    pj_int16_t *cycle;      /* One period of the voice before the gap         */
    unsigned    period;     /* Its length                                     */
    unsigned    length;     /* of the gap so far; 0: there is none            */
};

/* Voice (ms) before a gap that has to be at hand. */
#define CONCEAL_HISTORY_MS      30

void pjmedia_conceal_init(struct concealment *gap, pj_pool_t *pool,
                          unsigned clock_rate, unsigned channel_count);

/* Go on with the voice before `to`, for `length` samples. */
void pjmedia_conceal_fill(struct concealment *gap, pj_int16_t *to,
                          unsigned length);

/* End the gap. `after` is where the voice goes on, with `known` samples of it;
 * the `unplayed` ones before may still be changed.
 */
void pjmedia_conceal_end(struct concealment *gap, pj_int16_t *after,
                         unsigned known, unsigned unplayed);

#endif
