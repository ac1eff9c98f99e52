/* pulse_dev.c: sound devices of a PulseAudio server, which PipeWire serves too.
 *
 * Part of Offhook. build.py copies it into PJMEDIA's tree, and patch 0106 has
 * PJMEDIA compile it and ask it before ALSA.
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
#include <pj/assert.h>
#include <pj/log.h>
#include <pj/os.h>
#include <pj/pool.h>
#include <pj/string.h>
#include <pjmedia/event.h>

#if defined(PJMEDIA_AUDIO_DEV_HAS_PULSE) && PJMEDIA_AUDIO_DEV_HAS_PULSE != 0

#include <pjmedia-audiodev/pulse_dev.h>
#include <dlfcn.h>
#include <pulse/pulseaudio.h>

#define THIS_FILE               "pulse_dev.c"
#define DRIVER                  "PulseAudio"
#define LIBRARY                 "libpulse.so.0"

/* Devices of each direction beside the server's default. */
#define MAX_DEVS                24
#define NODE_LEN                256
#define LABEL_LEN               PJMEDIA_AUD_DEV_INFO_NAME_LEN

/* How long a server may take to answer, and for how long one that did not is
 * left alone (us): PJSUA tries to open a device at six rates.
 */
#define PATIENCE                (3 * PA_USEC_PER_SEC)
#define RESPITE                 (1 * PA_USEC_PER_SEC)

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

#define PULSE_FUNCTIONS(X) \
    X(context_connect) X(context_disconnect) X(context_errno) \
    X(context_get_server_info) X(context_get_sink_info_list) \
    X(context_get_source_info_list) X(context_get_state) \
    X(context_move_sink_input_by_name) X(context_move_source_output_by_name) \
    X(context_new_with_proplist) X(context_rttime_new) \
    X(context_rttime_restart) X(context_set_state_callback) \
    X(context_set_subscribe_callback) X(context_subscribe) X(context_unref) \
    X(mainloop_api_once) X(operation_unref) X(proplist_free) X(proplist_new) \
    X(proplist_sets) X(rtclock_now) X(stream_connect_playback) \
    X(stream_connect_record) X(stream_cork) X(stream_disconnect) \
    X(stream_drop) X(stream_get_buffer_attr) X(stream_get_index) \
    X(stream_get_latency) \
    X(stream_get_state) X(stream_new_with_proplist) X(stream_peek) \
    X(stream_readable_size) X(stream_set_buffer_attr) \
    X(stream_set_moved_callback) X(stream_set_overflow_callback) \
    X(stream_set_read_callback) X(stream_set_state_callback) \
    X(stream_set_underflow_callback) X(stream_set_write_callback) \
    X(stream_unref) X(stream_update_timing_info) X(stream_writable_size) \
    X(stream_write) X(strerror) X(threaded_mainloop_free) \
    X(threaded_mainloop_get_api) X(threaded_mainloop_lock) \
    X(threaded_mainloop_new) X(threaded_mainloop_signal) \
    X(threaded_mainloop_start) X(threaded_mainloop_stop) \
    X(threaded_mainloop_unlock) X(threaded_mainloop_wait)

#define MEMBER(name)            __typeof__(pa_##name) *name;
static struct pulse_library
{
    void *handle;
    PULSE_FUNCTIONS(MEMBER)
} pulse;
#undef MEMBER

struct pulse_dev
{
    pjmedia_dir          dir;
    char                 node[NODE_LEN];    /* empty: the server's default  */
    char                 label[LABEL_LEN];
};

struct pulse_list
{
    unsigned             cnt;
    struct pulse_dev     devs[2 * MAX_DEVS + 2];
};

struct pulse_factory
{
    pjmedia_aud_dev_factory base;
    pj_pool_factory     *pf;
    pj_pool_t           *pool;

    pa_threaded_mainloop *loop;
    pa_context          *context;
    pa_time_event       *tick;
    pj_thread_desc       thread_desc;
    pj_thread_t         *thread;
    pj_bool_t            timed_out;
    pa_usec_t            last_timeout;

    struct pulse_list    known;             /* as PJMEDIA has it            */

    /* A look at the server's devices */
    pj_bool_t            looks;
    pj_bool_t            look_again;
    struct pulse_dev     defaults[2];       /* the sink and the source      */
    struct pulse_list    looked_at;
    struct pulse_list    found;             /* by the last complete look    */

    struct pulse_stream  *streams;
    pjmedia_pulse_state  state;
};

/* One direction of a stream. */
struct pulse_lane
{
    struct pulse_stream *owner;
    pjmedia_dir          dir;
    pa_stream           *stream;
    pj_bool_t            failed;
    char                *frame;
    unsigned             filled;
    pj_timestamp         timestamp;

    unsigned             asked;             /* latency (ms): by the user,   */
    unsigned             latency;           /* and now                      */
    pa_usec_t            last_break;
    unsigned             calm;

    pa_time_event       *clock;             /* while the server is silent   */
    pa_usec_t            last_asked;
    pa_usec_t            due;
};

struct pulse_stream
{
    pjmedia_aud_stream   base;
    pj_pool_t           *pool;
    struct pulse_factory *factory;
    struct pulse_stream *next;
    pjmedia_aud_param    param;
    pjmedia_aud_rec_cb   rec_cb;
    pjmedia_aud_play_cb  play_cb;
    void                *user_data;
    unsigned             frame_size;
    pj_bool_t            running;
    struct pulse_lane    capture;
    struct pulse_lane    playback;
};

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
static pj_status_t factory_create_stream(pjmedia_aud_dev_factory *f,
                                         const pjmedia_aud_param *param,
                                         pjmedia_aud_rec_cb rec_cb,
                                         pjmedia_aud_play_cb play_cb,
                                         void *user_data,
                                         pjmedia_aud_stream **p_stream);

static pj_status_t stream_get_param(pjmedia_aud_stream *s,
                                    pjmedia_aud_param *param);
static pj_status_t stream_get_cap(pjmedia_aud_stream *s,
                                  pjmedia_aud_dev_cap cap, void *value);
static pj_status_t stream_set_cap(pjmedia_aud_stream *s,
                                  pjmedia_aud_dev_cap cap, const void *value);
static pj_status_t stream_start(pjmedia_aud_stream *s);
static pj_status_t stream_stop(pjmedia_aud_stream *s);
static pj_status_t stream_destroy(pjmedia_aud_stream *s);

static pjmedia_aud_dev_factory_op factory_op =
{
    &factory_init,
    &factory_destroy,
    &factory_get_dev_count,
    &factory_get_dev_info,
    &factory_default_param,
    &factory_create_stream,
    &factory_refresh
};

static pjmedia_aud_stream_op stream_op =
{
    &stream_get_param,
    &stream_get_cap,
    &stream_set_cap,
    &stream_start,
    &stream_stop,
    &stream_destroy
};

/* A phone that makes no sound connects to no server. */
static pj_bool_t is_allowed;
static struct pulse_factory *the_factory;


/*
 * libpulse
 */

static pj_bool_t load_library(void)
{
    if (pulse.handle)
        return PJ_TRUE;
    pulse.handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!pulse.handle) {
        PJ_LOG(4, (THIS_FILE, "No PulseAudio: %s", dlerror()));
        return PJ_FALSE;
    }
#define LOAD(name) \
    pulse.name = (__typeof__(pulse.name))dlsym(pulse.handle, "pa_" #name); \
    if (!pulse.name) { \
        PJ_LOG(2, (THIS_FILE, "%s has no pa_%s", LIBRARY, #name)); \
        dlclose(pulse.handle); \
        pulse.handle = NULL; \
        return PJ_FALSE; \
    }
    PULSE_FUNCTIONS(LOAD)
#undef LOAD
    return PJ_TRUE;
}


static void lock(struct pulse_factory *pf)
{
    pulse.threaded_mainloop_lock(pf->loop);
}


static void unlock(struct pulse_factory *pf)
{
    pulse.threaded_mainloop_unlock(pf->loop);
}


static void signal_waiting(struct pulse_factory *pf)
{
    pulse.threaded_mainloop_signal(pf->loop, 0);
}


/* The result is not waited for. */
static void forget(pa_operation *operation)
{
    if (operation)
        pulse.operation_unref(operation);
}


static void on_timeout(pa_mainloop_api *api, pa_time_event *event,
                       const struct timeval *tv, void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;

    PJ_UNUSED_ARG(api);
    PJ_UNUSED_ARG(event);
    PJ_UNUSED_ARG(tv);
    pf->timed_out = PJ_TRUE;
    signal_waiting(pf);
}


/* Wait, with the lock held, while `is_pending` says so. A server that hangs
 * must not hold up its phone for ever.
 */
static pj_bool_t await(struct pulse_factory *pf,
                       pj_bool_t (*is_pending)(void *), void *argument)
{
    pa_mainloop_api *api = pulse.threaded_mainloop_get_api(pf->loop);
    pa_time_event *timer;

    pf->timed_out = PJ_FALSE;
    timer = pulse.context_rttime_new(pf->context,
                                     pulse.rtclock_now() + PATIENCE,
                                     &on_timeout, pf);
    if (!timer)
        return PJ_FALSE;
    while (!pf->timed_out && (*is_pending)(argument))
        pulse.threaded_mainloop_wait(pf->loop);
    api->time_free(timer);
    if (pf->timed_out)
        pf->last_timeout = pulse.rtclock_now();
    return !pf->timed_out;
}


static pj_bool_t does_not_answer(const struct pulse_factory *pf)
{
    return pf->last_timeout &&
           pulse.rtclock_now() < pf->last_timeout + RESPITE;
}


/*
 * The server's devices
 */

static void copy_text(char *target, const char *source, unsigned size)
{
    unsigned len = (unsigned)pj_ansi_strlen(source);

    if (len >= size) {
        len = size - 1;
        /* Half a character is none. */
        while (len && ((unsigned char)source[len] & 0xC0) == 0x80)
            --len;
    }
    pj_memcpy(target, source, len);
    target[len] = '\0';
}


static void add_dev(struct pulse_factory *pf, pjmedia_dir dir,
                    const char *node, const char *description,
                    const char *port)
{
    struct pulse_list *list = &pf->looked_at;
    struct pulse_dev *dev = &list->devs[list->cnt];
    struct pulse_dev *standard = &pf->defaults[dir == PJMEDIA_DIR_CAPTURE];
    char label[LABEL_LEN + NODE_LEN];
    unsigned i, same_dir = 0, same_label = 0;

    for (i = 0; i < list->cnt; ++i)
        same_dir += list->devs[i].dir == dir;
    if (same_dir == MAX_DEVS || pj_ansi_strlen(node) >= NODE_LEN)
        return;

    if (port)
        pj_ansi_snprintf(label, sizeof(label), "%s \xe2\x80\x93 %s",
                         description, port);
    else
        copy_text(label, description, sizeof(label));
    dev->dir = dir;
    copy_text(dev->node, node, sizeof(dev->node));
    copy_text(dev->label, label, sizeof(dev->label));

    /* Of two alike each has to be found by its name. */
    for (i = 0; i < list->cnt; ++i)
        same_label += list->devs[i].dir == dir &&
                      !pj_ansi_strcmp(list->devs[i].label, dev->label);
    if (same_label) {
        copy_text(dev->label, label, 100);
        pj_ansi_snprintf(label, sizeof(label), "%s [%s]", dev->label, node);
        copy_text(dev->label, label, sizeof(dev->label));
    }
    ++list->cnt;
    if (!pj_ansi_strcmp(standard->node, node))
        copy_text(standard->label, dev->label, sizeof(standard->label));
}


static void on_sink(pa_context *context, const pa_sink_info *info, int end,
                    void *user_data)
{
    PJ_UNUSED_ARG(context);
    if (!end)
        add_dev((struct pulse_factory*)user_data, PJMEDIA_DIR_PLAYBACK,
                info->name, info->description,
                info->active_port ? info->active_port->description : NULL);
}


static void finish_look(struct pulse_factory *pf)
{
    struct pulse_list list;
    char name[LABEL_LEN];
    unsigned i;

    pj_bzero(&list, sizeof(list));
    for (i = 0; i < PJ_ARRAY_SIZE(pf->defaults); ++i) {
        struct pulse_dev *dev = &list.devs[list.cnt];

        if (!pf->defaults[i].label[0])
            continue;
        dev->dir = pf->defaults[i].dir;
        copy_text(name, pf->defaults[i].label,
                  sizeof(name) - (sizeof("Default ()") - 1));
        pj_ansi_snprintf(dev->label, sizeof(dev->label), "Default (%s)", name);
        ++list.cnt;
    }
    pj_memcpy(&list.devs[list.cnt], pf->looked_at.devs,
              pf->looked_at.cnt * sizeof(list.devs[0]));
    list.cnt += pf->looked_at.cnt;

    if (pj_memcmp(&list, &pf->found, sizeof(list))) {
        pj_memcpy(&pf->found, &list, sizeof(list));
        ++pf->state.changes;
    }
    pf->looks = PJ_FALSE;
    signal_waiting(pf);
}


static void begin_look(struct pulse_factory *pf);


static void on_source(pa_context *context, const pa_source_info *info, int end,
                      void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;
    struct pulse_dev *standard = &pf->defaults[1];

    PJ_UNUSED_ARG(context);
    if (end) {
        finish_look(pf);
        if (pf->look_again)
            begin_look(pf);
    } else if (info->monitor_of_sink == PA_INVALID_INDEX) {
        add_dev(pf, PJMEDIA_DIR_CAPTURE, info->name, info->description,
                info->active_port ? info->active_port->description : NULL);
    } else if (!pj_ansi_strcmp(info->name, standard->node)) {
        copy_text(standard->label, info->description, sizeof(standard->label));
    }
}


static void on_server(pa_context *context, const pa_server_info *info,
                      void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;
    const char *nodes[2];
    unsigned i;

    PJ_UNUSED_ARG(context);
    if (!info)
        return;
    nodes[0] = info->default_sink_name;
    nodes[1] = info->default_source_name;
    for (i = 0; i < PJ_ARRAY_SIZE(nodes); ++i)
        copy_text(pf->defaults[i].node, nodes[i] ? nodes[i] : "", NODE_LEN);
}


/* Ask for all devices. The answers come in the order of the questions. */
static void begin_look(struct pulse_factory *pf)
{
    pa_operation *last;

    pf->look_again = PJ_FALSE;
    pj_bzero(&pf->looked_at, sizeof(pf->looked_at));
    pj_bzero(pf->defaults, sizeof(pf->defaults));
    pf->defaults[0].dir = PJMEDIA_DIR_PLAYBACK;
    pf->defaults[1].dir = PJMEDIA_DIR_CAPTURE;
    forget(pulse.context_get_server_info(pf->context, &on_server, pf));
    forget(pulse.context_get_sink_info_list(pf->context, &on_sink, pf));
    last = pulse.context_get_source_info_list(pf->context, &on_source, pf);
    pf->looks = last != NULL;
    forget(last);
}


static void on_news(pa_context *context, pa_subscription_event_type_t event,
                    uint32_t index, void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;

    PJ_UNUSED_ARG(context);
    PJ_UNUSED_ARG(event);
    PJ_UNUSED_ARG(index);
    if (pf->looks)
        pf->look_again = PJ_TRUE;
    else
        begin_look(pf);
}


/*
 * The connection
 */

static void on_tick(pa_mainloop_api *api, pa_time_event *event,
                    const struct timeval *tv, void *user_data);


static pj_bool_t is_ready(struct pulse_factory *pf)
{
    return pf->context &&
           pulse.context_get_state(pf->context) == PA_CONTEXT_READY;
}


static pj_bool_t is_connecting(void *argument)
{
    struct pulse_factory *pf = (struct pulse_factory*)argument;
    pa_context_state_t state = pulse.context_get_state(pf->context);

    return PA_CONTEXT_IS_GOOD(state) && state != PA_CONTEXT_READY;
}


static pj_bool_t is_looking(void *argument)
{
    struct pulse_factory *pf = (struct pulse_factory*)argument;

    return pf->looks && is_ready(pf);
}


static void on_context_state(pa_context *context, void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;

    PJ_UNUSED_ARG(context);
    pf->state.is_connected = is_ready(pf);
    signal_waiting(pf);
}


static void on_first_turn(pa_mainloop_api *api, void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;

    PJ_UNUSED_ARG(api);
    pj_thread_register("pulse", pf->thread_desc, &pf->thread);
    signal_waiting(pf);
}


static pj_status_t start_loop(struct pulse_factory *pf)
{
    if (pf->loop)
        return PJ_SUCCESS;
    pf->loop = pulse.threaded_mainloop_new();
    if (!pf->loop)
        return PJ_ENOMEM;
    lock(pf);
    /* PJLIB ends a process in which an unknown thread calls it. */
    pulse.mainloop_api_once(pulse.threaded_mainloop_get_api(pf->loop),
                            &on_first_turn, pf);
    if (pulse.threaded_mainloop_start(pf->loop) < 0) {
        unlock(pf);
        pulse.threaded_mainloop_free(pf->loop);
        pf->loop = NULL;
        return PJMEDIA_EAUD_SYSERR;
    }
    while (!pf->thread)
        pulse.threaded_mainloop_wait(pf->loop);
    pf->state.is_available = PJ_TRUE;
    unlock(pf);
    return PJ_SUCCESS;
}


/* With the lock held. */
static void drop_connection(struct pulse_factory *pf)
{
    pa_mainloop_api *api = pulse.threaded_mainloop_get_api(pf->loop);

    if (pf->tick) {
        api->time_free(pf->tick);
        pf->tick = NULL;
    }
    if (pf->context) {
        pulse.context_set_state_callback(pf->context, NULL, NULL);
        pulse.context_set_subscribe_callback(pf->context, NULL, NULL);
        pulse.context_disconnect(pf->context);
        pulse.context_unref(pf->context);
        pf->context = NULL;
    }
    pf->state.is_connected = PJ_FALSE;
    pf->looks = PJ_FALSE;
}


/* Connect, if there is no connection that lives. With the lock held. */
static pj_status_t connect_server(struct pulse_factory *pf)
{
    pa_proplist *properties;

    if (does_not_answer(pf))
        return PJ_ETIMEDOUT;
    if (is_ready(pf))
        return PJ_SUCCESS;
    drop_connection(pf);

    properties = pulse.proplist_new();
    pulse.proplist_sets(properties, PA_PROP_APPLICATION_NAME, "Offhook");
    pulse.proplist_sets(properties, PA_PROP_APPLICATION_ICON_NAME, "phone");
    pf->context = pulse.context_new_with_proplist(
                        pulse.threaded_mainloop_get_api(pf->loop), NULL,
                        properties);
    pulse.proplist_free(properties);
    if (!pf->context)
        return PJ_ENOMEM;
    pulse.context_set_state_callback(pf->context, &on_context_state, pf);
    if (pulse.context_connect(pf->context, NULL, PA_CONTEXT_NOAUTOSPAWN,
                              NULL) < 0 ||
        !await(pf, &is_connecting, pf) || !is_ready(pf))
    {
        PJ_LOG(4, (THIS_FILE, "No PulseAudio server: %s",
                   pulse.strerror(pulse.context_errno(pf->context))));
        drop_connection(pf);
        return PJMEDIA_EAUD_SYSERR;
    }
    pulse.context_set_subscribe_callback(pf->context, &on_news, pf);
    forget(pulse.context_subscribe(pf->context,
                                   PA_SUBSCRIPTION_MASK_SINK |
                                   PA_SUBSCRIPTION_MASK_SOURCE |
                                   PA_SUBSCRIPTION_MASK_SERVER, NULL, NULL));
    pf->tick = pulse.context_rttime_new(pf->context,
                                        pulse.rtclock_now() + PA_USEC_PER_SEC,
                                        &on_tick, pf);
    return PJ_SUCCESS;
}


/*
 * Frames
 */

static unsigned bytes_of(const struct pulse_stream *stream, unsigned ms)
{
    const pjmedia_aud_param *param = &stream->param;

    return param->clock_rate * ms / 1000 * param->channel_count *
           param->bits_per_sample / 8;
}


static unsigned frame_ms(const struct pulse_stream *stream)
{
    const pjmedia_aud_param *param = &stream->param;

    return param->samples_per_frame * 1000 / param->channel_count /
           param->clock_rate;
}


/* The driver's user is told once for each direction. With the lock held. */
static void fail(struct pulse_lane *lane, pj_status_t status)
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


static pj_bool_t is_running(const struct pulse_lane *lane)
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


/* Take the next frame of the calls, which moves their clock on. */
static pj_bool_t take_frame(struct pulse_lane *lane)
{
    struct pulse_stream *stream = lane->owner;
    pjmedia_frame frame;
    pj_status_t status;

    prepare_frame(lane, &frame);
    status = (*stream->play_cb)(stream->user_data, &frame);
    if (status != PJ_SUCCESS) {
        fail(lane, status);
        return PJ_FALSE;
    }
    if (frame.type != PJMEDIA_FRAME_TYPE_AUDIO)
        pj_bzero(lane->frame, stream->frame_size);
    lane->timestamp.u64 += stream->param.samples_per_frame;
    return PJ_TRUE;
}


/* Cut what has arrived into frames; the rest of it waits for the next piece. */
static void record(struct pulse_lane *lane)
{
    struct pulse_stream *stream = lane->owner;
    const void *piece;
    size_t left;

    while (pulse.stream_readable_size(lane->stream) != (size_t)-1 &&
           pulse.stream_peek(lane->stream, &piece, &left) == 0 && left)
    {
        const char *at = (const char*)piece;

        while (left && is_running(lane)) {
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
                pjmedia_frame frame;
                pj_status_t status;

                prepare_frame(lane, &frame);
                lane->filled = 0;
                lane->timestamp.u64 += stream->param.samples_per_frame;
                status = (*stream->rec_cb)(stream->user_data, &frame);
                if (status != PJ_SUCCESS)
                    fail(lane, status);
            }
        }
        pulse.stream_drop(lane->stream);
    }
}


/* Write as many whole frames as the server asks for. */
static void play(struct pulse_lane *lane)
{
    struct pulse_stream *stream = lane->owner;

    while (is_running(lane)) {
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
            fail(lane, PJMEDIA_EAUD_SYSERR);
            return;
        }
    }
}


/* Keep time while the server asks for nothing: voice is sent on the same clock,
 * and a call would stand still with its speaker.
 */
static void on_clock(pa_mainloop_api *api, pa_time_event *event,
                     const struct timeval *tv, void *user_data)
{
    struct pulse_lane *lane = (struct pulse_lane*)user_data;
    pa_usec_t now = pulse.rtclock_now();

    PJ_UNUSED_ARG(api);
    PJ_UNUSED_ARG(tv);
    if (!is_running(lane))
        return;
    if (now > lane->last_asked + LONGEST_STANDSTILL) {
        fail(lane, PJ_ETIMEDOUT);
        return;
    }
    if (lane->due <= now) {
        /* Nothing is made up for after a time in which we did not run. */
        take_frame(lane);
        lane->due = PJ_MAX(lane->due + frame_ms(lane->owner) *
                           PA_USEC_PER_MSEC, now);
    }
    pulse.context_rttime_restart(lane->owner->factory->context, event,
                                 lane->due);
}


static void on_writable(pa_stream *s, size_t size, void *user_data)
{
    struct pulse_lane *lane = (struct pulse_lane*)user_data;

    PJ_UNUSED_ARG(s);
    PJ_UNUSED_ARG(size);
    /* What was said meanwhile is sent with it. */
    if (lane->owner->capture.stream)
        record(&lane->owner->capture);
    play(lane);
}


static void on_readable(pa_stream *s, size_t size, void *user_data)
{
    PJ_UNUSED_ARG(s);
    PJ_UNUSED_ARG(size);
    record((struct pulse_lane*)user_data);
}


/* What the server asked for before the start is written then. */
static void on_uncorked(pa_stream *s, int success, void *user_data)
{
    PJ_UNUSED_ARG(s);
    if (success)
        play((struct pulse_lane*)user_data);
}


/*
 * Latency
 */

static void fill_attributes(const struct pulse_lane *lane,
                            pa_buffer_attr *attributes)
{
    pj_memset(attributes, 0xFF, sizeof(*attributes));
    if (lane->dir == PJMEDIA_DIR_CAPTURE) {
        /* All of it at once would be heard late by all of it. */
        attributes->fragsize = PJ_MAX(bytes_of(lane->owner, lane->latency / 4),
                                      lane->owner->frame_size);
    } else {
        attributes->tlength = bytes_of(lane->owner, lane->latency);
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
    fill_attributes(lane, &attributes);
    forget(pulse.stream_set_buffer_attr(lane->stream, &attributes, NULL,
                                        NULL));
}


static void on_underflow(pa_stream *s, void *user_data)
{
    struct pulse_lane *lane = (struct pulse_lane*)user_data;
    pa_usec_t now = pulse.rtclock_now();
    pj_bool_t is_first = !lane->last_break;

    PJ_UNUSED_ARG(s);
    if (!is_running(lane))
        return;
    ++lane->owner->factory->state.underruns;
    /* One stall may be told several times. */
    if (!is_first && now - lane->last_break < PA_USEC_PER_SEC / 5)
        return;
    if (!is_first)
        lane->calm = PJ_MIN(2 * lane->calm, LONGEST_CALM);
    lane->last_break = now;
    if (lane->latency < HIGHEST_LATENCY)
        change_latency(lane, lane->latency + frame_ms(lane->owner));
}


static void on_overflow(pa_stream *s, void *user_data)
{
    struct pulse_lane *lane = (struct pulse_lane*)user_data;

    PJ_UNUSED_ARG(s);
    if (is_running(lane))
        ++lane->owner->factory->state.overflows;
}


/* Another device has other limits. */
static void on_moved(pa_stream *s, void *user_data)
{
    struct pulse_lane *lane = (struct pulse_lane*)user_data;
    pa_buffer_attr attributes;

    fill_attributes(lane, &attributes);
    forget(pulse.stream_set_buffer_attr(s, &attributes, NULL, NULL));
}


static void on_timing(pa_stream *s, int success, void *user_data)
{
    unsigned *told = (unsigned*)user_data;
    pa_usec_t latency;
    int negative;

    if (success && !pulse.stream_get_latency(s, &latency, &negative))
        *told = negative ? 1 : (unsigned)latency;
}


static void watch(struct pulse_lane *lane, unsigned *told)
{
    pa_usec_t now = pulse.rtclock_now();

    if (!lane->stream || !is_running(lane))
        return;
    forget(pulse.stream_update_timing_info(lane->stream, &on_timing, told));
    if (lane->latency > lane->asked &&
        now > lane->last_break + lane->calm * PA_USEC_PER_SEC)
    {
        lane->last_break = now;
        change_latency(lane, PJ_MAX(lane->asked, lane->latency -
                                                 frame_ms(lane->owner)));
    }
}


static void on_tick(pa_mainloop_api *api, pa_time_event *event,
                    const struct timeval *tv, void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;
    struct pulse_stream *stream;

    PJ_UNUSED_ARG(api);
    PJ_UNUSED_ARG(tv);
    for (stream = pf->streams; stream; stream = stream->next) {
        watch(&stream->capture, &pf->state.capture_us);
        watch(&stream->playback, &pf->state.playback_us);
    }
    pulse.context_rttime_restart(pf->context, event,
                                 pulse.rtclock_now() + PA_USEC_PER_SEC);
}


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
        fail(lane, PJMEDIA_EAUD_SYSERR);
    signal_waiting(lane->owner->factory);
}


/* With the lock held. */
static void close_lane(struct pulse_lane *lane)
{
    pa_mainloop_api *api;
    pa_stream *s = lane->stream;

    if (!s)
        return;
    if (lane->clock) {
        api = pulse.threaded_mainloop_get_api(lane->owner->factory->loop);
        api->time_free(lane->clock);
        lane->clock = NULL;
    }
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


/* Open one direction, still silent. With the lock held. */
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

    lane->owner = stream;
    lane->dir = dir;
    lane->asked = lane->latency = PJ_MAX(latency, frame_ms(stream));
    lane->calm = FIRST_CALM;
    lane->frame = (char*)pj_pool_zalloc(stream->pool, stream->frame_size);

    format.format = PA_SAMPLE_S16NE;
    format.rate = stream->param.clock_rate;
    format.channels = (pj_uint8_t)stream->param.channel_count;
    properties = pulse.proplist_new();
    pulse.proplist_sets(properties, PA_PROP_MEDIA_ROLE, "phone");
    lane->stream = pulse.stream_new_with_proplist(pf->context, "Call", &format,
                                                  NULL, properties);
    pulse.proplist_free(properties);
    if (!lane->stream)
        return PJMEDIA_EAUD_BADFORMAT;

    pulse.stream_set_state_callback(lane->stream, &on_stream_state, lane);
    pulse.stream_set_moved_callback(lane->stream, &on_moved, lane);
    pulse.stream_set_overflow_callback(lane->stream, &on_overflow, lane);
    fill_attributes(lane, &attributes);
    if (dir == PJMEDIA_DIR_CAPTURE) {
        pulse.stream_set_read_callback(lane->stream, &on_readable, lane);
        result = pulse.stream_connect_record(lane->stream, node, &attributes,
                                             flags);
    } else {
        pulse.stream_set_write_callback(lane->stream, &on_writable, lane);
        pulse.stream_set_underflow_callback(lane->stream, &on_underflow, lane);
        result = pulse.stream_connect_playback(lane->stream, node, &attributes,
                                               flags, NULL, NULL);
    }
    if (result < 0 || !await(pf, &is_opening, lane) ||
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


static const struct pulse_dev *find_dev(const struct pulse_factory *pf,
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
    const pa_buffer_attr *has = pulse.stream_get_buffer_attr(lane->stream);
    unsigned size;

    if (!has)
        return lane->latency;
    size = lane->dir == PJMEDIA_DIR_CAPTURE ? has->fragsize : has->tlength;
    return size / PJ_MAX(bytes_of(lane->owner, 1), 1);
}


static pj_status_t open_lanes(struct pulse_stream *stream)
{
    struct pulse_factory *pf = stream->factory;
    pjmedia_aud_param *param = &stream->param;
    const struct pulse_dev *dev;
    pj_status_t status = connect_server(pf);

    if (status == PJ_SUCCESS && (param->dir & PJMEDIA_DIR_CAPTURE)) {
        dev = find_dev(pf, param->rec_id, PJMEDIA_DIR_CAPTURE);
        status = dev ? open_lane(stream, &stream->capture,
                                 PJMEDIA_DIR_CAPTURE, dev,
                                 param->input_latency_ms) :
                       PJMEDIA_EAUD_INVDEV;
        if (status == PJ_SUCCESS)
            param->input_latency_ms = granted(&stream->capture);
    }
    if (status == PJ_SUCCESS && (param->dir & PJMEDIA_DIR_PLAYBACK)) {
        dev = find_dev(pf, param->play_id, PJMEDIA_DIR_PLAYBACK);
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
static pj_status_t factory_create_stream(pjmedia_aud_dev_factory *f,
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

    lock(pf);
    status = open_lanes(stream);
    if (status != PJ_SUCCESS) {
        close_lane(&stream->capture);
        close_lane(&stream->playback);
        unlock(pf);
        pj_pool_release(pool);
        return status;
    }
    stream->next = pf->streams;
    pf->streams = stream;
    unlock(pf);

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
        forget(pulse.stream_cork(lane->stream, 0, then, lane));
}


static void start_clock(struct pulse_lane *lane)
{
    if (!lane->stream)
        return;
    lane->last_asked = pulse.rtclock_now();
    lane->due = lane->last_asked + STANDSTILL;
    lane->clock = pulse.context_rttime_new(lane->owner->factory->context,
                                           lane->due, &on_clock, lane);
}


/* API: start */
static pj_status_t stream_start(pjmedia_aud_stream *s)
{
    struct pulse_stream *stream = (struct pulse_stream*)s;
    pj_status_t status = PJ_SUCCESS;

    lock(stream->factory);
    if (stream->capture.failed || stream->playback.failed) {
        status = PJMEDIA_EAUD_SYSERR;
    } else if (!stream->running) {
        stream->running = PJ_TRUE;
        uncork(&stream->capture, NULL);
        uncork(&stream->playback, &on_uncorked);
        start_clock(&stream->playback);
    }
    unlock(stream->factory);
    return status;
}


/* API: stop. PJMEDIA destroys next what it has stopped. */
static pj_status_t stream_stop(pjmedia_aud_stream *s)
{
    struct pulse_stream *stream = (struct pulse_stream*)s;

    /* No callback runs while the lock is ours, nor any more after it. */
    lock(stream->factory);
    stream->running = PJ_FALSE;
    unlock(stream->factory);
    return PJ_SUCCESS;
}


/* API: destroy the stream */
static pj_status_t stream_destroy(pjmedia_aud_stream *s)
{
    struct pulse_stream *stream = (struct pulse_stream*)s;
    struct pulse_factory *pf = stream->factory;
    struct pulse_stream **link = &pf->streams;

    lock(pf);
    stream->running = PJ_FALSE;
    close_lane(&stream->capture);
    close_lane(&stream->playback);
    while (*link != stream)
        link = &(*link)->next;
    *link = stream->next;
    pf->state.capture_us = pf->state.playback_us = pf->state.buffer_ms = 0;
    unlock(pf);
    pj_pool_release(stream->pool);
    return PJ_SUCCESS;
}


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
        lock(pf);
        drop_connection(pf);
        unlock(pf);
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
    if (!is_allowed || !load_library() || start_loop(pf) != PJ_SUCCESS)
        return PJ_SUCCESS;
    lock(pf);
    if (connect_server(pf) == PJ_SUCCESS) {
        if (pf->looks)
            pf->look_again = PJ_TRUE;
        else
            begin_look(pf);
        if (await(pf, &is_looking, pf) && is_ready(pf))
            pj_memcpy(&pf->known, &pf->found, sizeof(pf->known));
    }
    unlock(pf);
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
    copy_text(info->name, dev->label, sizeof(info->name));
    copy_text(info->driver, DRIVER, sizeof(info->driver));
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
    lock(the_factory);
    pj_memcpy(state, &the_factory->state, sizeof(*state));
    unlock(the_factory);
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
static const struct pulse_dev *dev_of(pjmedia_aud_dev_index id, pjmedia_dir dir)
{
    pjmedia_aud_dev_info info;

    if (!pjmedia_pulse_has(id) ||
        pjmedia_aud_dev_get_info(id, &info) != PJ_SUCCESS)
    {
        return NULL;
    }
    return find_dev(the_factory, info.id - pjmedia_get_aud_subsys()->
                    drv[the_factory->base.sys.drv_idx].start_idx, dir);
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
    lock(the_factory);
    for (stream = the_factory->streams; stream; stream = stream->next) {
        pa_stream *in = stream->capture.stream;
        pa_stream *out = stream->playback.stream;

        if (!in || !out || !is_running(&stream->capture) ||
            !is_running(&stream->playback))
        {
            continue;
        }
        forget(pulse.context_move_source_output_by_name(
                    the_factory->context, pulse.stream_get_index(in),
                    source->node[0] ? source->node : "@DEFAULT_SOURCE@",
                    &on_move, NULL));
        forget(pulse.context_move_sink_input_by_name(
                    the_factory->context, pulse.stream_get_index(out),
                    sink->node[0] ? sink->node : "@DEFAULT_SINK@",
                    &on_move, NULL));
        status = PJ_SUCCESS;
    }
    unlock(the_factory);
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
