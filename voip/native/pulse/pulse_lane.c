/* pulse_lane.c: frames of one direction, and their latency.
 *
 * Part of Offhook; see pulse_dev.c.
 */
#include <pjmedia-audiodev/audiodev_imp.h>

#if defined(PJMEDIA_AUDIO_DEV_HAS_PULSE) && PJMEDIA_AUDIO_DEV_HAS_PULSE != 0

#include "pulse_imp.h"

#define THIS_FILE               "pulse_lane.c"

/* The playback is the clock of all calls. One that has not asked for sound for
 * the first time (us) hangs, or is suspended: the clock goes on without it. It
 * has failed after the second.
 */
#define STANDSTILL              (PA_USEC_PER_SEC / 10)
#define LONGEST_STANDSTILL      (3 * PA_USEC_PER_SEC)

/* Latency that underruns may lead to (ms), and how long no sound may have
 * broken before less is tried again (s); this doubles each time it was wrong.
 */
#define HIGHEST_LATENCY         150
#define FIRST_CALM              20
#define LONGEST_CALM            640


/*
 * Frames
 */

unsigned pulse_bytes_of(const struct pulse_stream *stream, unsigned ms)
{
    const pjmedia_aud_param *param = &stream->param;

    return param->clock_rate * ms / 1000 * param->channel_count *
           param->bits_per_sample / 8;
}


unsigned pulse_frame_ms(const struct pulse_stream *stream)
{
    const pjmedia_aud_param *param = &stream->param;

    return param->samples_per_frame * 1000 / param->channel_count /
           param->clock_rate;
}


/* The driver's user is told once for each direction. With the lock held. */
void pulse_fail(struct pulse_lane *lane, pj_status_t status)
{
    struct pulse_stream *stream = lane->owner;
    pjmedia_event event;

    if (lane->failed)
        return;
    lane->failed = PJ_TRUE;
    if (!stream->running)
        return;
    PJ_PERROR(3, (THIS_FILE, status, "PulseAudio stopped %s",
                  lane->dir == PJMEDIA_DIR_CAPTURE ? "capture" : "playback"));
    pjmedia_event_init(&event, PJMEDIA_EVENT_AUD_DEV_ERROR, &lane->timestamp,
                       &stream->base);
    event.data.aud_dev_err.dir = lane->dir;
    event.data.aud_dev_err.status = status;
    event.data.aud_dev_err.id = lane->dir == PJMEDIA_DIR_CAPTURE ?
                                stream->param.rec_id : stream->param.play_id;
    pjmedia_event_publish(NULL, &stream->base, &event,
                          PJMEDIA_EVENT_PUBLISH_POST_EVENT);
}


pj_bool_t pulse_is_running(const struct pulse_lane *lane)
{
    return lane->owner->running && !lane->failed;
}


static void prepare_frame(struct pulse_lane *lane, pjmedia_frame *frame)
{
    pj_bzero(frame, sizeof(*frame));
    frame->type = PJMEDIA_FRAME_TYPE_AUDIO;
    frame->buf = lane->frame;
    frame->size = lane->owner->frame_size;
    frame->timestamp = lane->timestamp;
}


/* Hand a frame from the microphone to the calls. */
static void give_frame(struct pulse_lane *lane)
{
    struct pulse_stream *stream = lane->owner;
    pjmedia_frame frame;
    pj_status_t status;

    prepare_frame(lane, &frame);
    lane->timestamp.u64 += stream->param.samples_per_frame;
    status = (*stream->rec_cb)(stream->user_data, &frame);
    if (status != PJ_SUCCESS)
        pulse_fail(lane, status);
}


/* Take the next frame of the calls, which moves their clock on. */
static pj_bool_t take_frame(struct pulse_lane *lane)
{
    struct pulse_stream *stream = lane->owner;
    pjmedia_frame frame;
    pj_status_t status;

    /* The calls expect silence of a microphone that is missing, not nothing. */
    if ((stream->param.dir & PJMEDIA_DIR_CAPTURE) && !stream->capture.stream)
        give_frame(&stream->capture);
    prepare_frame(lane, &frame);
    status = (*stream->play_cb)(stream->user_data, &frame);
    if (status != PJ_SUCCESS) {
        pulse_fail(lane, status);
        return PJ_FALSE;
    }
    if (frame.type != PJMEDIA_FRAME_TYPE_AUDIO)
        pj_bzero(lane->frame, stream->frame_size);
    lane->timestamp.u64 += stream->param.samples_per_frame;
    return PJ_TRUE;
}


/* Cut what has arrived into frames; the rest waits for the next piece. */
static void record(struct pulse_lane *lane)
{
    struct pulse_stream *stream = lane->owner;
    const void *piece;
    size_t left;

    while (pulse.stream_readable_size(lane->stream) != (size_t)-1 &&
           pulse.stream_peek(lane->stream, &piece, &left) == 0 && left)
    {
        const char *at = (const char*)piece;

        while (left && pulse_is_running(lane)) {
            size_t part = PJ_MIN(left, stream->frame_size - lane->filled);
            char *end = lane->frame + lane->filled;

            /* A hole has a length, and nothing in it. */
            if (at) {
                pj_memcpy(end, at, part);
                at += part;
            } else {
                pj_bzero(end, part);
            }
            lane->filled += (unsigned)part;
            left -= part;
            if (lane->filled == stream->frame_size) {
                lane->filled = 0;
                give_frame(lane);
            }
        }
        pulse.stream_drop(lane->stream);
    }
}


/* Write as many whole frames as the server asks for. */
static void play(struct pulse_lane *lane)
{
    struct pulse_stream *stream = lane->owner;

    while (pulse_is_running(lane)) {
        size_t wanted = pulse.stream_writable_size(lane->stream);

        if (wanted == (size_t)-1 || wanted < stream->frame_size)
            return;
        lane->last_asked = pulse.rtclock_now();
        lane->due = lane->last_asked + STANDSTILL;
        if (!take_frame(lane))
            return;
        if (pulse.stream_write(lane->stream, lane->frame, stream->frame_size,
                               NULL, 0, PA_SEEK_RELATIVE) < 0)
        {
            pulse_fail(lane, PJMEDIA_EAUD_SYSERR);
            return;
        }
    }
}


/* Keep time while the server asks for nothing, or has no speaker: voice is
 * sent on the same clock, and a call would stand still with its speaker.
 */
void pulse_on_clock(pa_mainloop_api *api, pa_time_event *event,
                    const struct timeval *tv, void *user_data)
{
    struct pulse_lane *lane = (struct pulse_lane*)user_data;
    pa_usec_t now = pulse.rtclock_now();

    PJ_UNUSED_ARG(api);
    PJ_UNUSED_ARG(tv);
    if (!pulse_is_running(lane))
        return;
    if (!pulse_is_ready(lane->owner->factory)) {
        /* No stream of this lane might tell. */
        pulse_fail(lane, PJMEDIA_EAUD_SYSERR);
        return;
    }
    if (lane->stream && now > lane->last_asked + LONGEST_STANDSTILL) {
        pulse_fail(lane, PJ_ETIMEDOUT);
        return;
    }
    if (lane->due <= now) {
        /* Nothing is made up for after a time in which we did not run. */
        take_frame(lane);
        lane->due = PJ_MAX(lane->due + pulse_frame_ms(lane->owner) *
                           PA_USEC_PER_MSEC, now);
    }
    pulse.context_rttime_restart(lane->owner->factory->context, event,
                                 lane->due);
}


void pulse_start_clock(struct pulse_lane *lane)
{
    if (!(lane->owner->param.dir & PJMEDIA_DIR_PLAYBACK))
        return;
    lane->last_asked = pulse.rtclock_now();
    lane->due = lane->last_asked + (lane->stream ? STANDSTILL : 0);
    lane->clock = pulse.context_rttime_new(lane->owner->factory->context,
                                           lane->due, &pulse_on_clock, lane);
}


void pulse_on_writable(pa_stream *s, size_t size, void *user_data)
{
    struct pulse_lane *lane = (struct pulse_lane*)user_data;

    PJ_UNUSED_ARG(s);
    PJ_UNUSED_ARG(size);
    /* What was said meanwhile is sent with it. */
    if (lane->owner->capture.stream)
        record(&lane->owner->capture);
    play(lane);
}


void pulse_on_readable(pa_stream *s, size_t size, void *user_data)
{
    PJ_UNUSED_ARG(s);
    PJ_UNUSED_ARG(size);
    record((struct pulse_lane*)user_data);
}


/* What the server asked for before the start is written then. */
void pulse_on_uncorked(pa_stream *s, int success, void *user_data)
{
    PJ_UNUSED_ARG(s);
    if (success)
        play((struct pulse_lane*)user_data);
}


/*
 * Latency
 */

/* `latency` is what the user asked for (ms). */
void pulse_prepare_lane(struct pulse_lane *lane, struct pulse_stream *stream,
                        pjmedia_dir dir, unsigned latency)
{
    lane->owner = stream;
    lane->dir = dir;
    lane->asked = lane->latency = PJ_MAX(latency, pulse_frame_ms(stream));
    lane->calm = FIRST_CALM;
    lane->frame = (char*)pj_pool_zalloc(stream->pool, stream->frame_size);
}


void pulse_fill_attributes(const struct pulse_lane *lane,
                           pa_buffer_attr *attributes)
{
    pj_memset(attributes, 0xFF, sizeof(*attributes));
    if (lane->dir == PJMEDIA_DIR_CAPTURE) {
        /* All of it at once would be heard late by all of it. */
        unsigned quarter = pulse_bytes_of(lane->owner, lane->latency / 4);

        attributes->fragsize = PJ_MAX(quarter, lane->owner->frame_size);
    } else {
        attributes->tlength = pulse_bytes_of(lane->owner, lane->latency);
        /* A server that grants less than was asked for would wait for more
         * than it lets us write.
         */
        attributes->prebuf = lane->owner->frame_size;
        attributes->minreq = lane->owner->frame_size / 2;
    }
}


static void change_latency(struct pulse_lane *lane, unsigned latency)
{
    pa_buffer_attr attributes;

    lane->latency = lane->owner->factory->state.buffer_ms = latency;
    PJ_LOG(4, (THIS_FILE, "Playback latency is %u ms now", latency));
    pulse_fill_attributes(lane, &attributes);
    pulse_forget(pulse.stream_set_buffer_attr(lane->stream, &attributes, NULL,
                                        NULL));
}


void pulse_on_underflow(pa_stream *s, void *user_data)
{
    struct pulse_lane *lane = (struct pulse_lane*)user_data;
    pa_usec_t now = pulse.rtclock_now();
    pj_bool_t is_first = !lane->last_break;

    PJ_UNUSED_ARG(s);
    if (!pulse_is_running(lane))
        return;
    ++lane->owner->factory->state.underruns;
    /* One stall may be told several times. */
    if (!is_first && now - lane->last_break < PA_USEC_PER_SEC / 5)
        return;
    if (!is_first)
        lane->calm = PJ_MIN(2 * lane->calm, LONGEST_CALM);
    lane->last_break = now;
    if (lane->latency < HIGHEST_LATENCY)
        change_latency(lane, lane->latency + pulse_frame_ms(lane->owner));
}


void pulse_on_overflow(pa_stream *s, void *user_data)
{
    struct pulse_lane *lane = (struct pulse_lane*)user_data;

    PJ_UNUSED_ARG(s);
    if (pulse_is_running(lane))
        ++lane->owner->factory->state.overflows;
}


/* Another device has other limits. */
void pulse_on_moved(pa_stream *s, void *user_data)
{
    struct pulse_lane *lane = (struct pulse_lane*)user_data;
    pa_buffer_attr attributes;

    pulse_fill_attributes(lane, &attributes);
    pulse_forget(pulse.stream_set_buffer_attr(s, &attributes, NULL, NULL));
    lane->owner->factory->look_later = PJ_TRUE;
}


static void on_timing(pa_stream *s, int success, void *user_data)
{
    unsigned *told = (unsigned*)user_data;
    pa_usec_t latency;
    int negative;

    if (success && !pulse.stream_get_latency(s, &latency, &negative))
        *told = negative ? 1 : (unsigned)latency;
}


void pulse_watch(struct pulse_lane *lane, unsigned *told)
{
    pa_usec_t now = pulse.rtclock_now();

    if (!lane->stream || !pulse_is_running(lane))
        return;
    pulse_forget(pulse.stream_update_timing_info(lane->stream, &on_timing,
                                                 told));
    if (lane->latency > lane->asked &&
        now > lane->last_break + lane->calm * PA_USEC_PER_SEC)
    {
        lane->last_break = now;
        change_latency(lane, PJ_MAX(lane->asked, lane->latency -
                                                 pulse_frame_ms(lane->owner)));
    }
}

#endif  /* PJMEDIA_AUDIO_DEV_HAS_PULSE */
