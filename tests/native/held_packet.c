/* Holds the thread that has sent a ClientHello (RFC 6347) until another thread
 * has sent an alert from the same socket, as happens on a busy machine.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
static int held = -1, is_alerted;

ssize_t sendto(int fd, const void *data, size_t size, int flags,
               __CONST_SOCKADDR_ARG to, socklen_t length)
{
    ssize_t (*real)(int, const void *, size_t, int, __CONST_SOCKADDR_ARG,
                    socklen_t) = dlsym(RTLD_NEXT, "sendto");
    const unsigned char *byte = data;
    int holds = 0;
    ssize_t sent;

    pthread_mutex_lock(&lock);
    if (held < 0 && size > 13 && byte[0] == 22 && byte[13] == 1) {
        held = fd;
        holds = 1;
    } else if (fd == held && size > 0 && byte[0] == 21) {
        is_alerted = 1;
        pthread_cond_broadcast(&news);
    }
    pthread_mutex_unlock(&lock);

    sent = real(fd, data, size, flags, to, length);

    if (holds) {
        struct timespec limit;

        clock_gettime(CLOCK_REALTIME, &limit);
        limit.tv_sec += 10;
        pthread_mutex_lock(&lock);
        while (!is_alerted &&
               pthread_cond_timedwait(&news, &lock, &limit) == 0)
            ;
        fputs(is_alerted ? "held: an alert\n" : "held: no alert\n", stderr);
        pthread_mutex_unlock(&lock);
    }
    return sent;
}
