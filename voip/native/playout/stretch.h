/* stretch.h: voice made shorter or longer by one of its periods (WSOLA).
 *
 * Part of Offhook; see playout.h. Lengths are in samples of one channel.
 */
#ifndef OFFHOOK_STRETCH_H
#define OFFHOOK_STRETCH_H

#include <pj/types.h>

/* Voice that is left out, or played again. */
struct stretch
{
    unsigned    period;     /* Length of it                                   */
    float       similarity; /* of what is faded to what, 1 at most            */
};

/* The period, of `shortest` to `longest` samples, after which (`way` 1) or
 * before which (-1) the voice is most like the `overlap` samples at `at`.
 */
struct stretch pjmedia_stretch_find(const pj_int16_t *at, int way,
                                    unsigned shortest, unsigned longest,
                                    unsigned overlap, unsigned clock_rate,
                                    unsigned channel_count);

/* Fade from `old` to `fresh`, at one loudness also where they differ. `to` may be
 * one of them.
 */
void pjmedia_stretch_fade(pj_int16_t *to, const pj_int16_t *old,
                          const pj_int16_t *fresh, unsigned count, float alike,
                          unsigned channels);

/* Leave a period out of the `length` samples at `at`. */
void pjmedia_stretch_cut(pj_int16_t *at, unsigned length,
                         const struct stretch *found, unsigned overlap,
                         unsigned channel_count);

/* Play the period before `at` again. There has to be room after `length`. */
void pjmedia_stretch_repeat(pj_int16_t *at, unsigned length,
                            const struct stretch *found, unsigned overlap,
                            unsigned channel_count);

#endif
