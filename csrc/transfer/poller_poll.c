/*
 * The poller for systems that have neither epoll nor kqueue: poll(). A set of descriptors cannot be
 * watched through one there, so once somebody asks for the descriptor a thread watches the set and
 * writes into a pipe. The thread touches nothing but the set.
 */
#include "transfer/poller.h"

#ifdef CVK_POLLER_POLL

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct cvk_poller {
    struct pollfd *set;
    nfds_t count, capacity;
    int64_t due;       /* when the timer fires, in milliseconds; -1: not */
    bool awake;        /* readable until told otherwise */
    int ready_pipe[2]; /* the pipe that others watch */
    int wake_pipe[2];  /* the pipe that makes the thread look anew */
    unsigned version;  /* of all of this; a thread that looked at another one saw nothing */
    bool has_thread, stop, is_ready;
    pthread_t thread;
    pthread_mutex_t lock; /* over all of the above */
};

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool open_pipe(int ends[2])
{
    if (pipe(ends) != 0) {
        ends[0] = ends[1] = -1;
        return false;
    }
    for (int i = 0; i < 2; i++)
        if (fcntl(ends[i], F_SETFL, O_NONBLOCK) != 0 || fcntl(ends[i], F_SETFD, FD_CLOEXEC) != 0)
            return false;
    return true;
}

static void close_pipe(int ends[2])
{
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0)
            close(ends[i]);
        ends[i] = -1;
    }
}

static void write_byte(const int ends[2])
{
    (void)!write(ends[1], "", 1);
}

static void drain(const int ends[2])
{
    char bytes[64];
    while (read(ends[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes)
        continue;
}

/* Makes the descriptor readable at once, or no longer so; the caller has the lock. */
static void set_ready(cvk_poller *poller, bool is_ready)
{
    if (!poller->has_thread || is_ready == poller->is_ready)
        return;
    poller->is_ready = is_ready;
    if (is_ready)
        write_byte(poller->ready_pipe);
    else
        drain(poller->ready_pipe);
}

cvk_poller *cvk_poller_new(void)
{
    cvk_poller *poller = calloc(1, sizeof *poller);
    if (poller == NULL)
        return NULL;
    poller->due = -1;
    poller->wake_pipe[0] = poller->wake_pipe[1] = -1;
    if (open_pipe(poller->ready_pipe) && open_pipe(poller->wake_pipe) &&
        pthread_mutex_init(&poller->lock, NULL) == 0)
        return poller;
    int reason = errno;
    close_pipe(poller->ready_pipe);
    close_pipe(poller->wake_pipe);
    free(poller);
    errno = reason;
    return NULL;
}

/* The thread is the parent's alone. */
void cvk_poller_close_copies(cvk_poller *poller)
{
    close_pipe(poller->ready_pipe);
    close_pipe(poller->wake_pipe);
}

void cvk_poller_free(cvk_poller *poller)
{
    if (poller == NULL)
        return;
    if (poller->has_thread) {
        pthread_mutex_lock(&poller->lock);
        poller->stop = true;
        pthread_mutex_unlock(&poller->lock);
        write_byte(poller->wake_pipe);
        pthread_join(poller->thread, NULL);
    }
    pthread_mutex_destroy(&poller->lock);
    close_pipe(poller->ready_pipe);
    close_pipe(poller->wake_pipe);
    free(poller->set);
    free(poller);
}

/* Milliseconds until the timer fires, for poll(); -1: never. */
static int until_due(const cvk_poller *poller)
{
    if (poller->awake)
        return 0;
    if (poller->due < 0)
        return -1;
    int64_t left = poller->due - now();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Watches a copy of the set and makes the descriptor readable once; then waits to be woken. */
static void *watch_set(void *user)
{
    cvk_poller *poller = user;
    struct pollfd *copy = NULL;
    for (;;) {
        pthread_mutex_lock(&poller->lock);
        bool is_ready = poller->is_ready, stop = poller->stop;
        nfds_t count = is_ready ? 0 : poller->count;
        struct pollfd *grown = realloc(copy, (count + 1) * sizeof *copy);
        if (grown == NULL)
            count = 0;
        else
            copy = grown;
        if (copy != NULL && count > 0)
            memcpy(copy + 1, poller->set, count * sizeof *copy);
        int wait = is_ready ? -1 : until_due(poller);
        unsigned version = poller->version;
        pthread_mutex_unlock(&poller->lock);
        if (stop || copy == NULL)
            break;
        copy[0] = (struct pollfd){.fd = poller->wake_pipe[0], .events = POLLIN};
        int ready = poll(copy, count + 1, wait);
        bool woken = ready > 0 && copy[0].revents != 0;
        if (woken) {
            drain(poller->wake_pipe);
        } else if (!is_ready && (ready > 0 || (ready == 0 && wait >= 0))) {
            pthread_mutex_lock(&poller->lock);
            poller->is_ready = poller->version == version;
            if (poller->is_ready)
                write_byte(poller->ready_pipe);
            pthread_mutex_unlock(&poller->lock);
        }
    }
    free(copy);
    return NULL;
}

int cvk_poller_fd(cvk_poller *poller)
{
    if (!poller->has_thread) {
        sigset_t all, before; /* signals are the program's own matter */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pthread_mutex_lock(&poller->lock);
        poller->has_thread = pthread_create(&poller->thread, NULL, watch_set, poller) == 0;
        set_ready(poller, poller->awake);
        pthread_mutex_unlock(&poller->lock);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return poller->ready_pipe[0];
}

/* Lets the thread see what has changed. */
static void changed(cvk_poller *poller)
{
    if (poller->has_thread)
        write_byte(poller->wake_pipe);
}

static bool set_events(cvk_poller *poller, int fd, short events)
{
    poller->version++;
    nfds_t i = 0;
    while (i < poller->count && poller->set[i].fd != fd)
        i++;
    if (events == 0) {
        if (i < poller->count)
            poller->set[i] = poller->set[--poller->count];
        return true;
    }
    if (i == poller->capacity) {
        nfds_t capacity = poller->capacity == 0 ? 16 : poller->capacity * 2;
        struct pollfd *set = realloc(poller->set, capacity * sizeof *set);
        if (set == NULL)
            return false;
        poller->set = set;
        poller->capacity = capacity;
    }
    poller->set[i] = (struct pollfd){.fd = fd, .events = events};
    if (i == poller->count)
        poller->count++;
    return true;
}

bool cvk_poller_watch(cvk_poller *poller, int fd, bool readable, bool writable)
{
    pthread_mutex_lock(&poller->lock);
    bool done = set_events(poller, fd, (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0)));
    pthread_mutex_unlock(&poller->lock);
    changed(poller);
    return done;
}

void cvk_poller_arm(cvk_poller *poller, long milliseconds)
{
    pthread_mutex_lock(&poller->lock);
    poller->due = milliseconds < 0 ? -1 : now() + milliseconds;
    poller->version++;
    if (milliseconds == 0)
        set_ready(poller, true);
    pthread_mutex_unlock(&poller->lock);
    changed(poller);
}

void cvk_poller_wake(cvk_poller *poller, bool awake)
{
    if (awake == poller->awake)
        return;
    pthread_mutex_lock(&poller->lock);
    poller->awake = awake;
    poller->version++;
    set_ready(poller, awake);
    pthread_mutex_unlock(&poller->lock);
    changed(poller);
}

int cvk_poller_wait(cvk_poller *poller, int milliseconds, cvk_ready *ready, int most)
{
    int due = until_due(poller);
    if (due >= 0 && (milliseconds < 0 || due < milliseconds))
        milliseconds = due;
    int count = poll(poller->set, poller->count, milliseconds);
    int found = 0;
    for (nfds_t i = 0; count > 0 && i < poller->count && found < most; i++) {
        short events = poller->set[i].revents;
        if (events != 0)
            ready[found++] = (cvk_ready){
                .fd = poller->set[i].fd,
                .readable = (events & POLLIN) != 0,
                .writable = (events & POLLOUT) != 0,
                .broken = (events & (POLLERR | POLLHUP | POLLNVAL)) != 0,
            };
    }
    pthread_mutex_lock(&poller->lock);
    if (poller->due >= 0 && poller->due <= now())
        poller->due = -1;
    poller->version++;
    set_ready(poller, poller->awake);
    pthread_mutex_unlock(&poller->lock);
    changed(poller);
    return found;
}

#else
typedef int cvk_poller_poll_is_not_used;
#endif
