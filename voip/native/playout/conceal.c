/* conceal.c: voice in place of what is lost, from both sides of the gap.
 *
 * Part of Offhook; see playout.h.
 */
#include "conceal.h"
#include <pj/math.h>
#include <pj/pool.h>
#include <pj/string.h>
#include "stretch.h"

/* Periods of a voice, and what is compared to find them (ms). */
#define SHORTEST_US             2500
#define LONGEST                 15
#define COMPARED                7

/* The same where only a packet is known: after the gap. */
#define COMPARED_AFTER          7

/* Loudness of the voice that is repeated: after HELD (ms) it fades to nothing
 * within FADED.
 */
#define HELD                    20
#define FADED                   80

/* Length (ms) of the fade to a voice that is back, and from one side of a gap to
 * the other at most.
 */
#define JOINT                   5
#define BETWEEN                 20


static unsigned of_ms(const struct concealment *gap, unsigned ms)
{
    return gap->rate * ms / 1000;
}


static unsigned shortest(const struct concealment *gap)
{
    return (unsigned)((pj_uint64_t)gap->rate * SHORTEST_US / 1000000);
}


/* Length of a gap after which nothing is left of the voice before it. */
static unsigned longest(const struct concealment *gap)
{
    return of_ms(gap, HELD + FADED);
}


void pjmedia_conceal_init(struct concealment *gap, pj_pool_t *pool,
                          unsigned clock_rate, unsigned channel_count)
{
    gap->rate = clock_rate;
    gap->channels = channel_count;
    gap->length = 0;
    gap->cycle = (pj_int16_t*)
                 pj_pool_calloc(pool, of_ms(gap, LONGEST) * channel_count,
                                sizeof(pj_int16_t));
}


/* Keep the last period before `to`, so that its end leads to its beginning. */
static void learn(struct concealment *gap, const pj_int16_t *to)
{
    unsigned channels = gap->channels;
    unsigned compared = of_ms(gap, COMPARED), samples, faded;
    struct stretch found;

    found = pjmedia_stretch_find(to - compared * channels, -1, shortest(gap),
                                 of_ms(gap, LONGEST), compared, gap->rate,
                                 channels);
    gap->period = found.period;
    samples = found.period * channels;
    pj_memcpy(gap->cycle, to - samples, samples * sizeof(*to));

    faded = found.period / 4;
    pjmedia_stretch_fade(gap->cycle + samples - faded * channels,
                         gap->cycle + samples - faded * channels,
                         to - samples - faded * channels, faded,
                         found.similarity, channels);
}


/* A sample of the voice that is repeated, `at` samples into the gap. */
static pj_int16_t repeated(const struct concealment *gap, unsigned at,
                           unsigned channel)
{
    unsigned faded = of_ms(gap, FADED), end = longest(gap);
    pj_int16_t sample = gap->cycle[(at % gap->period) * gap->channels +
                                   channel];

    if (at + faded <= end)
        return sample;
    if (at >= end)
        return 0;
    return (pj_int16_t)(sample * (int)(end - at) / (int)faded);
}


void pjmedia_conceal_fill(struct concealment *gap, pj_int16_t *to,
                          unsigned length)
{
    unsigned i, channel;

    if (!gap->length)
        learn(gap, to);
    for (i = 0; i < length; ++i) {
        for (channel = 0; channel < gap->channels; ++channel)
            *to++ = repeated(gap, gap->length + i, channel);
    }
    gap->length = PJ_MIN(gap->length + length, longest(gap));
}


/* How much of what comes is heard, `at` samples into a fade of `length`. */
static float share(unsigned at, unsigned length)
{
    return (at + 0.5f) / length;
}


/* Fade to the voice that is back from what was repeated until then. */
static void fade_in(const struct concealment *gap, pj_int16_t *after,
                    unsigned length)
{
    unsigned i, channel;

    for (i = 0; i < length; ++i) {
        float in = share(i, length);

        for (channel = 0; channel < gap->channels; ++channel, ++after) {
            *after = (pj_int16_t)(*after * in + (1 - in) *
                                  repeated(gap, gap->length + i, channel));
        }
    }
}


/* Fade the last samples before `after` to what leads to the voice there. */
static void lead_in(const struct concealment *gap, pj_int16_t *after,
                    unsigned known, unsigned length)
{
    unsigned compared = of_ms(gap, COMPARED_AFTER), channels = gap->channels;
    unsigned most = PJ_MIN(known - compared, of_ms(gap, LONGEST)), i;
    struct stretch found = pjmedia_stretch_find(after, 1, shortest(gap),
                                                most, compared, gap->rate,
                                                channels);
    unsigned samples = found.period * channels;
    pj_int16_t *to = after - length * channels;

    for (i = 0; i < length * channels; ++i) {
        /* Periods before `after` are like the one that begins there. */
        unsigned before = length * channels - i;
        unsigned at = (samples - before % samples) % samples;
        float in = share(i / channels, length);

        to[i] = (pj_int16_t)(to[i] * (1 - in) + after[at] * in);
    }
}


void pjmedia_conceal_end(struct concealment *gap, pj_int16_t *after,
                         unsigned known, unsigned unplayed)
{
    unsigned joint = PJ_MIN(of_ms(gap, JOINT), known);
    unsigned between = PJ_MIN(PJ_MIN(unplayed, gap->length),
                              of_ms(gap, BETWEEN));

    if (gap->length < longest(gap) && between >= joint && known >= of_ms(gap, COMPARED_AFTER) +
                                     2 * shortest(gap))
    {
        lead_in(gap, after, known, between);
    } else {
        fade_in(gap, after, joint);
    }
    gap->length = 0;
}
