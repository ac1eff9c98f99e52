/* stretch.c: voice made shorter or longer by one of its periods (WSOLA).
 *
 * Part of Offhook; see playout.h.
 */
#include "stretch.h"
#include <pj/math.h>
#include <pj/string.h>
#include <math.h>

/* Steps of the first search: a period of voice is found at this rate. */
#define COARSE_RATE             8000

/* Energy below which all voice is alike. */
#define SILENCE                 1.0f


/* How alike two pieces are, by every `stride`th of `count` samples. */
static float similarity(const pj_int16_t *a, const pj_int16_t *b,
                        unsigned count, unsigned stride, unsigned channels)
{
    float product = 0, energy_a = 0, energy_b = 0;
    unsigned i;

    count *= channels;
    stride *= channels;
    for (i = 0; i < count; i += stride) {
        product += (float)a[i] * b[i];
        energy_a += (float)a[i] * a[i];
        energy_b += (float)b[i] * b[i];
    }
    if (energy_a < SILENCE || energy_b < SILENCE)
        return energy_a < SILENCE && energy_b < SILENCE ? 1.0f : 0.0f;

    return product / sqrtf(energy_a * energy_b);
}


static struct stretch search(const pj_int16_t *at, int way,
                             unsigned from, unsigned to, unsigned step,
                             unsigned overlap, unsigned stride,
                             unsigned channels)
{
    struct stretch best = { from, -1.0f };
    unsigned period;

    for (period = from; period <= to; period += step) {
        const pj_int16_t *other = at + way * (int)(period * channels);
        float alike = similarity(at, other, overlap, stride, channels);

        if (alike > best.similarity) {
            best.similarity = alike;
            best.period = period;
        }
    }
    return best;
}


struct stretch pjmedia_stretch_find(const pj_int16_t *at, int way,
                                    unsigned shortest, unsigned longest,
                                    unsigned overlap, unsigned clock_rate,
                                    unsigned channel_count)
{
    unsigned step = clock_rate > COARSE_RATE ? clock_rate / COARSE_RATE : 1;
    struct stretch found = search(at, way, shortest, longest, step, overlap,
                                  step, channel_count);

    if (step == 1)
        return found;

    return search(at, way, PJ_MAX(found.period, shortest + step) - step,
                  PJ_MIN(found.period + step, longest), 1, overlap, 1,
                  channel_count);
}


void pjmedia_stretch_fade(pj_int16_t *to, const pj_int16_t *old,
                          const pj_int16_t *fresh, unsigned count, float alike,
                          unsigned channels)
{
    unsigned i, channel;

    alike = PJ_MAX(alike, 0.0f);
    for (i = 0; i < count; ++i) {
        float in = 0.5f - 0.5f * cosf((float)PJ_PI * (i + 0.5f) / count);
        float out = 1.0f - in;
        float gain = 1.0f / sqrtf(in * in + out * out + 2 * alike * in * out);

        for (channel = 0; channel < channels; ++channel, ++to, ++old, ++fresh) {
            float sample = gain * (out * *old + in * *fresh);
            *to = (pj_int16_t)PJ_MAX(-32768.0f, PJ_MIN(sample, 32767.0f));
        }
    }
}


void pjmedia_stretch_cut(pj_int16_t *at, unsigned length,
                         const struct stretch *found, unsigned overlap,
                         unsigned channel_count)
{
    const pj_int16_t *later = at + found->period * channel_count;
    unsigned faded = overlap * channel_count;

    pjmedia_stretch_fade(at, at, later, overlap, found->similarity,
                         channel_count);
    pj_memmove(at + faded, later + faded,
               (length - found->period - overlap) * channel_count *
               sizeof(*at));
}


void pjmedia_stretch_repeat(pj_int16_t *at, unsigned length,
                            const struct stretch *found, unsigned overlap,
                            unsigned channel_count)
{
    unsigned period = found->period * channel_count;

    /* What is heard goes on for the length of the fade. */
    pj_memmove(at + period, at, length * channel_count * sizeof(*at));
    pj_memcpy(at, at - period, period * sizeof(*at));
    pjmedia_stretch_fade(at, at + period, at, overlap, found->similarity,
                         channel_count);
}
