/* call_recorder.c: both sides of a call in one file, each in a channel.
 *
 * Part of Offhook. PJMEDIA's recorder has one port, of one channel: two of them
 * would drift apart at each hold and each pause. Here a port for each side gets
 * one frame in each tick of the bridge, and both go into the file as one frame
 * of two channels. A side that says nothing in a tick is silent in it; a tick
 * in which no side is connected, as on hold, is left out.
 *
 * The bridge's thread copies alone. A thread of the file resamples and writes,
 * eight times a second, first the samples and then the header that counts them:
 * whenever the process ends, the file is a whole one. One resampler has both
 * channels, so that they stay together.
 */
#include <pjmedia/call_recorder.h>
#include <pjmedia/errno.h>
#include <pjmedia/resample.h>
#include <pj/errno.h>
#include <pj/lock.h>
#include <pj/log.h>
#include <pj/os.h>
#include <pj/pool.h>
#include <pj/string.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define THIS_FILE       "call_recorder.c"
#define SIGNATURE       PJMEDIA_SIG_CLASS_PORT_AUD('C', 'R')

#define CHANNELS        PJMEDIA_CALL_RECORDER_SIDES
#define SAMPLE_BYTES    sizeof(pj_int16_t)
#define HEADER_BYTES    44

/* Rate of a file at most (Hz): it has a voice up to 12 kHz, whatever codec a
 * call has, or comes to have.
 */
#define HIGHEST_RATE    24000

/* Sound that waits for a slow disk (s), and how often it is written (a second). */
#define LONGEST_WAIT    4
#define WRITES          8

struct side
{
    pjmedia_port            base;
    pjmedia_call_recorder  *rec;
};

/* The handle and both ports own it: the bridge lets go of a port when it likes. */
struct pjmedia_call_recorder
{
    pj_pool_t      *pool;
    pj_atomic_t    *owners;
    pj_mutex_t     *mutex;
    pj_sem_t       *work;
    pj_thread_t    *writer;
    int             fd;
    struct side     sides[CHANNELS];
    unsigned        clock_rate;         /* of the file                      */
    unsigned        frame_samples;      /* of one channel, in the bridge    */
    pj_size_t       file_bytes;         /* of a tick in the file            */
    unsigned        most_ticks;         /* of sound                         */

    /* One tick of the bridge, until both sides have come. */
    pj_int16_t     *tick;
    pj_uint64_t     timestamp;
    pj_bool_t       has[CHANNELS];
    pj_bool_t       is_connected;

    /* Ticks that wait to be written, in a ring; counts of all so far. */
    pj_int16_t     *ring;
    unsigned        capacity;
    unsigned        taken;
    unsigned        written;
    unsigned        lost;               /* the disk was too slow            */

    /* Of the file's thread, if the rates differ. */
    pjmedia_resample *resample;
    pj_int16_t     *resampled;

    pj_bool_t       ended;
    pjmedia_call_recorder_state state;
};


static unsigned tick_samples(const pjmedia_call_recorder *rec)
{
    return rec->frame_samples * CHANNELS;
}


/*
 * The file
 */

static pj_uint8_t *put_number(pj_uint8_t *at, pj_uint32_t number, unsigned size)
{
    for (; size; --size, number >>= 8)
        *at++ = (pj_uint8_t)number;
    return at;
}


static pj_uint8_t *put_tag(pj_uint8_t *at, const char *tag)
{
    pj_memcpy(at, tag, 4);
    return at + 4;
}


static pj_status_t write_at(int fd, const void *data, pj_size_t size, off_t at)
{
    const char *from = (const char*)data;

    while (size) {
        ssize_t done = pwrite(fd, from, size, at);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done ? PJ_RETURN_OS_ERROR(errno) : PJ_EUNKNOWN;
        from += done;
        at += done;
        size -= done;
    }
    return PJ_SUCCESS;
}


/* In one piece: half a header would be none. */
static pj_status_t write_header(const pjmedia_call_recorder *rec)
{
    pj_uint32_t data_bytes = (pj_uint32_t)(rec->written * rec->file_bytes);
    pj_uint8_t header[HEADER_BYTES], *at = header;

    at = put_tag(at, "RIFF");
    at = put_number(at, data_bytes + HEADER_BYTES - 8, 4);
    at = put_tag(at, "WAVE");
    at = put_tag(at, "fmt ");
    at = put_number(at, 16, 4);
    at = put_number(at, 1, 2);
    at = put_number(at, CHANNELS, 2);
    at = put_number(at, rec->clock_rate, 4);
    at = put_number(at, rec->clock_rate * CHANNELS * SAMPLE_BYTES, 4);
    at = put_number(at, CHANNELS * SAMPLE_BYTES, 2);
    at = put_number(at, SAMPLE_BYTES * 8, 2);
    at = put_tag(at, "data");
    put_number(at, data_bytes, 4);
    return write_at(rec->fd, header, sizeof(header), 0);
}


/* Samples of the file, from ticks of the ring. */
static pj_int16_t *convert(pjmedia_call_recorder *rec, unsigned first,
                           unsigned count)
{
    pj_int16_t *samples = rec->ring + first * tick_samples(rec);
    pj_size_t step = rec->file_bytes / SAMPLE_BYTES, i;

    if (rec->resample) {
        for (i = 0; i < count; ++i)
            pjmedia_resample_run(rec->resample, samples + i * tick_samples(rec),
                                 rec->resampled + i * step);
        samples = rec->resampled;
    }
#if defined(PJ_IS_BIG_ENDIAN) && PJ_IS_BIG_ENDIAN != 0
    for (i = 0; i < count * step; ++i)
        samples[i] = pj_swap16(samples[i]);
#endif
    return samples;
}


/* Write what waits, up to the ring's end. The bridge adds behind it meanwhile. */
static pj_bool_t write_ticks(pjmedia_call_recorder *rec)
{
    unsigned first = rec->written % rec->capacity, count;
    pj_status_t status;

    pj_mutex_lock(rec->mutex);
    count = PJ_MIN(rec->taken - rec->written, rec->capacity - first);
    pj_mutex_unlock(rec->mutex);
    if (!count)
        return PJ_FALSE;

    status = write_at(rec->fd, convert(rec, first, count),
                      count * rec->file_bytes,
                      HEADER_BYTES + (off_t)rec->written * rec->file_bytes);
    pj_mutex_lock(rec->mutex);
    if (status == PJ_SUCCESS)
        rec->written += count;
    pj_mutex_unlock(rec->mutex);
    if (status == PJ_SUCCESS)
        status = write_header(rec);
    if (status != PJ_SUCCESS) {
        PJ_PERROR(2, (THIS_FILE, status, "A recording ends"));
        pj_mutex_lock(rec->mutex);
        rec->state.status = status;
        rec->ended = PJ_TRUE;
        pj_mutex_unlock(rec->mutex);
    }
    return status == PJ_SUCCESS;
}


static int write_file(void *arg)
{
    pjmedia_call_recorder *rec = (pjmedia_call_recorder*)arg;
    pj_bool_t ended;

    do {
        pj_sem_wait(rec->work);
        pj_mutex_lock(rec->mutex);
        ended = rec->ended;
        pj_mutex_unlock(rec->mutex);
        while (write_ticks(rec))
            ;
        ended |= rec->state.status != PJ_SUCCESS;
    } while (!ended);

    /* A full disk may have taken a part of the last samples. */
    if (ftruncate(rec->fd, HEADER_BYTES +
                           (off_t)rec->written * rec->file_bytes))
        PJ_LOG(4, (THIS_FILE, "A recording keeps samples beyond its end"));
    close(rec->fd);
    if (rec->lost)
        PJ_LOG(2, (THIS_FILE, "A slow disk has cost %u frames", rec->lost));
    pj_mutex_lock(rec->mutex);
    rec->state.is_complete = PJ_TRUE;
    pj_mutex_unlock(rec->mutex);
    return 0;
}


/*
 * The ports
 */

static pj_bool_t has_room(const pjmedia_call_recorder *rec)
{
    return rec->taken - rec->written < rec->capacity;
}


static void add_tick(pjmedia_call_recorder *rec)
{
    pj_memcpy(rec->ring + rec->taken % rec->capacity * tick_samples(rec),
              rec->tick, tick_samples(rec) * SAMPLE_BYTES);
    ++rec->taken;
}


static void clear_tick(pjmedia_call_recorder *rec)
{
    pj_bzero(rec->tick, tick_samples(rec) * SAMPLE_BYTES);
    pj_bzero(rec->has, sizeof(rec->has));
    rec->is_connected = PJ_FALSE;
}


static void end_with_lock(pjmedia_call_recorder *rec)
{
    if (!rec->ended) {
        /* The resampler still has the last sound: silence pushes it out. */
        clear_tick(rec);
        if (rec->resample && rec->taken && has_room(rec))
            add_tick(rec);
        rec->ended = PJ_TRUE;
        pj_sem_post(rec->work);
    }
}


/* Put a tick into the ring. With the lock held. */
static void take_tick(pjmedia_call_recorder *rec)
{
    if (rec->is_connected) {
        if (!has_room(rec)) {
            ++rec->lost;
        } else if (rec->taken >= rec->most_ticks) {
            rec->state.is_full = PJ_TRUE;
            end_with_lock(rec);
        } else {
            add_tick(rec);
            if (rec->taken % (rec->capacity / (LONGEST_WAIT * WRITES)) == 0)
                pj_sem_post(rec->work);
        }
    }
    clear_tick(rec);
}


static pj_status_t put_frame(pjmedia_port *port, pjmedia_frame *frame)
{
    struct side *side = (struct side*)port;
    pjmedia_call_recorder *rec = side->rec;
    unsigned channel = (unsigned)(side - rec->sides), i;
    const pj_int16_t *samples = (const pj_int16_t*)frame->buf;

    pj_mutex_lock(rec->mutex);
    if (rec->ended) {
        pj_mutex_unlock(rec->mutex);
        return PJ_SUCCESS;
    }
    /* A side that was not there in a tick is silent in it. */
    if (rec->has[channel] || frame->timestamp.u64 != rec->timestamp)
        take_tick(rec);
    rec->timestamp = frame->timestamp.u64;
    rec->has[channel] = PJ_TRUE;
    if (frame->type == PJMEDIA_FRAME_TYPE_AUDIO) {
        unsigned count = PJ_MIN((unsigned)(frame->size / SAMPLE_BYTES),
                                rec->frame_samples);

        for (i = 0; i < count; ++i)
            rec->tick[i * CHANNELS + channel] = samples[i];
        rec->is_connected = PJ_TRUE;
    }
    if (rec->has[PJMEDIA_CALL_RECORDER_NEAR] &&
        rec->has[PJMEDIA_CALL_RECORDER_FAR])
    {
        take_tick(rec);
    }
    pj_mutex_unlock(rec->mutex);
    return PJ_SUCCESS;
}


static pj_status_t get_frame(pjmedia_port *port, pjmedia_frame *frame)
{
    PJ_UNUSED_ARG(port);
    frame->type = PJMEDIA_FRAME_TYPE_NONE;
    frame->size = 0;
    return PJ_SUCCESS;
}


static void free_memory(pjmedia_call_recorder *rec)
{
    if (rec->resample)
        pjmedia_resample_destroy(rec->resample);
    pj_pool_release(rec->pool);
}


static void disown(pjmedia_call_recorder *rec)
{
    if (pj_atomic_dec_and_get(rec->owners) == 0) {
        pj_sem_destroy(rec->work);
        pj_mutex_destroy(rec->mutex);
        pj_atomic_destroy(rec->owners);
        free_memory(rec);
    }
}


static pj_status_t on_destroy(pjmedia_port *port)
{
    disown(((struct side*)port)->rec);
    return PJ_SUCCESS;
}


/*
 * The whole
 */

/* Choose the file's rate, and have what its samples are made with. */
static pj_status_t prepare_file(pjmedia_call_recorder *rec, unsigned clock_rate)
{
    unsigned samples = rec->frame_samples;

    rec->clock_rate = PJ_MIN(clock_rate, HIGHEST_RATE);
    if (rec->clock_rate != clock_rate) {
        pj_status_t status;

        samples = rec->clock_rate / (clock_rate / samples);
        status = pjmedia_resample_create(rec->pool, PJ_TRUE, PJ_FALSE, CHANNELS,
                                         clock_rate, rec->clock_rate,
                                         rec->frame_samples, &rec->resample);
        if (status != PJ_SUCCESS)
            return status;
        rec->resampled = (pj_int16_t*)
                         pj_pool_alloc(rec->pool, rec->capacity * samples *
                                                  CHANNELS * SAMPLE_BYTES);
    }
    rec->file_bytes = samples * CHANNELS * SAMPLE_BYTES;
    return PJ_SUCCESS;
}


PJ_DEF(pj_status_t) pjmedia_call_recorder_create(pj_pool_factory *factory,
                                                 const char *path,
                                                 unsigned clock_rate,
                                                 unsigned samples_per_frame,
                                                 pj_uint32_t most_bytes,
                                                 pjmedia_call_recorder **p_rec)
{
    const pj_str_t name = { "recorder", 8 };
    pj_pool_t *pool;
    pjmedia_call_recorder *rec;
    unsigned i;
    pj_status_t status;

    PJ_ASSERT_RETURN(factory && path && clock_rate && samples_per_frame && p_rec,
                     PJ_EINVAL);
    PJ_ASSERT_RETURN(most_bytes > HEADER_BYTES, PJ_ETOOSMALL);

    pool = pj_pool_create(factory, "recorder%p", 1000, 1000, NULL);
    if (!pool)
        return PJ_ENOMEM;
    rec = PJ_POOL_ZALLOC_T(pool, pjmedia_call_recorder);
    rec->pool = pool;
    rec->frame_samples = samples_per_frame;
    rec->capacity = clock_rate * LONGEST_WAIT / samples_per_frame;
    rec->tick = (pj_int16_t*)pj_pool_calloc(pool, tick_samples(rec),
                                            SAMPLE_BYTES);
    rec->ring = (pj_int16_t*)pj_pool_alloc(pool, rec->capacity *
                                                 tick_samples(rec) *
                                                 SAMPLE_BYTES);
    status = prepare_file(rec, clock_rate);
    if (status != PJ_SUCCESS) {
        free_memory(rec);
        return status;
    }
    rec->most_ticks = (unsigned)((most_bytes - HEADER_BYTES) / rec->file_bytes);
    if (rec->resample && rec->most_ticks)
        --rec->most_ticks;              /* for what is pushed out at the end    */

    rec->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (rec->fd < 0) {
        status = PJ_RETURN_OS_ERROR(errno);
        free_memory(rec);
        return status;
    }
    status = write_header(rec);
    if (status == PJ_SUCCESS)
        status = pj_atomic_create(pool, 0, &rec->owners);
    if (status == PJ_SUCCESS)
        status = pj_mutex_create_simple(pool, "recorder", &rec->mutex);
    if (status == PJ_SUCCESS)
        status = pj_sem_create(pool, "recorder", 0, PJ_MAXINT32, &rec->work);
    for (i = 0; i < CHANNELS && status == PJ_SUCCESS; ++i) {
        pjmedia_port *port = &rec->sides[i].base;

        rec->sides[i].rec = rec;
        pjmedia_port_info_init(&port->info, &name, SIGNATURE, clock_rate, 1,
                               SAMPLE_BYTES * 8, samples_per_frame);
        port->put_frame = &put_frame;
        port->get_frame = &get_frame;
        port->on_destroy = &on_destroy;
        status = pjmedia_port_init_grp_lock(port, pool, NULL);
        if (status == PJ_SUCCESS)
            pj_atomic_inc(rec->owners);
    }
    if (status == PJ_SUCCESS)
        status = pj_thread_create(pool, "recorder", &write_file, rec, 0, 0,
                                  &rec->writer);
    if (status != PJ_SUCCESS) {
        close(rec->fd);
        free_memory(rec);
        return status;
    }
    pj_atomic_inc(rec->owners);
    *p_rec = rec;
    return PJ_SUCCESS;
}


PJ_DEF(pj_pool_t*) pjmedia_call_recorder_pool(pjmedia_call_recorder *rec)
{
    return rec->pool;
}


PJ_DEF(pjmedia_port*)
pjmedia_call_recorder_port(pjmedia_call_recorder *rec,
                           pjmedia_call_recorder_side side)
{
    return &rec->sides[side].base;
}


PJ_DEF(void) pjmedia_call_recorder_end(pjmedia_call_recorder *rec)
{
    pj_mutex_lock(rec->mutex);
    if (!rec->ended)
        take_tick(rec);
    end_with_lock(rec);
    pj_mutex_unlock(rec->mutex);
}


PJ_DEF(void)
pjmedia_call_recorder_get_state(pjmedia_call_recorder *rec,
                                pjmedia_call_recorder_state *state)
{
    pj_mutex_lock(rec->mutex);
    *state = rec->state;
    pj_mutex_unlock(rec->mutex);
}


PJ_DEF(void) pjmedia_call_recorder_release(pjmedia_call_recorder *rec)
{
    unsigned i;

    pjmedia_call_recorder_end(rec);
    pj_thread_join(rec->writer);
    pj_thread_destroy(rec->writer);
    for (i = 0; i < CHANNELS; ++i)
        pjmedia_port_destroy(&rec->sides[i].base);
    disown(rec);
}
