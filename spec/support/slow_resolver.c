/*
 * A name service that takes its time, for LD_PRELOAD: every look-up of a name below "slow.test"
 * lasts three seconds and then finds 127.0.0.1.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    lookup *real;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name != NULL && strstr(name, "slow.test") != NULL) {
        sleep(3);
        name = "127.0.0.1";
    }
    return real(name, service, hints, found);
}
