/* A far end whose clock is too fast or too slow, and a clock of the phone's sound that
 * does not wait: an hour of both is over as soon as it is computed.
 *
 * FAR_PORT is its local port, FAR_PPM says how much too fast its clock is
 * (parts in a million), FAR_SECONDS how long it speaks, by the phone's clock, from the
 * first packet that it gets; FAR_SAYS is the local port that it says its end to.
 *
 * It sends packets of 20 ms of PCMU (RFC 3551): a noise all the time, and a tone of
 * 100 ms in the moment in which it hears one. The phone's clock goes on only when the
 * thread of media has handled what was sent, and the recorder has written what it was
 * given: no packet is late, and none is early.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND          1000000000LL
#define FRAME           160
#define HEAD            12
#define TONE_NS         (SECOND / 10)
#define LOUD            0x20            /* what codes of loud samples are below */
#define MOST_UNWRITTEN  (2 * SECOND)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;

/* With the lock held. The clock of the phone is at `now` while it `races`, and
 * otherwise `ahead` of the system's.
 */
static int races, is_over, was_loud;
static int64_t now, ahead, began, tone_at = -SECOND, next_due, written_at;
static unsigned sent, handled;
static struct sockaddr_in phone;

/* Of the far end alone. */
static int far = -1;
static uint32_t noise = 1;

static __thread int handles;

static int64_t of(const struct timespec *time)
{
    return time->tv_sec * SECOND + time->tv_nsec;
}

static int64_t system_now(void)
{
    struct timespec time;
    static int (*real)(clockid_t, struct timespec *);

    if (!real)
        real = dlsym(RTLD_NEXT, "clock_gettime");
    real(CLOCK_MONOTONIC, &time);
    return of(&time);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    static int (*real)(clockid_t, struct timespec *);
    int failure;

    if (!real)
        real = dlsym(RTLD_NEXT, "clock_gettime");
    failure = real(clock, time);
    if (failure || clock != CLOCK_MONOTONIC || gettid() == getpid())
        return failure;
    pthread_mutex_lock(&lock);
    if (races || ahead) {
        int64_t shown = races ? now : of(time) + ahead;

        time->tv_sec = shown / SECOND;
        time->tv_nsec = shown % SECOND;
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

/* The far end hears what the phone sends: its time begins, and its tones. */
ssize_t sendto(int fd, const void *data, size_t size, int flags,
               __CONST_SOCKADDR_ARG to, socklen_t length)
{
    ssize_t (*real)(int, const void *, size_t, int, __CONST_SOCKADDR_ARG, socklen_t) =
        dlsym(RTLD_NEXT, "sendto");
    const struct sockaddr_in *other = to.__sockaddr_in__;
    const uint8_t *byte = data;

    if (other && other->sin_family == AF_INET && size > HEAD && fd != far &&
        ntohs(other->sin_port) == atoi(getenv("FAR_PORT")))
    {
        int is_loud = 0;
        size_t i;

        for (i = HEAD; i < size; ++i)
            is_loud |= (byte[i] & 0x7F) < LOUD;
        pthread_mutex_lock(&lock);
        if (!races && !is_over) {
            socklen_t size_of = sizeof(phone);

            getsockname(fd, (struct sockaddr *)&phone, &size_of);
            began = now = next_due = system_now();
            races = 1;
        }
        if (is_loud && !was_loud)
            tone_at = now;
        was_loud = is_loud;
        pthread_mutex_unlock(&lock);
    }
    return real(fd, data, size, flags, to, length);
}

/* A packet has been handled when its thread asks for the next one. */
ssize_t recvfrom(int fd, void *data, size_t size, int flags, __SOCKADDR_ARG from,
                 socklen_t *length)
{
    ssize_t (*real)(int, void *, size_t, int, __SOCKADDR_ARG, socklen_t *) =
        dlsym(RTLD_NEXT, "recvfrom");
    const struct sockaddr_in *sender = from.__sockaddr_in__;
    ssize_t got;

    if (handles) {
        pthread_mutex_lock(&lock);
        ++handled;
        pthread_cond_broadcast(&news);
        pthread_mutex_unlock(&lock);
    }
    got = real(fd, data, size, flags, from, length);
    handles = got > 0 && sender && sender->sin_family == AF_INET &&
              ntohs(sender->sin_port) == atoi(getenv("FAR_PORT"));
    return got;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
    ssize_t done = real(fd, data, size, at);

    if (at) {
        pthread_mutex_lock(&lock);
        written_at = now;
        pthread_cond_broadcast(&news);
        pthread_mutex_unlock(&lock);
    }
    return done;
}

static void begin_far(void)
{
    struct sockaddr_in here = { .sin_family = AF_INET };

    far = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    here.sin_port = htons(atoi(getenv("FAR_PORT")));
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(far, (struct sockaddr *)&here, sizeof(here)) != 0)
        abort();
}

/* Say what was heard in the 20 ms before `at`. With the lock held. */
static void say(int64_t at)
{
    uint8_t packet[HEAD + FRAME] = { 0x80 };
    uint16_t number = htons((uint16_t)sent);
    uint32_t stamp = htonl(sent * FRAME);
    int i;

    memcpy(packet + 2, &number, sizeof(number));
    memcpy(packet + 4, &stamp, sizeof(stamp));
    packet[11] = 1;
    for (i = 0; i < FRAME; ++i) {
        int64_t spoken = at - (FRAME - i) * (SECOND / 8000) - tone_at;

        noise = noise * 1664525 + 1013904223;
        if (spoken >= 0 && spoken < TONE_NS)
            packet[HEAD + i] = i / 4 % 2 ? 0x1F : 0x9F;
        else
            packet[HEAD + i] = 0x50 | (noise >> 24 & 0x8F);
    }
    ++sent;
    sendto(far, packet, sizeof(packet), 0, (struct sockaddr *)&phone, sizeof(phone));
}

static void end_hour(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET };

    races = 0;
    is_over = 1;
    ahead = now - system_now();
    to.sin_port = htons(atoi(getenv("FAR_SAYS")));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sendto(far, "", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

/* The clock of sound waits for its next tick: it is there. */
int usleep(useconds_t microseconds)
{
    int (*real)(useconds_t) = dlsym(RTLD_NEXT, "usleep");
    int64_t step = 20 * SECOND / 1000;

    if (gettid() == getpid() || !races)
        return real(microseconds);
    step -= step * atoi(getenv("FAR_PPM")) / 1000000;
    if (far < 0)
        begin_far();
    pthread_mutex_lock(&lock);
    now += microseconds * 1000LL;
    while (next_due <= now) {
        say(next_due);
        next_due += step;
        while (handled < sent)
            pthread_cond_wait(&news, &lock);
    }
    while (written_at && now - written_at > MOST_UNWRITTEN)
        pthread_cond_wait(&news, &lock);
    if (now - began >= atoi(getenv("FAR_SECONDS")) * SECOND)
        end_hour();
    pthread_mutex_unlock(&lock);
    return 0;
}
