/* arrivals.c: the delay that the arrival of packets asks for.
 *
 * Part of Offhook; see playout.h.
 */
#include "arrivals.h"
#include <pj/math.h>
#include <pj/os.h>

/* Voice (ms) whose arrivals set the delay. */
#define MEMORY                  3000

/* A wait (ms) for a packet that is no longer one for the network: a pause. */
#define PAUSE                   100

/* Packets (percent) that come early enough to restore those before them. */
#define RESTORING               95

/* Voice (ms) within which two losses ask for a packet more: a loss is concealed
 * better once the next packet is there.
 */
#define LOSSY                   4000

/* A packet that came this much (ms) before it was needed might be late the
 * next time.
 */
#define CLOSE                   3

/* Voice (ms) that may arrive while nothing is asked for. After more nobody
 * listened, and its arrivals say nothing of the network.
 */
#define STANDSTILL              250

/* A jump of a sender's numbers (s): it is another sender. */
#define OTHER_SENDER            2


static unsigned of_ms(const struct arrivals *arrivals, unsigned ms)
{
    return arrivals->rate * ms / 1000;
}


/* How late RESTORING percent of these were, at most: their lags have few values. */
static pj_int64_t usually_latest(const struct arrivals *arrivals)
{
    unsigned later = 0, allowed = arrivals->count * (100 - RESTORING) / 100;
    pj_int64_t latest, above = PJ_INT64(0x7FFFFFFFFFFFFFFF);

    for (;;) {
        unsigned i, equal = 0;

        latest = PJ_INT64(-0x7FFFFFFFFFFFFFFF);
        for (i = 0; i < arrivals->count; ++i) {
            pj_int64_t lag = arrivals->ring[(arrivals->first + i) % PACKETS].lag;

            if (lag < above && lag > latest) {
                latest = lag;
                equal = 1;
            } else if (lag == latest) {
                ++equal;
            }
        }
        later += equal;
        if (later > allowed)
            return latest;
        above = latest;
    }
}


/* The delay with which none of these would have come too late, and the next one
 * is there for what it restores, or mostly there when losses are frequent.
 */
static void follow(struct arrivals *arrivals)
{
    pj_int64_t earliest = PJ_INT64(0x7FFFFFFFFFFFFFFF), latest = -earliest;
    pj_int64_t above = 0;
    unsigned i;

    for (i = 0; i < arrivals->count; ++i) {
        unsigned index = (arrivals->first + i) % PACKETS;

        earliest = PJ_MIN(earliest, arrivals->ring[index].lag);
        latest = PJ_MAX(latest, arrivals->ring[index].lag);
        above += arrivals->ring[index].lag - arrivals->ring[arrivals->first].lag;
    }
    arrivals->wanted = PJ_MAX(latest, earliest + arrivals->least);
    if (arrivals->losses[0] && arrivals->voice - arrivals->losses[0] <
                               of_ms(arrivals, LOSSY))
    {
        pj_int64_t usual = arrivals->ring[arrivals->first].lag +
                           above / arrivals->count;

        arrivals->wanted = PJ_MAX(arrivals->wanted, usual + arrivals->length);
    }
    /* A copy that comes after its frame was due is none. */
    if (arrivals->kept) {
        arrivals->wanted = PJ_MAX(arrivals->wanted, usually_latest(arrivals) +
                                                    arrivals->kept);
    }
    arrivals->wanted = PJ_MIN(arrivals->wanted, earliest + arrivals->most);
}


void pjmedia_arrivals_add(struct arrivals *arrivals, pj_int64_t number,
                          unsigned length, pj_bool_t is_after_loss,
                          pj_int64_t played)
{
    pj_int64_t lag = played - number;
    pj_int64_t passed = played - arrivals->played;
    struct arrival *arrival;

    if (arrivals->count) {
        unsigned last = (arrivals->first + arrivals->count - 1) % PACKETS;
        pj_int64_t jump = lag - arrivals->ring[last].lag;

        if (jump > (pj_int64_t)OTHER_SENDER * arrivals->rate ||
            jump < -(pj_int64_t)OTHER_SENDER * arrivals->rate)
        {
            arrivals->count = 0;
        }
    }
    if (!arrivals->is_fresh)
        arrivals->unasked = number;
    else if (number - arrivals->unasked > of_ms(arrivals, STANDSTILL))
        arrivals->count = 0;

    arrivals->voice += PJ_MIN(passed, (pj_int64_t)of_ms(arrivals, PAUSE));
    arrivals->played = played;
    arrivals->length = length;
    if (is_after_loss) {
        arrivals->losses[0] = arrivals->losses[1];
        arrivals->losses[1] = arrivals->voice;
    }
    arrivals->is_fresh = PJ_TRUE;
    pj_get_timestamp(&arrivals->clock);

    while (arrivals->count == PACKETS ||
           (arrivals->count && arrivals->voice -
            arrivals->ring[arrivals->first].at > of_ms(arrivals, MEMORY)))
    {
        arrivals->first = (arrivals->first + 1) % PACKETS;
        --arrivals->count;
    }
    arrival = &arrivals->ring[(arrivals->first + arrivals->count++) % PACKETS];
    arrival->lag = lag;
    arrival->at = arrivals->voice;
    follow(arrivals);
}


/* A packet that came just before this is as good as late: more delay is wanted
 * before one is.
 */
void pjmedia_arrivals_asked(struct arrivals *arrivals)
{
    pj_timestamp now;

    if (!arrivals->is_fresh)
        return;
    arrivals->is_fresh = PJ_FALSE;
    pj_get_timestamp(&now);
    if (arrivals->count && pj_elapsed_msec(&arrivals->clock, &now) < CLOSE) {
        unsigned last = (arrivals->first + arrivals->count - 1) % PACKETS;

        arrivals->ring[last].lag += arrivals->frame;
        follow(arrivals);
    }
}


