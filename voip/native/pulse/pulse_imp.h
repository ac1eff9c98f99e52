/* pulse_imp.h: what the files of Offhook's driver for sound servers share.
 *
 * pulse_server.c has the connection and looks up devices, pulse_lane.c moves
 * the frames of one direction and adapts its latency, pulse_stream.c opens and
 * closes both directions, and pulse_dev.c is the driver as PJMEDIA knows it.
 */
#ifndef __PJMEDIA_PULSE_IMP_H__
#define __PJMEDIA_PULSE_IMP_H__

#include <pjmedia-audiodev/audiodev_imp.h>
#include <pjmedia-audiodev/pulse_dev.h>
#include <pj/assert.h>
#include <pj/log.h>
#include <pj/os.h>
#include <pj/pool.h>
#include <pj/string.h>
#include <pjmedia/event.h>
#include <pulse/pulseaudio.h>

/* Devices of each direction beside the server's default. */
#define MAX_DEVS                24
#define NODE_LEN                256
#define LABEL_LEN               PJMEDIA_AUD_DEV_INFO_NAME_LEN

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
extern struct pulse_library
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
    char                 stem[LABEL_LEN];   /* of the label, see the state  */
    pj_bool_t            is_missing;        /* a default that is not there  */
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
    pj_bool_t            look_later;        /* at the next tick         */
    unsigned             ticks;
    pj_bool_t            is_pipewire;
    pa_context          *asker;             /* has just come, for a look    */
    unsigned             looked_s;          /* while another look waits     */
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

/*
 * pulse_server.c
 */

pj_bool_t pulse_load_library(void);
pj_status_t pulse_start_loop(struct pulse_factory *pf);
void pulse_copy_text(char *target, const char *source, unsigned size);
void pulse_forget(pa_operation *operation);
void pulse_lock(struct pulse_factory *pf);

/* With the lock held */
void pulse_unlock(struct pulse_factory *pf);
void pulse_signal_waiting(struct pulse_factory *pf);
pj_bool_t pulse_await(struct pulse_factory *pf,
                      pj_bool_t (*is_pending)(void *), void *argument);
void pulse_begin_look(struct pulse_factory *pf);
pj_bool_t pulse_is_ready(struct pulse_factory *pf);
pj_bool_t pulse_is_looking(void *argument);
void pulse_drop_connection(struct pulse_factory *pf);
pj_status_t pulse_connect_server(struct pulse_factory *pf);

/*
 * pulse_lane.c, with the lock held
 */

unsigned pulse_bytes_of(const struct pulse_stream *stream, unsigned ms);
unsigned pulse_frame_ms(const struct pulse_stream *stream);
void pulse_fail(struct pulse_lane *lane, pj_status_t status);
pj_bool_t pulse_is_running(const struct pulse_lane *lane);
void pulse_on_clock(pa_mainloop_api *api, pa_time_event *event,
                    const struct timeval *tv, void *user_data);
void pulse_start_clock(struct pulse_lane *lane);
void pulse_on_writable(pa_stream *s, size_t size, void *user_data);
void pulse_on_readable(pa_stream *s, size_t size, void *user_data);
void pulse_on_uncorked(pa_stream *s, int success, void *user_data);
void pulse_prepare_lane(struct pulse_lane *lane, struct pulse_stream *stream,
                        pjmedia_dir dir, unsigned latency);
void pulse_fill_attributes(const struct pulse_lane *lane,
                           pa_buffer_attr *attributes);
void pulse_on_underflow(pa_stream *s, void *user_data);
void pulse_on_overflow(pa_stream *s, void *user_data);
void pulse_on_moved(pa_stream *s, void *user_data);
void pulse_watch(struct pulse_lane *lane, unsigned *told);

/*
 * pulse_stream.c
 */

const struct pulse_dev *pulse_find_dev(const struct pulse_factory *pf,
                                       int index, pjmedia_dir dir);
pj_status_t pulse_create_stream(pjmedia_aud_dev_factory *f,
                                         const pjmedia_aud_param *param,
                                         pjmedia_aud_rec_cb rec_cb,
                                         pjmedia_aud_play_cb play_cb,
                                         void *user_data,
                                         pjmedia_aud_stream **p_stream);

#endif  /* __PJMEDIA_PULSE_IMP_H__ */
