/* pulse_stream.c: the microphone and the speaker of the calls.
 *
 * Part of Offhook; see pulse_dev.c.
 */
#include <pjmedia-audiodev/audiodev_imp.h>

#if defined(PJMEDIA_AUDIO_DEV_HAS_PULSE) && PJMEDIA_AUDIO_DEV_HAS_PULSE != 0

#include "pulse_imp.h"

#define THIS_FILE               "pulse_stream.c"

static pj_status_t stream_get_param(pjmedia_aud_stream *s,
                                    pjmedia_aud_param *param);
static pj_status_t stream_get_cap(pjmedia_aud_stream *s,
                                  pjmedia_aud_dev_cap cap, void *value);
static pj_status_t stream_set_cap(pjmedia_aud_stream *s,
                                  pjmedia_aud_dev_cap cap, const void *value);
static pj_status_t stream_start(pjmedia_aud_stream *s);
static pj_status_t stream_stop(pjmedia_aud_stream *s);
static pj_status_t stream_destroy(pjmedia_aud_stream *s);

static pjmedia_aud_stream_op stream_op =
{
    &stream_get_param,
    &stream_get_cap,
    &stream_set_cap,
    &stream_start,
    &stream_stop,
    &stream_destroy
};

/*
 * Streams
 */

static pj_bool_t is_opening(void *argument)
{
    struct pulse_lane *lane = (struct pulse_lane*)argument;
    pa_stream_state_t state = pulse.stream_get_state(lane->stream);

    return PA_STREAM_IS_GOOD(state) && state != PA_STREAM_READY;
}


static void on_stream_state(pa_stream *s, void *user_data)
{
    struct pulse_lane *lane = (struct pulse_lane*)user_data;

    if (!PA_STREAM_IS_GOOD(pulse.stream_get_state(s)))
        pulse_fail(lane, PJMEDIA_EAUD_SYSERR);
    pulse_signal_waiting(lane->owner->factory);
}


/* With the lock held. */
static void close_lane(struct pulse_lane *lane)
{
    pa_mainloop_api *api;
    pa_stream *s = lane->stream;

    if (lane->clock) {
        api = pulse.threaded_mainloop_get_api(lane->owner->factory->loop);
        api->time_free(lane->clock);
        lane->clock = NULL;
    }
    if (!s)
        return;
    pulse.stream_set_state_callback(s, NULL, NULL);
    pulse.stream_set_read_callback(s, NULL, NULL);
    pulse.stream_set_write_callback(s, NULL, NULL);
    pulse.stream_set_underflow_callback(s, NULL, NULL);
    pulse.stream_set_overflow_callback(s, NULL, NULL);
    pulse.stream_set_moved_callback(s, NULL, NULL);
    pulse.stream_disconnect(s);
    pulse.stream_unref(s);
    lane->stream = NULL;
}


/* Open one direction, still silent. With the lock held. What is missing has no
 * stream.
 */
static pj_status_t open_lane(struct pulse_stream *stream,
                             struct pulse_lane *lane, pjmedia_dir dir,
                             const struct pulse_dev *dev, unsigned latency)
{
    const pa_stream_flags_t flags = PA_STREAM_START_CORKED |
                                    PA_STREAM_ADJUST_LATENCY;
    struct pulse_factory *pf = stream->factory;
    const char *node = dev->node[0] ? dev->node : NULL;
    pa_buffer_attr attributes;
    pa_sample_spec format;
    pa_proplist *properties;
    int result;

    pulse_prepare_lane(lane, stream, dir, latency);
    if (dev->is_missing)
        return PJ_SUCCESS;

    format.format = PA_SAMPLE_S16NE;
    format.rate = stream->param.clock_rate;
    format.channels = (pj_uint8_t)stream->param.channel_count;
    properties = pulse.proplist_new();
    /* A headset becomes one with a microphone for it. A server may also pause
     * all music while the role plays: that is for the user to ask for.
     */
    if (dir == PJMEDIA_DIR_CAPTURE)
        pulse.proplist_sets(properties, PA_PROP_MEDIA_ROLE, "phone");
    lane->stream = pulse.stream_new_with_proplist(pf->context, "Call", &format,
                                                  NULL, properties);
    pulse.proplist_free(properties);
    if (!lane->stream)
        return PJMEDIA_EAUD_BADFORMAT;

    pulse.stream_set_state_callback(lane->stream, &on_stream_state, lane);
    pulse.stream_set_moved_callback(lane->stream, &pulse_on_moved, lane);
    pulse.stream_set_overflow_callback(lane->stream, &pulse_on_overflow, lane);
    pulse_fill_attributes(lane, &attributes);
    if (dir == PJMEDIA_DIR_CAPTURE) {
        pulse.stream_set_read_callback(lane->stream, &pulse_on_readable, lane);
        result = pulse.stream_connect_record(lane->stream, node, &attributes,
                                             flags);
    } else {
        pulse.stream_set_write_callback(lane->stream, &pulse_on_writable,
                                        lane);
        pulse.stream_set_underflow_callback(lane->stream, &pulse_on_underflow,
                                            lane);
        result = pulse.stream_connect_playback(lane->stream, node, &attributes,
                                               flags, NULL, NULL);
    }
    if (result < 0 || !pulse_await(pf, &is_opening, lane) ||
        pulse.stream_get_state(lane->stream) != PA_STREAM_READY)
    {
        PJ_LOG(3, (THIS_FILE, "Unable to open %s: %s", dev->label,
                   pf->timed_out ? "the server does not answer" :
                   pulse.strerror(pulse.context_errno(pf->context))));
        close_lane(lane);
        return PJMEDIA_EAUD_SYSERR;
    }
    return PJ_SUCCESS;
}


const struct pulse_dev *pulse_find_dev(const struct pulse_factory *pf,
                                       int index, pjmedia_dir dir)
{
    if (index < 0 || index >= (int)pf->known.cnt ||
        pf->known.devs[index].dir != dir)
    {
        return NULL;
    }
    return &pf->known.devs[index];
}


/* What the server has made of the latency that was asked for (ms). */
static unsigned granted(const struct pulse_lane *lane)
{
    const pa_buffer_attr *has;
    unsigned size;

    has = lane->stream ? pulse.stream_get_buffer_attr(lane->stream) : NULL;
    if (!has)
        return lane->latency;
    size = lane->dir == PJMEDIA_DIR_CAPTURE ? has->fragsize : has->tlength;
    return size / PJ_MAX(pulse_bytes_of(lane->owner, 1), 1);
}


static pj_status_t open_lanes(struct pulse_stream *stream)
{
    struct pulse_factory *pf = stream->factory;
    pjmedia_aud_param *param = &stream->param;
    const struct pulse_dev *dev;
    pj_status_t status = pulse_connect_server(pf);

    if (status == PJ_SUCCESS && (param->dir & PJMEDIA_DIR_CAPTURE)) {
        dev = pulse_find_dev(pf, param->rec_id, PJMEDIA_DIR_CAPTURE);
        status = dev ? open_lane(stream, &stream->capture,
                                 PJMEDIA_DIR_CAPTURE, dev,
                                 param->input_latency_ms) :
                       PJMEDIA_EAUD_INVDEV;
        if (status == PJ_SUCCESS)
            param->input_latency_ms = granted(&stream->capture);
    }
    if (status == PJ_SUCCESS && (param->dir & PJMEDIA_DIR_PLAYBACK)) {
        dev = pulse_find_dev(pf, param->play_id, PJMEDIA_DIR_PLAYBACK);
        status = dev ? open_lane(stream, &stream->playback,
                                 PJMEDIA_DIR_PLAYBACK, dev,
                                 param->output_latency_ms) :
                       PJMEDIA_EAUD_INVDEV;
        if (status == PJ_SUCCESS)
            param->output_latency_ms = granted(&stream->playback);
        pf->state.buffer_ms = stream->playback.latency;
    }
    return status;
}


/* API: open the device */
pj_status_t pulse_create_stream(pjmedia_aud_dev_factory *f,
                                         const pjmedia_aud_param *param,
                                         pjmedia_aud_rec_cb rec_cb,
                                         pjmedia_aud_play_cb play_cb,
                                         void *user_data,
                                         pjmedia_aud_stream **p_stream)
{
    struct pulse_factory *pf = (struct pulse_factory*)f;
    struct pulse_stream *stream;
    pj_pool_t *pool;
    pj_status_t status;

    if (param->bits_per_sample != 16)
        return PJMEDIA_EAUD_SAMPFORMAT;
    if (!pf->loop)
        return PJMEDIA_EAUD_NODEV;
    pool = pj_pool_create(pf->pf, "pulse%p", 1024, 1024, NULL);
    if (!pool)
        return PJ_ENOMEM;
    stream = PJ_POOL_ZALLOC_T(pool, struct pulse_stream);
    stream->base.op = &stream_op;
    stream->pool = pool;
    stream->factory = pf;
    stream->rec_cb = rec_cb;
    stream->play_cb = play_cb;
    stream->user_data = user_data;
    pj_memcpy(&stream->param, param, sizeof(*param));
    stream->frame_size = param->samples_per_frame * param->bits_per_sample / 8;
    if (!(param->flags & PJMEDIA_AUD_DEV_CAP_INPUT_LATENCY))
        stream->param.input_latency_ms = PJMEDIA_SND_DEFAULT_REC_LATENCY;
    if (!(param->flags & PJMEDIA_AUD_DEV_CAP_OUTPUT_LATENCY))
        stream->param.output_latency_ms = PJMEDIA_SND_DEFAULT_PLAY_LATENCY;

    pulse_lock(pf);
    status = open_lanes(stream);
    if (status != PJ_SUCCESS) {
        close_lane(&stream->capture);
        close_lane(&stream->playback);
        pulse_unlock(pf);
        pj_pool_release(pool);
        return status;
    }
    stream->next = pf->streams;
    pf->streams = stream;
    pulse_unlock(pf);

    PJ_LOG(4, (THIS_FILE, "Opened, latency %u ms in and %u ms out",
               stream->param.input_latency_ms,
               stream->param.output_latency_ms));
    *p_stream = &stream->base;
    return PJ_SUCCESS;
}


/* API: get the parameters as they are */
static pj_status_t stream_get_param(pjmedia_aud_stream *s,
                                    pjmedia_aud_param *param)
{
    struct pulse_stream *stream = (struct pulse_stream*)s;

    pj_memcpy(param, &stream->param, sizeof(*param));
    return PJ_SUCCESS;
}


/* API: get a capability */
static pj_status_t stream_get_cap(pjmedia_aud_stream *s,
                                  pjmedia_aud_dev_cap cap, void *value)
{
    struct pulse_stream *stream = (struct pulse_stream*)s;

    if (cap == PJMEDIA_AUD_DEV_CAP_INPUT_LATENCY &&
        (stream->param.dir & PJMEDIA_DIR_CAPTURE))
    {
        *(unsigned*)value = stream->param.input_latency_ms;
        return PJ_SUCCESS;
    }
    if (cap == PJMEDIA_AUD_DEV_CAP_OUTPUT_LATENCY &&
        (stream->param.dir & PJMEDIA_DIR_PLAYBACK))
    {
        *(unsigned*)value = stream->param.output_latency_ms;
        return PJ_SUCCESS;
    }
    return PJMEDIA_EAUD_INVCAP;
}


/* API: set a capability */
static pj_status_t stream_set_cap(pjmedia_aud_stream *s,
                                  pjmedia_aud_dev_cap cap, const void *value)
{
    PJ_UNUSED_ARG(s);
    PJ_UNUSED_ARG(cap);
    PJ_UNUSED_ARG(value);
    return PJMEDIA_EAUD_INVCAP;
}


static void uncork(struct pulse_lane *lane, pa_stream_success_cb_t then)
{
    if (lane->stream)
        pulse_forget(pulse.stream_cork(lane->stream, 0, then, lane));
}


/* API: start */
static pj_status_t stream_start(pjmedia_aud_stream *s)
{
    struct pulse_stream *stream = (struct pulse_stream*)s;
    pj_status_t status = PJ_SUCCESS;

    pulse_lock(stream->factory);
    if (stream->capture.failed || stream->playback.failed) {
        status = PJMEDIA_EAUD_SYSERR;
    } else if (!stream->running) {
        stream->running = PJ_TRUE;
        uncork(&stream->capture, NULL);
        uncork(&stream->playback, &pulse_on_uncorked);
        pulse_start_clock(&stream->playback);
    }
    pulse_unlock(stream->factory);
    return status;
}


/* API: stop. PJMEDIA destroys next what it has stopped. */
static pj_status_t stream_stop(pjmedia_aud_stream *s)
{
    struct pulse_stream *stream = (struct pulse_stream*)s;

    /* No callback runs while the lock is ours, nor any more after it. */
    pulse_lock(stream->factory);
    stream->running = PJ_FALSE;
    pulse_unlock(stream->factory);
    return PJ_SUCCESS;
}


/* API: destroy the stream */
static pj_status_t stream_destroy(pjmedia_aud_stream *s)
{
    struct pulse_stream *stream = (struct pulse_stream*)s;
    struct pulse_factory *pf = stream->factory;
    struct pulse_stream **link = &pf->streams;

    pulse_lock(pf);
    stream->running = PJ_FALSE;
    close_lane(&stream->capture);
    close_lane(&stream->playback);
    while (*link != stream)
        link = &(*link)->next;
    *link = stream->next;
    pf->state.capture_us = pf->state.playback_us = pf->state.buffer_ms = 0;
    pulse_unlock(pf);
    pj_pool_release(stream->pool);
    return PJ_SUCCESS;
}

#endif  /* PJMEDIA_AUDIO_DEV_HAS_PULSE */
