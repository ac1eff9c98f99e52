/* pulse_server.c: the connection to a sound server, and its devices.
 *
 * Part of Offhook; see pulse_dev.c.
 */
#include <pjmedia-audiodev/audiodev_imp.h>

#if defined(PJMEDIA_AUDIO_DEV_HAS_PULSE) && PJMEDIA_AUDIO_DEV_HAS_PULSE != 0

#include "pulse_imp.h"
#include <dlfcn.h>

#define THIS_FILE               "pulse_server.c"
#define LIBRARY                 "libpulse.so.0"

/* What a server without a speaker has in its place. */
#define DUMMY                   "auto_null"

/* A name that changes with the port, and one that changes with the default. */
#define BEFORE_PORT             "%s \xe2\x80\x93 "
#define BEFORE_DEFAULT          "Default ("

/* How long a server may take to answer, and for how long one that did not is
 * left alone (us): PJSUA tries to open a device at six rates.
 */
#define PIPEWIRE                "PipeWire"
#define PATIENCE                (3 * PA_USEC_PER_SEC)
#define RESPITE                 (1 * PA_USEC_PER_SEC)

/* While a device is in use. A tick is a second. */
#define TICKS_BETWEEN_LOOKS     5

/* Ticks after which one that has not ended is begun anew. */
#define LONGEST_LOOK            5

struct pulse_library pulse;


/*
 * libpulse
 */

pj_bool_t pulse_load_library(void)
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


void pulse_lock(struct pulse_factory *pf)
{
    pulse.threaded_mainloop_lock(pf->loop);
}


void pulse_unlock(struct pulse_factory *pf)
{
    pulse.threaded_mainloop_unlock(pf->loop);
}


void pulse_signal_waiting(struct pulse_factory *pf)
{
    pulse.threaded_mainloop_signal(pf->loop, 0);
}


/* The result is not waited for. */
void pulse_forget(pa_operation *operation)
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
    pulse_signal_waiting(pf);
}


/* Wait, with the lock held, while `is_pending` says so. A server that hangs
 * must not hold up its phone for ever.
 */
pj_bool_t pulse_await(struct pulse_factory *pf,
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

void pulse_copy_text(char *target, const char *source, unsigned size)
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

    pj_ansi_snprintf(label, sizeof(label), BEFORE_PORT, description);
    pulse_copy_text(dev->stem, label, sizeof(dev->stem));
    if (port)
        pj_ansi_snprintf(label, sizeof(label), BEFORE_PORT "%s", description,
                         port);
    else
        pulse_copy_text(label, description, sizeof(label));
    dev->dir = dir;
    pulse_copy_text(dev->node, node, sizeof(dev->node));
    pulse_copy_text(dev->label, label, sizeof(dev->label));

    /* Of two alike each has to be found by its name. */
    for (i = 0; i < list->cnt; ++i)
        same_label += list->devs[i].dir == dir &&
                      !pj_ansi_strcmp(list->devs[i].label, dev->label);
    if (same_label) {
        pulse_copy_text(dev->label, label, 100);
        pj_ansi_snprintf(label, sizeof(label), "%s [%s]", dev->label, node);
        pulse_copy_text(dev->label, label, sizeof(dev->label));
    }
    ++list->cnt;
    if (!pj_ansi_strcmp(standard->node, node))
        pulse_copy_text(standard->label, dev->label, sizeof(standard->label));
}


static void on_sink(pa_context *context, const pa_sink_info *info, int end,
                    void *user_data)
{
    PJ_UNUSED_ARG(context);
    if (!end && pj_ansi_strcmp(info->name, DUMMY))
        add_dev((struct pulse_factory*)user_data, PJMEDIA_DIR_PLAYBACK,
                info->name, info->description,
                info->active_port ? info->active_port->description : NULL);
}


static pa_context *new_context(struct pulse_factory *pf)
{
    pa_proplist *properties = pulse.proplist_new();
    pa_context *context;

    pulse.proplist_sets(properties, PA_PROP_APPLICATION_NAME, "Offhook");
    pulse.proplist_sets(properties, PA_PROP_APPLICATION_ICON_NAME, "phone");
    context = pulse.context_new_with_proplist(
                        pulse.threaded_mainloop_get_api(pf->loop), NULL,
                        properties);
    pulse.proplist_free(properties);
    return context;
}


static void drop(pa_context **context)
{
    if (!*context)
        return;
    pulse.context_set_state_callback(*context, NULL, NULL);
    pulse.context_set_subscribe_callback(*context, NULL, NULL);
    pulse.context_disconnect(*context);
    pulse.context_unref(*context);
    *context = NULL;
}


static void finish_look(struct pulse_factory *pf)
{
    struct pulse_list list;
    char name[LABEL_LEN];
    unsigned i;

    pj_bzero(&list, sizeof(list));
    for (i = 0; i < PJ_ARRAY_SIZE(pf->defaults); ++i) {
        struct pulse_dev *dev = &list.devs[list.cnt];

        dev->dir = pf->defaults[i].dir;
        dev->is_missing = !pf->defaults[i].label[0];
        pulse_copy_text(dev->stem, BEFORE_DEFAULT, sizeof(dev->stem));
        pulse_copy_text(name, dev->is_missing ? "none" : pf->defaults[i].label,
                        sizeof(name) - sizeof(BEFORE_DEFAULT));
        pj_ansi_snprintf(dev->label, sizeof(dev->label), BEFORE_DEFAULT "%s)",
                         name);
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
    drop(&pf->asker);
    pulse_signal_waiting(pf);
}


static void on_source(pa_context *context, const pa_source_info *info, int end,
                      void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;
    struct pulse_dev *standard = &pf->defaults[1];

    PJ_UNUSED_ARG(context);
    if (end) {
        finish_look(pf);
        if (pf->look_again)
            pulse_begin_look(pf);
    } else if (info->monitor_of_sink == PA_INVALID_INDEX) {
        add_dev(pf, PJMEDIA_DIR_CAPTURE, info->name, info->description,
                info->active_port ? info->active_port->description : NULL);
    } else if (!pj_ansi_strcmp(info->name, standard->node) &&
               (!info->monitor_of_sink_name ||
                pj_ansi_strcmp(info->monitor_of_sink_name,
                               pf->defaults[0].node)))
    {
        /* Without a microphone a server has what its speaker plays as the
         * default: callers would hear themselves.
         */
        pulse_copy_text(standard->label, info->description,
                        sizeof(standard->label));
    }
}


/* Ask for all devices. The answers come in the order of the questions. */
static void ask_for_devices(struct pulse_factory *pf)
{
    pa_operation *last;

    pulse_forget(pulse.context_get_sink_info_list(pf->context, &on_sink, pf));
    last = pulse.context_get_source_info_list(pf->context, &on_source, pf);
    pf->looks = last != NULL;
    pulse_forget(last);
}


/* End a look without an answer, and begin another one at the next tick. */
static void look_later(struct pulse_factory *pf)
{
    pf->looks = PJ_FALSE;
    pf->look_later = PJ_TRUE;
    pulse_signal_waiting(pf);
}


static void on_server(pa_context *context, const pa_server_info *info,
                      void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;
    const char *nodes[2];
    unsigned i;

    if (!info) {
        if (context == pf->asker)
            look_later(pf);
        return;
    }
    pf->is_pipewire = info->server_name &&
                      pj_ansi_strstr(info->server_name, PIPEWIRE);
    nodes[0] = info->default_sink_name;
    nodes[1] = info->default_source_name;
    for (i = 0; i < PJ_ARRAY_SIZE(nodes); ++i)
        pulse_copy_text(pf->defaults[i].node, nodes[i] ? nodes[i] : "",
                        NODE_LEN);
    if (context == pf->asker)
        ask_for_devices(pf);
}


static void on_asker_state(pa_context *context, void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;
    pa_context_state_t state = pulse.context_get_state(context);

    if (state == PA_CONTEXT_READY)
        pulse_forget(pulse.context_get_server_info(context, &on_server, pf));
    else if (!PA_CONTEXT_IS_GOOD(state))
        look_later(pf);
}


/* PipeWire's server has gone on to name the former default devices to a client,
 * though it moved the client's streams to others: it names the right ones to
 * whoever has just come.
 */
static pj_bool_t send_asker(struct pulse_factory *pf)
{
    drop(&pf->asker);
    pf->asker = new_context(pf);
    if (!pf->asker)
        return PJ_FALSE;
    pulse.context_set_state_callback(pf->asker, &on_asker_state, pf);
    return pulse.context_connect(pf->asker, NULL, PA_CONTEXT_NOAUTOSPAWN,
                                 NULL) >= 0;
}


void pulse_begin_look(struct pulse_factory *pf)
{
    pf->look_again = PJ_FALSE;
    pj_bzero(&pf->looked_at, sizeof(pf->looked_at));
    pj_bzero(pf->defaults, sizeof(pf->defaults));
    pf->defaults[0].dir = PJMEDIA_DIR_PLAYBACK;
    pf->defaults[1].dir = PJMEDIA_DIR_CAPTURE;
    pf->looked_s = 0;
    if (pf->is_pipewire) {
        pf->looks = send_asker(pf);
    } else {
        pulse_forget(pulse.context_get_server_info(pf->context, &on_server,
                                                   pf));
        ask_for_devices(pf);
    }
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
        pulse_begin_look(pf);
    /* PipeWire's server may tell of a change a moment before it has made it. */
    pf->look_later = PJ_TRUE;
}


/*
 * The connection
 */

static void on_tick(pa_mainloop_api *api, pa_time_event *event,
                    const struct timeval *tv, void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;
    struct pulse_stream *stream;

    PJ_UNUSED_ARG(api);
    PJ_UNUSED_ARG(tv);
    for (stream = pf->streams; stream; stream = stream->next) {
        pulse_watch(&stream->capture, &pf->state.capture_us);
        pulse_watch(&stream->playback, &pf->state.playback_us);
    }
    /* PipeWire's server has told nothing of another default device. */
    pf->look_later |= pf->streams && ++pf->ticks % TICKS_BETWEEN_LOOKS == 0;
    if (pf->look_later && (!pf->looks || ++pf->looked_s == LONGEST_LOOK)) {
        pf->look_later = PJ_FALSE;
        pulse_begin_look(pf);
    }
    pulse.context_rttime_restart(pf->context, event,
                                 pulse.rtclock_now() + PA_USEC_PER_SEC);
}


pj_bool_t pulse_is_ready(struct pulse_factory *pf)
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


pj_bool_t pulse_is_looking(void *argument)
{
    struct pulse_factory *pf = (struct pulse_factory*)argument;

    return pf->looks && pulse_is_ready(pf);
}


static void on_context_state(pa_context *context, void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;

    PJ_UNUSED_ARG(context);
    pf->state.is_connected = pulse_is_ready(pf);
    pulse_signal_waiting(pf);
}


static void on_first_turn(pa_mainloop_api *api, void *user_data)
{
    struct pulse_factory *pf = (struct pulse_factory*)user_data;

    PJ_UNUSED_ARG(api);
    pj_thread_register("pulse", pf->thread_desc, &pf->thread);
    pulse_signal_waiting(pf);
}


pj_status_t pulse_start_loop(struct pulse_factory *pf)
{
    if (pf->loop)
        return PJ_SUCCESS;
    pf->loop = pulse.threaded_mainloop_new();
    if (!pf->loop)
        return PJ_ENOMEM;
    pulse_lock(pf);
    /* PJLIB ends a process in which an unknown thread calls it. */
    pulse.mainloop_api_once(pulse.threaded_mainloop_get_api(pf->loop),
                            &on_first_turn, pf);
    if (pulse.threaded_mainloop_start(pf->loop) < 0) {
        pulse_unlock(pf);
        pulse.threaded_mainloop_free(pf->loop);
        pf->loop = NULL;
        return PJMEDIA_EAUD_SYSERR;
    }
    while (!pf->thread)
        pulse.threaded_mainloop_wait(pf->loop);
    pf->state.is_available = PJ_TRUE;
    pulse_unlock(pf);
    return PJ_SUCCESS;
}


/* With the lock held. */
void pulse_drop_connection(struct pulse_factory *pf)
{
    pa_mainloop_api *api = pulse.threaded_mainloop_get_api(pf->loop);

    if (pf->tick) {
        api->time_free(pf->tick);
        pf->tick = NULL;
    }
    drop(&pf->asker);
    drop(&pf->context);
    pf->is_pipewire = PJ_FALSE;
    pf->state.is_connected = PJ_FALSE;
    pf->looks = PJ_FALSE;
}


/* Connect, if there is no connection that lives. With the lock held. */
pj_status_t pulse_connect_server(struct pulse_factory *pf)
{
    if (does_not_answer(pf))
        return PJ_ETIMEDOUT;
    if (pulse_is_ready(pf))
        return PJ_SUCCESS;
    pulse_drop_connection(pf);

    pf->context = new_context(pf);
    if (!pf->context)
        return PJ_ENOMEM;
    pulse.context_set_state_callback(pf->context, &on_context_state, pf);
    if (pulse.context_connect(pf->context, NULL, PA_CONTEXT_NOAUTOSPAWN,
                              NULL) < 0 ||
        !pulse_await(pf, &is_connecting, pf) || !pulse_is_ready(pf))
    {
        PJ_LOG(4, (THIS_FILE, "No PulseAudio server: %s",
                   pulse.strerror(pulse.context_errno(pf->context))));
        pulse_drop_connection(pf);
        return PJMEDIA_EAUD_SYSERR;
    }
    pulse.context_set_subscribe_callback(pf->context, &on_news, pf);
    pulse_forget(pulse.context_subscribe(pf->context,
                                   PA_SUBSCRIPTION_MASK_SINK |
                                   PA_SUBSCRIPTION_MASK_SOURCE |
                                   PA_SUBSCRIPTION_MASK_SERVER, NULL, NULL));
    pf->tick = pulse.context_rttime_new(pf->context,
                                        pulse.rtclock_now() + PA_USEC_PER_SEC,
                                        &on_tick, pf);
    return PJ_SUCCESS;
}

#endif  /* PJMEDIA_AUDIO_DEV_HAS_PULSE */
