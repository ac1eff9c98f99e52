/* playout.c: how long a packet waits before it is heard.
 *
 * Part of Offhook; see playout.h.
 */
#include <pjmedia/playout.h>
#include <pj/limits.h>
#include <pj/math.h>
#include <pj/pool.h>
#include <pj/string.h>
#include "arrivals.h"
#include "conceal.h"
#include "stretch.h"

/* Silence (ms) after which a voice begins anew: a longer wait is not heard. */
#define PAUSE                   100

/* Delay (ms) beyond what is asked for that is left out at once. */
#define HIGHEST_EXCESS          200

/* A delay (s) beyond belief: the queue still has numbers of another sender. */
#define UNLIKELY                2

/* Periods of voice that are left out or repeated, and the fade between (ms).
 * Telephone voices have 2.5 to 12.5 ms.
 */
#define SHORTEST_US             2500
#define LONGEST                 15
#define OVERLAP                 10

/* Between two changes of voice that is not quiet (ms). */
#define SPACING                 60

/* Voice (ms) after a gap that tells how it went on there. */
#define KNOWN                   20

/* How alike the voice before and after a change has to be; where nothing has
 * been for PATIENCE (ms), as in noise, less does.
 */
#define ALIKE                   0.85f
#define HARDLY_ALIKE            0.2f
#define PATIENCE                1000

/* Quiet is below this share of the loudest energy of the last seconds, or
 * below this energy.
 */
#define QUIET_SHARE             0.001f
#define QUIET                   400.0f
#define LOUDNESS_DECAY          0.995f

struct pjmedia_playout
{
    unsigned        rate, channels, frame, shortest, longest, overlap;

    struct arrivals arrivals;
    pj_int64_t      played;     /* Samples that were taken                    */
    pj_int64_t      delay;      /* That of the next sample, if known          */
    pj_bool_t       is_known;
    pj_bool_t       is_adapted; /* For this frame                             */
    unsigned        joint;      /* Frames are skipped after so many samples   */
    pj_int64_t      changed_at; /* Time of the last change of the delay,      */
    pj_int64_t      due_at;     /* and since when the next one is due         */
    pj_bool_t       is_starved; /* Nothing waits in the jitter buffer         */
    unsigned        silent;     /* For so long                                */
    float           loudest;

    struct concealment gap;     /* in the voice that waits, or just before it */
    unsigned        known;      /* Samples after it                           */
    pj_bool_t       is_filled;  /* What is added next conceals                */

    pj_int16_t     *voice_buf;  /* What was played last, and what waits       */
    unsigned        history, pending;
};


static unsigned of_ms(const pjmedia_playout *playout, unsigned ms)
{
    return playout->rate * ms / 1000;
}


static pj_int16_t *sample(const pjmedia_playout *playout, unsigned number)
{
    return playout->voice_buf + number * playout->channels;
}


pjmedia_playout *pjmedia_playout_create(pj_pool_t *pool, unsigned clock_rate,
                                        unsigned channel_count, unsigned frame,
                                        unsigned least, unsigned most)
{
    pjmedia_playout *playout = PJ_POOL_ZALLOC_T(pool, pjmedia_playout);

    playout->rate = clock_rate;
    playout->channels = channel_count;
    playout->frame = frame;
    playout->arrivals.rate = clock_rate;
    playout->arrivals.frame = frame;
    playout->arrivals.least = least;
    playout->arrivals.most = most;
    playout->shortest = (unsigned)((pj_uint64_t)clock_rate * SHORTEST_US /
                                   1000000);
    playout->longest = of_ms(playout, LONGEST);
    playout->overlap = PJ_MIN(of_ms(playout, OVERLAP), frame);

    /* Less than a frame and a period wait when a frame is added, or when two
     * are where some are skipped; then a period may be repeated.
     */
    playout->history = of_ms(playout, CONCEAL_HISTORY_MS);
    playout->voice_buf = (pj_int16_t*)
                         pj_pool_calloc(pool, channel_count *
                                        (playout->history + 4 * frame +
                                         3 * playout->longest),
                                        sizeof(pj_int16_t));
    pjmedia_conceal_init(&playout->gap, pool, clock_rate, channel_count);
    pjmedia_playout_restart(playout);

    return playout;
}


void pjmedia_playout_restart(pjmedia_playout *playout)
{
    playout->arrivals.count = 0;
    playout->arrivals.is_fresh = PJ_FALSE;
    playout->is_known = PJ_FALSE;
    playout->silent = of_ms(playout, PAUSE);
}


void pjmedia_playout_arrived(pjmedia_playout *playout, pj_int64_t number,
                             unsigned length, pj_bool_t is_after_loss)
{
    pjmedia_arrivals_add(&playout->arrivals, number, length, is_after_loss,
                         playout->played);
}


void pjmedia_playout_keep(pjmedia_playout *playout, unsigned length)
{
    playout->arrivals.kept = length;
}


static pj_int64_t excess(const pjmedia_playout *playout)
{
    return playout->delay - playout->arrivals.wanted;
}


static float energy(const pjmedia_playout *playout, unsigned start,
                    unsigned length)
{
    const pj_int16_t *samples = sample(playout, start);
    unsigned i, count = length * playout->channels;
    float sum = 0;

    for (i = 0; i < count; ++i)
        sum += (float)samples[i] * samples[i];

    return sum / count;
}


/* Whether a change may be heard, of voice as alike as this. */
static pj_bool_t may_change(const pjmedia_playout *playout, float alike)
{
    float patience = (float)of_ms(playout, PATIENCE);
    float waited = PJ_MIN((float)(playout->played - playout->due_at), patience);

    return alike >= ALIKE - (ALIKE - HARDLY_ALIKE) * waited / patience;
}


static void changed(pjmedia_playout *playout, int length)
{
    playout->pending += length;
    playout->delay += length;
    playout->changed_at = playout->due_at = playout->played;
}


/* Leave out what is far too much: fade from what waits to what comes later. */
static pjmedia_playout_step skip(pjmedia_playout *playout,
                                 const pjmedia_playout_queue *queue)
{
    struct stretch all = { playout->joint, 0 };

    if (playout->pending == playout->joint && queue->length &&
        excess(playout) > (pj_int64_t)playout->joint)
    {
        return PJMEDIA_PLAYOUT_SKIP;
    }
    if (playout->pending < playout->joint + playout->frame)
        return PJMEDIA_PLAYOUT_DECODE;

    pjmedia_stretch_cut(sample(playout, playout->history), playout->pending,
                        &all, playout->overlap, playout->channels);
    changed(playout, -(int)playout->joint);
    playout->joint = 0;
    return PJMEDIA_PLAYOUT_TAKE;
}


static pjmedia_playout_step shorten(pjmedia_playout *playout,
                                    const pjmedia_playout_queue *queue,
                                    unsigned most, pj_bool_t is_quiet)
{
    unsigned longest = PJ_MIN(most, playout->longest);
    struct stretch found;

    if (playout->pending < playout->frame + longest && queue->is_ready)
        return PJMEDIA_PLAYOUT_DECODE;

    longest = PJ_MIN(longest, playout->pending - playout->frame);
    if (longest < playout->shortest)
        return PJMEDIA_PLAYOUT_TAKE;

    found = pjmedia_stretch_find(sample(playout, playout->history), 1,
                                 playout->shortest, longest, playout->overlap,
                                 playout->rate, playout->channels);
    if (is_quiet || may_change(playout, found.similarity)) {
        pjmedia_stretch_cut(sample(playout, playout->history),
                            playout->pending, &found, playout->overlap,
                            playout->channels);
        changed(playout, -(int)found.period);
    }
    return PJMEDIA_PLAYOUT_TAKE;
}


static void lengthen(pjmedia_playout *playout, pj_bool_t is_quiet)
{
    struct stretch found;

    if (playout->pending < playout->overlap)
        return;

    found = pjmedia_stretch_find(sample(playout, playout->history), -1,
                                 playout->shortest, playout->longest,
                                 playout->overlap, playout->rate,
                                 playout->channels);
    if (is_quiet || may_change(playout, found.similarity)) {
        pjmedia_stretch_repeat(sample(playout, playout->history),
                               playout->pending, &found, playout->overlap,
                               playout->channels);
        changed(playout, (int)found.period);
    }
}


/* Bring the delay of the voice that waits closer to the one that is wanted. */
static pjmedia_playout_step adapt(pjmedia_playout *playout,
                                  const pjmedia_playout_queue *queue)
{
    pj_int64_t more = excess(playout);
    float now = energy(playout, playout->history, playout->pending);
    pj_bool_t is_quiet = now < QUIET || now < QUIET_SHARE * playout->loudest;

    if (!playout->joint && queue->length &&
        more > of_ms(playout, HIGHEST_EXCESS))
    {
        playout->joint = playout->pending;
    }
    if (playout->joint)
        return skip(playout, queue);

    if (more >= 0 && more < playout->shortest) {
        playout->due_at = playout->played;
        return PJMEDIA_PLAYOUT_TAKE;
    }
    if (!is_quiet &&
        playout->played - playout->changed_at < of_ms(playout, SPACING))
    {
        return PJMEDIA_PLAYOUT_TAKE;
    }
    if (more > 0)
        return shorten(playout, queue, (unsigned)more, is_quiet);

    lengthen(playout, is_quiet);
    return PJMEDIA_PLAYOUT_TAKE;
}


static void end_gap(pjmedia_playout *playout)
{
    unsigned unplayed = playout->pending - playout->known;

    pjmedia_conceal_end(&playout->gap,
                        sample(playout, playout->history + unplayed),
                        playout->known, unplayed);
    playout->known = 0;
}


pjmedia_playout_step pjmedia_playout_next(pjmedia_playout *playout,
                                          const pjmedia_playout_queue *queue)
{
    pjmedia_playout_step step;

    pjmedia_arrivals_asked(&playout->arrivals);

    if (queue->length) {
        pj_int64_t limit = (pj_int64_t)UNLIKELY * playout->rate;

        playout->delay = playout->played + playout->pending - queue->head;
        playout->is_known = playout->arrivals.count &&
                            excess(playout) < limit && excess(playout) > -limit;
    }

    if (playout->pending < playout->frame) {
        playout->is_starved = !queue->length;
        if (playout->is_starved) {
            playout->is_known = PJ_FALSE;
        } else if (playout->is_known && excess(playout) < 0 &&
                   playout->silent >= of_ms(playout, PAUSE))
        {
            return PJMEDIA_PLAYOUT_WAIT;
        } else {
            playout->silent = 0;
        }
        return PJMEDIA_PLAYOUT_DECODE;
    }

    if (playout->known) {
        if (queue->is_ready && playout->known < of_ms(playout, KNOWN))
            return PJMEDIA_PLAYOUT_DECODE;
        end_gap(playout);
    } else if (playout->gap.length && queue->is_ready) {
        return PJMEDIA_PLAYOUT_DECODE;
    }

    if (!playout->is_known || playout->is_adapted)
        return PJMEDIA_PLAYOUT_TAKE;

    step = adapt(playout, queue);
    playout->is_adapted = (step == PJMEDIA_PLAYOUT_TAKE);
    return step;
}


void pjmedia_playout_conceal(pjmedia_playout *playout, unsigned length)
{
    if (playout->known)
        end_gap(playout);
    pjmedia_conceal_fill(&playout->gap, pjmedia_playout_room(playout), length);
    playout->is_filled = PJ_TRUE;
}


pj_int16_t *pjmedia_playout_room(pjmedia_playout *playout)
{
    return sample(playout, playout->history + playout->pending);
}


void pjmedia_playout_add(pjmedia_playout *playout, unsigned length)
{
    playout->pending += length;
    if (playout->is_filled)
        playout->is_filled = PJ_FALSE;
    else if (playout->gap.length)
        playout->known += length;
    if (playout->is_starved && playout->silent < of_ms(playout, PAUSE))
        playout->silent += length;
}


void pjmedia_playout_take(pjmedia_playout *playout, pj_int16_t *samples)
{
    unsigned channels = playout->channels;
    float loudness = energy(playout, playout->history, playout->frame);

    playout->loudest = PJ_MAX(loudness, playout->loudest * LOUDNESS_DECAY);
    pj_memcpy(samples, sample(playout, playout->history),
              playout->frame * channels * sizeof(*samples));
    pj_memmove(playout->voice_buf, sample(playout, playout->frame),
               (playout->history + playout->pending - playout->frame) *
               channels * sizeof(*samples));
    playout->pending -= playout->frame;
    playout->played += playout->frame;
    playout->is_adapted = PJ_FALSE;
}
