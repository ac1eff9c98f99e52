/* pulse_dev.c: devices of a PulseAudio server, which PipeWire serves too.
 *
 * Part of Offhook. build.py copies the files beside this one into
 * PJMEDIA's tree, and patch 0106 has PJMEDIA compile them and ask this driver
 * before ALSA.
 *
 * libpulse is opened when it is needed, not linked: a machine without it has
 * ALSA. There is one connection to the server, made when devices are looked up
 * or opened, and made again after the server has died.
 *
 * Frames are exchanged on the thread of libpulse's main loop, with its lock
 * held. A thread of our own would add a hand-over to each frame, and a buffer.
 * The lock is safe for the reason that ALSA's threads are: to stop a stream is
 * to wait for its callback, there by joining a thread and here by taking the
 * lock, so whoever stops one must hold nothing that a callback waits for. What
 * else is done with the lock held calls nothing of PJSIP; a failure is posted,
 * and told by the thread of PJMEDIA's events.
 */
#include <pjmedia-audiodev/audiodev_imp.h>

#if defined(PJMEDIA_AUDIO_DEV_HAS_PULSE) && PJMEDIA_AUDIO_DEV_HAS_PULSE != 0

#include "pulse_imp.h"

#define THIS_FILE               "pulse_dev.c"
#define DRIVER                  "PulseAudio"

static pj_status_t factory_init(pjmedia_aud_dev_factory *f);
static pj_status_t factory_destroy(pjmedia_aud_dev_factory *f);
static pj_status_t factory_refresh(pjmedia_aud_dev_factory *f);
static unsigned    factory_get_dev_count(pjmedia_aud_dev_factory *f);
static pj_status_t factory_get_dev_info(pjmedia_aud_dev_factory *f,
                                        unsigned index,
                                        pjmedia_aud_dev_info *info);
static pj_status_t factory_default_param(pjmedia_aud_dev_factory *f,
                                         unsigned index,
                                         pjmedia_aud_param *param);

static pjmedia_aud_dev_factory_op factory_op =
{
    &factory_init,
    &factory_destroy,
    &factory_get_dev_count,
    &factory_get_dev_info,
    &factory_default_param,
    &pulse_create_stream,
    &factory_refresh
};

/* A phone that makes no sound connects to no server. */
static pj_bool_t is_allowed;
static struct pulse_factory *the_factory;


/*
 * The factory
 */

/* Create the driver, for audiodev.c. */
pjmedia_aud_dev_factory *pjmedia_pulse_factory(pj_pool_factory *pf)
{
    struct pulse_factory *f;
    pj_pool_t *pool;

    pool = pj_pool_create(pf, "pulse", sizeof(*f) + 256, 256, NULL);
    if (!pool)
        return NULL;
    f = PJ_POOL_ZALLOC_T(pool, struct pulse_factory);
    f->pf = pf;
    f->pool = pool;
    f->base.op = &factory_op;
    return &f->base;
}


/* API: init factory */
static pj_status_t factory_init(pjmedia_aud_dev_factory *f)
{
    the_factory = (struct pulse_factory*)f;
    return factory_refresh(f);
}


/* API: destroy factory */
static pj_status_t factory_destroy(pjmedia_aud_dev_factory *f)
{
    struct pulse_factory *pf = (struct pulse_factory*)f;

    if (pf->loop) {
        pulse_lock(pf);
        pulse_drop_connection(pf);
        pulse_unlock(pf);
        pulse.threaded_mainloop_stop(pf->loop);
        pulse.threaded_mainloop_free(pf->loop);
    }
    the_factory = NULL;
    pj_pool_release(pf->pool);
    return PJ_SUCCESS;
}


/* API: look up the devices. None is no failure: the server may come later. */
static pj_status_t factory_refresh(pjmedia_aud_dev_factory *f)
{
    struct pulse_factory *pf = (struct pulse_factory*)f;

    pf->known.cnt = 0;
    if (!is_allowed || !pulse_load_library() ||
        pulse_start_loop(pf) != PJ_SUCCESS)
    {
        return PJ_SUCCESS;
    }
    pulse_lock(pf);
    if (pulse_connect_server(pf) == PJ_SUCCESS) {
        if (pf->looks)
            pf->look_again = PJ_TRUE;
        else
            pulse_begin_look(pf);
        if (pulse_await(pf, &pulse_is_looking, pf) && pulse_is_ready(pf))
            pj_memcpy(&pf->known, &pf->found, sizeof(pf->known));
    }
    pulse_unlock(pf);
    return PJ_SUCCESS;
}


/* API: get device count */
static unsigned factory_get_dev_count(pjmedia_aud_dev_factory *f)
{
    return ((struct pulse_factory*)f)->known.cnt;
}


/* API: get device info */
static pj_status_t factory_get_dev_info(pjmedia_aud_dev_factory *f,
                                        unsigned index,
                                        pjmedia_aud_dev_info *info)
{
    struct pulse_factory *pf = (struct pulse_factory*)f;
    const struct pulse_dev *dev;

    PJ_ASSERT_RETURN(index < pf->known.cnt, PJMEDIA_EAUD_INVDEV);
    dev = &pf->known.devs[index];
    pj_bzero(info, sizeof(*info));
    pulse_copy_text(info->name, dev->label, sizeof(info->name));
    pulse_copy_text(info->driver, DRIVER, sizeof(info->driver));
    info->default_samples_per_sec = 48000;
    if (dev->dir == PJMEDIA_DIR_CAPTURE) {
        info->input_count = 1;
        info->caps = PJMEDIA_AUD_DEV_CAP_INPUT_LATENCY;
    } else {
        info->output_count = 1;
        info->caps = PJMEDIA_AUD_DEV_CAP_OUTPUT_LATENCY;
    }
    return PJ_SUCCESS;
}


/* API: create default device parameter */
static pj_status_t factory_default_param(pjmedia_aud_dev_factory *f,
                                         unsigned index,
                                         pjmedia_aud_param *param)
{
    pjmedia_aud_dev_info info;
    pj_status_t status = factory_get_dev_info(f, index, &info);

    if (status != PJ_SUCCESS)
        return status;
    pj_bzero(param, sizeof(*param));
    param->rec_id = param->play_id = PJMEDIA_AUD_INVALID_DEV;
    if (info.input_count) {
        param->dir = PJMEDIA_DIR_CAPTURE;
        param->rec_id = index;
    } else {
        param->dir = PJMEDIA_DIR_PLAYBACK;
        param->play_id = index;
    }
    param->clock_rate = info.default_samples_per_sec;
    param->channel_count = 1;
    param->samples_per_frame = param->clock_rate / 100;
    param->bits_per_sample = 16;
    param->flags = info.caps;
    param->input_latency_ms = PJMEDIA_SND_DEFAULT_REC_LATENCY;
    param->output_latency_ms = PJMEDIA_SND_DEFAULT_PLAY_LATENCY;
    return PJ_SUCCESS;
}


/*
 * What PJMEDIA has no words for
 */

PJ_DEF(void) pjmedia_pulse_allow(pj_bool_t allow)
{
    is_allowed = allow;
}


PJ_DEF(void) pjmedia_pulse_get_state(pjmedia_pulse_state *state)
{
    pj_bzero(state, sizeof(*state));
    if (!the_factory || !the_factory->loop)
        return;
    pulse_lock(the_factory);
    pj_memcpy(state, &the_factory->state, sizeof(*state));
    pulse_unlock(the_factory);
}


PJ_DEF(pj_bool_t) pjmedia_pulse_has(pjmedia_aud_dev_index id)
{
    pjmedia_aud_dev_info info;

    return id != PJMEDIA_AUD_INVALID_DEV &&
           pjmedia_aud_dev_get_info(id, &info) == PJ_SUCCESS &&
           !pj_ansi_strcmp(info.driver, DRIVER);
}


static void on_move(pa_context *context, int success, void *user_data)
{
    PJ_UNUSED_ARG(user_data);
    if (!success)
        PJ_LOG(3, (THIS_FILE, "Unable to move a stream: %s",
                   pulse.strerror(pulse.context_errno(context))));
}


/* The driver's own index of a device of PJMEDIA's list. */
static const struct pulse_dev *dev_of(pjmedia_aud_dev_index id,
                                      pjmedia_dir dir)
{
    pjmedia_aud_dev_info info;

    if (!pjmedia_pulse_has(id) ||
        pjmedia_aud_dev_get_info(id, &info) != PJ_SUCCESS)
    {
        return NULL;
    }
    return pulse_find_dev(the_factory, info.id - pjmedia_get_aud_subsys()->
                          drv[the_factory->base.sys.drv_idx].start_idx, dir);
}


PJ_DEF(pj_bool_t) pjmedia_pulse_get_dev_info(pjmedia_aud_dev_index id,
                                             pjmedia_pulse_dev_info *info)
{
    const struct pulse_dev *dev = dev_of(id, PJMEDIA_DIR_PLAYBACK);

    if (!dev)
        dev = dev_of(id, PJMEDIA_DIR_CAPTURE);
    if (!dev)
        return PJ_FALSE;
    info->is_default = !dev->node[0];
    info->is_missing = dev->is_missing;
    info->node = dev->node;
    info->stem = dev->stem;
    return PJ_TRUE;
}


PJ_DEF(pj_status_t) pjmedia_pulse_move(pjmedia_aud_dev_index rec_id,
                                       pjmedia_aud_dev_index play_id)
{
    const struct pulse_dev *source = dev_of(rec_id, PJMEDIA_DIR_CAPTURE);
    const struct pulse_dev *sink = dev_of(play_id, PJMEDIA_DIR_PLAYBACK);
    struct pulse_stream *stream;
    pj_status_t status = PJMEDIA_EAUD_NODEV;

    if (!source || !sink)
        return PJMEDIA_EAUD_INVDEV;
    if (source->is_missing || sink->is_missing)
        return status;
    pulse_lock(the_factory);
    for (stream = the_factory->streams; stream; stream = stream->next) {
        pa_stream *in = stream->capture.stream;
        pa_stream *out = stream->playback.stream;

        if (!in || !out || !pulse_is_running(&stream->capture) ||
            !pulse_is_running(&stream->playback))
        {
            continue;
        }
        pulse_forget(pulse.context_move_source_output_by_name(
                    the_factory->context, pulse.stream_get_index(in),
                    source->node[0] ? source->node : "@DEFAULT_SOURCE@",
                    &on_move, NULL));
        pulse_forget(pulse.context_move_sink_input_by_name(
                    the_factory->context, pulse.stream_get_index(out),
                    sink->node[0] ? sink->node : "@DEFAULT_SINK@",
                    &on_move, NULL));
        status = PJ_SUCCESS;
    }
    pulse_unlock(the_factory);
    return status;
}


PJ_DEF(void) pjmedia_pulse_refresh(void)
{
    pjmedia_aud_subsys *subsys = pjmedia_get_aud_subsys();
    unsigned i;

    if (!the_factory)
        return;
    factory_refresh(&the_factory->base);
    subsys->dev_cnt = 0;
    for (i = 0; i < subsys->drv_cnt; ++i)
        pjmedia_aud_driver_init(i, PJ_TRUE);
}

#endif  /* PJMEDIA_AUDIO_DEV_HAS_PULSE */
