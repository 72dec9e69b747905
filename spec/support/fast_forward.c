/*
 * For LD_PRELOAD: programs whose clocks run ahead of the machine's, together, by as much as a file
 * says, which another program changes while they wait (see spec/programs/jobs/fast_forward.lua).
 *
 * The environment variable FAST_FORWARD names the file: eight bytes, microseconds as a whole number
 * of this machine. Each thread writes a line into the file beside it that ends in ".threads":
 * "PID/task/TID", its folder below /proc. Waiting with a timeout ends at once when the file changes
 * so that the timeout is over.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char *path;
static const volatile int64_t *ahead; /* NULL: the clocks are the machine's */
static __thread int news = -1;        /* readable once the file has changed; one for each thread,
                                         lest one take it from another */

/* Leaves the function that follows this library's own in `real`. */
#define FIND(real, name) \
    ((real) != NULL ? (void)0 : (void)(*(void **)&(real) = dlsym(RTLD_NEXT, name)))

/* ---- threads --------------------------------------------------------------------------------- */

static bool has_news(void)
{
    if (news >= 0)
        return true;
    news = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return news >= 0 && inotify_add_watch(news, path, IN_MODIFY) >= 0;
}

static void tell_thread(void)
{
    char name[4096];
    (void)has_news(); /* before its first look at a clock */
    snprintf(name, sizeof name, "%s.threads", path);
    int file = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    dprintf(file, "%d/task/%d\n", (int)getpid(), (int)gettid());
    close(file);
}

__attribute__((constructor)) static void begin(void)
{
    path = getenv("FAST_FORWARD");
    int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *shared = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (shared == MAP_FAILED)
        return;
    ahead = shared;
    tell_thread();
}

typedef struct start {
    void *(*run)(void *);
    void *argument;
} start;

static void *run_told(void *argument)
{
    start begun = *(start *)argument;
    free(argument);
    tell_thread();
    return begun.run(begun.argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    static create *real;
    FIND(real, "pthread_create");
    start *told = ahead != NULL ? malloc(sizeof *told) : NULL;
    if (told == NULL)
        return real(thread, attributes, run, argument);
    *told = (start){.run = run, .argument = argument};
    int reason = real(thread, attributes, run_told, told);
    if (reason != 0)
        free(told);
    return reason;
}

/* ---- clocks ---------------------------------------------------------------------------------- */

int clock_gettime(clockid_t clock, struct timespec *time)
{
    typedef int get(clockid_t, struct timespec *);
    static get *real;
    FIND(real, "clock_gettime");
    int result = real(clock, time);
    if (ahead == NULL || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
        return result;
    int64_t microseconds = *ahead;
    time->tv_sec += microseconds / 1000000;
    time->tv_nsec += microseconds % 1000000 * 1000;
    if (time->tv_nsec >= 1000000000) {
        time->tv_sec++;
        time->tv_nsec -= 1000000000;
    }
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (where != NULL)
        *where = now.tv_sec;
    return now.tv_sec;
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* Forgets what was told. */
static void take_news(void)
{
    char events[1024];
    while (read(news, events, sizeof events) > 0)
        continue;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int poll(struct pollfd *watched, nfds_t count, int milliseconds)
{
    typedef int wait(struct pollfd *, nfds_t, int);
    enum { most = 16 };
    static wait *real;
    FIND(real, "poll");
    if (ahead == NULL || milliseconds <= 0 || count >= most || !has_news())
        return real(watched, count, milliseconds);
    struct pollfd both[most];
    for (nfds_t i = 0; i < count; i++)
        both[i] = watched[i];
    both[count] = (struct pollfd){.fd = news, .events = POLLIN};
    int64_t stop = now() + (int64_t)milliseconds * 1000, left = milliseconds;
    int found = 0;
    while (found == 0 && left > 0) {
        found = real(both, count + 1, (int)left);
        if (found > 0 && both[count].revents != 0) {
            take_news();
            found--;
        }
        left = (stop - now() + 999) / 1000;
    }
    for (nfds_t i = 0; i < count; i++)
        watched[i].revents = both[i].revents;
    return found;
}

int epoll_wait(int set, struct epoll_event *events, int room, int milliseconds)
{
    typedef int wait(int, struct epoll_event *, int, int);
    static wait *real;
    FIND(real, "epoll_wait");
    if (ahead == NULL || milliseconds <= 0)
        return real(set, events, room, milliseconds);
    struct pollfd watched = {.fd = set, .events = POLLIN};
    int found = poll(&watched, 1, milliseconds);
    return found < 0 ? found : real(set, events, room, 0);
}
