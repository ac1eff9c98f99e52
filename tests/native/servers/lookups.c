/* Writes each name that is looked up to the file in $LOOKUPS: a lookup that
 * finds its answer at once would pass for none.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

static void note(const char *name)
{
    unsigned char address[16];
    FILE *file;

    if (!name || inet_pton(AF_INET, name, address) == 1 ||
        inet_pton(AF_INET6, name, address) == 1)
        return;
    file = fopen(getenv("LOOKUPS"), "a");
    fprintf(file, "%s\n", name);
    fclose(file);
}

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **result)
{
    int (*real)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");

    note(name);
    return real(name, service, hints, result);
}

struct hostent *gethostbyname(const char *name)
{
    struct hostent *(*real)(const char *) = dlsym(RTLD_NEXT, "gethostbyname");

    note(name);
    return real(name);
}
