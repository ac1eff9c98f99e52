/* Holds a thread in the moment after it has seen a DTLS handshake end (RFC 6347)
 * and let go of the session's lock: another thread may come to the session first,
 * as happens on a busy machine.
 *
 * HELD_PORT is the port of the handshake's other end. The thread says to the local
 * port HELD_SAYS that it is held, and goes on when something comes from there.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEEPEST 32

static atomic_int has_held;

/* Of this thread: the locks that it has, innermost last; where its last packet came
 * from, and if that has been read; the lock after which it is held.
 */
static __thread pthread_mutex_t *locks[DEEPEST], *held_after;
static __thread int depth, last_port, has_read;

static int still_has(const pthread_mutex_t *lock)
{
    int i;

    for (i = 0; i < depth; ++i)
        if (locks[i] == lock)
            return 1;
    return 0;
}

static void forget(const pthread_mutex_t *lock)
{
    int i = depth;

    while (i > 0 && locks[i - 1] != lock)
        --i;
    if (i == 0)
        return;
    for (--depth; i <= depth; ++i)
        locks[i - 1] = locks[i];
}

static void hold(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char byte = 0;

    to.sin_port = htons(atoi(getenv("HELD_SAYS")));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (sendto(fd, &byte, 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1)
        recv(fd, &byte, 1, 0);
    close(fd);
}

ssize_t recvfrom(int fd, void *data, size_t size, int flags, __SOCKADDR_ARG from,
                 socklen_t *length)
{
    ssize_t (*real)(int, void *, size_t, int, __SOCKADDR_ARG, socklen_t *) =
        dlsym(RTLD_NEXT, "recvfrom");
    ssize_t got = real(fd, data, size, flags, from, length);
    const struct sockaddr_in *sender = from.__sockaddr_in__;

    if (got > 0 && sender && sender->sin_family == AF_INET)
        last_port = ntohs(sender->sin_port);
    has_read = 0;
    return got;
}

int pthread_mutex_lock(pthread_mutex_t *lock)
{
    static int (*real)(pthread_mutex_t *);
    int failure;

    if (!real)
        real = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    failure = real(lock);
    if (!failure && depth < DEEPEST)
        locks[depth++] = lock;
    return failure;
}

int pthread_mutex_unlock(pthread_mutex_t *lock)
{
    static int (*real)(pthread_mutex_t *);
    int failure;

    if (!real)
        real = dlsym(RTLD_NEXT, "pthread_mutex_unlock");
    failure = real(lock);
    forget(lock);
    if (held_after == lock && !still_has(lock)) {
        held_after = NULL;
        hold();
    }
    return failure;
}

/* A session asks what to send once it has read a packet. */
size_t BIO_ctrl_pending(BIO *bio)
{
    size_t (*real)(BIO *) = dlsym(RTLD_NEXT, "BIO_ctrl_pending");

    has_read = 1;
    return real(bio);
}

int SSL_is_init_finished(const SSL *ssl)
{
    int (*real)(const SSL *) = dlsym(RTLD_NEXT, "SSL_is_init_finished");
    int is_finished = real(ssl);

    if (is_finished && has_read && depth && SSL_is_dtls(ssl) &&
        last_port == atoi(getenv("HELD_PORT")) && !atomic_exchange(&has_held, 1))
        held_after = locks[depth - 1];
    return is_finished;
}
