/*
 * The poller of the BSDs and macOS.
 */
#include "transfer/poller.h"

#ifdef CVK_POLLER_KQUEUE

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { timer_id = 1, wake_id = 2 };

struct cvk_poller {
    int kqueue;
    bool awake;
};

static bool change(const cvk_poller *poller, uintptr_t id, short filter, unsigned short flags,
                   unsigned int what, intptr_t data)
{
    struct kevent event;
    EV_SET(&event, id, filter, flags, what, data, NULL);
    return kevent(poller->kqueue, &event, 1, NULL, 0, NULL) == 0;
}

cvk_poller *cvk_poller_new(void)
{
    cvk_poller *poller = calloc(1, sizeof *poller);
    if (poller == NULL)
        return NULL;
    poller->kqueue = kqueue();
    if (poller->kqueue >= 0 && fcntl(poller->kqueue, F_SETFD, FD_CLOEXEC) == 0 &&
        change(poller, wake_id, EVFILT_USER, EV_ADD, 0, 0))
        return poller;
    int reason = errno;
    cvk_poller_free(poller);
    errno = reason;
    return NULL;
}

void cvk_poller_free(cvk_poller *poller)
{
    if (poller == NULL)
        return;
    if (poller->kqueue >= 0)
        close(poller->kqueue);
    free(poller);
}

/* No child inherits a kqueue. */
void cvk_poller_close_copies(cvk_poller *poller)
{
    poller->kqueue = -1;
}

int cvk_poller_fd(cvk_poller *poller)
{
    return poller->kqueue;
}

static bool watch(const cvk_poller *poller, int fd, short filter, bool wanted)
{
    if (wanted)
        return change(poller, (uintptr_t)fd, filter, EV_ADD, 0, 0);
    return change(poller, (uintptr_t)fd, filter, EV_DELETE, 0, 0) || errno == ENOENT ||
           errno == EBADF;
}

bool cvk_poller_watch(cvk_poller *poller, int fd, bool readable, bool writable)
{
    bool reading = watch(poller, fd, EVFILT_READ, readable);
    bool writing = watch(poller, fd, EVFILT_WRITE, writable);
    return reading && writing;
}

void cvk_poller_arm(cvk_poller *poller, long milliseconds)
{
    if (milliseconds < 0)
        change(poller, timer_id, EVFILT_TIMER, EV_DELETE, 0, 0);
    else
        change(poller, timer_id, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, milliseconds);
}

void cvk_poller_wake(cvk_poller *poller, bool awake)
{
    if (awake == poller->awake)
        return;
    /* Adding the event anew is what makes it unset. */
    bool done = awake ? change(poller, wake_id, EVFILT_USER, 0, NOTE_TRIGGER, 0)
                      : change(poller, wake_id, EVFILT_USER, EV_DELETE, 0, 0) &&
                            change(poller, wake_id, EVFILT_USER, EV_ADD, 0, 0);
    poller->awake = done ? awake : poller->awake;
}

int cvk_poller_wait(cvk_poller *poller, int milliseconds, cvk_ready *ready, int most)
{
    struct kevent events[64];
    struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    int room = most < 62 ? most + 2 : 64; /* the timer and the wake-up take no place of a socket */
    int count = kevent(poller->kqueue, NULL, 0, events, room, milliseconds < 0 ? NULL : &limit);
    int found = 0;
    for (int i = 0; i < count && found < most; i++) {
        if (events[i].filter != EVFILT_READ && events[i].filter != EVFILT_WRITE)
            continue;
        ready[found++] = (cvk_ready){
            .fd = (int)events[i].ident,
            .readable = events[i].filter == EVFILT_READ,
            .writable = events[i].filter == EVFILT_WRITE,
            .broken = (events[i].flags & EV_ERROR) != 0,
        };
    }
    return found;
}

#else
typedef int cvk_poller_kqueue_is_not_used;
#endif
