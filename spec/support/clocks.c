/*
 * For LD_PRELOAD: a system whose clock can be put forward, by asking for the environment variable
 * FORWARD_<seconds>, that can be suspended, by asking for SUSPEND_<seconds>, whose time of day can
 * be set, by asking for SET_<seconds>, and that says at the end how often timers were set.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

static long forward, suspended, set;
static int settings;

int clock_gettime(clockid_t clock, struct timespec *time)
{
    typedef int get(clockid_t, struct timespec *);
    static get *real;
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    time->tv_sec += forward;
    if (clock == CLOCK_REALTIME)
        time->tv_sec += set;
    if (clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME)
        time->tv_sec += suspended;
    return result;
}

time_t time(time_t *where)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (where != NULL)
        *where = now.tv_sec;
    return now.tv_sec;
}

char *getenv(const char *name)
{
    typedef char *get(const char *);
    static get *real;
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "getenv");
    if (strncmp(name, "FORWARD_", 8) == 0)
        forward += atol(name + 8);
    if (strncmp(name, "SUSPEND_", 8) == 0)
        suspended += atol(name + 8);
    if (strncmp(name, "SET_", 4) == 0)
        set += atol(name + 4);
    return real(name);
}

static void tell(void)
{
    fprintf(stderr, "timers set: %d\n", settings);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *before)
{
    typedef int set(int, int, const struct itimerspec *, struct itimerspec *);
    set *real;
    *(void **)&real = dlsym(RTLD_NEXT, "timerfd_settime");
    if (settings++ == 0)
        atexit(tell);
    return real(fd, flags, when, before);
}
